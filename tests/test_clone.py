"""The promise of the README: a fresh clone, one command, a book."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

import pytest

from stockcast.book.publish import documents

ROOT = Path(__file__).resolve().parent.parent
OURS = {
    "VIRTUAL_ENV", "MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "STOCKCAST_RUNS",
    "STOCKCAST_REAL_DATA", "JUPYTER_PREFER_ENV_PATH", "DVC_NO_ANALYTICS",
}  # fmt: skip


def strangers_environment() -> dict[str, str]:
    """The environment of somebody who has just cloned: nothing of this run's make, venv or pytest.

    `PYTHON` and `TORCH` are how a user chooses, so they stay.
    """
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in OURS and (name == "PYTHON" or not name.startswith(("PYTHON", "PYTEST")))
    }
    folders = os.environ["PATH"].split(os.pathsep)
    own = str(ROOT / ".venv")
    kept["PATH"] = os.pathsep.join(folder for folder in folders if not folder.startswith(own))
    return kept


def run(command: list[str], folder: Path) -> str:
    """What the command prints; its last lines are the failure's message."""
    done = subprocess.run(
        command, cwd=folder, env=strangers_environment(), stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=3600, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-5000:]
    return done.stdout


def made(clone: Path) -> dict[Path, int]:
    """Every file that an execution or a publication would write, with the time of its writing."""
    folders = (clone / "runs", clone / "book", clone / "_build/html")
    files = (path for folder in folders for path in folder.rglob("*") if path.is_file())
    return {path: path.stat().st_mtime_ns for path in files}


@pytest.mark.clone
def test_fresh_clone_makes_the_book(tmp_path, record_property):
    """`make book` alone installs, executes and publishes; a second one has nothing left to do."""
    if not (ROOT / ".git").exists():
        pytest.skip("a source archive has no commit to clone")
    clone = tmp_path / "stockcast"
    run(["git", "clone", "--quiet", "--no-hardlinks", str(ROOT), str(clone)], tmp_path)

    first = run(["make", "book"], clone)
    installed = (clone / ".venv/stockcast.json").stat().st_mtime
    record_property("seconds_after_installation", round(time.time() - installed))
    assert "_build/html/index.html" in first.splitlines()[-1]
    pages = documents(clone / "_toc.yml")
    assert len(pages) > 10
    missing = [page for page in pages if not (clone / f"_build/html/{page}.html").is_file()]
    assert not missing
    assert run(["git", "status", "--porcelain"], clone) == "", "the tree is not as committed"

    before = made(clone)
    second = run(["make", "book"], clone)
    assert "setup:" not in second
    assert "Running stage" not in second
    assert made(clone) == before
    assert run(["git", "status", "--porcelain"], clone) == ""
