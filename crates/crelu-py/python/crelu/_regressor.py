import numpy as np
from sklearn.base import RegressorMixin
from sklearn.utils import check_array
from sklearn.utils.validation import check_consistent_length, column_or_1d

from ._estimator import ConvexReLU, names_of
from ._parameters import documented, with_parameters_of


@documented(
    losses='{"auto", "squared", "huber"}',
    auto='"squared"',
    metrics='{"r2", "loss"}',
    metric="r2",
    own="""
    huber_delta : float or None, default=None
        Where Huber's loss goes over from squares to absolute values. None: by the spread of the target.
    """,
    shape="(n_samples,) or (n_samples, n_targets)",
    targets="Numbers.",
)
class ConvexReLURegressor(RegressorMixin, ConvexReLU):
    """A two-layer ReLU network for numbers, trained by convex optimisation.

    The mean loss plus ``beta`` times the sum over neurons of ``|u| |a|``, the product of the norms of a
    neuron's input and output weights, is minimised over all widths: neurons are generated until none
    is left that would lower it. Features are standardised and targets centred inside.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    {attributes}

    Examples
    --------
    >>> import numpy as np
    >>> from crelu import ConvexReLURegressor
    >>> X = np.linspace(-1, 1, 41).reshape(-1, 1)
    >>> model = ConvexReLURegressor(beta=1e-4).fit(X, np.abs(X[:, 0]))
    >>> print(np.round(model.predict([[-0.5], [0.2]]), 1))
    [0.5 0.2]
    """

    @with_parameters_of(ConvexReLU)
    def __init__(self, *, huber_delta=None, **shared):
        super().__init__(**shared)
        self.huber_delta = huber_delta

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def fit(self, X, y, sample_weight=None, groups=None, *, validation=None, callback=None):
        X = self._learnt_rows(X)
        if y is None:
            raise ValueError("requires y to be passed, but the target y is None")
        given = y
        y = check_array(y, dtype=np.float64, ensure_2d=False, input_name="y")
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        check_consistent_length(X[0], y)
        self._is_column = y.ndim == 1
        names = names_of(given, 1 if self._is_column else y.shape[1])
        return self._fit(X, y, self._target, names, sample_weight, groups, validation, callback)

    def _options(self):
        return {**super()._options(), "huber_delta": self.huber_delta}

    @staticmethod
    def _target(y, weights):
        return np.ascontiguousarray(y, dtype=np.float64), weights

    def _held_out_target(self, y):
        y = check_array(y, dtype=np.float64, ensure_2d=False, input_name="y of validation")
        return column_or_1d(y) if self._is_column else y

    def predict(self, X):
        """The values.

        Parameters
        ----------
        X : array-like, sparse matrix or frame of shape (n_samples, n_features)
            Features.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_targets)
            In the units of ``y``.
        """
        outputs = self._outputs(X)
        return outputs[:, 0] if self._is_column else outputs
