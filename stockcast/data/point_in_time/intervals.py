"""Versions of figures as intervals of days on which each was the latest known."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import polars as pl

_FOREVER = np.datetime64("2262-01-01", "us")


def asof(
    versions: pd.DataFrame,
    dates: Sequence[pd.Timestamp] | pd.DatetimeIndex,
    *,
    key: str = "code",
    codes: Sequence[str] | None = None,
    periods: int = 1,
) -> pd.DataFrame:
    """The latest figures known at the close of each day.

    Parameters
    ----------
    versions
        One row per version of a figure: `key`, `period`, `known` (the first trading day at whose
        close it was known) and values. Of versions known on the same day the last row holds.
        Rows without `known` were never known.
    dates
        Days asked for, in any order.
    key
        Whose figures: `code`, or `series`.
    codes
        Keep these only; None: all.
    periods
        How many of the latest periods known, each in its latest version.

    Returns
    -------
    DataFrame
        `date`, then the columns of `versions`; sorted by date, key and period. Nothing for a
        stock before its first publication.
    """
    rows = versions[versions["known"].notna()]
    if codes is not None:
        rows = rows[rows[key].isin(list(codes))]
    # A stable sort keeps the last row of a day last, whatever else came that day.
    rows = rows.sort_values([key, "period", "known"], kind="stable", ignore_index=True)
    rows = rows.drop_duplicates([key, "period", "known"], keep="last", ignore_index=True)
    days = pd.DatetimeIndex(pd.DatetimeIndex(dates).unique()).as_unit("us").sort_values()
    start = days.searchsorted(rows["known"])
    end = days.searchsorted(_until(rows, key, periods))
    count = np.maximum(end - start, 0)
    row = np.repeat(np.arange(len(rows)), count)
    day = np.repeat(start, count) + np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
    order = np.argsort(day, kind="stable")  # rows are in order of key and period already
    out = rows.take(row[order])
    out.insert(0, "date", days[day[order]])
    return out.reset_index(drop=True)


def _until(rows: pd.DataFrame, key: str, periods: int) -> np.ndarray:
    """First day on which each version was no longer the latest, or its period too old.

    `rows` sorted by key, period and known, without doubles.
    """
    following = rows.groupby([key, "period"])["known"].shift(-1).fillna(_FOREVER).to_numpy()
    first = pl.from_pandas(rows.groupby([key, "period"], as_index=False)["known"].min())
    later = first.rename({"period": "later", "known": "later_known"})
    dropped = (
        first.join(later, on=key)
        .filter(pl.col("later") > pl.col("period"))
        .group_by([key, "period"])
        .agg(pl.col("later_known").sort().get(periods - 1, null_on_oob=True))
    )
    table = dropped.to_pandas().set_index([key, "period"])["later_known"]
    dropout = table.reindex(pd.MultiIndex.from_frame(rows[[key, "period"]])).fillna(_FOREVER)
    return np.minimum(following, dropout.to_numpy("datetime64[us]"))
