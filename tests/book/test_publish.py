"""What is put before Sphinx: staged copies, marks on stale pages, the status page."""

from __future__ import annotations

import shutil
from dataclasses import asdict

import nbformat
import pandas as pd
import pytest
import yaml

from stockcast import params
from stockcast.book import manifest, pages, publish, status
from stockcast.data import holdout
from stockcast.errors import MissingArtifact
from tests.book.test_pages import executed

TOC = {
    "format": "jb-book",
    "root": "book/intro",
    "parts": [
        {"caption": "Before", "chapters": [{"file": "book/run"}, {"file": "book/status"}]},
        {
            "caption": "Simulated",
            "chapters": [{"file": "book/simulated"}, {"file": "book/simulated/01_data"}],
        },
    ],
}


@pytest.fixture
def book(project, notebook):
    """A project with a book of four pages, one of them executed just now."""
    path = notebook("01_data")
    (project / "_config.yml").write_text("title: x\n")
    (project / "_toc.yml").write_text(yaml.safe_dump(TOC))
    folder = project / "book"
    (folder / "simulated").mkdir(parents=True)
    for name in ("intro", "run", "simulated"):
        (folder / f"{name}.md").write_text(f"# {name}\n")
    values = params.read(project / "params" / "book.yml")
    page = pages.polish(executed(1), asdict(manifest.stamp(path, values)))
    (folder / "simulated" / "01_data.ipynb").write_text(pages.text(page))
    return folder


def staged(root) -> tuple:
    """The staging folder after everything was written to it, and the status page's text."""
    folder = publish._stage(root)
    publish._describe(folder, status.params_files())
    return folder, (folder / "book" / "status.md").read_text()


def test_a_current_page_is_staged_as_it_is_and_called_current(book):
    """Nothing may be put on a page that is as it should be."""
    folder, text = staged(book.parent)
    page = "simulated/01_data.ipynb"
    assert (folder / "book" / page).read_bytes() == (book / page).read_bytes()
    assert "| `01_data` | current |" in text
    assert "Executed elsewhere" in text


def test_a_stale_page_is_marked_on_itself_and_on_the_status_page(book, notebook):
    """Readers must see that a page lags behind, in what, and how to make it anew."""
    notebook("01_data", "1 + 1")
    folder, text = staged(book.parent)
    page = nbformat.read(folder / "book" / "simulated" / "01_data.ipynb", as_version=4)
    assert page.cells[0].source == "# Title"
    assert "its code changed" in page.cells[1].source
    assert "stockcast run params/book.yml --pages book/simulated" in page.cells[1].source
    assert "| `01_data` | stale (code) |" in text
    assert "lags behind" not in (book / "simulated" / "01_data.ipynb").read_text()


@pytest.mark.parametrize(
    ("times", "test", "told"),
    [
        (1, ["2018-01-02", "2020-12-31"], True),
        (2, ["2018-06-01", "2022-12-30"], True),
        (0, ["2018-01-02", "2020-12-31"], False),
        (1, ["2017-01-03", "2017-12-29"], False),
        (1, ["2021-01-04", "2022-12-30"], False),
    ],
)
def test_pages_of_a_run_that_uses_a_sealed_window_say_how_often_it_was_opened(
    book, monkeypatch, times, test, told
):
    """By the dates of the run's test, on the staged page alone."""
    file = book.parent / "params" / "book.yml"
    values = yaml.safe_load(file.read_text()) | {"source": "parquet", "panel": "p.parquet"}
    valid = pd.Timestamp(test[0]) - pd.Timedelta(days=1)
    values = {k: v for k, v in values.items() if k not in ("start", "train_end", "valid_end", "end")} | {
        "train": ["2010-01-04", "2014-12-31"], "valid": ["2015-01-05", f"{valid:%F}"], "test": test,
    }  # fmt: skip
    file.write_text(yaml.safe_dump(values))
    monkeypatch.setattr(holdout, "count", lambda name: times)
    folder, _ = staged(book.parent)
    page = nbformat.read(folder / "book" / "simulated" / "01_data.ipynb", as_version=4)
    said = [cell.source for cell in page.cells if "sealed window" in cell.source]
    assert len(said) == told
    assert all(f"opened {times} of at most 3 times" in one for one in said)


def test_the_status_page_shows_what_an_execution_here_cost(book):
    """Seconds and memory come from the manifest, and only from one that made this very page."""
    stamp = manifest.Stamp(**manifest.page_stamp(book / "simulated" / "01_data.ipynb"))
    folder = book.parent / "runs" / "simulated" / "01_data"
    made = manifest.Manifest(stamp, {}, {}, "abc", 12.3, 456.7, 4, 9.8, {"python": "3"})
    manifest.write(folder, made)
    assert "| 12.3 | 457 | 4 (9.8 s) |" in staged(book.parent)[1]
    other = manifest.Manifest(**asdict(made) | {"stamp": asdict(stamp) | {"code": "other"}})
    manifest.write(folder, other)
    assert "12.3" not in staged(book.parent)[1]


def test_unchanged_sources_keep_their_times_and_removed_ones_go(book):
    """Sphinx reads again what has a new time: an unchanged book must build in seconds."""
    folder, _ = staged(book.parent)
    time = (folder / "book" / "run.md").stat().st_mtime_ns
    (book / "intro.md").write_text("# new\n")
    (book / "simulated.md").unlink()
    staged(book.parent)
    assert (folder / "book" / "run.md").stat().st_mtime_ns == time
    assert (folder / "book" / "intro.md").read_text() == "# new\n"
    assert not (folder / "book" / "simulated.md").exists()


def test_a_page_that_was_never_made_is_named_with_its_command(book):
    """The table of contents must not lead to nothing, nor fail deep inside Sphinx."""
    (book / "simulated" / "01_data.ipynb").unlink()
    with pytest.raises(MissingArtifact, match=r"book/simulated/01_data.*make it with: make book"):
        publish.publish()


def test_a_run_of_ones_own_gets_its_chapters_and_the_books_reference_pages(book, params_file):
    """The site of a user's run must hold that run's pages, and no page about another."""
    own = book.parent / "pages"
    own.mkdir()
    shutil.copy(book / "simulated" / "01_data.ipynb", own)
    toc = publish._own_toc("mine", ["01_data"])
    files = [chapter["file"] for part in toc["parts"] for chapter in part["chapters"]]
    assert files == ["book/mine/01_data", "book/run", "book/status"]


def test_the_welcome_page_of_a_run_lists_every_parameter(project):
    """A reader of somebody's site must see what was asked."""
    values = params.read(project / "params" / "book.yml")
    text = publish._welcome(values.model_copy(update={"panel": "/home/ann/panel.csv"}))
    assert all(f"| `{key}` |" in text for key in type(values).model_fields)
    assert "| `panel` | `panel.csv` |" in text
