"""Runs the tutorial and writes it back with what its cells print and draw.

    cargo xtask bench tutorial
"""

import os
import pathlib

import nbformat
from nbclient import NotebookClient

NOTEBOOK = pathlib.Path(__file__).parents[3] / "docs/tutorial/tutorial.ipynb"


def main():
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    NotebookClient(notebook, timeout=1800, kernel_name="python3").execute()
    for cell in notebook.cells:
        # when and how long a cell ran
        cell.metadata.pop("execution", None)
    beside = NOTEBOOK.with_suffix(".new")
    nbformat.write(notebook, beside)
    os.replace(beside, NOTEBOOK)


if __name__ == "__main__":
    main()
