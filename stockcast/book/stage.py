"""The notebook's door: the parameters it declares, the artifacts it reads and writes, its numbers.

The second code cell of every notebook is

    from stockcast.book.stage import Stage
    stage = Stage.open("03_features", globals())

and works the same under `stockcast execute`, plain papermill, nbval and JupyterLab. This module
belongs to every notebook's import closure, so it imports little.
"""

from __future__ import annotations

import datetime as dt
import json
import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from stockcast import paths
from stockcast.book import figures
from stockcast.data import holdout
from stockcast.errors import InputError, MissingArtifact
from stockcast.params import Params, check_declared, read

RESULTS = "results.json"
MANIFEST = "manifest.json"
SUFFIXES = (".parquet", ".json")
ROWS = 262_144  # of a table are written at a time

# `stockcast execute` sets it: the artifacts gather there and take their place all at once.
FOLDER_VARIABLE = "STOCKCAST_STAGE_FOLDER"

# What a parameters cell can hold. A notebook may later bind a table to the name of a parameter
# that it does not declare (`panel = stage.read(...)`); opening the stage again must not mind.
_PLAIN = (str, int, float, bool, list, tuple, dict, type(None))


class Declared:
    """The parameters that a notebook's parameters cell declares, as attributes."""

    def __init__(self, values: Mapping[str, Any], notebook: str) -> None:
        self.__dict__.update(values)
        self.__dict__["_notebook"] = notebook

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        if name in Params.model_fields:
            raise InputError(
                f"stage.params.{name}",
                f"must be declared by {self._notebook}",
                hint=f"assign {name} in its cell tagged `parameters`, as in params/book.yml",
            )
        raise InputError(f"stage.params.{name}", "is no parameter")


class Stage:
    """One stage of one run, seen from its notebook.

    Attributes
    ----------
    name : str
        Name of the notebook without its suffix, such as `03_features`.
    params : Declared
        The declared parameters; any other raises `InputError` naming the cell to add it to.
    folder : Path
        Where this stage's artifacts go, for formats that `write` does not know.
    """

    def __init__(self, name: str, params: Declared, folder: Path) -> None:
        self.name, self.params, self.folder = name, params, folder
        self._results: dict[str, Any] = {}

    @classmethod
    def open(cls, name: str, namespace: Mapping[str, Any]) -> Stage:
        """Open stage `name` with the parameters found in `namespace`, the notebook's globals.

        Raises
        ------
        InputError
            When a parameter breaks its rule, or `run` is not declared.
        """
        found = {
            key: namespace[key]
            for key in Params.model_fields
            if key in namespace and isinstance(namespace[key], _PLAIN)
        }
        notebook = f"notebooks/{name}.ipynb"
        if "run" not in found:
            raise InputError(notebook, "must declare `run` in its cell tagged `parameters`")
        check_declared(found, notebook)
        folder = Path(os.environ.get(FOLDER_VARIABLE) or paths.stage(found["run"], name))
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for leftover in (RESULTS, MANIFEST):  # of an earlier execution: no longer true
                (folder / leftover).unlink(missing_ok=True)
        except OSError as error:
            raise InputError(paths.shown(folder), "must be writable", error.strerror) from None
        figures.style()
        return cls(name, Declared(found, notebook), folder)

    def read(
        self,
        stage: str,
        name: str,
        *,
        optional: bool = False,
        columns: Sequence[str] | None = None,
    ) -> Any:
        """Artifact `name` of `stage` in this run: a DataFrame, or what its JSON holds.

        Call it with literal names: `dvc.yaml` lists what a notebook reads by looking. `columns`
        reads only these of a table.

        Raises
        ------
        MissingArtifact
            When it is not there, unless `optional`, which then gives None.
        InputError
            When the table has days of a sealed window that is not open.
        """
        folder = self.folder if stage == self.name else paths.stage(self.params.run, stage)
        for suffix in SUFFIXES:
            path = folder / f"{name}{suffix}"
            if path.is_file():
                if suffix == ".parquet":
                    wanted = None if columns is None else list(columns)
                    table = pd.read_parquet(path, engine="pyarrow", columns=wanted)
                    self._check_sealed(table, f"{stage}/{path.name}")
                    return table
                return json.loads(path.read_text(encoding="utf-8"))
        if optional:
            return None
        raise _missing(name, stage, self.params.run)

    def _check_sealed(self, table: pd.DataFrame, what: str) -> None:
        first = "01_data"
        own = self.folder if self.name == first else paths.stage(self.params.run, first)
        holdout.check_artifact(table, own / "panel.parquet", what)

    def path(self, stage: str, file: str) -> Path:
        """Path of a file of `stage` in this run, for formats that `read` does not know.

        Call it with literal names, as `read`.

        Raises
        ------
        MissingArtifact
            When it is not there.
        """
        found = (self.folder if stage == self.name else paths.stage(self.params.run, stage)) / file
        if not found.is_file():
            raise _missing(file, stage, self.params.run)
        return found

    def read_tables(self, stage: str, names: str) -> dict[str, pd.DataFrame]:
        """Those of some tables that `stage` made in this run.

        `names` are separated by blanks; a literal text, as in `read`.
        """
        found = {name: self.read(stage, name, optional=True) for name in names.split()}
        return {name: table for name, table in found.items() if table is not None}

    def write(self, name: str, value: pd.DataFrame | Mapping[str, Any] | list[Any]) -> None:
        """Write an artifact: a table as Parquet without its row numbers, anything else as JSON.

        The same value gives the same bytes. NaN in JSON becomes null; numbers are not rounded.

        Raises
        ------
        ValueError
            When a table has an index with a name: `reset_index` makes it a column.
        """
        if isinstance(value, pd.DataFrame):
            if any(level is not None for level in value.index.names):
                raise ValueError(f"{name}: index {value.index.names} would be lost; reset it")
            with paths.replacing(self.folder / f"{name}.parquet") as scratch:
                _write_table(scratch, value)
        else:
            _write_json(self.folder / f"{name}.json", value)

    def glue(self, name: str, value: float | str | bool) -> None:
        """Make a number or a word available to the prose as {glue:text}`name`, and record it.

        Recorded values are in `results.json`, which tests compare with a fresh execution's. Ten
        significant digits are kept: the rest is noise of the order of summation.

        Raises
        ------
        TypeError
            When the value is no single number, word or truth value.
        """
        from myst_nb import glue

        value = _plain(value)
        if isinstance(value, float):
            value = float(f"{value:.10g}")
        if not isinstance(value, str | int | float | bool | None):
            raise TypeError(f"glue {name}: one number or word at a time, not {type(value)}")
        glue(name, float("nan") if value is None else value, display=False)
        self._results[name] = value
        _write_json(self.folder / RESULTS, self._results)


def _missing(name: str, stage: str, run: str) -> MissingArtifact:
    how = f"stockcast execute notebooks/{stage}.ipynb --params {_params_file(run)}"
    return MissingArtifact(f"artifact {name} of {stage}", how)


def _write_table(path: Path, table: pd.DataFrame) -> None:
    """Parquet, some rows at a time: a table of features would not fit into memory twice."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.Schema.from_pandas(table, preserve_index=False)
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for first in range(0, max(len(table), 1), ROWS):
            part = table.iloc[first : first + ROWS]
            writer.write_table(pa.Table.from_pandas(part, schema=schema, preserve_index=False))


def _write_json(path: Path, value: Any) -> None:
    text = json.dumps(_plain(value), sort_keys=True, ensure_ascii=False, indent=1, allow_nan=False)
    with paths.replacing(path) as scratch:
        scratch.write_text(text + "\n", encoding="utf-8")


def _plain(value: Any) -> Any:
    """`value` in the types that JSON has; NumPy scalars and arrays included, NaN as None."""
    if isinstance(value, Mapping):
        return {str(key): _plain(held) for key, held in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(held) for held in value]
    if isinstance(value, dt.date):  # pandas' Timestamp and NaT are dates too
        return None if pd.isna(value) else value.isoformat().removesuffix("T00:00:00")
    if hasattr(value, "tolist"):
        return _plain(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def _params_file(run: str) -> str:
    """The file in `params/` that describes `run`, as a reader would type it."""
    for file in sorted((paths.root() / "params").glob("*.yml")):
        try:
            if read(file).run == run:
                return f"params/{file.name}"
        except InputError:
            continue
    return "FILE"
