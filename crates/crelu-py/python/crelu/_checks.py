"""Arguments of functions on arrays: what does not fit is a ValueError of one line."""

import numpy as np


def matrix(name, values, shape=None):
    """A 2-d array of finite float64."""
    values = np.asarray(values, dtype=np.float64)
    if values.ndim != 2 or 0 in values.shape:
        raise ValueError(f"{name}: must be a matrix with rows and columns; got shape {values.shape}")
    if shape is not None and values.shape[1] != shape:
        raise ValueError(f"{name}: {values.shape[1]} columns, expected {shape}")
    return finite(name, values)


def vector(name, values, length=None):
    """A 1-d array of finite float64."""
    values = np.asarray(values, dtype=np.float64)
    if values.ndim != 1:
        raise ValueError(f"{name}: must be a vector; got shape {values.shape}")
    if length is not None and len(values) != length:
        raise ValueError(f"{name}: length {len(values)}, expected {length}")
    return finite(name, values)


def finite(name, values):
    bad = np.argwhere(~np.isfinite(values))
    if len(bad):
        place = ", ".join(str(k) for k in bad[0])
        raise ValueError(f"{name}[{place}] is {values[tuple(bad[0])]}: must be finite")
    return values


def count(name, value, least=1):
    if isinstance(value, bool) or int(value) != value or value < least:
        raise ValueError(f"{name}: must be a whole number, at least {least}; got {value!r}")
    return int(value)


def number(name, value, above=0.0, or_equal=False):
    value = float(value)
    if not (np.isfinite(value) and (value > above or (or_equal and value == above))):
        raise ValueError(f"{name}: must be {'at least' if or_equal else 'above'} {above:g}; got {value!r}")
    return value
