"""The status page: what was executed, what it cost, and what has changed since.

jupyter-book's own execution table is empty when it executes nothing, so this one is made from the
pages' stamps (which travel with them) and from the manifests (which only the machine that executed
a page has).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stockcast import params, paths
from stockcast.book import manifest
from stockcast.errors import InputError

HEAD = """\
# Status

Each chapter's page carries a stamp: hashes of the notebook and its code, of the parameters it
declares, of the libraries and of the data. A page is **current** when its stamp is what executing
it today would give, and **stale** when it lags behind; the table says in what. Seconds, memory and
the slowest cell are known for pages that were executed where this site was built.
"""

COLUMNS = "chapter", "state", "seconds", "peak MB", "slowest cell", "parameters", "code", "data"


@dataclass(frozen=True)
class Entry:
    """One executed page.

    Attributes
    ----------
    page
        The executed notebook.
    stamp
        What the page says about itself.
    changed
        What has changed since: among `notebook`, `code`, `params` and `lock`.
    made
        Its manifest; None when it was executed elsewhere.
    """

    page: Path
    stamp: dict[str, Any]
    changed: list[str]
    made: manifest.Manifest | None

    @property
    def run(self) -> str:
        """Name of the run."""
        return self.stamp["run"]

    @property
    def state(self) -> str:
        """One word, and the reason."""
        return f"stale ({', '.join(self.changed)})" if self.changed else "current"


def entries(folder: Path, files: dict[str, Path]) -> list[Entry]:
    """Every stamped page below `folder`, by run and chapter.

    Parameters
    ----------
    folder
        Where the pages are.
    files
        Parameters file of each run, as `params_files` gives them.
    """
    found = []
    for page in sorted(folder.rglob("[!.]*.ipynb")):
        stamp = manifest.page_stamp(page)
        if not stamp:
            continue
        made = manifest.read(paths.stage(stamp["run"], page.stem))
        if made is not None and made.stamp != manifest.Stamp(**_fields(stamp)):
            made = None
        found.append(Entry(page, stamp, _changed(page, stamp, files), made))
    return found


def params_files(*more: Path) -> dict[str, Path]:
    """The parameters file of each run: those in `params/`, and `more`, which come first."""
    found: dict[str, Path] = {}
    for file in [*more, *sorted((paths.root() / "params").glob("*.yml"))]:
        try:
            found.setdefault(params.read(file).run, file)
        except InputError:
            continue
    return found


def markdown(found: list[Entry], head: str = HEAD) -> str:
    """The status page."""
    lines = [head]
    for run in dict.fromkeys(entry.run for entry in found):
        group = [entry for entry in found if entry.run == run]
        lines += [f"## Run `{run}`", "", "| " + " | ".join(COLUMNS) + " |", "|---" * 8 + "|"]
        lines += [_row(entry) for entry in group]
        lines += ["", _environment(group), ""]
    return "\n".join(lines)


def _fields(stamp: dict[str, Any]) -> dict[str, Any]:
    return {key: stamp.get(key) for key in manifest.Stamp.__dataclass_fields__}


def _changed(page: Path, stamp: dict[str, Any], files: dict[str, Path]) -> list[str]:
    if stamp["run"] not in files:
        return ["params"]
    return manifest.stale(page, params.read(files[stamp["run"]]))


def _row(entry: Entry) -> str:
    made = entry.made
    cost = ["", "", ""]
    if made is not None:
        slowest = f"{made.slowest_cell} ({made.slowest_seconds:.1f} s)"
        cost = [f"{made.seconds:.1f}", f"{made.peak_memory_mb:.0f}", slowest]
    hashes = [f"`{entry.stamp.get(key, '')}`" for key in ("params", "code", "data")]
    return "| " + " | ".join([f"`{entry.page.stem}`", entry.state, *cost, *hashes]) + " |"


def _environment(group: list[Entry]) -> str:
    made = [entry.made for entry in group if entry.made is not None]
    if not made:
        return "Executed elsewhere and published as committed."
    about = ", ".join(f"{name} {value}" for name, value in made[-1].environment.items())
    total = sum(each.seconds for each in made)
    commit = f" Commit `{made[-1].commit}`." if made[-1].commit else ""
    return f"Executed here in {total:.0f} seconds: {about}.{commit}"
