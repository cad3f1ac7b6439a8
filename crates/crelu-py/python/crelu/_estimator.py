"""What both estimators share."""

import json
import numbers
import os
import warnings

import numpy as np
from sklearn.base import BaseEstimator, is_classifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_array, check_random_state
from sklearn.utils.validation import (
    _check_sample_weight,
    check_consistent_length,
    check_is_fitted,
    column_or_1d,
    validate_data,
)

from . import _core
from ._atomic import write_atomic
from ._export import to_onnx, to_torch
from ._folds import runner_of, splits_of
from ._progress import Progress
from ._table import table_to_learn, table_to_use

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
        missing="error",
        categorical="auto",
        cv=5,
        rule="1se",
        metric=None,
        early_stop=None,
        patience=10,
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
        self.missing = missing
        self.categorical = categorical
        self.cv = cv
        self.rule = rule
        self.metric = metric
        self.early_stop = early_stop
        self.patience = patience
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.warm_start = warm_start
        self.verbose = verbose
        self.prove = prove

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.input_tags.allow_nan = self.missing == "impute"
        return tags

    # ---- arrays

    def _learnt_rows(self, X):
        """Features as the core takes them, the texts of columns of text, and where rows are counted."""
        if self.missing not in ("error", "impute"):
            raise ValueError(f"missing: must be 'error' or 'impute'; got {self.missing!r}")
        table = table_to_learn(X, categorical=self.categorical, missing=self.missing)
        if table is None:
            return self._numbers(X, reset=True, holes=self.missing == "impute"), None
        if hasattr(X, "columns"):
            validate_data(self, X, reset=True, skip_check_array=True)
        check_array(table.values, ensure_all_finite="allow-nan", ensure_min_samples=2)
        if not hasattr(X, "columns"):
            validate_data(self, table.values, reset=True, skip_check_array=True)
        return table.values, table.texts

    def _used_rows(self, X):
        """The same of what is predicted for, by what the model was trained on."""
        known = self._model.columns
        if known is None:
            return self._numbers(X, reset=False, holes=False), None
        if not hasattr(X, "shape"):
            X = np.asarray(X, dtype=object)
        validate_data(self, X, reset=False, skip_check_array=True)
        table = table_to_use(X, known)
        check_array(table.values, ensure_all_finite="allow-nan")
        return table.values, table.texts

    def _numbers(self, X, *, reset, holes):
        """An array of floats in either precision, without a copy where it is one, or a CSR matrix."""
        return validate_data(
            self,
            X,
            reset=reset,
            accept_sparse="csr",
            dtype=(np.float64, np.float32),
            ensure_min_samples=2 if reset else 1,
            ensure_all_finite="allow-nan" if holes else True,
        )

    def _threads(self):
        """The threads that `n_jobs` means; None: all cores."""
        if self.n_jobs is None or self.n_jobs == -1:
            return None
        if not isinstance(self.n_jobs, numbers.Integral) or self.n_jobs == 0:
            raise ValueError(f"n_jobs must be a whole number other than 0; got {self.n_jobs!r}")
        if self.n_jobs < 0:
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
            "metric": self.metric,
            "early_stop": self.early_stop,
            "patience": self.patience,
            "prove": "never" if self.prove is False else self.prove,
            "seed": self._seed(),
        }

    # ---- training

    def _fit(self, X, y, target_of, names, sample_weight, groups, validation, callback):
        """Trains on rows of positive weight; `target_of` turns the targets into those of the core."""
        self._check_early_stop(validation)
        rows, texts = X
        n = rows.shape[0]
        weights = None
        if sample_weight is not None:
            weights = _check_sample_weight(
                sample_weight, rows, dtype=np.float64, ensure_non_negative=True
            )
            if not (weights > 0).any():
                raise ValueError("all sample weights are zero: there is nothing to learn from")
        kept = np.arange(n) if weights is None else np.flatnonzero(weights > 0)
        options = self._options()
        if groups is not None:
            groups = column_or_1d(groups)
            check_consistent_length(rows, groups)
        if self.beta == "cv":
            options.update(self._fold_options(rows, y, groups, kept))
        if len(kept) < n:
            rows, y, weights = rows[kept], y[kept], weights[kept]
        target, weights = target_of(y, weights)
        if self.warm_start and hasattr(self, "_model") and texts is None:
            same = self._model.n_features == rows.shape[1]
            if same and self.activation == "relu" and self.train in (None, "global"):
                options["init"] = self._model.to_bytes()
        columns = getattr(self, "feature_names_in_", None)
        problem = {
            "rows": _handed_over(rows),
            "target": target,
            "options": options,
            "weights": weights,
            "texts": texts,
            "impute": self.missing == "impute",
            "held_out": self._held_out(validation, rows.shape[1], texts),
            "names": None if columns is None else [str(name) for name in columns],
            "target_names": names,
        }
        threads = self._threads()
        fitted = _core.fit(
            problem,
            threads=threads,
            callback=Progress.of(self.verbose, callback),
            run_folds=runner_of(problem, threads),
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

    def _check_early_stop(self, validation):
        if self.early_stop is None and validation is None:
            return
        if self.early_stop is not None and validation is not None:
            raise ValueError("early_stop: validation is what is held out, leave one of them out")
        name = "early_stop" if validation is None else "validation"
        if self.beta == "cv":
            raise ValueError(f"{name}: belongs to a single penalty, beta=0.01 say")
        for other in ("thin", "max_neurons"):
            if getattr(self, other) is not None:
                raise ValueError(f"{other}: {name} keeps a network as it stood: it is not thinned")

    def _held_out(self, validation, width, texts):
        """Rows that end a training by their score, as the core takes them."""
        if validation is None:
            return None
        if not isinstance(validation, (tuple, list)) or len(validation) not in (2, 3):
            raise ValueError("validation: must be (X, y) or (X, y, sample_weight)")
        X, y, *rest = validation
        own = None
        if texts is None and self.missing == "error":
            X = self._numbers(X, reset=False, holes=False)
        else:
            if not hasattr(X, "shape"):
                X = np.asarray(X, dtype=object)
            validate_data(self, X, reset=False, skip_check_array=True)
            known = texts if texts is not None else [None] * width
            table = table_to_use(X, [(levels, self.missing == "impute") for levels in known])
            X, own = table.values, table.texts
        y = self._held_out_target(y)
        check_consistent_length(X, y[0] if isinstance(y, tuple) else y)
        weights = None
        if rest and rest[0] is not None:
            weights = _check_sample_weight(rest[0], X, dtype=np.float64, ensure_non_negative=True)
        return {"rows": _handed_over(X), "target": y, "weights": weights, "texts": own}

    def _fold_options(self, rows, y, groups, kept):
        """The folds that `cv` and `groups` mean."""
        if isinstance(self.cv, numbers.Integral):
            folds = {"folds": int(self.cv)}
            if groups is not None:
                places = np.unique(groups[kept], return_inverse=True)[1]
                folds["groups"] = places.ravel().astype(np.int64)
            return folds
        splits = splits_of(
            self.cv, rows, y, groups, kept, is_classifier=is_classifier(self)
        )
        return {"splits": splits}

    def _take(self, model, report, certificate):
        """Takes a model and what is known about it."""
        self._model = model
        self._certificate = certificate
        hidden, bias, output, own = model.weights()
        self.coef_hidden_ = hidden
        self.intercept_hidden_ = bias
        self.coef_output_ = output
        self.intercept_ = own
        names = model.feature_names
        self.coded_names_ = None if names is None else np.array(names, dtype=object)
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
        rows, texts = self._used_rows(X)
        outputs, unseen = self._model.outputs(
            _handed_over(rows), texts=texts, threads=self._threads()
        )
        if unseen:
            warnings.warn(_unseen(unseen, self._model.column_names), stacklevel=3)
        return outputs

    def save(self, path):
        """Writes the model as a file of the command line `crelu`.

        Parameters
        ----------
        path : str or path-like
            The file; it is written whole or not at all.
        """
        check_is_fitted(self, "_model")
        write_atomic(path, self._model.to_bytes())

    def to_onnx(self, path=None, *, dtype="float32"):
        """The ONNX graph of the model, from raw columns to predictions: see `crelu.to_onnx`.

        Parameters
        ----------
        path : str or path-like, optional
            A file, written whole or not at all.
        dtype : {'float32', 'float64'}
            The numbers that the graph takes and gives.

        Returns
        -------
        bytes
            The file's content.
        """
        return to_onnx(self, path, dtype=dtype)

    def to_torch(self):
        """The model as a module of PyTorch, in float64: see `crelu.to_torch`.

        Returns
        -------
        torch.nn.Module
            From features, shape (n_samples, n_features), to outputs, shape (n_samples, n_outputs).
        """
        return to_torch(self)


def _handed_over(rows):
    """An array as it is; of a CSR matrix its parts."""
    if not hasattr(rows, "indptr"):
        return rows
    places = (
        part if part.dtype in (np.int32, np.int64) else part.astype(np.int64)
        for part in (rows.indices, rows.indptr)
    )
    return (np.asarray(rows.data, dtype=np.float64), *places, rows.shape[1])


def names_of(y, count):
    """The names of `count` targets as they were handed over, one each; None for one without."""
    names = list(y.columns) if hasattr(y, "columns") else [getattr(y, "name", None)]
    names = [name if isinstance(name, str) and name else None for name in names]
    return names if len(names) == count else [None] * count


def _unseen(unseen, names):
    """What is said of levels that training did not have."""
    most = 5
    told = [
        f"'{level}' of column {column if names is None else repr(names[column])} "
        f"({rows} row{'' if rows == 1 else 's'})"
        for column, level, rows in unseen[:most]
    ]
    if len(unseen) > most:
        told.append(f"... {len(unseen)} in all")
    return "levels that training did not have are taken for none of those it had: " + ", ".join(told)


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
