"""Lower bounds over all networks, their certificates, and the verifier, on NumPy arrays."""

from dataclasses import dataclass, field

from . import _core
from ._checks import matrix, number, vector


@dataclass
class Proof:
    """The answer of `prove`.

    Attributes
    ----------
    bound : float
        No two-layer ReLU network, of any width, has an objective below it.
    kind : str
        'enumeration', all neurons priced, or 'relaxation'.
    certificate : bytes
        What `verify` recomputes the bound from.
    """

    bound: float
    kind: str
    certificate: bytes = field(repr=False)


def _bound_data(X, y, beta, loss, delta, sample_weight):
    X = matrix("X", X)
    weights = None if sample_weight is None else vector("sample_weight", sample_weight, len(X))
    return {
        "x": X,
        "y": vector("y", y, len(X)),
        "weights": weights,
        "loss": loss,
        "delta": float(delta),
        "beta": float(beta),
    }


def prove(X, y, beta, *, loss="squared", delta=1.0, sample_weight=None, seconds=None):
    """A proven lower bound on the objective of all two-layer ReLU networks, and its certificate.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_features)
        The data as a network sees them, with a column of ones where it has a bias.
    y : array-like of shape (n_samples,)
        Targets, centred where a network's output bias does that; of the logistic loss -1 and +1.
    beta : float
        The penalty of the mean objective, above 0.
    loss : {'squared', 'logistic', 'huber'}
        The loss.
    delta : float
        The residual up to which huber's loss is quadratic.
    sample_weight : array-like of shape (n_samples,), optional
        Positive weights; the mean objective divides by their sum.
    seconds : float, optional
        Time for bounds beyond the quick one.

    Returns
    -------
    Proof or None
        None where the quick bound would be too dear: give `seconds`.

    Raises
    ------
    ValueError
        For arrays that do not fit, NaN, or a penalty that is not positive.
    """
    data = _bound_data(X, y, beta, loss, delta, sample_weight)
    seconds = None if seconds is None else number("seconds", seconds, or_equal=True)
    proven = _core.prove(data, seconds)
    return None if proven is None else Proof(*proven)


def verify(X, y, beta, certificate, *, loss="squared", delta=1.0, sample_weight=None):
    """Recomputes a bound from the data and a certificate; nothing that the certificate says of itself is believed.

    Parameters
    ----------
    X, y, beta, loss, delta, sample_weight
        As for `prove`.
    certificate : bytes
        That of a `Proof`.

    Returns
    -------
    float
        The bound.

    Raises
    ------
    ValueError
        Where the certificate is none, was made for other data, another loss or penalty, or proves less than it states.
    """
    return _core.verify(_bound_data(X, y, beta, loss, delta, sample_weight), bytes(certificate))
