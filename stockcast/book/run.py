"""All stages of one run, in the order of `dvc.yaml`: the same book for anybody's parameters."""

from __future__ import annotations

import inspect
import shutil
from pathlib import Path

import pandas as pd

from stockcast import params, paths
from stockcast.book import execute, manifest, pipeline
from stockcast.book.pages import PageError
from stockcast.errors import InputError


def run(params_file: Path, *, pages: Path | None = None, force: bool = False) -> Path:
    """Execute every stage whose notebook, code, parameters, libraries or input changed.

    Parameters
    ----------
    params_file
        Flat YAML, validated as a whole before anything runs.
    pages
        Folder for the executed pages; `runs/RUN/pages` when None.
    force
        Execute what is up to date, too.

    Returns
    -------
    Path
        The folder with the pages.

    Raises
    ------
    InputError, MissingArtifact
        When parameters, data or folders break a rule; nothing ran.
    StageFailed
        At the end, naming every stage that failed. One chapter that does not suit somebody's data
        keeps no other from being made, unless that one needs what it would have made.
    """
    values = params.read(params_file)
    execute.preflight(values, Path(params_file).name)
    folder = Path(pages) if pages else paths.runs() / values.run / "pages"
    for place in (folder, paths.runs() / values.run):
        _must_be_writable(place)
    steps = pipeline.steps()
    # Where the first stage is up to date, the tables that it loads have been checked.
    checked = steps and manifest.up_to_date(
        steps[0].notebook, values, folder / steps[0].notebook.name
    )
    if force or not checked:
        _check_tables(values)
    failed: dict[str, str] = {}
    for step in steps:
        page = folder / step.notebook.name
        if not force and manifest.up_to_date(step.notebook, values, page):
            print(f"{step.name} is up to date")
        else:
            try:
                execute.execute(step.notebook, params_file, page)
            except (execute.StageFailed, PageError) as error:
                failed[step.name] = str(error)
                print(f"{step.name} failed: {error}", flush=True)
                # What it made before is of other parameters or code: no later stage may read it.
                shutil.rmtree(paths.stage(values.run, step.name), ignore_errors=True)
    if failed:
        raise execute.StageFailed("; ".join(f"{name}: {why}" for name, why in failed.items()))
    return folder


def _check_tables(values: params.Params) -> None:
    """Load a file's tables and split their days, so that no stage is the first to refuse them."""
    from stockcast.data import sources
    from stockcast.market import calendar
    from stockcast.samples import splits

    days = calendar.sessions(values.start, values.end)
    if values.source != "simulated":
        asked = inspect.signature(sources.load).parameters
        given = {key: value for key, value in values.model_dump().items() if key in asked}
        days = pd.DatetimeIndex(sources.load(**given).panel.date.unique())
    splits.purged(days, values.train_end, values.valid_end, values.horizon)


def _must_be_writable(folder: Path) -> None:
    try:
        with paths.replacing(folder / "probe") as scratch:
            scratch.write_text("")
        (folder / "probe").unlink()
    except OSError as error:
        raise InputError(
            paths.shown(folder), "must be a folder to write to", error.strerror
        ) from None
