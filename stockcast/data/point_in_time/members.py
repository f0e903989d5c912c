"""Members of an index by effective date."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from stockcast.market.tables import TABLES


def members_asof(
    weights: pd.DataFrame, dates: Sequence[pd.Timestamp] | pd.DatetimeIndex, index: str = ""
) -> pd.DataFrame:
    """Members and weights in force at the close of each day.

    Parameters
    ----------
    weights
        Canonical `index_weights`: snapshots, each in force from its date (changes are announced
        about two weeks before); or `flag_snapshots` of a panel.
    dates
        Days asked for, in any order.
    index
        Keep this index only; empty: all.

    Returns
    -------
    DataFrame
        date, index, code, weight, since (the snapshot's date); sorted by date, index and code.
        Nothing before an index's first snapshot.
    """
    rows = weights[weights["index"] == index] if index else weights
    days = pd.DatetimeIndex(pd.DatetimeIndex(dates).unique()).as_unit("us").sort_values()
    snapshots = rows[["index", "date"]].drop_duplicates().sort_values(["index", "date"])
    following = snapshots.groupby("index")["date"].shift(-1)
    start = days.searchsorted(snapshots["date"])
    end = np.where(following.isna(), len(days), days.searchsorted(following.fillna(days.max())))
    count = np.maximum(end - start, 0)
    place = np.repeat(start, count) + _within(count)
    spans = snapshots.take(np.repeat(np.arange(len(snapshots)), count)).rename(
        columns={"date": "since"}
    )
    spans.insert(0, "date", days[place])
    rows = rows.rename(columns={"date": "since"})
    found = spans.merge(rows[rows["code"] != ""], on=["index", "since"])
    columns = ["date", "index", "code", "weight", "since"]
    return found[columns].sort_values(["date", "index", "code"], ignore_index=True)


def _within(count: np.ndarray) -> np.ndarray:
    """0, 1, ... within each run of `count` rows."""
    return np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)


def flag_snapshots(panel: pd.DataFrame, index: str, flag: str = "in_universe") -> pd.DataFrame:
    """Snapshots of a panel's membership flag, one for each day on which the members changed.

    Parameters
    ----------
    panel
        `date`, `code` and the flag, which says who was a member that day.
    index
        The index's code.

    Returns
    -------
    DataFrame
        Canonical `index_weights` with unknown weights; a day without members has one row with an
        empty code.
    """
    table = TABLES["index_weights"]
    members = panel.loc[panel[flag].astype(bool), ["date", "code"]]
    lists = members.sort_values(["date", "code"]).groupby("date")["code"].agg(tuple)
    lists = lists.reindex(np.sort(panel["date"].unique()))
    lists = lists.map(lambda codes: codes if isinstance(codes, tuple) else ("",))
    changed = lists[lists != lists.shift()].explode()
    frame = changed.rename("code").rename_axis("date").reset_index()
    return table.typed(frame.assign(index=index, weight=np.nan))
