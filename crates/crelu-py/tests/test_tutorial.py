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
    resources = {"metadata": {"path": str(tmp_path)}}
    nbclient.NotebookClient(
        notebook, timeout=1800, kernel_name="python3", resources=resources
    ).execute()
    text = str([cell.get("outputs") for cell in notebook.cells])
    assert "search gap, evidence" in text
    assert text.count("image/png") == 4


def test_tutorial_in_the_tree_was_run(notebook):
    codes = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in codes] == list(range(1, len(codes) + 1))
    assert str([cell.outputs for cell in codes]).count("image/png") == 4
