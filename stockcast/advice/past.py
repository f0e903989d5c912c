"""Forecasts that a run has made before this evening."""

from __future__ import annotations

import pandas as pd

from stockcast.advice.kept import Kept
from stockcast.models.model import COLUMNS


def issued(kept: Kept) -> pd.DataFrame:
    """The kept model's own out-of-sample forecasts, of all days: `stockcast.models.model.COLUMNS`.

    They are those of the stage that kept it. Whoever has a ledger gives the ledger's instead.
    Empty when the stage wrote none.
    """
    path = kept.folder.parents[1] / "forecasts.parquet"
    if not path.is_file():
        return pd.DataFrame(columns=list(COLUMNS)).astype({"date": "datetime64[us]"})
    table = pd.read_parquet(path)
    mine = (table["model"] == kept.fitted.name) & (table["horizon"] == kept.record.horizon)
    return table.loc[mine, list(COLUMNS)].reset_index(drop=True)
