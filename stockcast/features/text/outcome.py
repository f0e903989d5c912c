"""A headline model that learns from what prices did: refitted at the start of each year."""

from __future__ import annotations

import numpy as np
import pandas as pd

from stockcast.features import cross
from stockcast.features.rows import Rows
from stockcast.features.text import classifier

HORIZON = 5
"""Trading days of the return that says whether a headline was good, the first of them its own."""

LEAST = 100
"""Labelled headlines below which a year has no model."""

SETTINGS = classifier.Settings(least=5, lexicon=2.0, strengths=(0.03,), folds=0)
"""Fixed: prices say little about one headline, so the penalty is heavy and terms must be common."""


def labels(told: pd.DataFrame, rows: Rows) -> pd.DataFrame:
    """What prices said of each headline, and when.

    Parameters
    ----------
    told
        Headlines with `row`.
    rows
        All rows of the panel.

    Returns
    -------
    DataFrame
        `label`: 1 where the stock's return less the market's, summed over `HORIZON` rows from the
        headline's own on, is above zero, 0 where below; NaN where it is zero or missing, or the
        stock was suspended on one of them. `known`: the last of these days.

    Notes
    -----
    Look-ahead: a label holds the future up to its `known`. Returns around the news as labels of
    its words: Ke, Kelly and Xiu (2019), "Predicting returns with text data".
    """
    excess = rows["return"] - cross.market_return(rows)
    excess = np.where(rows["traded"], excess, np.nan)
    later = rows.sum(excess, HORIZON)
    first = told["row"].to_numpy()
    last = np.minimum(first + HORIZON - 1, len(rows) - 1)
    there = (first + HORIZON <= len(rows)) & (rows.stock()[last] == rows.stock()[first])
    moved = np.where(there, later[last], np.nan)
    # A stock that moved exactly as the market did tells nothing.
    moved = np.where(np.abs(moved) > 1e-9, moved, np.nan)
    label = np.where(np.isnan(moved), np.nan, moved > 0)
    return pd.DataFrame({"label": label, "known": rows.dates[rows.day[last]]}, index=told.index)


def opinions(told: pd.DataFrame, rows: Rows) -> tuple[np.ndarray, np.ndarray]:
    """Probability that each headline is good, less the share of good ones in the training.

    Each calendar year's headlines are judged by a model of the labels known before that year.

    Returns
    -------
    tuple of ndarray
        The opinion of each headline, NaN in years without a model; and a bool per row of the
        panel, whether its year has a model: none where fewer than `LEAST` labels were known.
    """
    news = labels(told, rows).assign(time=told["time"], title=told["text"], names=told["names"])
    news = news[news["label"].notna()]
    years = rows.dates.year.to_numpy()[rows.day]
    year = years[told["row"].to_numpy()]
    out, judged = np.full(len(told), np.nan), np.zeros(len(rows), bool)
    for each in np.unique(years):
        before = pd.Timestamp(int(each), 1, 1)
        past, now = news[news["known"] < before], year == each
        if len(past) < LEAST or past["label"].nunique() < 2:
            continue
        model = classifier.fit(past, before - pd.Timedelta(days=1), SETTINGS)
        share = past["label"].sum() / len(past)
        out[now] = model.predict(told["text"][now], told["names"][now]) - share
        judged |= years == each
    return out, judged
