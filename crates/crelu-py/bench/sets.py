"""The sets of the comparison: features, targets, and whether the targets are labels.

Each is a function without arguments, so that only those that are asked for are made.
"""

import gzip
import pathlib

import numpy as np
import pandas as pd
from sklearn import datasets

#: Where the Debian package dataset-fashion-mnist puts its files.
FASHION = pathlib.Path("/usr/share/datasets/fashion-mnist")


def fashion(part="train"):
    """Fashion-MNIST as rows of 784 numbers in [0, 1], and its labels; None where it is not installed."""
    names = (f"{part}-images-idx3-ubyte.gz", f"{part}-labels-idx1-ubyte.gz")
    if not all((FASHION / name).exists() for name in names):
        return None
    with gzip.open(FASHION / names[0]) as file:
        images = np.frombuffer(file.read(), dtype=np.uint8, offset=16).reshape(-1, 784)
    with gzip.open(FASHION / names[1]) as file:
        labels = np.frombuffer(file.read(), dtype=np.uint8, offset=8)
    return images / 255.0, labels


def _fashion_of(classes, rows):
    both = fashion()
    if both is None:
        return None
    images, labels = both
    chosen = np.flatnonzero(np.isin(labels, classes))[:rows]
    return images[chosen], labels[chosen].astype(int), True


def _of_sklearn(load, labels):
    X, y = load(return_X_y=True)
    return X, y, labels


def _two_digits(*digits):
    X, y = datasets.load_digits(return_X_y=True)
    of = np.isin(y, digits)
    return X[of], y[of], True


def _teacher(rows, columns, neurons, seed, labels):
    """A network of a few neurons, with noise."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(rows, columns))
    hidden = rng.normal(size=(neurons, columns)) / np.sqrt(columns)
    sign = np.where(np.arange(neurons) % 2 == 0, 1.0, -1.0)
    f = np.maximum(X @ hidden.T + 0.3, 0) @ (3 * sign)
    noisy = f + 0.3 * rng.normal(size=rows)
    return X, (noisy > np.median(noisy)).astype(int) if labels else noisy, labels


def _table(rows, seed, labels):
    """A generated table of sales with columns of text: what colour adds depends on the kind."""
    rng = np.random.default_rng(seed)
    kind = rng.choice(["coat", "dress", "hat", "shoe"], rows, p=[0.4, 0.3, 0.2, 0.1])
    colour = rng.choice(["black", "blue", "green", "red", "white"], rows)
    region = rng.choice([f"region {k:02}" for k in range(12)], rows)
    size, age = rng.normal(size=rows), rng.exponential(size=rows)
    base = {"coat": 3.0, "dress": 2.0, "hat": 0.5, "shoe": 1.5}
    value = np.array([base[k] for k in kind])
    value = value + np.where((kind == "dress") & (colour == "red"), 2.0, 0.0)
    value = value + np.where(colour == "black", np.maximum(size, 0), 0.3 * size)
    value = value - np.minimum(age, 1.5) + 0.1 * (np.char.str_len(region) - 9)
    value = value + 0.4 * rng.normal(size=rows)
    X = pd.DataFrame({"kind": kind, "colour": colour, "region": region, "size": size, "age": age})
    if labels:
        return X, np.where(value > np.median(value), "sold", "kept"), True
    return X, value, False


def _moons():
    X, y = datasets.make_moons(600, noise=0.25, random_state=0)
    return X, y, True


def _friedman():
    X, y = datasets.make_friedman1(1000, n_features=10, noise=1.0, random_state=0)
    return X, y, False


#: By name, in the order of the page; those of the first group take seconds.
SETS = {
    "iris": lambda: _of_sklearn(datasets.load_iris, True),
    "wine": lambda: _of_sklearn(datasets.load_wine, True),
    "breast cancer": lambda: _of_sklearn(datasets.load_breast_cancer, True),
    "diabetes": lambda: _of_sklearn(datasets.load_diabetes, False),
    "moons": _moons,
    "Friedman 1": _friedman,
    "teacher, numbers": lambda: _teacher(1000, 20, 5, 1, False),
    "teacher, two classes": lambda: _teacher(1000, 20, 5, 2, True),
    "text table, numbers": lambda: _table(1000, 3, False),
    "text table, two classes": lambda: _table(1000, 4, True),
    "digits, 3 or 8": lambda: _two_digits(3, 8),
    "digits, 1 or 7": lambda: _two_digits(1, 7),
    "digits": lambda: _of_sklearn(datasets.load_digits, True),
    "Fashion, sandal or sneaker": lambda: _fashion_of([5, 7], 2000),
    "Fashion, T-shirt or shirt": lambda: _fashion_of([0, 6], 2000),
    "Fashion, ten classes": lambda: _fashion_of(list(range(10)), 3000),
}
