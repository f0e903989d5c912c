"""From an executed notebook to a page: nothing volatile, nothing private."""

from __future__ import annotations

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from stockcast.book import pages

STAMP = {
    "notebook": "notebooks/01_data.ipynb", "run": "simulated", "seed": 7,
    "params": "aa", "code": "bb", "lock": "cc", "data": "dd",
}  # fmt: skip


def executed(second: int, *outputs, source: str = "x") -> nbformat.NotebookNode:
    """A notebook as papermill leaves it, `second` standing for all that changes by the clock."""
    times = {"duration": second, "start_time": f"2024-01-01T00:00:0{second}"}
    first = new_code_cell("run = 'a'", metadata={"tags": ["parameters"], "papermill": times})
    given = new_code_cell(
        "# Parameters\nrun = 'b'", metadata={"tags": ["injected-parameters"], "papermill": times}
    )
    shown = new_code_cell(
        source, outputs=list(outputs), execution_count=3,
        metadata={
            "papermill": times, "execution": {"iopub.status.busy": times["start_time"]},
            "tags": [], "mystnb": {"image": {}},
        },
    )  # fmt: skip
    return new_notebook(
        cells=[new_markdown_cell("# Title"), first, given, shown],
        metadata={
            "papermill": times,
            "language_info": {"name": "python", "version": f"3.11.{second}"},
            "widgets": {"state": second},
        },
    )


def stream(text: str, name: str = "stdout") -> nbformat.NotebookNode:
    """Text that a cell wrote."""
    return new_output("stream", name=name, text=text)


def test_two_executions_give_the_same_bytes():
    """Times, durations, versions and random identifiers must not reach the page."""
    one = pages.text(pages.polish(executed(1), STAMP))
    assert one == pages.text(pages.polish(executed(2), STAMP))
    for word in ("papermill", "2024", "3.11", "widgets"):
        assert word not in one


def test_the_injected_cell_is_hidden_and_the_authors_is_kept():
    """Readers see the default parameters; the run's own are folded away."""
    page = pages.polish(executed(1), STAMP)
    assert page.cells[1].metadata.tags == ["parameters"]
    assert page.cells[2].metadata.tags == ["injected-parameters", "hide-input"]


def test_what_the_author_wrote_into_the_metadata_is_kept():
    """Captions, names and alternative texts live there."""
    page = pages.polish(executed(1), STAMP)
    assert page.cells[3].metadata == {"mystnb": {"image": {}}}


def test_equal_cells_get_different_identifiers():
    """nbformat wants identifiers to be unique within a page."""
    notebook = executed(1)
    notebook.cells.append(new_markdown_cell("# Title"))
    found = [cell.id for cell in pages.polish(notebook, STAMP).cells]
    assert len(set(found)) == len(found)


def test_the_footer_and_the_metadata_carry_the_stamp():
    """A reader must be able to tell what made a page, and a test whether it is stale."""
    page = pages.polish(executed(1), STAMP)
    assert page.metadata.stockcast == STAMP
    footer = page.cells[-1]
    assert footer.metadata.tags == ["provenance"]
    for value in ("`simulated`", "seed 7", "`aa`", "`bb`", "`cc`", "`dd`"):
        assert value in footer.source


def test_what_went_to_stderr_is_dropped_and_noted():
    """Warnings name files of the machine; that there were any must not be hidden, though."""
    page = pages.polish(executed(1, stream("a\n"), stream("/tmp/x.py: oops", "stderr")), STAMP)
    assert [output.name for output in page.cells[3].outputs] == ["stdout"]
    assert page.metadata.stockcast.stderr_in_cells == [2]


@pytest.mark.parametrize(
    "text",
    ["/home/ann/panel.csv", "at /tmp/x", "'/usr/lib/y'", "C:\\Users\\ann", "file:///etc/z"],
)
def test_an_absolute_path_is_refused_wherever_it_stands(text):
    """A page must not tell about the machine it was made on."""
    for notebook in (executed(1, stream(text)), executed(1, source=f"x = {text!r}")):
        with pytest.raises(pages.PageError, match="ipynb, code cell 2 shows an absolute path"):
            pages.polish(notebook, STAMP)


def test_a_memory_address_is_refused():
    """It would be another one at every execution."""
    with pytest.raises(pages.PageError, match="memory address"):
        pages.polish(executed(1, stream("<object at 0x7f12ab34cd56>")), STAMP)


@pytest.mark.parametrize(
    "text",
    [
        "runs/simulated",
        "https://example.org/home/x",
        "up/down",
        "1/2",
        "</td></tr>",
        "$f:\\mathbb R$",
    ],
)
def test_what_only_looks_like_a_path_is_let_through(text):
    """Prose, formulas and tables must not be refused."""
    assert pages.polish(executed(1, stream(text)), STAMP)


def test_a_file_that_a_parameter_names_is_shown_by_its_name():
    """Users may give an absolute path; their page shows the file's name only."""
    notebook = executed(1, stream("read /home/ann/panel.csv"))
    notebook.cells[2].source = 'panel = "/home/ann/panel.csv"'
    page = pages.polish(notebook, STAMP, {"/home/ann/panel.csv": "panel.csv"})
    assert page.cells[2].source == 'panel = "panel.csv"'
    assert page.cells[3].outputs[0].text == "read panel.csv"
