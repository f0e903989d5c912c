"""Kept models in MLflow: one SQLite file for all runs, which its pages and its clients can read.

    mlflow ui --backend-store-uri sqlite:///runs/mlflow.db

MLflow's own model formats unpickle what they load; here the files are plain artifacts, in the
formats that `Fitted.save` chose. Stages only keep their models (`stockcast.models.record`); this
copies what they kept, so that pages neither wait for it nor change by it.
"""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING

from stockcast import paths
from stockcast.models import record
from stockcast.models.record import CARD, Record

if TYPE_CHECKING:
    from mlflow import MlflowClient

FILE, ARTIFACTS, LOCK = "mlflow.db", "mlflow.artifacts", "mlflow.lock"
QUIET = {
    "MLFLOW_DISABLE_TELEMETRY": "true",  # nothing is told to anybody
    "DO_NOT_TRACK": "true",
    "MLFLOW_LOGGING_LEVEL": "ERROR",
}
WORDS = 6000
"""Characters of a parameter that MLflow keeps; the record among the artifacts has the rest."""


def track(folder: Path) -> dict[str, str]:
    """Copy every model kept below `folder` into the tracking database.

    Called again, it adds what is new and nothing else. A model that was fitted anew with the same
    parameters on the same data takes the place of the earlier one, which is marked deleted; other
    parameters or data make an entry of their own.

    Parameters
    ----------
    folder
        Of a run, `runs/RUN`, or of one of its stages.

    Returns
    -------
    dict
        The entry's identifier of every kept model, by its path below `folder`.

    Raises
    ------
    InputError
        When a model's files are not those kept with its record; nothing of it is then entered.
    """
    folders = record.found(folder)
    if not folders:
        return {}
    from filelock import FileLock

    paths.runs().mkdir(parents=True, exist_ok=True)
    with FileLock(paths.runs() / LOCK):
        client = _client()
        return {path.relative_to(folder).as_posix(): _entered(client, path) for path in folders}


def address() -> str:
    """Of the database, as MLflow takes it."""
    return f"sqlite:///{paths.runs() / FILE}"


def _client() -> MlflowClient:
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    from mlflow import MlflowClient

    for name in ("mlflow", "alembic"):
        logging.getLogger(name).setLevel(logging.ERROR)
    return MlflowClient(address())


def _entered(client: MlflowClient, path: Path) -> str:
    """The entry of one kept model, made unless it is there."""
    kept = record.read(path)
    experiment = _experiment(client, kept.run)
    same = {name: str(getattr(kept, name)) for name in ("stage", "model", "seed", "data")} | {
        "parameters": record.digest(kept.parameters)
    }
    wanted = " and ".join(f"tags.`stockcast.{name}` = '{value}'" for name, value in same.items())
    digest = kept.digest()
    held = client.search_runs([experiment], wanted)
    for entry in held:
        if entry.info.status == "FINISHED" and entry.data.tags["stockcast.digest"] == digest:
            return entry.info.run_id
    for entry in held:
        client.delete_run(entry.info.run_id)
    tags = {f"stockcast.{name}": value for name, value in same.items()} | {
        "stockcast.digest": digest,
        "stockcast.level": str(kept.level),
        "stockcast.information_until": kept.information_until,
        "mlflow.note.content": (path / CARD).read_text("utf-8"),
    }
    entry = client.create_run(experiment, tags=tags, run_name=f"{kept.stage} {kept.model}")
    _fill(client, entry.info.run_id, path, kept)
    return entry.info.run_id


def _fill(client: MlflowClient, number: str, path: Path, kept: Record) -> None:
    """Parameters, metrics and files; an entry that cannot be filled is deleted."""
    from mlflow.entities import Metric, Param

    described = {
        "seed": kept.seed,
        "horizon": kept.horizon,
        "lookback": kept.lookback,
        "features": len(kept.features),
    } | {f"fit.{name}": value for name, value in kept.parameters.items()}
    figures = {**kept.metrics, **record.costs_of(path)}
    at = client.get_run(number).info.start_time
    try:
        client.log_batch(
            number,
            metrics=[Metric(n, v, at, 0) for n, v in figures.items() if v is not None],
            params=[Param(name, str(value)[:WORDS]) for name, value in described.items()],
        )
        client.log_artifacts(number, str(path))
        client.set_terminated(number)
    except BaseException:
        client.delete_run(number)
        raise


def _experiment(client: MlflowClient, run: str) -> str:
    """The run's experiment, made on first use, its files beside the database."""
    held = client.get_experiment_by_name(run)
    if held is None:
        files = (paths.runs() / ARTIFACTS / run).as_uri()
        return client.create_experiment(run, artifact_location=files)
    if held.lifecycle_stage == "deleted":
        client.restore_experiment(held.experiment_id)
    return held.experiment_id
