"""What both estimators share."""

import json
import numbers
import warnings

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import check_cv
from sklearn.utils import check_array, check_random_state
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from . import _core
from ._files import write_atomic
from ._frames import coding_of
from ._progress import Progress

#: Statuses of a fit that ended by itself.
DONE = ("converged", "settled")


class ConvexReLU(BaseEstimator):
    """The parameters, the training and the weights of a two-layer network."""

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
        cv=5,
        rule="1se",
        random_state=0,
        n_jobs=None,
        warm_start=False,
        verbose=0,
        prove=None,
    ):
        self.beta = beta
        self.loss = loss
        self.train = train
        self.activation = activation
        self.patterns = patterns
        self.primal = primal
        self.backend = backend
        self.tol = tol
        self.thin = thin
        self.max_neurons = max_neurons
        self.max_iter = max_iter
        self.time_limit = time_limit
        self.cv = cv
        self.rule = rule
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.warm_start = warm_start
        self.verbose = verbose
        self.prove = prove

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    # ---- arrays

    def _rows(self, X, *, reset):
        """Features as an array of floats, shape (n_samples, n_coded)."""
        coding = coding_of(X) if reset else getattr(self, "_coding", None)
        if coding is None:
            X = validate_data(
                self,
                X,
                reset=reset,
                accept_sparse="csr",
                dtype=(np.float64, np.float32),
                ensure_min_samples=2 if reset else 1,
            )
            X = X.toarray() if hasattr(X, "toarray") else X
        else:
            validate_data(self, X, reset=reset, skip_check_array=True)
            X = check_array(coding.code(X), dtype=np.float64)
        if reset:
            self._coding = coding
        return X

    def _threads(self):
        """The threads that `n_jobs` means; None: all cores."""
        if self.n_jobs is None or self.n_jobs == -1:
            return None
        if not isinstance(self.n_jobs, numbers.Integral) or self.n_jobs == 0:
            raise ValueError(f"n_jobs must be a whole number other than 0; got {self.n_jobs!r}")
        if self.n_jobs < 0:
            import os

            return max(1, (os.cpu_count() or 1) + 1 + int(self.n_jobs))
        return int(self.n_jobs)

    def _seed(self):
        if isinstance(self.random_state, numbers.Integral):
            return int(self.random_state)
        return int(check_random_state(self.random_state).randint(np.iinfo(np.int32).max))

    def _options(self):
        """The options of the core by the names of the command line."""
        return {
            "beta": self.beta,
            "loss": self.loss,
            "train": self.train,
            "activation": self.activation,
            "patterns": self.patterns,
            "primal": self.primal,
            "backend": self.backend,
            "tol": self.tol,
            "thin": self.thin,
            "max_neurons": self.max_neurons,
            "max_iter": self.max_iter,
            "time_limit": self.time_limit,
            "rule": self.rule,
            "prove": "never" if self.prove is False else self.prove,
            "seed": self._seed(),
        }

    # ---- training

    def _fit(self, X, y, target_of, sample_weight, callback):
        """Trains on rows of positive weight; `target_of` turns the targets into those of the core."""
        weights = None
        if sample_weight is not None:
            weights = _check_sample_weight(
                sample_weight, X, dtype=np.float64, ensure_non_negative=True
            )
            kept = np.flatnonzero(weights > 0)
            if len(kept) == 0:
                raise ValueError("all sample weights are zero: there is nothing to learn from")
        else:
            kept = np.arange(X.shape[0])
        y = np.asarray(y)
        options = self._options()
        splits = None
        if self.beta == "cv":
            if isinstance(self.cv, numbers.Integral):
                options["folds"] = int(self.cv)
            else:
                splits = self._splits(X, y, kept)
        if len(kept) < X.shape[0]:
            X, y = X[kept], y[kept]
        if weights is not None:
            weights = weights[kept]
        X, y, weights, options["splits"] = merged(X, y, weights, splits)
        target, weights = target_of(y, weights)
        if self.warm_start and hasattr(self, "_model"):
            same = self._model.n_features == X.shape[1]
            if same and self.activation == "relu" and self.train in (None, "global"):
                options["init"] = self._model.to_bytes()
        fitted = _core.fit(
            X,
            target,
            options,
            weights=weights,
            threads=self._threads(),
            feature_names=self._coded_names(),
            callback=Progress.of(self.verbose, callback),
        )
        self._take(fitted.model, json.loads(fitted.report), fitted.certificate)
        if fitted.raised is not None:
            raise fitted.raised
        status = self.report_["status"]
        if status not in DONE and status != "interrupted":
            gap = self.search_gap_ if self.search_gap_ is not None else self.dual_gap_
            warnings.warn(
                f"the fit ended before it converged ({status}), with a gap of {gap:.1e}: raise "
                "max_iter or time_limit, or ask for a larger tol",
                ConvergenceWarning,
                stacklevel=3,
            )
        return self

    def _splits(self, X, y, kept):
        """The folds of a splitter, or those given, of the rows that are kept."""
        place = np.full(X.shape[0], -1, dtype=np.int64)
        place[kept] = np.arange(len(kept))
        classifier = getattr(self, "_estimator_type", None) == "classifier"
        splits = []
        for train, held_out in check_cv(self.cv, y, classifier=classifier).split(X, y):
            parts = [place[np.arange(X.shape[0])[part]] for part in (train, held_out)]
            splits.append(tuple(np.ascontiguousarray(part[part >= 0]) for part in parts))
        return splits

    def _coded_names(self):
        if self._coding is not None:
            return self._coding.names
        names = getattr(self, "feature_names_in_", None)
        return None if names is None else [str(name) for name in names]

    def _take(self, model, report, certificate):
        """Takes a model and what is known about it."""
        self._model = model
        self._certificate = certificate
        hidden, bias, output, own = model.weights()
        self.coef_hidden_ = hidden
        self.intercept_hidden_ = bias
        self.coef_output_ = output
        self.intercept_ = own
        self.beta_ = model.beta
        self.report_ = report
        get = report.get if report is not None else {}.get
        self.n_iter_ = get("iterations")
        self.history_ = get("history")
        self.dual_gap_ = model.gap if report is None else get("gap")
        self.search_gap_ = get("search_gap")
        self.proven_bound_ = get("proven_bound")
        self.cv_results_ = _cv_results(get("path"))

    # ---- use

    def _outputs(self, X):
        """The outputs of the network, shape (n_samples, n_outputs)."""
        check_is_fitted(self, "_model")
        X = self._rows(X, reset=False)
        return self._model.outputs(X, self._threads())

    def save(self, path):
        """Writes the model as a file of the command line `crelu`.

        Parameters
        ----------
        path : str or path-like
            The file; it is written whole or not at all.
        """
        check_is_fitted(self, "_model")
        write_atomic(path, self._model.to_bytes())


def merged(X, y, weights, splits):
    """Rows that are the same are one row of their weights together, in an order of its own: a weight of
    two and a row that stands there twice are the same problem, wherever they stand.

    Rows of different folds stay apart. Without weights there are none if all rows differ.
    """
    n = X.shape[0]
    codes = np.unique(y, return_inverse=True, axis=0)[1].reshape(n, 1)
    folds = np.zeros((n, 2 * len(splits or ())))
    for k, (train, held_out) in enumerate(splits or ()):
        folds[train, 2 * k] = 1
        folds[held_out, 2 * k + 1] = 1
    # zeros of either sign are the same
    key = np.ascontiguousarray(np.column_stack([X, codes, folds]), dtype=np.float64) + 0.0
    key = key.view(np.dtype((np.void, key.shape[1] * key.itemsize))).ravel()
    _, first, place = np.unique(key, return_index=True, return_inverse=True)
    place = place.ravel()
    together = np.bincount(place, weights=weights, minlength=len(first)).astype(np.float64)
    if splits is not None:
        splits = [tuple(np.unique(place[part]) for part in pair) for pair in splits]
    weights = None if (together == together[0]).all() else together
    return X[first], y[first], weights, splits


def _cv_results(path):
    """The path of penalties as arrays, largest penalty first."""
    if not path:
        return None
    results = {
        "beta": np.array([step["beta"] for step in path]),
        "objective": np.array([step["objective"] for step in path]),
        "neurons": np.array([step["neurons"] for step in path]),
    }
    scores = [step.get("cv") for step in path]
    if all(score is not None for score in scores):
        results["mean_test_score"] = np.array([score["mean"] for score in scores])
        results["se_test_score"] = np.array([score["se"] for score in scores])
        for k in range(len(scores[0]["folds"])):
            results[f"split{k}_test_score"] = np.array([score["folds"][k] for score in scores])
    return results
