import numpy as np
import pytest


@pytest.fixture
def rings():
    """Two classes that no linear model separates, with labels of text."""
    rng = np.random.default_rng(0)
    X = rng.uniform(-1, 1, (120, 3))
    return X, np.where((X**2).sum(axis=1) > 1, "outer", "inner")


@pytest.fixture
def hinges():
    """Numbers that a few neurons explain."""
    rng = np.random.default_rng(1)
    X = rng.normal(size=(150, 4))
    y = np.maximum(X[:, 0], 0) - 2 * np.maximum(X[:, 1] - X[:, 2], 0) + 30
    return X, y + 0.05 * rng.normal(size=150)
