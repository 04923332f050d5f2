"""The notebook runs from its first cell to its last on a small demo, and is kept without what it printed."""

import os
from pathlib import Path

import live_server
import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "collective-capital.ipynb"


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    """Run against a demo of thirty people over loopback."""
    folder = tmp_path_factory.mktemp("notebook") / "data"
    demo = ("--pods", "30", "--gardens", "3", "--until", "2026-03-01")
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    with live_server.serving(folder, None, "demo", *demo) as base:
        surroundings = {**os.environ, "POD_APP_DEMO": base}
        NotebookClient(notebook, timeout=int(live_server.HANG_GUARD), kernel_name="python3").execute(env=surroundings)
    return notebook


def printed(notebook):
    found = []
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            assert output.output_type != "error", output
            found.append(output.get("text") or output.data.get("text/html", ""))
    return "\n".join(found)


def test_the_notebook_tells_the_story_of_the_demo(executed):
    told = printed(executed)
    assert "gardés par OxigraphStore" in told
    assert "285,00 € rendus, le dixième de 2850,00 €" in told
    assert "<td>65,00 €</td><td>2</td>" in told
    assert "Mercis par mois" in told
    assert "SELECT ?month" in told


def test_every_cell_of_code_was_run(executed):
    assert all(cell.execution_count for cell in executed.cells if cell.cell_type == "code")


def test_what_it_printed_is_not_kept():
    for cell in nbformat.read(NOTEBOOK, as_version=4).cells:
        if cell.cell_type == "code":
            assert (cell.outputs, cell.execution_count) == ([], None)
