import os
import pathlib
import subprocess

import numpy as np
import pytest


def pytest_addoption(parser):
    parser.addoption("--full", action="store_true", help="run what takes minutes, too")


def pytest_configure(config):
    config.addinivalue_line("markers", "full: takes long: run with --full")


def pytest_collection_modifyitems(config, items):
    if not config.getoption("--full"):
        for item in items:
            if "full" in item.keywords:
                item.add_marker(pytest.mark.skip(reason="runs with --full"))


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


@pytest.fixture
def command_line():
    """The program `crelu`, as a function of its arguments; CRELU says where it is."""
    root = pathlib.Path(__file__).parents[3]
    program = os.environ.get("CRELU", root / "target/debug/crelu")
    if not pathlib.Path(program).exists():
        pytest.skip(f"{program} is not built")

    def run(*arguments):
        words = [str(program), *map(str, arguments)]
        done = subprocess.run(words, capture_output=True, text=True, timeout=1800)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


@pytest.fixture(params=["pandas", "polars"])
def frames(request):
    """A library of frames."""
    return pytest.importorskip(request.param)


@pytest.fixture
def paints():
    """A table with columns of text and of numbers, and what is learnt from it."""
    rng = np.random.default_rng(3)
    colour = rng.choice(["red", "blue", "green"], 90)
    size = rng.normal(size=90)
    y = np.where(colour == "red", 2.0, 0.0) + np.abs(size)
    return {"size": size, "colour": colour.tolist()}, y
