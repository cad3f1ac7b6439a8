"""Tables with columns of text and missing values, as the command line reads them."""

import numbers

import numpy as np

#: What stands for a missing value among texts, in any case; NaN in whatever way it is written.
HOLES = frozenset(["", "?", "na", "n/a", "#n/a", "null", "nan", "+nan", "-nan"])


class Table:
    """Columns of numbers and of text.

    Attributes
    ----------
    values : ndarray of shape (n_samples, n_columns), float64
        Numbers; in a column of text the place of the text in its list. NaN is a hole.
    texts : list of (list of str or None)
        The different texts of each column of text.
    """

    def __init__(self, values, texts):
        self.values = values
        self.texts = texts


def text_of(value):
    """A value as a cell of a file has it: numbers in their shortest form."""
    if isinstance(value, (float, np.floating)):
        value = float(value)
        return str(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value)
    return str(value).strip()


def is_frame(X):
    """Whether `X` has named columns, as pandas' and polars' frames have."""
    return hasattr(X, "columns") and hasattr(X, "shape") and hasattr(X, "__getitem__")


def _is_hole(value):
    # NaN is the value that is not itself; pandas' NA cannot be compared
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    if isinstance(value, str):
        return value.strip().lower() in HOLES
    return bool(value != value)


class _Column:
    """A column as it is handed over: an array of numbers, or of objects."""

    def __init__(self, name, values):
        self.name = name
        dtype = getattr(values, "dtype", None)
        self.is_category = str(dtype).split("(")[0].lower() in ("category", "categorical", "enum")
        kind = None if self.is_category else getattr(dtype, "kind", None)
        if isinstance(values, np.ndarray):
            self.cells = values if values.dtype.kind in "biuf" else values.astype(object)
        elif hasattr(values, "to_list") and hasattr(dtype, "is_numeric"):
            # polars: holes of numbers become NaN by themselves
            self.cells = values.to_numpy() if dtype.is_numeric() else values.to_list()
        elif kind is not None and kind in "biuf":
            # pandas, its own kinds of numbers with holes among them
            self.cells = values.to_numpy(dtype=np.float64, na_value=np.nan)
        else:
            self.cells = values
        if not isinstance(self.cells, np.ndarray) or self.cells.dtype.kind not in "biuf":
            cells = np.empty(len(self.cells), dtype=object)
            cells[:] = list(self.cells)
            self.cells = cells

    @property
    def is_plain(self):
        """Whether it is numbers without holes."""
        kind = self.cells.dtype.kind
        return kind != "O" and (kind != "f" or not np.isnan(self.cells).any())

    @property
    def needs_care(self):
        """Whether it has holes, or texts that are no numbers: to be named by their place."""
        if self.cells.dtype.kind != "O":
            return not self.is_plain
        return any(
            _is_hole(cell) or isinstance(cell, str) and not _is_number(cell) for cell in self.cells
        )

    def is_text(self, numbers_may_be_text):
        """Whether every filled cell is text; an array has no dtype a column that says it of digits."""
        if self.is_category:
            return True
        if self.cells.dtype.kind != "O":
            return False
        filled = [cell for cell in self.cells if not _is_hole(cell)]
        if not filled or not all(isinstance(cell, str) for cell in filled):
            return False
        return numbers_may_be_text or not all(_is_number(cell) for cell in filled)

    def levels(self):
        """Places in the list of texts, and the list, sorted by bytes."""
        cells = [None if _is_hole(cell) else text_of(cell) for cell in self.cells]
        texts = sorted({cell for cell in cells if cell is not None}, key=str.encode)
        places = {text: place for place, text in enumerate(texts)}
        return np.array([places.get(cell, np.nan) for cell in cells], dtype=np.float64), texts

    def numbers(self):
        """The numbers; NaN is a hole."""
        if self.cells.dtype.kind != "O":
            return self.cells.astype(np.float64, copy=False)
        values = np.empty(len(self.cells))
        for row, cell in enumerate(self.cells):
            if _is_hole(cell):
                values[row] = np.nan
                continue
            try:
                values[row] = cell
            except (TypeError, ValueError) as error:
                if isinstance(cell, (str, numbers.Number)):
                    raise ValueError(
                        f"row {row}, {self.shown}: {cell!r} is no number; correct it, leave the "
                        f"column out, or take all of it for text: categorical=[{self.name!r}]"
                    ) from error
                raise TypeError(f"row {row}, {self.shown}: {error}") from error
        return values

    @property
    def shown(self):
        return f"column {self.name!r}"


def _is_number(cell):
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _columns(X):
    """The columns of a frame or of an array of objects; None of all else."""
    if is_frame(X):
        names = [str(name) for name in X.columns]
        if hasattr(X, "iloc"):
            return [_Column(name, X.iloc[:, k]) for k, name in enumerate(names)]
        return [_Column(name, X[name]) for name in X.columns]
    if isinstance(X, (list, tuple)):
        try:
            as_is = np.asarray(X)
        except ValueError:
            return None
        # numbers beside text must not become text
        X = np.asarray(X, dtype=object) if as_is.dtype.kind in "OU" else as_is
    if isinstance(X, np.ndarray) and X.ndim == 2 and X.dtype.kind in "OU":
        return [_Column(k, X[:, k]) for k in range(X.shape[1])]
    return None


def _chosen(columns, categorical):
    """Whether each column is told to be categorical."""
    if isinstance(categorical, str):
        if categorical not in ("auto", "none"):
            raise ValueError(
                f"categorical: must be 'auto', 'none' or a list of columns; got {categorical!r}"
            )
        return [False] * len(columns)
    chosen = [False] * len(columns)
    for wanted in categorical:
        at = [k for k, column in enumerate(columns) if column.name == wanted]
        if not at and isinstance(wanted, numbers.Integral) and 0 <= wanted < len(columns):
            at = [int(wanted)]
        if not at:
            raise ValueError(f"categorical: there is no column {wanted!r}")
        for k in at:
            chosen[k] = True
    return chosen


def table_to_learn(X, *, categorical, missing):
    """The table of what is learnt from; None where all are numbers without holes, or `X` has no columns
    of its own.

    Raises
    ------
    ValueError
        For a hole where there may be none, with its place, or for what is no number.
    """
    if isinstance(categorical, str) and categorical == "auto" and is_numeric_array(X):
        return None
    columns = _columns(X)
    if columns is None:
        if not isinstance(categorical, str) and isinstance(X, np.ndarray) and X.ndim == 2:
            columns = [_Column(k, X[:, k]) for k in range(X.shape[1])]
        else:
            return None
    chosen = _chosen(columns, categorical)
    if not any(chosen) and all(column.is_plain for column in columns) and not any(
        column.is_category for column in columns
    ):
        return None
    by_itself = not (isinstance(categorical, str) and categorical == "none")
    frame = is_frame(X)
    is_text = [
        told or by_itself and column.is_text(numbers_may_be_text=frame)
        for column, told in zip(columns, chosen)
    ]
    if not frame and not any(is_text) and not any(column.needs_care for column in columns):
        return None
    return _table(columns, is_text, [missing == "impute"] * len(columns), "missing='impute'")


def table_to_use(X, known):
    """The table of what is predicted for, by the columns that a model was trained on.

    Parameters
    ----------
    known : list of (list of str or None, bool)
        The levels of each column of text, and whether a hole is filled.
    """
    columns = _columns(X)
    if columns is None:
        X = X.toarray() if hasattr(X, "toarray") else np.asarray(X)
        if X.ndim != 2:
            raise ValueError(f"Expected 2D array, got {X.ndim}D array instead")
        columns = [_Column(k, X[:, k]) for k in range(X.shape[1])]
    is_text = [levels is not None for levels, _ in known]
    takes_holes = [takes for _, takes in known]
    return _table(columns, is_text, takes_holes, "the model was trained without missing='impute'")


def is_numeric_array(X):
    """Whether `X` is an array of numbers: there is nothing to look for."""
    return isinstance(X, np.ndarray) and X.dtype.kind in "biuf"


def _table(columns, is_text, takes_holes, remedy):
    n = len(columns[0].cells) if columns else 0
    values = np.empty((n, len(columns)))
    texts = []
    for k, column in enumerate(columns):
        if is_text[k]:
            values[:, k], levels = column.levels()
            texts.append(levels)
        else:
            values[:, k] = column.numbers()
            texts.append(None)
        if not takes_holes[k]:
            holes = np.flatnonzero(np.isnan(values[:, k]))
            if len(holes):
                raise ValueError(
                    f"row {holes[0]}, {column.shown}: a missing value (NaN); fill it in, or leave "
                    f"the row or the column out; {remedy}"
                )
    return Table(values, texts)
