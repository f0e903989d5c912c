"""Source notebooks and committed pages keep the rules that papermill, DVC and nbval rely on."""

from __future__ import annotations

import re

import nbformat
import pytest

from stockcast import params
from stockcast.book import closure, manifest, pages, pipeline, status
from tests.conftest import ROOT

SOURCES = sorted((ROOT / "notebooks").glob("[!.]*.ipynb"))
SIMULATED = sorted((ROOT / "book" / "simulated").glob("[!.]*.ipynb"))
PAGES = sorted((ROOT / "book").glob("*/[!.]*.ipynb"))
BOOK = params.read(ROOT / "params" / "book.yml")
CHECKED = "nbval-check-output"

sources = pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
committed = pytest.mark.parametrize(
    "path", PAGES, ids=lambda path: f"{path.parent.name}-{path.stem}"
)


def code(path):
    """The code cells of a notebook."""
    return [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]


def tags(cell) -> list[str]:
    """Tags of a cell."""
    return cell.metadata.get("tags", [])


@sources
def test_a_source_carries_no_results(path):
    """Results belong to the executed pages: a source with outputs has two truths."""
    for number, cell in enumerate(code(path), 1):
        assert cell.outputs == [], f"code cell {number}"
        assert cell.execution_count is None, f"code cell {number}"


@sources
def test_a_source_begins_with_its_parameters_and_opens_its_own_stage(path):
    """papermill injects after the first cell; the stage's name decides where artifacts go."""
    first, second = code(path)[:2]
    assert tags(first) == ["parameters"]
    assert f'Stage.open("{path.stem}", globals())' in second.source


@sources
def test_a_source_asks_for_the_usual_kernel(path):
    """Plain papermill needs to be told the language; another kernel's name works nowhere else."""
    metadata = nbformat.read(path, as_version=4).metadata
    assert metadata.kernelspec.name == pages.KERNEL["name"]
    assert metadata.language_info.name == pages.LANGUAGE["name"]


@sources
def test_defaults_are_the_default_run(path):
    """Opened in JupyterLab, a notebook must be the default run, to the last parameter."""
    values = BOOK.model_dump()
    for key, default in closure.declared(path).items():
        assert default == values[key], key
        assert type(default) is type(values[key]), key


@sources
def test_a_source_names_no_place_on_a_machine(path):
    """An absolute path works on one machine and tells about it."""
    pages.check(nbformat.read(path, as_version=4), path.name)


def test_every_parameter_is_declared_by_some_notebook():
    """A parameter that no notebook declares does nothing, and readers would trust it."""
    declared = {key for path in SOURCES for key in closure.declared(path)}
    assert set(params.Params.model_fields) - declared == set()


def test_the_default_run_is_committed_as_a_whole():
    """The site, and nbval, need a page of every stage."""
    assert [path.stem for path in SIMULATED] == [step.name for step in pipeline.steps()]


@committed
def test_every_cell_of_a_page_was_executed_in_order(path):
    """nbval passes what was never executed; a page must not."""
    counts = [cell.execution_count for cell in code(path) if cell.source.strip()]
    assert counts == list(range(1, len(counts) + 1))


@committed
def test_a_page_shows_no_error_no_warning_and_no_private_path(path):
    """What went wrong must be mended, not published."""
    page = nbformat.read(path, as_version=4)
    kinds = {output.output_type for cell in code(path) for output in cell.outputs}
    assert "error" not in kinds
    assert page.metadata.stockcast.get("stderr_in_cells", []) == []
    pages.check(page, path.name)
    assert pages.text(page) == path.read_text(encoding="utf-8")


@committed
def test_a_page_is_its_source_executed(path):
    """Cells of the source, in order, with the injected cell and the footer and nothing else."""
    stamp = manifest.page_stamp(path)
    page = nbformat.read(path, as_version=4)
    assert stamp["run"] == path.parent.name
    assert "provenance" in tags(page.cells[-1])
    assert stamp["code"] in page.cells[-1].source
    injected = [cell for cell in page.cells if "injected-parameters" in tags(cell)]
    assert len(injected) == 1
    assert "hide-input" in tags(injected[0])


@pytest.mark.parametrize("path", SIMULATED, ids=lambda path: path.stem)
def test_no_simulated_page_is_stale(path):
    """After an edit of code, parameters or lock the default run is executed again: `make book`."""
    assert manifest.stale(path, BOOK) == []


@committed
def test_a_run_published_in_the_book_has_its_parameters_file(path):
    """A page without its parameters could not be made again."""
    assert manifest.page_stamp(path)["run"] in status.params_files()


@committed
def test_enough_cells_are_verified_and_they_print_results(path):
    """nbval compares only tagged cells: at least three a page, with numbers, and none that glues.

    What is glued has ten digits, more than arithmetic keeps from one machine to the next.
    """
    checked = [cell for cell in code(path) if CHECKED in tags(cell)]
    printed = ["".join(output.get("text", "")) for cell in checked for output in cell.outputs]
    assert sum(bool(re.search(r"\d", text)) for text in printed) >= 3
    assert not any("stage.glue" in cell.source for cell in checked)


@committed
def test_every_picture_has_caption_name_and_alternative_text(path):
    """A figure must be explained, referable, and readable by those who cannot see it."""
    for number, cell in enumerate(code(path), 1):
        if not any("image/png" in output.get("data", {}) for output in cell.outputs):
            continue
        shown = cell.metadata.get("mystnb", {})
        assert shown.get("figure", {}).get("caption"), f"code cell {number}"
        assert shown["figure"].get("name"), f"code cell {number}"
        assert shown.get("image", {}).get("alt"), f"code cell {number}"
