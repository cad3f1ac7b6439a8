"""The folds of a path: those of scikit-learn's splitters, and folds that run on other machines."""

import time

import numpy as np
from joblib import Parallel, delayed
from joblib.parallel import get_active_backend
from sklearn.model_selection import check_cv

from . import _core


def splits_of(cv, X, y, groups, kept, *, is_classifier):
    """The folds of a splitter, or those given, as places among the rows that are kept.

    Returns
    -------
    list of (ndarray, ndarray)
        Rows to train on and rows to hold out, int64.
    """
    n = X.shape[0]
    place = np.full(n, -1, dtype=np.int64)
    place[kept] = np.arange(len(kept))
    splits = []
    for pair in check_cv(cv, y, classifier=is_classifier).split(X, y, groups):
        parts = [place[np.arange(n)[part]] for part in pair]
        splits.append(tuple(np.ascontiguousarray(part[part >= 0]) for part in parts))
    return splits


def _is_elsewhere():
    """Whether joblib runs its tasks on machines that it knows from others: Dask's, say. Threads and
    processes of this machine would only share the cores that a fit uses by itself.
    """
    backend, _ = get_active_backend()
    return not type(backend).__module__.startswith("joblib._parallel_backends")


def _score(problem, fold, betas, metric, threads):
    return _core.score_fold(problem, fold, betas, metric, threads=threads)


def runner_of(problem, threads):
    """What runs the folds of `problem`: None, this process, unless joblib has other machines."""
    if problem["options"]["beta"] != "cv" or not _is_elsewhere():
        return None
    begun = time.monotonic()

    def run(folds, betas, metric):
        limit = problem["options"]["time_limit"]
        if limit is not None:
            left = max(0.0, limit - (time.monotonic() - begun))
            task = {**problem, "options": {**problem["options"], "time_limit": left}}
        else:
            task = problem
        tasks = (delayed(_score)(task, fold, betas, metric, threads) for fold in range(folds))
        return Parallel()(tasks)

    return run
