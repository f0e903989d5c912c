"""Publish pages as a site that works offline; nothing is executed.

The sources are copied to a staging folder first, where pages get notices (stale; of a run that uses
a sealed window) and the status page is written: the tree itself stays as it is. A build that fails
leaves the old site in place.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nbformat
import yaml

from stockcast import params, paths
from stockcast.book import pages, status
from stockcast.data import holdout
from stockcast.data.holdout.seals import SEALS
from stockcast.errors import InputError, MissingArtifact, StockcastError

SOURCES = ("book", "_config.yml", "_toc.yml", "*.md", "*.cff", "LICENSE", "params/*.yml")

PACKAGE = Path(__file__).resolve().parents[1]

STALE = """\
:::{{warning}}
This page lags behind the project: since it was executed, its {changed} changed. To make it anew:
`stockcast run {file} --pages {folder}`
:::"""

OPENED = """\
:::{{note}}
The test of the run `{run}` uses the sealed window {window}, opened {times} of at most {most} times.
:::"""

WORDS = {"code": "code", "params": "parameters", "lock": "libraries", "notebook": "notebook"}

WELCOME = """\
# The run {run}

These pages are the book's chapters, executed with the parameters below. Not investment advice: they
say what was measured on these data, and nothing about tomorrow.

| parameter | value | meaning |
|---|---|---|
{rows}
"""


class PublishFailed(StockcastError):
    """The site could not be built; the one before it stands."""


def publish() -> Path:
    """Build the book's site into `_build/html`; its folder.

    Raises
    ------
    MissingArtifact
        When the table of contents names a page that has not been made.
    PublishFailed
        When the build warns of anything, or a page is missing from the result.
    """
    root = paths.root()
    staged = _stage(root)
    _describe(staged, status.params_files())
    return _build(staged, root / "_build", root / "_build" / "html", strict=True)


def publish_run(params_file: Path, folder: Path) -> Path:
    """Build a site of its own, `runs/RUN/site`, from the pages in `folder`; its folder."""
    values = params.read(params_file)
    work = paths.runs() / values.run / "_build"
    staged = _stage(paths.root(), work)
    for other in (staged / "book").glob("*/[!.]*.ipynb"):
        other.unlink()
    own = staged / "book" / values.run
    own.mkdir(exist_ok=True)
    chapters = sorted(folder.glob("[!.]*.ipynb"))
    for page in chapters:
        shutil.copy2(page, own)
    (staged / "book" / "welcome.md").write_text(_welcome(values), encoding="utf-8")
    toc = _own_toc(values.run, [page.stem for page in chapters])
    (staged / "_toc.yml").write_text(yaml.safe_dump(toc, sort_keys=False), encoding="utf-8")
    _describe(staged, status.params_files(params_file))
    return _build(staged, work, paths.runs() / values.run / "site", strict=False)


def documents(toc: Path) -> list[str]:
    """Names of the pages that a table of contents lists, such as `book/intro`."""
    from sphinx_external_toc.parsing import parse_toc_yaml

    return [name for name in parse_toc_yaml(toc) if not name.startswith("http")]


def _stage(root: Path, work: Path | None = None) -> Path:
    """Copy the sources that changed to the staging folder and remove those that are gone.

    Unchanged files keep their times, so that Sphinx reads only what is new.
    """
    staged = (work or root / "_build") / "source"
    wanted = {}
    for pattern in SOURCES:
        for path in root.glob(pattern):
            for file in path.rglob("*") if path.is_dir() else [path]:
                hidden = any(part.startswith(".") for part in file.relative_to(root).parts)
                if file.is_file() and not hidden:  # checkpoints, and pages in the making
                    wanted[staged / file.relative_to(root)] = file
    for old in [path for path in staged.rglob("*") if path.is_file() and path not in wanted]:
        old.unlink()
    for target, file in wanted.items():
        _put(target, file.read_bytes())
    return staged


def _describe(staged: Path, files: dict[str, Path]) -> None:
    """Write the status page, and the notices on pages, in the staging folder."""
    found = status.entries(staged / "book", files)
    opened = {run: _opened(params.read(file)) for run, file in files.items()}
    for entry in found:
        notices = {"stale": _lag(entry, files) if entry.changed else ""}
        notices["opened"] = opened.get(entry.run, "")
        if any(notices.values()):
            _put(entry.page, _marked(entry.page, notices).encode())
    page = staged / "book" / "status.md"
    head = page.read_text(encoding="utf-8") if page.is_file() else status.HEAD
    _put(page, status.markdown(found, head).encode())


def _lag(entry: status.Entry, files: dict[str, Path]) -> str:
    """Notice of a page that is stale."""
    file = files.get(entry.run)
    return STALE.format(
        changed=" and ".join(WORDS[word] for word in entry.changed),
        file=f"params/{file.name}" if file else "FILE",
        folder=f"book/{entry.page.parent.name}",
    )


def _opened(run: params.Params) -> str:
    """Notice of a run whose days reach into a window that was opened; empty for all others."""
    if run.source == "simulated":
        return ""
    for seal in SEALS:
        times = holdout.count(seal.name)
        if times and run.end >= seal.first and run.valid_end < seal.last:
            return OPENED.format(run=run.run, window=seal, times=times, most=seal.most)
    return ""


def _marked(file: Path, notices: Mapping[str, str]) -> str:
    """Text of a page with its notices after the first cell, the title."""
    page = nbformat.read(file, as_version=4)
    told = [nbformat.v4.new_markdown_cell(text, id=name) for name, text in notices.items() if text]
    page.cells[1:1] = told
    return pages.text(page)


def _build(staged: Path, work: Path, target: Path, *, strict: bool) -> Path:
    """Run jupyter-book on the staged sources, check the result and swap it in."""
    names = documents(staged / "_toc.yml")
    _check_sources(staged, names)
    state, sphinx = work / "published.json", work / "sphinx"
    now, before = {"site": _digest(staged, "*"), "package": _digest(PACKAGE, "*.py")}, _read(state)
    if target.is_dir() and before == now:
        print(f"{paths.shown(target)} is up to date")
        return target
    state.unlink(missing_ok=True)
    if before.get("package") != now["package"]:
        shutil.rmtree(sphinx, ignore_errors=True)  # reference pages change with the package
    print(f"publishing {len(names)} pages", flush=True)
    command = "from jupyter_book.cli.main import main; main()"
    options = ["build", str(staged), "--path-output", str(sphinx), "-q"]
    options += ["-W", "-n", "--keep-going"] if strict else []
    ended = subprocess.run(
        [sys.executable, "-c", command, *options],
        cwd=paths.root(), capture_output=True, text=True, errors="replace", check=False,
    )  # fmt: skip
    built = sphinx / "_build" / "html"
    missing = [name for name in names if not (built / f"{name}.html").is_file()]
    if ended.returncode or missing:
        shutil.rmtree(sphinx, ignore_errors=True)  # warnings come only when a page is read
        raise PublishFailed(_reason(ended, missing, staged))
    fresh = target.with_name(f".{target.name}")
    shutil.rmtree(fresh, ignore_errors=True)
    shutil.copytree(built, fresh)
    shutil.rmtree(target, ignore_errors=True)
    fresh.rename(target)
    state.write_text(json.dumps(now))
    return target


def _check_sources(staged: Path, names: list[str]) -> None:
    for name in names:
        if not any((staged / f"{name}{suffix}").is_file() for suffix in (".md", ".ipynb", ".rst")):
            parts = name.split("/")
            made_by = "write it, or take it out of _toc.yml"
            if len(parts) == 3 and parts[2][:1].isdigit():
                made_by = "make book" if parts[1] == "simulated" else "make pages"
            raise MissingArtifact(f"page {name}, which _toc.yml names,", made_by)


def _reason(ended: subprocess.CompletedProcess[str], missing: list[str], staged: Path) -> str:
    """Print what the build warned of, each file as the tree knows it; how much it was."""
    said = re.sub(r"\x1b\[[0-9;]*m", "", f"{ended.stdout}\n{ended.stderr}")
    said = said.replace(f"{staged}/", "")
    found = [line for line in said.splitlines() if re.search(r"WARNING|ERROR|Error:", line)]
    found += [f"page {name} did not come out" for name in missing]
    found = list(dict.fromkeys(found)) or said.splitlines()[-3:]
    print("\n".join(found), file=sys.stderr)
    return f"the site was not built, {len(found)} faults are listed above"


def _own_toc(run: str, chapters: list[str]) -> dict[str, Any]:
    """Table of contents of one run's own site: its chapters, and the book's reference pages."""
    book = yaml.safe_load((paths.root() / "_toc.yml").read_text(encoding="utf-8"))
    listed = [item["file"] for part in book["parts"] for item in part["chapters"]]
    folders = {name.split("/")[1] for name in listed if name.count("/") == 2}
    kept = [
        {"file": name}
        for name in listed
        if name.count("/") == 1 and name.split("/")[1] not in folders
    ]
    own = [{"file": f"book/{run}/{chapter}"} for chapter in chapters]
    return {
        "format": book["format"],
        "root": "book/welcome",
        "parts": [
            {"caption": f"Run {run}", "chapters": own},
            {"caption": "About", "chapters": kept},
        ],
    }


def _welcome(values: params.Params) -> str:
    fields = type(values).model_fields
    rows = [
        f"| `{key}` | `{_shown(value)}` | {fields[key].description} |"
        for key, value in values.model_dump().items()
    ]
    return WELCOME.format(run=values.run, rows="\n".join(rows))


def _shown(value: object) -> str:
    text = Path(value).name if isinstance(value, str) and value.startswith("/") else str(value)
    return text or '""'


def _digest(folder: Path, pattern: str) -> str:
    """Hash of the names and contents of the files below `folder`."""
    known = hashlib.sha256()
    for path in sorted(folder.rglob(pattern)):
        if path.is_file():
            known.update(path.relative_to(folder).as_posix().encode() + b"\0")
            known.update(hashlib.sha256(path.read_bytes()).digest())
    return known.hexdigest()


def _put(path: Path, contents: bytes) -> None:
    """Write a file unless it holds just that already."""
    if path.is_file() and path.read_bytes() == contents:
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(contents)
    except OSError as error:
        raise InputError(paths.shown(path), "must be writable", error.strerror) from None


def _read(path: Path) -> dict[str, Any]:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
