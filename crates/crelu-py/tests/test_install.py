"""The package is installed as a user does, from the tree and from its source distribution."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tarfile
import venv

import pytest

PACKAGE = pathlib.Path(__file__).parents[1]

CODE = """
import crelu
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split
X, X_test, y, y_test = train_test_split(*load_breast_cancer(return_X_y=True), random_state=0)
print(crelu.__file__)
print(crelu.ConvexReLUClassifier().fit(X, y).score(X_test, y_test))
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
    # the environment of these tests names the package in the tree
    alone = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    file, score = run(python, "-c", CODE, cwd=tmp_path, env=alone).split()
    assert pathlib.Path(file).is_relative_to(tmp_path / "fresh")
    assert float(score) > 0.95


def source_distribution(folder):
    pytest.importorskip("maturin")
    run(sys.executable, "-m", "maturin", "sdist", "--out", folder, cwd=PACKAGE)
    (source,) = folder.glob("crelu-*.tar.gz")
    return source


def test_source_distribution_has_all_that_its_crates_name(tmp_path):
    if shutil.which("cargo") is None:
        pytest.skip("needs cargo")
    with tarfile.open(source_distribution(tmp_path)) as archive:
        names = archive.getnames()
        archive.extractall(tmp_path, filter="data")
    assert not any(name.endswith((".so", ".pyd", ".pyc", ".new")) for name in names)
    (tree,) = (path for path in tmp_path.iterdir() if path.is_dir())
    for name in ("Cargo.lock", "LICENSE-MIT", "LICENSE-APACHE", "python/crelu/_core.pyi", "python/crelu/py.typed"):
        assert (tree / name).is_file(), name
    here = {path.name for path in (PACKAGE / "python/crelu").iterdir() if path.suffix in (".py", ".pyi")}
    assert here <= {path.name for path in (tree / "python/crelu").iterdir()}
    # every crate of the workspace that it needs is there, and all others are those of its lock file
    locked = set(re.findall(r'name = "(.+)"\nversion = "(.+)"', (tree / "Cargo.lock").read_text()))
    told = run("cargo", "metadata", "--offline", "--format-version", "1", cwd=tree)
    packages = json.loads(told)["packages"]
    assert {(package["name"], package["version"]) for package in packages} <= locked
    crates = [package for package in packages if package["source"] is None]
    assert {"crelu-py", "crelu-model", "linalg-core"} <= {crate["name"] for crate in crates}
    for crate in crates:
        root = pathlib.Path(crate["manifest_path"]).parent
        assert root.is_relative_to(tree)
        for source in root.glob("src/**/*.rs"):
            text = source.read_text(encoding="utf-8")
            for named in re.findall(r'include_(?:str|bytes)!\(\s*"([^"]+)"', text):
                assert (source.parent / named).is_file(), f"{source.relative_to(tree)}: {named}"


@pytest.mark.full
def test_tree_is_installed(python, tmp_path):
    check(python, PACKAGE, tmp_path)


@pytest.mark.full
def test_source_distribution_builds_outside_of_the_tree(python, tmp_path):
    check(python, source_distribution(tmp_path), tmp_path)
