"""The tutorial runs, on small data; what stands in the tree was run in full."""

import pathlib

import pytest

NOTEBOOK = pathlib.Path(__file__).parents[3] / "docs/tutorial/tutorial.ipynb"


@pytest.fixture
def notebook():
    nbformat = pytest.importorskip("nbformat")
    return nbformat.read(NOTEBOOK, as_version=4)


def test_tutorial_runs_reduced(notebook, monkeypatch, tmp_path):
    nbclient = pytest.importorskip("nbclient")
    pytest.importorskip("matplotlib")
    pytest.importorskip("ipykernel")
    monkeypatch.setenv("CRELU_TUTORIAL", "reduced")
    nbclient.NotebookClient(notebook, timeout=300, kernel_name="python3", cwd=tmp_path).execute()
    text = str([cell.get("outputs") for cell in notebook.cells])
    assert "search gap, evidence" in text
    assert text.count("image/png") == 4
