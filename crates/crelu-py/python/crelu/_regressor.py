import numpy as np
from sklearn.base import RegressorMixin
from sklearn.utils import check_array
from sklearn.utils.validation import check_consistent_length, column_or_1d

from ._estimator import ConvexReLU


class ConvexReLURegressor(RegressorMixin, ConvexReLU):
    """A two-layer ReLU network for numbers, trained by convex optimisation.

    The mean loss plus ``beta`` times the sum over neurons of ``|u| |a|``, the product of the norms of a
    neuron's input and output weights, is minimised over all widths: neurons are generated until none
    is left that would lower it. Features are standardised and targets centred inside.

    Parameters
    ----------
    beta : float or "cv", default="cv"
        The penalty of the mean objective. "cv": ten values from 0.3 to 0.0003 of the one at which the
        network is zero, chosen by cross-validation.
    loss : {"auto", "squared", "huber"}, default="auto"
        What is minimised; "auto" is "squared".
    train : {"global", "sampled"} or None, default=None
        Generated neurons, or one convex programme over sampled activation patterns. None: "global",
        of gated networks "sampled".
    activation : {"relu", "gated"}, default="relu"
        What a neuron computes.
    patterns : int, default=100
        Patterns of a sampled programme.
    primal : str, default="auto"
        The linear solve of the convex programme, as the command line names it.
    backend : {"faer", "nalgebra"}, default="faer"
        The library of its products.
    tol : float or None, default=None
        Relative gap at which a fit is converged. None: 1e-3.
    thin : float or None, default=None
        The smallest network is returned whose objective is at most ``1 + thin`` times the best.
        None: 1e-3, or 0 with ``max_neurons``.
    max_neurons : int or None, default=None
        Most neurons.
    max_iter : int or None, default=None
        Most iterations, or rounds. None: 2000 sampled, 500 global.
    time_limit : float or None, default=None
        Seconds after which the best network so far is taken.
    cv : int, splitter or iterable of (train, test) indices, default=5
        The folds of ``beta="cv"``.
    rule : {"best", "1se", "small"}, default="1se"
        The penalty of the best mean score, the largest within a standard error of it, or that of the
        smallest network within one.
    random_state : int, RandomState or None, default=0
        The seed. The same seed gives the same network.
    n_jobs : int or None, default=None
        Threads; None and -1: all cores. The result does not depend on it.
    warm_start : bool, default=False
        Whether a fit starts from the network of the last.
    verbose : int, default=0
        Above 0: a line a second.
    prove : float, "quick", False or None, default=None
        Seconds for a proven bound over all networks; None: a quick one where it is cheap.

    Attributes
    ----------
    coef_hidden_ : ndarray of shape (n_neurons, n_features)
        Input weights of the neurons for raw features.
    intercept_hidden_ : ndarray of shape (n_neurons,)
        Their biases.
    coef_output_ : ndarray of shape (n_outputs, n_neurons)
        Output weights.
    intercept_ : ndarray of shape (n_outputs,)
        The output's bias.
    n_features_in_ : int
        Columns of ``X``.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Their names, where ``X`` has names.
    n_iter_ : int
        Iterations, or rounds.
    beta_ : float
        The penalty in force.
    cv_results_ : dict of ndarrays, or None
        The path of penalties: ``beta``, ``objective``, ``neurons``, and where there are folds
        ``mean_test_score``, ``se_test_score``, ``split0_test_score`` ...
    dual_gap_ : float
        Relative gap of the network to the bound of its convex programme.
    search_gap_ : float or None
        Relative gap to the bound that holds if no neuron is dearer than the largest search found:
        evidence, not proof.
    proven_bound_ : float or None
        No two-layer ReLU network has an objective below it.
    history_ : list of dict
        The course of the fit.
    report_ : dict
        All that is known about the fit, as the command line writes it.

    Examples
    --------
    >>> import numpy as np
    >>> from crelu import ConvexReLURegressor
    >>> X = np.linspace(-1, 1, 41).reshape(-1, 1)
    >>> model = ConvexReLURegressor(beta=1e-4).fit(X, np.abs(X[:, 0]))
    >>> print(np.round(model.predict([[-0.5], [0.2]]), 1))
    [0.5 0.2]
    """

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def fit(self, X, y, sample_weight=None, *, callback=None):
        """Trains the network.

        Parameters
        ----------
        X : array-like, sparse matrix or frame of shape (n_samples, n_features)
            Features: numbers; in frames columns of text, too, which are coded one column a level.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            Targets.
        sample_weight : array-like of shape (n_samples,) or None, default=None
            Weights of the samples, at least 0.
        callback : callable or None, default=None
            Called with a dict now and then; if it returns False, the best network so far is taken.

        Returns
        -------
        ConvexReLURegressor
            This estimator.

        Raises
        ------
        KeyboardInterrupt
            On Ctrl-C; the estimator has the best network until then.
        """
        X = self._rows(X, reset=True)
        if y is None:
            raise ValueError("requires y to be passed, but the target y is None")
        y = check_array(y, dtype=np.float64, ensure_2d=False, input_name="y")
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        check_consistent_length(X, y)
        self._is_column = y.ndim == 1
        return self._fit(X, y, self._target, sample_weight, callback)

    @staticmethod
    def _target(y, weights):
        return np.ascontiguousarray(y, dtype=np.float64), weights

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
