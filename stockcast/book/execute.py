"""Execute one notebook as one stage: parameters in, artifacts and a page out, or nothing at all.

The artifacts gather in a temporary folder and the page in a temporary file; both take their places
when the last cell has succeeded and the page is fit to publish.
"""

from __future__ import annotations

import contextlib
import logging
import secrets
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import nbformat

from stockcast import params, paths
from stockcast.book import closure, manifest, pages, unfinished
from stockcast.book.kernel import kernel_class
from stockcast.errors import InputError, StockcastError, nearest


class StageFailed(StockcastError):
    """A cell failed, or the kernel died; the message says which and why."""

    def __init__(self, message: str, *, users_fault: bool = False) -> None:
        self.users_fault = users_fault
        super().__init__(message)


def execute(notebook: Path, params_file: Path, page: Path | None = None) -> manifest.Manifest:
    """Execute `notebook` with the parameters in `params_file` that it declares.

    Parameters
    ----------
    notebook
        Source notebook; its name is the name of the stage.
    params_file
        Flat YAML, validated as a whole.
    page
        Where the executed page goes; `runs/RUN/pages/NOTEBOOK` when None.

    Raises
    ------
    InputError
        When the parameters, the notebook or a place to write to breaks a rule; nothing ran.
    StageFailed
        When a cell failed; the page and the artifacts are as they were before.
    PageError
        When the page shows what must not be published; likewise.
    """
    notebook = Path(notebook)
    values = params.read(params_file)
    declared = closure.declared(notebook)
    if "stocks" in declared:
        preflight(values, Path(params_file).name)
    page = Path(page) if page else paths.runs() / values.run / "pages" / notebook.name
    folder = paths.stage(values.run, notebook.stem)
    given = {key: value for key, value in values.model_dump().items() if key in declared}
    aliases = {
        str(value): Path(value).name
        for value in given.values()
        if isinstance(value, str) and Path(value).is_absolute()
    }
    with paths.replacing(page) as scratch, _replacing_folder(folder) as gathering:
        executed, peak_memory = _papermill(notebook, given, scratch, gathering)
        stamp = manifest.stamp(notebook, values, gathering)
        polished = pages.polish(executed, asdict(stamp), aliases)
        scratch.write_text(pages.text(polished), encoding="utf-8")
        slowest, slowest_seconds = _slowest(executed)
        made = manifest.Manifest(
            stamp=stamp,
            inputs=manifest.inputs(notebook, values),
            outputs=manifest.outputs(gathering),
            commit=manifest.commit(),
            seconds=round(executed.metadata.papermill.duration, 1),
            peak_memory_mb=peak_memory,
            slowest_cell=slowest,
            slowest_seconds=slowest_seconds,
            environment=manifest.environment(),
        )
        manifest.write(gathering, made)
    unfinished.done(values.run, notebook.stem)
    _track(folder)
    for number, cell in pages.numbered(executed):
        for output in cell.get("outputs", []):
            if output.get("name") == "stderr":  # not in the page: it names files of this machine
                print(
                    f"{notebook.stem}, code cell {number}: {output.text.strip()}", file=sys.stderr
                )
    return made


def _track(folder: Path) -> None:
    """Enter what the stage kept of its models into the tracking database."""
    from stockcast.models import record

    if record.found(folder):
        from stockcast.models import tracking

        tracking.track(folder)


def preflight(values: params.Params, origin: str) -> None:
    """Refuse before anything runs what the data can tell: no panel, or stocks it does not have.

    Raises
    ------
    InputError
        Naming the file or the nearest stock.
    MissingArtifact
        Naming both ways to get a panel.
    """
    from stockcast.data import files, sources

    sources.check(values.source, values.panel, origin)
    for key in ("panel", "benchmark"):
        if getattr(values, key):
            files.find(getattr(values, key), key)
    if not values.stocks:
        return
    known = sources.codes(
        values.source,
        panel=values.panel,
        columns=values.columns,
        simulated_stocks=values.simulated_stocks,
    )
    for code in values.stocks:
        if code not in known:
            rule = "must name stocks of the panel"
            raise InputError(f"{origin}, key stocks", rule, code, nearest(code, known))


def _papermill(
    notebook: Path, given: dict[str, Any], scratch: Path, gathering: Path
) -> tuple[nbformat.NotebookNode, float]:
    """Run papermill; the executed notebook and the kernel's peak memory in megabytes."""
    import papermill

    logging.getLogger("papermill").addHandler(logging.NullHandler())  # errors become one line
    with tempfile.TemporaryDirectory(prefix="stockcast-") as workshop:
        kernel = kernel_class(Path(workshop), gathering)
        try:
            executed = papermill.execute_notebook(
                closure.load(notebook),
                str(scratch),
                given,
                kernel_name="python3",
                language="python",
                request_save_on_cell_execute=False,
                kernel_manager_class=kernel,
                coalesce_streams=True,
                **_progress(notebook),
            )
        except papermill.PapermillExecutionError as error:
            raise _failure(notebook, error) from None
        except RuntimeError as error:  # nbclient's word for a kernel that died
            said = (Path(workshop) / "kernel.log").read_text(errors="replace").split("\n")
            last = next((line for line in reversed(said) if line.strip()), "out of memory?")
            raise StageFailed(f"{paths.shown(notebook)}: {error}; {last}") from None
        return executed, kernel.peak_memory_mb


def _progress(notebook: Path) -> dict[str, Any]:
    """papermill's own bar on a terminal, a line per code cell elsewhere."""
    if sys.stderr.isatty():
        return {"progress_bar": {"desc": notebook.stem}}
    codes = [cell for cell in closure.load(notebook).cells if cell.cell_type == "code"]
    total, done = len(codes) + 1, 0  # and the injected one

    def report(*, execute_reply: dict[str, Any], **_: Any) -> None:
        nonlocal done
        if execute_reply["content"]["status"] == "ok":
            done += 1
            print(f"{notebook.stem} {done}/{total}", flush=True)

    return {"progress_bar": False, "on_cell_executed": report}


def _failure(notebook: Path, error: Any) -> StageFailed:
    """One line for a failed cell: the notebook, the cell as the source counts it, the error."""
    source = closure.load(notebook).cells  # papermill counts from 0, with the cell it injected
    code_cells = [index for index, cell in enumerate(source) if cell.cell_type == "code"]
    number = sum(index < error.cell_index for index in code_cells)
    what = error.evalue if error.ename in _USERS_FAULT else f"{error.ename}: {error.evalue}"
    return StageFailed(
        f"{paths.shown(notebook)}, code cell {number}: {what}",
        users_fault=error.ename in _USERS_FAULT,
    )


_USERS_FAULT = (InputError.__name__, "MissingArtifact")


def _slowest(executed: nbformat.NotebookNode) -> tuple[int, float]:
    """Number of the slowest code cell and its seconds."""
    seconds = [
        (cell.metadata.papermill.duration or 0.0, number)
        for number, cell in pages.numbered(executed)
        if cell.cell_type == "code"
    ]
    longest, number = max(seconds)
    return number, round(longest, 1)


@contextlib.contextmanager
def _replacing_folder(target: Path) -> Iterator[Path]:
    """Yield an empty folder that takes the place of `target` on success, and vanishes otherwise."""
    scratch = target.with_name(f".{target.name}-{secrets.token_hex(4)}")
    try:
        scratch.mkdir(parents=True)
    except OSError as error:
        raise InputError(
            paths.shown(target), "must be writable", error.strerror, "set STOCKCAST_RUNS"
        ) from None
    try:
        yield scratch
        if target.exists():
            shutil.rmtree(target)
        scratch.rename(target)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
