"""Scores: what became of a forecast, once its horizon is over.

Outcomes are those of `stockcast.samples.labels`: the return from the close of the trading day after
the forecast's to the close `horizon` trading days later.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from stockcast.advice.ledger import chain
from stockcast.advice.ledger.chain import Asked
from stockcast.data import holdout
from stockcast.data.holdout.seals import SEALS
from stockcast.errors import InputError
from stockcast.samples import labels

FIGURES = ("label", "hit", "squared_error", "brier", "in_interval")
SAME = 1e-9
"""Relative difference of two labels up to which they are the same: a vendor rounds anew."""


def outcomes(
    forecasts: pd.DataFrame, panel: pd.DataFrame, known_until: pd.Timestamp | str | None = None
) -> pd.DataFrame:
    """The forecasts whose horizon is over, with their labels.

    Parameters
    ----------
    forecasts : DataFrame with the columns date, code, horizon
    panel
        The panel. A forecast of a day that is not among its days, or of a stock that it does not
        hold at all, is left out: another panel may know more. So is one in a sealed window.
    known_until
        Last day whose close counts as known. [default: the panel's last day]

    Returns
    -------
    DataFrame
        Rows of `forecasts` with `label`, NaN where the stock could not be bought and sold at the
        two closes, and `until`, the date of the second.

    Raises
    ------
    InputError
        When `known_until` is no trading day of the panel.

    Notes
    -----
    Look-ahead: later days of the panel than `known_until` change nothing.
    """
    days = pd.DatetimeIndex(np.sort(panel["date"].unique()))
    last = len(days) if known_until is None else _place(known_until, days) + 1
    place = days.get_indexer(forecasts["date"])
    ends = place + 1 + forecasts["horizon"].to_numpy()
    over = (place >= 0) & (ends < last) & forecasts["code"].isin(panel["code"].unique()).to_numpy()
    due = forecasts[over].assign(until=days[ends[over]])
    parts = [_labelled(part, panel, int(h)) for h, part in due.groupby("horizon", sort=True)]
    found = pd.concat(parts) if parts else due.assign(label=np.nan)
    return found.sort_index()


def asked(judged: pd.DataFrame) -> list[Asked]:
    """The entries that the scores of `outcomes` shall become.

    The payload: `forecast` (its entry's number), `until`, `outcome` ("known" or "none": no label),
    `label`; `hit`, the side said (`prob_up` above one half is a rise) is the one that came;
    `squared_error` of `mu`, `brier`, `in_interval`; and the `rank` it was listed at. What cannot
    be told is null.
    """
    found = []
    for row in judged.itertuples():
        payload = {"forecast": int(row.number), "until": f"{row.until:%F}", "rank": row.rank}
        payload |= {"outcome": "known" if np.isfinite(row.label) else "none", **_figures(row)}
        found.append(Asked("score", chain.key_of("score", payload), chain.canonical(payload)))
    return found


def table(entries: pd.DataFrame, forecasts: pd.DataFrame) -> pd.DataFrame:
    """Scores beside the forecasts they judge, in the order of scoring.

    Returns
    -------
    DataFrame
        `forecasts` with its number as `forecast`, and number, scored (UTC), until, outcome, label,
        hit, squared_error, brier, in_interval. Truth values are 1, 0 and NaN: not to be told.
    """
    names = ["forecast", "until", "outcome", *FIGURES]
    found = pd.DataFrame(entries["payload"].tolist(), columns=names, index=entries.index)
    found["until"] = pd.to_datetime(found["until"].map(str), format="%Y-%m-%d").astype(
        "datetime64[us]"
    )
    found = found.astype(dict.fromkeys(FIGURES, float) | {"forecast": np.int64, "outcome": str})
    found = found.assign(number=entries["number"].astype(np.int64), scored=entries["issued"])
    said = forecasts.rename(columns={"number": "forecast"})
    return found[["number", "scored", *names]].merge(said, on="forecast", validate="1:1")


def revised(scores: pd.DataFrame, panel: pd.DataFrame) -> pd.DataFrame:
    """Scores whose label would be another one by this panel; the ledger keeps the old.

    Returns
    -------
    DataFrame
        forecast, date, code, label and `now`, the label by the panel.
    """
    then = scores.rename(columns={"label": "then"}).drop(columns="until")
    now = outcomes(then, panel)
    known = np.isfinite(now["then"]) & np.isfinite(now["label"])
    none = now["then"].isna() & now["label"].isna()
    close = np.isclose(1 + now["then"], 1 + now["label"], rtol=SAME, atol=0)
    apart = now[~(none | (known & close))].rename(columns={"label": "now", "then": "label"})
    return apart[["forecast", "date", "code", "label", "now"]].reset_index(drop=True)


def _labelled(part: pd.DataFrame, panel: pd.DataFrame, horizon: int) -> pd.DataFrame:
    """Forecasts of one horizon with their labels, without those that are sealed."""
    known = labels.label(_from(panel, part["date"].min()), horizon)
    columns = ["date", "code", "label", *(["sealed"] if "sealed" in known else [])]
    found = part.reset_index().merge(known[columns], on=["date", "code"], how="left")
    found = found.set_index("index").rename_axis(part.index.name)
    if "sealed" in found:
        found = found[~found["sealed"].fillna(True).astype(bool)].drop(columns="sealed")
    return found


def _from(panel: pd.DataFrame, first: pd.Timestamp) -> pd.DataFrame:
    """The panel from a day on; all of it where a sealed window must be recognised in it."""
    end = panel["date"].max()
    sealed = any(end >= pd.Timestamp(one.first) and not holdout.is_open(one.name) for one in SEALS)
    return panel if sealed else panel[panel["date"] >= first]


def _figures(row: tuple) -> dict[str, float | bool | None]:
    label = row.label
    if not np.isfinite(label):
        return dict.fromkeys(FIGURES)
    rose, chance = label > 0, row.prob_up
    told, bounded = np.isfinite(chance), np.isfinite([row.interval_low, row.interval_high]).all()
    return {
        "label": label,
        "hit": (chance > 0.5) == rose if told else None,
        "squared_error": (label - row.mu) ** 2,
        "brier": (chance - rose) ** 2 if told else None,
        "in_interval": row.interval_low <= label <= row.interval_high if bounded else None,
    }


def _place(value: pd.Timestamp | str, days: pd.DatetimeIndex) -> int:
    """Where a day stands among those of the panel."""
    try:
        day = pd.Timestamp(value)
    except (TypeError, ValueError):
        day = pd.NaT
    if pd.isna(day):
        raise InputError("until", "must be a date", value, "write it as 2015-01-05")
    valid = f"valid: {days[0]:%F} to {days[-1]:%F}" if len(days) else ""
    if not len(days) or not days[0] <= day <= days[-1]:
        raise InputError("until", "must be in the panel's days", f"{day:%F}", valid)
    if day not in days:
        raise InputError("until", "must be a trading day of the exchange", f"{day:%F}")
    return days.get_loc(day)
