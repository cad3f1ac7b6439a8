"""The package is installed as a user does, from the tree and from its source distribution."""

import pathlib
import subprocess
import sys
import tarfile
import venv

import pytest

pytestmark = pytest.mark.full

PACKAGE = pathlib.Path(__file__).parents[1]

CODE = """
import crelu
from sklearn.datasets import load_iris
X, y = load_iris(return_X_y=True)
print(crelu.ConvexReLUClassifier(beta=0.01).fit(X, y).score(X, y))
"""


def run(*command, **options):
    words = [str(word) for word in command]
    done = subprocess.run(words, capture_output=True, text=True, timeout=3000, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def python(tmp_path):
    """The Python of an environment with nothing in it."""
    venv.create(tmp_path / "fresh", with_pip=True)
    return tmp_path / "fresh/bin/python"


def check(python, source, tmp_path):
    run(python, "-m", "pip", "install", "--quiet", source)
    assert float(run(python, "-c", CODE, cwd=tmp_path)) > 0.95


def test_tree_is_installed(python, tmp_path):
    check(python, PACKAGE, tmp_path)


def test_source_distribution_builds_outside_of_the_tree(python, tmp_path):
    pytest.importorskip("maturin")
    run(sys.executable, "-m", "maturin", "sdist", "--out", tmp_path, cwd=PACKAGE)
    (source,) = tmp_path.glob("crelu-*.tar.gz")
    with tarfile.open(source) as archive:
        names = archive.getnames()
    assert any(name.endswith("Cargo.lock") for name in names)
    assert not any(name.endswith((".so", ".pyc")) for name in names)
    check(python, source, tmp_path)
