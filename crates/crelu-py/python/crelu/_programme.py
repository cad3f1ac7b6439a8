"""Gates, the convex programme over their patterns, and prices of neurons, on NumPy arrays.

Data are taken as they are: nothing is standardised, centred or given a column of ones. Objectives and bounds are means,
``J = loss / n_samples + beta * sum |u_i| |a_i|``; residuals and multipliers are those of the sum over samples.
"""

from dataclasses import dataclass, field

import numpy as np

from . import _core
from ._checks import count, matrix, number, vector


def sample_gates(X, n_patterns=100, *, y=None, bias=False, sampler="gaussian", random_state=0):
    """Gate vectors of distinct activation patterns ``1[X g >= 0]``.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_features)
        The data as a network sees them; with `bias` the last column is of ones.
    n_patterns : int
        How many are wanted. There may be fewer: draws end after 20 times as many.
    y : array-like of shape (n_samples,), optional
        Targets, for ``sampler='data'``.
    bias : bool
        Whether the last column of `X` is of ones, which ``sampler='data'`` makes use of.
    sampler : {'gaussian', 'data'}
        Standard normal gates, or the planes halfway between two samples of different target.
    random_state : int
        The seed.

    Returns
    -------
    gates : ndarray of shape (n_patterns, n_features)
        A gate a row.
    patterns : ndarray of shape (n_samples, n_patterns), bool
        Which samples a gate is open for. No two columns are the same, and none is empty.

    Raises
    ------
    ValueError
        For arrays that do not fit or hold NaN, and where no draw opens for any sample.
    """
    X = matrix("X", X)
    if y is None:
        if sampler == "data":
            raise ValueError("y: sampler='data' needs targets")
        y = np.zeros(len(X))
    y = vector("y", y, len(X))
    return _core.sample_gates(
        X, y, count("n_patterns", n_patterns), bool(bias), sampler, count("random_state", random_state, 0)
    )


@dataclass
class ConvexSolution:
    """The answer of `solve_convex`.

    Attributes
    ----------
    blocks : ndarray of shape (n_blocks, n_features)
        A feasible point ``v``: a block lies in the cone of its pattern. A block that is not zero is the neuron
        ``u = v / sqrt(|v|)`` with the output weight ``sign * sqrt(|v|)``.
    signs : ndarray of shape (n_blocks,)
        +1 or -1; gated programmes have +1 alone.
    pattern_of, output_of : ndarray of shape (n_blocks,), int
        The pattern, a row of `gates`, and the output of a block.
    gates : ndarray of shape (n_patterns, n_features)
        The gates in use: of those given, one a distinct pattern that is not empty.
    fitted : ndarray of shape (n_samples,) or (n_samples, n_outputs)
        The outputs at `blocks`.
    objective : float
        ``loss(fitted) / n_samples + beta * sum |v_b|``.
    theta : ndarray of the shape of `fitted`
        A dual point: minus a gradient of the loss, for the squared loss a residual ``y - fitted``.
    multipliers : ndarray of shape (n, 3)
        Block, sample and value of every multiplier of a cone that is not zero.
    bound : float
        What no point of the programme has an objective below, proven by `theta` and `multipliers`.
    gap : float
        ``(objective - bound) / objective``.
    status : str
        'converged', 'iteration_limit', 'time_limit' or 'stalled'.
    n_iter : int
        Iterations.
    history : dict of ndarray
        'iteration', 'seconds', 'objective' and 'bound' at every check.
    method, form, splitting, reason : str
        The primal step that was chosen, the system it solves, the splitting, and why.
    """

    blocks: np.ndarray
    signs: np.ndarray
    pattern_of: np.ndarray
    output_of: np.ndarray
    gates: np.ndarray
    fitted: np.ndarray
    objective: float
    theta: np.ndarray
    multipliers: np.ndarray
    bound: float
    gap: float
    status: str
    n_iter: int
    history: dict = field(repr=False)
    method: str = ""
    form: str = ""
    splitting: str = ""
    reason: str = ""


def solve_convex(
    X,
    y,
    gates,
    beta,
    *,
    activation="relu",
    loss="squared",
    delta=1.0,
    tol=1e-3,
    max_iter=2000,
    time_limit=None,
    primal="auto",
    splitting="auto",
    precision="auto",
    random_state=0,
):
    """Solves the convex programme over the activation patterns of some gates.

    ``min_v loss(sum_b sign_b D_b X v_b) / n_samples + beta * sum |v_b|`` with ``D_b = diag(1[X g_b >= 0])``, and for ReLU
    ``(2 D_b - I) X v_b >= 0``, two blocks a pattern.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_features)
        The data as a network sees them.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        Targets; of the logistic loss -1 and +1.
    gates : array-like of shape (n_gates, n_features)
        Gates; those of a pattern that an earlier one has, or that is empty, are left out.
    beta : float
        The penalty of the mean objective, at least 0.
    activation : {'relu', 'gated'}
        Without the cones a gated network.
    loss : {'squared', 'logistic', 'huber'}
        The loss, summed over outputs.
    delta : float
        The residual up to which huber's loss is quadratic.
    tol : float
        The relative gap to reach.
    max_iter : int
        Most iterations.
    time_limit : float, optional
        Seconds.
    primal : {'auto', 'cholesky', 'cg', 'pcg-jacobi', 'pcg-nystrom', 'rbcd', 'block-exact'}
        The linear solve of the primal step.
    splitting : {'auto', 'two-block', 'three-block'}
        The splitting of the iteration.
    precision : {'auto', 'f32', 'f64', 'mixed'}
        That of the iteration; bounds are made in float64.
    random_state : int
        Seed of sketches and of the order of blocks.

    Returns
    -------
    ConvexSolution
        A feasible point, a dual point, and what they prove, whatever the status.

    Raises
    ------
    ValueError
        For arrays that do not fit, NaN, and settings that do not go together.
    KeyboardInterrupt
        At Ctrl-C.
    """
    X = matrix("X", X)
    y = np.asarray(y, dtype=np.float64)
    several = y.ndim == 2
    y = matrix("y", y if several else vector("y", y)[:, None])
    n = len(X)
    if len(y) != n:
        raise ValueError(f"y: length {len(y)}, expected {n}")
    beta = number("beta", beta, or_equal=True)
    settings = {
        "activation": activation,
        "loss": loss,
        "delta": [number("delta", delta)] * y.shape[1],
        "tol": number("tol", tol, or_equal=True),
        "max_iter": count("max_iter", max_iter, least=0),
        "time_limit": None if time_limit is None else number("time_limit", time_limit, or_equal=True),
        "primal": primal,
        "splitting": splitting,
        "precision": precision,
        "seed": count("random_state", random_state, 0),
    }
    gates = matrix("gates", gates, X.shape[1])
    answer = _core.solve_convex(X, y, gates, beta * n, settings)
    steps = np.array(answer.pop("history"), dtype=np.float64).reshape(-1, 4)
    answer["history"] = {
        "iteration": steps[:, 0].astype(np.int64),
        "seconds": steps[:, 1],
        "objective": steps[:, 2] / n,
        "bound": steps[:, 3] / n,
    }
    for name in ("fitted", "theta"):
        columns = answer[name].reshape(-1, n).T
        answer[name] = columns if several else columns[:, 0].copy()
    for name in ("objective", "bound"):
        answer[name] /= n
    answer["n_iter"] = answer.pop("iterations")
    answer["signs"] = np.array(answer["signs"])
    for name in ("pattern_of", "output_of"):
        answer[name] = np.array(answer[name], dtype=np.int64)
    answer["multipliers"] = np.array(answer["multipliers"], dtype=np.float64).reshape(-1, 3)
    return ConvexSolution(**answer)


@dataclass
class Priced:
    """The answer of `price`.

    Attributes
    ----------
    prices : ndarray of shape (n_neurons,)
        ``sign * theta @ max(X @ u, 0)``.
    neurons : ndarray of shape (n_neurons, n_features)
        Unit directions ``u``.
    signs : ndarray of shape (n_neurons,)
        +1 or -1: that of the output weight.
    """

    prices: np.ndarray
    neurons: np.ndarray
    signs: np.ndarray


def price(X, theta, neurons=None, *, ascents=400, steps=15, keep=50, random_state=0):
    """Prices of neurons at a dual point: those given, or the dearest that a search finds.

    A network with residual `theta` is optimal at the penalty `beta` where no unit neuron is dearer than
    ``n_samples * beta``. A search gives evidence of that, no proof: see `prove`.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_features)
        The data as a network sees them.
    theta : array-like of shape (n_samples,)
        Minus the derivative of the loss of every sample, for the squared loss the residual.
    neurons : array-like of shape (n_neurons, n_features), optional
        Directions to be priced; they are brought to length one, and their sign is that of their price.
    ascents : int
        Ascents of the search, for either sign.
    steps : int
        Steps of an ascent.
    keep : int
        Most neurons of either sign that are handed back.
    random_state : int
        The seed.

    Returns
    -------
    Priced
        In the order given, or of a search dearest first, of distinct patterns.

    Raises
    ------
    ValueError
        For arrays that do not fit, NaN, or a direction of length zero.
    """
    X = matrix("X", X)
    theta = vector("theta", theta, len(X))
    search = {
        "ascents": count("ascents", ascents),
        "steps": count("steps", steps, 0),
        "keep": count("keep", keep),
        "seed": count("random_state", random_state, 0),
    }
    if neurons is None:
        prices, directions, signs = _core.price(X, theta, None, search)
        order = np.argsort(-prices, kind="stable")
        return Priced(prices[order], directions[order], signs[order])
    neurons = matrix("neurons", neurons, X.shape[1])
    lengths = np.linalg.norm(neurons, axis=1)
    if not (lengths > 0).all():
        raise ValueError(f"neurons: row {int(np.argmin(lengths))} has length zero")
    prices, directions, signs = _core.price(X, theta, (neurons, np.ones(len(neurons))), search)
    signs = np.where(prices < 0, -1.0, signs)
    return Priced(np.abs(prices), directions, signs)
