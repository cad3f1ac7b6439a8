import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.utils import column_or_1d
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_consistent_length

from ._estimator import ConvexReLU


def _text(label):
    """A label as a file has it: numbers in their shortest form."""
    if isinstance(label, (float, np.floating)):
        value = float(label)
        return str(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value)
    return str(label)


def labels_of_text(labels):
    """Labels of a file: whole numbers or numbers where all are, else text."""
    for kind in (int, float):
        try:
            return np.array([kind(label) for label in labels])
        except ValueError:
            pass
    return np.array(labels)


def _may_have_probabilities(self):
    """Before a fit nobody knows; the squared loss of more than two classes has none."""
    if hasattr(self, "_model") and not self._model.has_probabilities:
        raise AttributeError(
            "the squared loss of more than two classes gives no probabilities; loss='softmax' does"
        )
    return True


class ConvexReLUClassifier(ClassifierMixin, ConvexReLU):
    """A two-layer ReLU network for labels, trained by convex optimisation.

    The mean loss plus ``beta`` times the sum over neurons of ``|u| |a|``, the product of the norms of a
    neuron's input and output weights, is minimised over all widths: neurons are generated until none
    is left that would lower it. Features are standardised inside.

    Parameters
    ----------
    beta : float or "cv", default="cv"
        The penalty of the mean objective. "cv": ten values from 0.3 to 0.0003 of the one at which the
        network is zero, chosen by cross-validation.
    loss : {"auto", "squared", "logistic", "softmax"}, default="auto"
        What is minimised; "auto" is what suits the number of classes.
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
    class_weight : dict, "balanced" or None, default=None
        Weights of the classes, times those of the samples.
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
    classes_ : ndarray of shape (n_classes,)
        The labels, in order.
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
    >>> from crelu import ConvexReLUClassifier
    >>> X = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]
    >>> model = ConvexReLUClassifier(beta=1e-3).fit(X, ["no", "yes", "yes", "no"])
    >>> print(*model.predict([[0.1, 0.9], [0.9, 0.9]]))
    yes no
    """

    def __init__(
        self,
        *,
        beta="cv",
        loss="auto",
        train=None,
        activation="relu",
        patterns=100,
        primal="auto",
        backend="faer",
        tol=None,
        thin=None,
        max_neurons=None,
        max_iter=None,
        time_limit=None,
        class_weight=None,
        cv=5,
        rule="1se",
        random_state=0,
        n_jobs=None,
        warm_start=False,
        verbose=0,
        prove=None,
    ):
        super().__init__(
            beta=beta,
            loss=loss,
            train=train,
            activation=activation,
            patterns=patterns,
            primal=primal,
            backend=backend,
            tol=tol,
            thin=thin,
            max_neurons=max_neurons,
            max_iter=max_iter,
            time_limit=time_limit,
            cv=cv,
            rule=rule,
            random_state=random_state,
            n_jobs=n_jobs,
            warm_start=warm_start,
            verbose=verbose,
            prove=prove,
        )
        self.class_weight = class_weight

    def fit(self, X, y, sample_weight=None, *, callback=None):
        """Trains the network.

        Parameters
        ----------
        X : array-like, sparse matrix or frame of shape (n_samples, n_features)
            Features: numbers; in frames columns of text, too, which are coded one column a level.
        y : array-like of shape (n_samples,)
            Labels.
        sample_weight : array-like of shape (n_samples,) or None, default=None
            Weights of the samples, at least 0.
        callback : callable or None, default=None
            Called with a dict now and then; if it returns False, the best network so far is taken.

        Returns
        -------
        ConvexReLUClassifier
            This estimator.

        Raises
        ------
        KeyboardInterrupt
            On Ctrl-C; the estimator has the best network until then.
        """
        X = self._rows(X, reset=True)
        if y is None:
            raise ValueError("requires y to be passed, but the target y is None")
        y = column_or_1d(y, warn=True)
        check_consistent_length(X, y)
        check_classification_targets(y)
        return self._fit(X, y, self._target, sample_weight, callback)

    def _target(self, y, weights):
        """The classes, and the weights of the rows with those of the classes."""
        self.classes_, codes = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(
                f"y holds 1 class, {self.classes_[0]!r}: a classifier needs two classes or more"
            )
        if self.class_weight is not None:
            of_class = self._class_weights(y, codes, weights)
            weights = of_class if weights is None else weights * of_class
        numeric = self.classes_.dtype.kind in "iuf"
        values = [float(label) for label in self.classes_] if numeric else None
        labels = [_text(label) for label in self.classes_]
        return (codes.astype(np.int64), labels, values), weights

    def _class_weights(self, y, codes, weights):
        """The weight of every row's class; balanced classes weigh the same in all."""
        if self.class_weight != "balanced":
            return compute_sample_weight(self.class_weight, y)
        totals = np.bincount(codes, weights=weights)
        return (totals.sum() / (len(totals) * totals))[codes]

    def decision_function(self, X):
        """The outputs of the network.

        Parameters
        ----------
        X : array-like, sparse matrix or frame of shape (n_samples, n_features)
            Features.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_classes)
            Of two classes one number: above 0 for ``classes_[1]``.
        """
        outputs = self._outputs(X)
        if outputs.shape[1] == 1:
            return outputs[:, 0]
        return outputs[:, 1] - outputs[:, 0] if outputs.shape[1] == 2 else outputs

    def predict(self, X):
        """The labels.

        Parameters
        ----------
        X : array-like, sparse matrix or frame of shape (n_samples, n_features)
            Features.

        Returns
        -------
        ndarray of shape (n_samples,)
            Labels of ``classes_``.
        """
        outputs = self._outputs(X)
        if outputs.shape[1] == 1:
            return self.classes_[(outputs[:, 0] >= 0).astype(np.intp)]
        return self.classes_[np.argmax(outputs, axis=1)]

    @available_if(_may_have_probabilities)
    def predict_proba(self, X):
        """The probabilities of the labels.

        Parameters
        ----------
        X : array-like, sparse matrix or frame of shape (n_samples, n_features)
            Features.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            In the order of ``classes_``.
        """
        outputs = self._outputs(X)
        return self._model.probabilities(outputs)

    @available_if(_may_have_probabilities)
    def predict_log_proba(self, X):
        """The logarithms of the probabilities.

        Parameters
        ----------
        X : array-like, sparse matrix or frame of shape (n_samples, n_features)
            Features.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            In the order of ``classes_``; minus infinity where a probability is 0.
        """
        with np.errstate(divide="ignore"):
            return np.log(self.predict_proba(X))
