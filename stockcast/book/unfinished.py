"""Where a stage leaves what an interrupted training needs to go on.

Artifacts take their place when a stage has succeeded; what is to outlive a kill must stand
elsewhere. `stockcast execute` takes the folder away when the stage is done.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from stockcast import paths

FOLDER = "checkpoints"


def checkpoints(run: str, stage: str) -> Path:
    """Folder of a stage's checkpoints; a training that finds its own goes on from it."""
    return paths.runs() / run / FOLDER / stage


def done(run: str, stage: str) -> None:
    """The stage has what it needs: its checkpoints go."""
    folder = checkpoints(run, stage)
    shutil.rmtree(folder, ignore_errors=True)
    if folder.parent.is_dir() and not any(folder.parent.iterdir()):
        folder.parent.rmdir()
