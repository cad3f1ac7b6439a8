import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.utils import column_or_1d
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_consistent_length

from ._estimator import ConvexReLU, names_of
from ._parameters import documented, with_parameters_of
from ._table import text_of


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


@documented(
    losses='{"auto", "squared", "logistic", "softmax"}',
    auto="what suits the number of classes",
    metrics='{"log_loss", "accuracy", "brier", "loss"}',
    metric="log-loss, or accuracy under the squared loss",
    own="""
    class_weight : dict, "balanced" or None, default=None
        Weights of the classes, times those of the samples.
    """,
    shape="(n_samples,)",
    targets="Labels.",
)
class ConvexReLUClassifier(ClassifierMixin, ConvexReLU):
    """A two-layer ReLU network for labels, trained by convex optimisation.

    The mean loss plus ``beta`` times the sum over neurons of ``|u| |a|``, the product of the norms of a
    neuron's input and output weights, is minimised over all widths: neurons are generated until none
    is left that would lower it. Features are standardised inside.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels, in order.
    {attributes}

    Examples
    --------
    >>> from crelu import ConvexReLUClassifier
    >>> X = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]
    >>> model = ConvexReLUClassifier(beta=1e-3).fit(X, ["no", "yes", "yes", "no"])
    >>> print(*model.predict([[0.1, 0.9], [0.9, 0.9]]))
    yes no
    """

    @with_parameters_of(ConvexReLU)
    def __init__(self, *, class_weight=None, **shared):
        super().__init__(**shared)
        self.class_weight = class_weight

    def fit(self, X, y, sample_weight=None, groups=None, *, validation=None, callback=None):
        X = self._learnt_rows(X)
        if y is None:
            raise ValueError("requires y to be passed, but the target y is None")
        names = names_of(y, 1)
        y = column_or_1d(y, warn=True)
        check_consistent_length(X[0], y)
        check_classification_targets(y)
        return self._fit(X, y, self._target, names, sample_weight, groups, validation, callback)

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
        return self._coded(codes), weights

    def _coded(self, codes):
        """Classes with their labels, as the core takes them."""
        numeric = self.classes_.dtype.kind in "iuf"
        values = [float(label) for label in self.classes_] if numeric else None
        labels = [text_of(label) for label in self.classes_]
        return codes.astype(np.int64), labels, values

    def _held_out_target(self, y):
        y = column_or_1d(y)
        unknown = np.setdiff1d(y, self.classes_)
        if len(unknown):
            raise ValueError(f"validation: the label '{text_of(unknown[0])}' is not in y")
        return self._coded(np.searchsorted(self.classes_, y))

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
