"""Macro figures by release date, and the dates assumed where a source has none."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.resources import files

import numpy as np
import pandas as pd

from stockcast.data.point_in_time.intervals import asof
from stockcast.data.point_in_time.public import known_from
from stockcast.errors import InputError, nearest


def lags() -> pd.DataFrame:
    """When series are released, where a source does not say.

    Returns
    -------
    DataFrame
        series, from (first period the row holds for), days (calendar days from the period's last
        day to a release that is late but not delayed), hour (of the release, empty: unknown),
        source, verified. The late end of the agencies' calendars: a figure assumed to be known
        later than it was costs a few days, one assumed earlier would leak.
    """
    with (files(__package__) / "release_lags.csv").open(encoding="utf-8") as lines:
        rows = pd.read_csv(lines, parse_dates=["from"], dtype={"hour": "str"})
    return rows.assign(hour=rows["hour"].fillna(""), verified=rows["verified"] == "yes")


def released(macro: pd.DataFrame) -> pd.DataFrame:
    """Fill missing release dates with the series' usual lag, and say which were filled.

    Parameters
    ----------
    macro
        Canonical `macro`: series, period, released, value.

    Returns
    -------
    DataFrame
        The same rows with `released` complete, `assumed` and `known`: the trading day at whose
        close the figure was known. Series whose hour of release is known count on the day of the
        release (the statistics bureau publishes in the morning), others on the next trading day.

    Raises
    ------
    InputError
        For a series that `lags` does not have.
    """
    unknown = sorted(set(macro["series"]) - set(lags()["series"]))
    if unknown:
        hint = nearest(unknown[0], set(lags()["series"]))
        raise InputError("series", "must have a usual lag of release", unknown[0], hint)
    days, hour = _usual(macro)
    assumed = macro["released"].isna()
    filled = macro["released"].fillna(macro["period"] + pd.to_timedelta(days, unit="D"))
    timed = hour != ""
    known = known_from(filled)
    if timed.any():
        moment = filled[timed].dt.normalize() + pd.to_timedelta(hour[timed] + ":00")
        known = known.mask(timed, known_from(moment, timed=True).reindex(macro.index))
    return macro.assign(released=filled.astype("datetime64[us]"), assumed=assumed, known=known)


def _usual(macro: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Days and hour of the row of `lags` in force for each row's period."""
    table = _table()
    period = macro["period"].clip(lower=table["from"].min()).to_numpy()
    wanted = pd.DataFrame(
        {"series": macro["series"].array, "period": period, "row": np.arange(len(macro))}
    )
    found = pd.merge_asof(
        wanted.sort_values("period"), table, left_on="period", right_on="from", by="series"
    )
    found = found.sort_values("row").set_axis(macro.index)
    return found["days"], found["hour"]


@cache
def _table() -> pd.DataFrame:
    table = lags().sort_values("from", ignore_index=True)
    return table.assign(**{"from": table["from"].astype("datetime64[us]")})


def macro_asof(
    macro: pd.DataFrame, dates: Sequence[pd.Timestamp] | pd.DatetimeIndex, periods: int = 1
) -> pd.DataFrame:
    """The latest figures of each series known at the close of each day.

    Parameters
    ----------
    macro
        Canonical `macro`, or `released` of it. A later release of the same period replaces the
        first from its own release on.
    dates, periods
        As in `asof`.

    Returns
    -------
    DataFrame
        date, series, period, released, value, assumed, known; sorted by date, series and period.
    """
    rows = macro if "known" in macro else released(macro)
    rows = rows.sort_values(["series", "period", "released"], kind="stable")
    return asof(rows, dates, key="series", periods=periods)
