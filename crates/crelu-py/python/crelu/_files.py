"""Models as files of the command line."""

import os

import numpy as np

from ._classifier import ConvexReLUClassifier, labels_of_text
from ._core import Model
from ._regressor import ConvexReLURegressor


def save(model, path):
    """Writes a trained estimator as a file of the command line `crelu`.

    Parameters
    ----------
    model : ConvexReLUClassifier or ConvexReLURegressor
        A trained estimator.
    path : str or path-like
        The file; it is written whole or not at all.
    """
    model.save(path)


def load(path):
    """Reads a model's file, written here or by the command line `crelu`.

    Parameters
    ----------
    path : str or path-like
        The file.

    Returns
    -------
    ConvexReLUClassifier or ConvexReLURegressor
        A trained estimator. What is not in the file (the report, the history) is None.
    """
    with open(path, "rb") as file:
        content = file.read()
    try:
        model = Model.from_bytes(content)
    except ValueError as error:
        raise ValueError(f"{os.fspath(path)}: {error}") from None
    kind = ConvexReLUClassifier if model.task == "classify" else ConvexReLURegressor
    columns = model.columns
    fills = columns is not None and all(takes_holes for _, takes_holes in columns)
    estimator = kind(
        beta=model.beta,
        activation="gated" if model.is_gated else "relu",
        missing="impute" if fills else "error",
    )
    estimator.n_features_in_ = model.n_features if columns is None else len(columns)
    names = model.column_names
    # scikit-learn has names that are text and all there, or none
    if names is not None:
        estimator.feature_names_in_ = np.array(names, dtype=object)
    if model.task == "classify":
        estimator.classes_ = labels_of_text(model.labels)
    else:
        estimator._is_column = model.n_outputs == 1
    estimator._take(model, None, None)
    return estimator
