"""Frames with text columns, coded as the command line codes them."""

import warnings

import numpy as np

#: A column of more levels than this, and than a tenth of the rows, is no category.
MOST_LEVELS = 50


def is_frame(X):
    """Whether `X` has named columns, as pandas' and polars' frames have."""
    return hasattr(X, "columns") and hasattr(X, "shape") and hasattr(X, "__getitem__")


def _column(X, name):
    """A column as a 1-d array: of numbers, or of objects."""
    values = X[name]
    kind = getattr(getattr(values, "dtype", None), "kind", None)
    if kind in tuple("biuf"):
        return np.asarray(values)
    values = np.asarray(values.to_numpy() if hasattr(values, "to_numpy") else values)
    return values if values.dtype.kind in "biuf" else values.astype(object)


def _is_missing(value):
    # NaN is the value that is not itself; pandas' NA cannot be compared
    return value is None or type(value).__name__ in ("NAType", "NaTType") or value != value


def _is_text(values):
    if values.dtype.kind != "O":
        return False
    filled = [value for value in values if not _is_missing(value)]
    return bool(filled) and all(isinstance(value, str) for value in filled)


class FrameCoding:
    """One 0/1 column for every level of a text column, sorted by bytes; other columns as they are.

    Attributes
    ----------
    levels : dict of str to list of str
        The levels of every text column.
    names : list of str
        The names of the coded columns: that of the column, or ``column=level``.
    """

    def __init__(self, X):
        self.levels = {}
        self.names = []
        n = X.shape[0]
        for name in X.columns:
            values = _column(X, name)
            if not _is_text(values):
                self.names.append(str(name))
                continue
            levels = sorted(set(self._filled(name, values)), key=lambda level: level.encode())
            if len(levels) > max(MOST_LEVELS, n // 10):
                raise ValueError(
                    f"column '{name}' is text of {len(levels)} different values in {n} rows: "
                    "leave it out, or join values"
                )
            self.levels[name] = levels
            self.names.extend(f"{name}={level}" for level in levels)

    @staticmethod
    def _filled(name, values):
        for row, value in enumerate(values):
            if _is_missing(value):
                raise ValueError(
                    f"row {row}, column '{name}': a missing value; fill it in, or leave the row "
                    "or the column out"
                )
        return values

    def code(self, X):
        """The coded columns, shape (n_samples, n_coded), float64.

        A level that training did not have is all zeros, and is counted in a warning.
        """
        coded = np.zeros((X.shape[0], len(self.names)))
        at = 0
        for name in X.columns:
            values = _column(X, name)
            levels = self.levels.get(name)
            if levels is None:
                try:
                    coded[:, at] = np.asarray(values, dtype=np.float64)
                except (TypeError, ValueError) as error:
                    raise ValueError(f"column '{name}': {error}") from error
                at += 1
                continue
            place = {level: at + k for k, level in enumerate(levels)}
            unknown = {}
            for row, value in enumerate(self._filled(name, values)):
                column = place.get(value)
                if column is None:
                    unknown[value] = unknown.get(value, 0) + 1
                else:
                    coded[row, column] = 1.0
            at += len(levels)
            if unknown:
                told = ", ".join(f"'{value}' ({count})" for value, count in list(unknown.items())[:5])
                warnings.warn(
                    f"column '{name}': {sum(unknown.values())} values that training did not have "
                    f"are taken as none of its levels: {told}",
                    stacklevel=4,
                )
        return coded


def coding_of(X):
    """The coding of a frame that has text columns; None of all else."""
    if not is_frame(X):
        return None
    if not any(_is_text(_column(X, name)) for name in X.columns):
        return None
    return FrameCoding(X)
