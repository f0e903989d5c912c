"""Forecasts that a run has made before this evening."""

from __future__ import annotations

import pandas as pd

from stockcast.advice.asking import Desk
from stockcast.advice.kept import Kept
from stockcast.advice.ledger import Ledger, place
from stockcast.models.model import COLUMNS


def said_before(desk: Desk, date: pd.Timestamp) -> pd.DataFrame:
    """The ledger's forecasts where the run's model has lived evenings before `date`, else `issued`.

    Returns
    -------
    DataFrame
        Of one model and horizon: `stockcast.models.model.COLUMNS`, and what the ledger adds.
    """
    where = place(desk.params.run)
    with Ledger.open(where.url, where.anchor) as ledger:
        said = ledger.forecasts()
    said = mine(said, desk.params.run, desk.kept.fitted.name)
    said = said[said["horizon"] == desk.params.horizon]
    return said if (said["date"] < date).any() else issued(desk.kept)


def mine(table: pd.DataFrame, run: str, model: str) -> pd.DataFrame:
    """The rows of one run's model: a ledger may hold those of many."""
    return table[(table["run"] == run) & (table["model"] == model)]


def issued(kept: Kept) -> pd.DataFrame:
    """The kept model's own out-of-sample forecasts, of all days: `stockcast.models.model.COLUMNS`.

    They are those of the stage that kept it.
    Empty when the stage wrote none.
    """
    path = kept.folder.parents[1] / "forecasts.parquet"
    if not path.is_file():
        return pd.DataFrame(columns=list(COLUMNS)).astype({"date": "datetime64[us]"})
    table = pd.read_parquet(path)
    own = (table["model"] == kept.fitted.name) & (table["horizon"] == kept.record.horizon)
    return table.loc[own, list(COLUMNS)].reset_index(drop=True)
