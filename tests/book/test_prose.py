"""What readers read around and inside the chapters keeps the book's promises."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

from stockcast import params
from stockcast.book.directives import modules, scope_chapters, scope_labels

ROOT = Path(__file__).resolve().parents[2]
BOOK = ROOT / "book"
NOTEBOOKS = sorted((ROOT / "notebooks").glob("[!.]*.ipynb"))
PAGES = sorted(BOOK.rglob("*.md"))
GENERATED = {"book/status"}
STORY = re.compile(r"551\.8|李林|\bstory\b")
CREDIT = ("李林", "CC BY-NC 4.0")
ABSOLUTE = re.compile(r"(?<![\w/.:~-])/(home|root|work|tmp|usr|mnt|Users|opt|var)/")


def toc() -> list[str]:
    """Every page named by the table of contents, in order."""
    content = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    return [content["root"], *files(content["parts"])]


def files(entries: list[dict]) -> list[str]:
    """Pages of some entries and of those below them."""
    found = []
    for entry in entries:
        found += [entry["file"]] if "file" in entry else []
        for below in ("chapters", "sections"):
            found += files(entry.get(below, []))
    return found


def cells(path: Path, kind: str) -> list[dict]:
    """Cells of one kind of a notebook."""
    content = json.loads(path.read_text(encoding="utf-8"))
    return [cell for cell in content["cells"] if cell["cell_type"] == kind]


def text_of(path: Path) -> str:
    """What a page says: all of a Markdown file, the Markdown cells of a notebook."""
    if path.suffix == ".md":
        return path.read_text(encoding="utf-8")
    return "\n".join("".join(cell["source"]) for cell in cells(path, "markdown"))


def test_every_page_of_the_table_of_contents_exists():
    """A reader must find what the table of contents promises."""
    missing = [
        page
        for page in toc()
        if page not in GENERATED
        and not any((ROOT / f"{page}{suffix}").is_file() for suffix in (".md", ".ipynb"))
    ]
    assert not missing


def test_every_page_is_in_the_table_of_contents_once():
    """No page may be written for nobody, and none may appear twice."""
    named = toc()
    assert len(named) == len(set(named))
    assert {str(page.relative_to(ROOT).with_suffix("")) for page in PAGES} <= set(named)


def test_both_parts_have_their_chapters_in_the_order_of_the_notebooks():
    """The simulated part must have every chapter; the real one, where run, in the same order."""
    every = [path.stem for path in NOTEBOOKS]
    parts = {
        run: [Path(page).name for page in toc() if page.startswith(f"book/{run}/")]
        for run in ("simulated", "ashare")
    }
    assert parts["simulated"] == every
    assert parts["ashare"] == [name for name in every if name in parts["ashare"]]


@pytest.mark.parametrize("page", [*PAGES, *NOTEBOOKS, ROOT / "README.md"], ids=lambda p: p.stem)
def test_no_page_names_a_place_on_somebodys_machine(page):
    """An absolute path must not be published: it holds on one machine only."""
    assert not ABSOLUTE.findall(page.read_text(encoding="utf-8"))


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda p: p.stem)
def test_every_figure_has_caption_name_and_alternative_text(notebook):
    """A figure must be explained, referable, and readable by those who cannot see it."""
    drawing = re.compile(r"\bfigures\.(?!style\b)\w+\(|\bplt\.|\.plot\(|\.subplots\(")
    for cell in cells(notebook, "code"):
        shown = cell["metadata"].get("mystnb", {})
        if "figure" not in shown and not drawing.search("".join(cell["source"])):
            continue
        start = "".join(cell["source"])[:60]
        assert shown.get("figure", {}).get("caption"), start
        assert shown["figure"].get("name", "").startswith(f"fig-{notebook.stem[:2]}-"), start
        assert shown.get("image", {}).get("alt"), start


def test_no_label_of_a_figure_is_used_twice():
    """References must lead to one figure."""
    names = [
        cell["metadata"]["mystnb"]["figure"]["name"]
        for notebook in NOTEBOOKS
        for cell in cells(notebook, "code")
        if "figure" in cell["metadata"].get("mystnb", {})
    ]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("name", ["intro.md", "README.md"])
def test_the_story_is_credited_where_it_is_told(name):
    """The page that retells the story must name its author and its licence."""
    page = ROOT / name if name == "README.md" else BOOK / name
    assert all(word in text_of(page) for word in CREDIT)


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda p: p.stem)
def test_a_chapter_that_quotes_the_story_credits_it(notebook):
    """A chapter that retells or quotes the story must name its author and its licence."""
    text = text_of(notebook)
    if STORY.search(text):
        assert all(word in text for word in CREDIT)


def test_every_published_page_credits_the_story():
    """The site's footer must carry the credit, for pages that only mention the story."""
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    assert all(word in config["html"]["extra_footer"] for word in CREDIT)


def test_the_parameters_page_explains_every_key_once():
    """A reader who edits a parameter file must find each key explained, in one place."""
    text = (BOOK / "parameters.md").read_text(encoding="utf-8")
    explained = " ".join(re.findall(r"```\{parameters\} (.+)", text)).split()
    assert sorted(explained) == sorted(params.Params.model_fields)


def test_every_folder_of_the_package_has_a_reference_page():
    """The reference must cover the package: each folder and each module beside the folders."""
    named = set(re.findall(r"\.\. package:: (\S+)", "\n".join(map(text_of, PAGES))))
    folders = {p.parent.name for p in (ROOT / "stockcast").glob("*/__init__.py")}
    files = (ROOT / "stockcast").glob("[a-z]*.py")
    beside = {p.stem for p in files if not p.stem.startswith("cli")}
    assert named == {f"stockcast.{name}" for name in folders | beside}


def test_private_modules_stay_out_of_the_reference():
    """A module whose name begins with an underscore is nobody's to call."""
    listed = modules("stockcast.judge")
    assert "stockcast.judge.metrics" in listed
    assert not any("._" in name for name in listed)


def test_labels_are_scoped_to_the_run_that_is_published():
    """The same notebook published twice must not claim one label twice."""
    source = "See {numref}`fig-03-ic` and {eq}`eq-03-label`; config-03-x stays."
    assert scope_labels("book/ashare/03_features", source) == (
        "See {numref}`fig-ashare-03-ic` and {eq}`eq-ashare-03-label`; config-03-x stays."
    )
    assert scope_labels("book/intro", source) == source


def test_a_chapter_that_a_run_lacks_is_read_in_the_default_run():
    """A page of the real run must not point to a page that was not made for it."""
    pages = {"book/simulated/05_classical", "book/ashare/03_features", "book/ashare/04_samples"}
    source = "{doc}`05_classical`, {doc}`the features <03_features>`, {doc}`99_none`"
    assert scope_chapters("book/ashare/04_samples", source, pages) == (
        "{doc}`/book/simulated/05_classical`, {doc}`the features <03_features>`, {doc}`99_none`"
    )
    assert scope_chapters("book/intro", source, pages) == source


def test_two_commands_are_the_quick_start():
    """The quick start must be exactly the two commands that work on a fresh machine."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    block = re.search(r"## Quick start.*?```bash\n(.*?)```", readme, flags=re.DOTALL)[1]
    assert [line.split("#")[0].strip() for line in block.splitlines()] == ["make book", "make test"]


def test_nothing_is_loaded_from_the_network():
    """The site must work offline: our configuration may name no script or style elsewhere."""
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))["sphinx"]["config"]
    assert (BOOK / "_static" / config["mathjax_path"]).is_file()
    assert (BOOK / "_static" / "mathjax" / "LICENSE").is_file()
    assert config["nb_ipywidgets_js"] == {}
    assert not {"sphinx.ext.intersphinx", "sphinx_thebe"} & set(config["extensions"])
    assert "//" not in (BOOK / "_static" / "stockcast.css").read_text(encoding="utf-8")
