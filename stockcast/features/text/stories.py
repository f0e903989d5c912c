"""Headlines of stocks: which row of the panel each counts for, its words and its tone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from stockcast.data.point_in_time.news import dated, link
from stockcast.features.rows import Rows
from stockcast.features.text import lexicon, words
from stockcast.market import calendar

LONGEST = 80
"""Characters of the content that are read where a headline is missing."""

_FAR = pd.Timestamp("2262-01-01")


def known(news: pd.DataFrame, rows: Rows) -> pd.DataFrame:
    """News with `text`, `off_hours`, and `day`: the place in `rows.dates` that it counts from.

    `off_hours` is 1 for news published while the exchange was closed, 0 for other news, and NaN
    where only its date is told (a time of midnight).

    Rows are in order of time; news from days that the panel does not have are left out. `text` is
    the title, or the first characters of the content where that is empty.
    """
    news = dated(news).sort_values(["time", "title"], kind="stable", ignore_index=True)
    text = news["title"].fillna("")
    text = text.where(text.str.strip() != "", news["content"].fillna("").str[:LONGEST])
    clock = news["time"] - news["time"].dt.normalize()
    opened = clock.between(pd.Timedelta(hours=9, minutes=30), calendar.CLOSE)
    traded = news["time"].dt.normalize() == news["known"]
    off_hours = (~(opened & traded)).astype(float).mask(clock == pd.Timedelta(0))
    day = rows.dates.get_indexer(news["known"])
    out = news.assign(text=text, day=day, off_hours=off_hours)
    return out[day >= 0].reset_index(drop=True)


def of_stocks(news: pd.DataFrame, names: pd.DataFrame, rows: Rows) -> pd.DataFrame:
    """One row per headline and stock that it names.

    Parameters
    ----------
    news
        What `known` gives.
    names
        Canonical `names`.
    rows
        All rows of the panel.

    Returns
    -------
    DataFrame
        `time`, `text`, `off_hours`, `code`, `names` (tuple: of the headline's stocks, in force
        that day), and `row`: the stock's first row of the panel from the day the headline counts
        from. Headlines from before the stock's first row are left out. In order of time, then code.
    """
    pairs = link(news, names)
    told = news.loc[pairs["row"], ["time", "text", "off_hours", "day"]].reset_index(drop=True)
    told = told.assign(code=pairs["code"].to_numpy(), headline=pairs["row"].to_numpy())
    told["names"] = _names(told, names)
    told["row"] = _rows(told, rows)
    return told[told["row"] >= 0].reset_index(drop=True)


def masked(texts: Sequence[str], names: Sequence[tuple[str, ...]]) -> list[str]:
    """Each text with its names and numbers masked."""
    return [words.masked(text, of) for text, of in zip(texts, names, strict=True)]


def tones(texts: Sequence[str], groups: Sequence[str]) -> pd.DataFrame:
    """`score` of each masked text by the lexicon, and the part of it of each group of words.

    Parameters
    ----------
    texts
        Masked texts; each different one is read once.
    groups
        Groups of the lexicon; a group's column holds the sum of its words' tones through the same
        curve as the score.
    """
    unique = list(dict.fromkeys(texts))
    found = {}
    for text in unique:
        parts = lexicon.tones(words.cut(text))
        found[text] = [lexicon.curbed(sum(parts.values()))]
        found[text] += [lexicon.curbed(parts.get(group, 0.0)) for group in groups]
    values = np.array([found[text] for text in texts]).reshape(len(texts), 1 + len(groups))
    return pd.DataFrame(values, columns=["score", *groups])


def _names(told: pd.DataFrame, names: pd.DataFrame) -> list[tuple[str, ...]]:
    """For each headline the names, in force that day, of all the stocks it names."""
    named = told[["headline", "code", "time"]].merge(
        names[["code", "name", "start", "end"]], on="code", how="left"
    )
    day = named["time"].dt.normalize()
    start, end = named["start"].fillna(pd.Timestamp(0)), named["end"].fillna(_FAR)
    there = named[(start <= day) & (day <= end)]
    of = there.groupby("headline")["name"].agg(lambda held: tuple(sorted(set(held))))
    held = of.to_dict()
    return [held.get(headline, ()) for headline in told["headline"]]


def _rows(told: pd.DataFrame, rows: Rows) -> np.ndarray:
    """The stock's first row from the headline's day on; -1: none, or before its first row."""
    stock = pd.Index(rows.codes).get_indexer(told["code"])
    at = stock * len(rows.dates) + told["day"].to_numpy()
    place = np.searchsorted(rows.stock() * len(rows.dates) + rows.day, at)
    inside = np.minimum(place, len(rows) - 1)
    listed = rows.day[rows.bounds[:-1]][stock] <= told["day"].to_numpy()
    found = (stock >= 0) & listed & (place < len(rows)) & (rows.stock()[inside] == stock)
    return np.where(found, place, -1)
