"""What made a page: its stamp (hashes), and the manifest beside a stage's artifacts.

The **stamp** goes into the page and says what decides its contents; it holds no time and no
commit, so that the same inputs give the same bytes. The **manifest** adds what a machine measured.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import subprocess
from dataclasses import asdict, dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

import nbformat

from stockcast import paths
from stockcast.book import closure
from stockcast.book.stage import MANIFEST, SUFFIXES
from stockcast.params import Params, digest

LOCK = "requirements.lock"
NAMED_PACKAGES = ("numpy", "pandas", "torch")


@dataclass(frozen=True)
class Stamp:
    """Identity of an executed page: two pages with equal stamps show the same."""

    notebook: str
    run: str
    seed: int
    params: str
    code: str
    lock: str
    data: str


@dataclass(frozen=True)
class Manifest:
    """Record of one execution, `runs/RUN/STAGE/manifest.json`."""

    stamp: Stamp
    inputs: dict[str, str]
    outputs: dict[str, str]
    commit: str
    seconds: float
    peak_memory_mb: float
    slowest_cell: int
    slowest_seconds: float
    environment: dict[str, str] = field(default_factory=dict)


def stamp(notebook: Path, params: Params, folder: Path | None = None) -> Stamp:
    """The stamp of executing `notebook` with `params` now.

    `folder` holds the stage's new artifacts, when there are any: one of them may be the panel.
    """
    values = params.model_dump()
    panel = (folder or Path()) / "panel.parquet"
    if folder is None or not panel.is_file():
        panel = paths.stage(params.run, "01_data") / "panel.parquet"
    return Stamp(
        notebook=paths.shown(notebook),
        run=params.run,
        seed=params.seed,
        params=digest({key: values[key] for key in closure.declared(notebook)}),
        code=closure.code_hash(notebook),
        lock=file_hash(paths.root() / LOCK),
        data=file_hash(panel),
    )


def inputs(notebook: Path, params: Params) -> dict[str, str]:
    """Hash of each artifact that the notebook reads and of the files its parameters name."""
    found = {}
    for stage, name in closure.reads(notebook):
        for suffix in SUFFIXES:
            path = paths.stage(params.run, stage) / f"{name}{suffix}"
            if path.is_file():
                found[f"{stage}/{path.name}"] = file_hash(path)
    for key in ("panel", "benchmark"):
        if getattr(params, key) and key in closure.declared(notebook):
            from stockcast.data import files

            found[key] = _path_hash(files.find(getattr(params, key), key))
    return found


def _path_hash(path: Path) -> str:
    """Hash of a file, or of what a folder of thousands lists: names, sizes and times of change."""
    if path.is_file():
        return file_hash(path)
    listed = ((file, file.stat()) for file in sorted(path.rglob("*")) if file.is_file())
    return digest(
        [[str(file.relative_to(path)), stat.st_size, stat.st_mtime_ns] for file, stat in listed]
    )


def outputs(folder: Path) -> dict[str, str]:
    """Hash of each file in a stage's folder, its manifest left out."""
    return {
        path.relative_to(folder).as_posix(): file_hash(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != MANIFEST
    }


def file_hash(path: Path) -> str:
    """First 16 hexadecimal digits of the SHA-256 of a file; `none` when it is not there."""
    try:
        with Path(path).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()[:16]
    except FileNotFoundError:
        return "none"


def write(folder: Path, manifest: Manifest) -> None:
    """Write the manifest of the stage whose artifacts are in `folder`."""
    with paths.replacing(folder / MANIFEST) as scratch:
        scratch.write_text(json.dumps(asdict(manifest), indent=1, sort_keys=True) + "\n", "utf-8")


def read(folder: Path) -> Manifest | None:
    """The manifest in a stage's folder; None when there is none, or one of another version."""
    try:
        found = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        return Manifest(**{**found, "stamp": Stamp(**found["stamp"])})
    except (OSError, ValueError, TypeError, KeyError):
        return None


def page_stamp(page: Path) -> dict[str, Any]:
    """The stamp in an executed page; empty when it carries none."""
    try:
        return dict(nbformat.read(page, as_version=4).metadata.get("stockcast", {}))
    except (OSError, ValueError):
        return {}


def up_to_date(notebook: Path, params: Params, page: Path) -> bool:
    """Whether executing the notebook again would only repeat what is there."""
    folder = paths.stage(params.run, notebook.stem)
    last = read(folder)
    if last is None or not page.is_file():
        return False
    now = stamp(notebook, params)
    return (
        last.stamp == now
        and page_stamp(page).items() >= asdict(now).items()
        and last.inputs == inputs(notebook, params)
        and last.outputs == outputs(folder)
    )


def stale(page: Path, params: Params) -> list[str]:
    """What changed since the page was made: among `code`, `params` and `lock`; empty if nothing.

    The data are left out: they need not be on this machine.
    """
    made = page_stamp(page)
    notebook = paths.root() / made.get("notebook", f"notebooks/{page.name}")
    if not notebook.is_file():
        return ["notebook"]
    now = asdict(stamp(notebook, params))
    return [key for key in ("code", "params", "lock") if made.get(key) != now[key]]


def commit() -> str:
    """Hexadecimal commit of the tree, with `+` when files differ from it; empty outside git."""
    try:
        head = _git("rev-parse", "HEAD").strip()
        return head + ("+" if _git("status", "--porcelain", "--untracked-files=no") else "")
    except (OSError, subprocess.CalledProcessError):
        return ""


def _git(*words: str) -> str:
    command = ["git", "-C", str(paths.root()), *words]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def environment() -> dict[str, str]:
    """Interpreter, machine and the packages that decide the last bits of a number."""
    found = {
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}",
        "cores": str(os.cpu_count()),
    }
    return found | {name: metadata.version(name) for name in NAMED_PACKAGES}
