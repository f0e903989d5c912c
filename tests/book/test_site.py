"""The published site: whole, linked, readable offline."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from stockcast.book import publish
from tests.conftest import ROOT


class Page(HTMLParser):
    """Links, anchors, pictures and loaded files of one page."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.anchors: set[str] = set()
        self.pictures: list[dict[str, str | None]] = []
        self.loads: list[str] = []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Sort one tag's attributes."""
        found = dict(attrs)
        self.anchors.update(filter(None, (found.get("id"), found.get("name"))))
        if tag == "a" and found.get("href"):
            self.links.append(found["href"])
        if tag == "img":
            self.pictures.append(found)
        source = found.get("href" if tag == "link" else "src")
        if source and (tag != "link" or found.get("rel") in ("stylesheet", "preload")):
            self.loads.append(source)


@pytest.fixture(scope="module")
def site() -> Path:
    """The site, built with every warning an error unless it is up to date."""
    return publish.publish()


@pytest.fixture(scope="module")
def pages(site) -> dict[Path, Page]:
    """Each page of the book, read."""
    names = publish.documents(ROOT / "_toc.yml")
    return {site / f"{name}.html": Page(site / f"{name}.html") for name in names}


def test_as_many_pages_came_out_as_the_table_of_contents_names(site, pages):
    """Neither may a page be missing, nor one be there that no reader finds."""
    sphinx = {site / f"{name}.html" for name in ("index", "genindex", "py-modindex", "search")}
    built = {path for path in site.rglob("*.html") if "_static" not in path.parts}
    assert built - sphinx == set(pages)
    assert sphinx <= built


def test_every_internal_link_leads_somewhere(site, pages):
    """A link must lead to a file that is there, and to an anchor in it."""
    read = {path.resolve(): page for path, page in pages.items()}
    broken = []
    for path, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path.resolve()
            if not target.is_file():
                broken.append((path.name, link))
            anchors = read[target].anchors if target in read else {unquote(parts.fragment)}
            if parts.fragment and unquote(parts.fragment) not in anchors:
                broken.append((path.name, link))
    assert broken == []


def test_every_picture_has_an_alternative_text(pages):
    """A reader who cannot see a picture must be told what it shows."""
    bare = [
        path.name for path, page in pages.items() for each in page.pictures if not each.get("alt")
    ]
    assert bare == []


def test_nothing_is_loaded_from_a_network(site, pages):
    """The book must read the same on a train: every script, style and picture is its own."""
    for path, page in pages.items():
        for source in page.loads:
            assert not urlsplit(source).netloc, f"{path.name} loads {source}"
            if not source.startswith("data:"):
                assert (path.parent / unquote(urlsplit(source).path)).is_file(), source


def test_building_again_changes_nothing(site, capsys):
    """`make book` with nothing changed must be done in seconds."""
    publish.publish()
    assert "is up to date" in capsys.readouterr().out


def test_a_run_of_ones_own_becomes_a_site_of_its_own(tmp_path, monkeypatch):
    """`stockcast run FILE --publish` ends with that run's chapters and no other run's."""
    monkeypatch.setenv("STOCKCAST_RUNS", str(tmp_path))
    file = tmp_path / "mine.yml"
    text = (ROOT / "params" / "book.yml").read_text(encoding="utf-8")
    file.write_text(text.replace("run: simulated", "run: mine"), encoding="utf-8")
    own = publish.publish_run(file, ROOT / "book" / "simulated")
    assert own == tmp_path / "mine" / "site"
    chapters = {path.stem for path in (ROOT / "book" / "simulated").glob("[!.]*.ipynb")}
    assert {path.stem for path in (own / "book" / "mine").glob("*.html")} == chapters
    assert not (own / "book" / "simulated").exists()
    assert "The run mine" in (own / "book" / "welcome.html").read_text(encoding="utf-8")
