"""Where things live: the project root, the runs, and how a file is written.

papermill runs a notebook in the caller's folder, nbval and JupyterLab in the notebook's own; the
root is therefore looked up, never assumed. `STOCKCAST_RUNS` moves the artifacts elsewhere,
`STOCKCAST_STORE` the store, and `STOCKCAST_REAL_DATA` names the folder with a real panel.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stockcast.errors import InputError

_MARKER = "dvc.yaml"


def root() -> Path:
    """Project root: the nearest folder at or above the working folder that holds `dvc.yaml`.

    Falls back to the folder of the package itself, so that commands work from anywhere.
    """
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / _MARKER).is_file() and (folder / "stockcast").is_dir():
            return folder
    return Path(__file__).resolve().parent.parent


def runs() -> Path:
    """Folder that holds one sub-folder per run."""
    return Path(os.environ.get("STOCKCAST_RUNS") or root() / "runs").absolute()


def stage(run: str, name: str) -> Path:
    """Folder of one stage's artifacts, `runs/RUN/STAGE`."""
    return runs() / run / name


def store() -> Path:
    """Folder of the store, into which `stockcast data update` writes."""
    return Path(os.environ.get("STOCKCAST_STORE") or root() / "store").absolute()


def real_data() -> Path | None:
    """Folder named by `STOCKCAST_REAL_DATA`, or None when it is unset."""
    named = os.environ.get("STOCKCAST_REAL_DATA")
    return Path(named).absolute() if named else None


def shown(path: Path) -> str:
    """`path` as a reader should see it: relative to the root, or its bare name outside it."""
    try:
        return str(Path(path).absolute().relative_to(root()))
    except ValueError:
        return Path(path).name


@contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """Yield a temporary path that becomes `target` on success and vanishes on failure.

    Raises
    ------
    InputError
        When the folder cannot be written.
    """
    target = Path(target)
    scratch = target.with_name(f".{target.stem}-{secrets.token_hex(4)}{target.suffix}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        scratch.touch()
    except OSError as error:
        raise InputError(
            shown(target), "must be writable", error.strerror, "choose another folder or its rights"
        ) from None
    try:
        yield scratch
        scratch.replace(target)
    finally:
        scratch.unlink(missing_ok=True)
