"""When there is no list: the data are stale, the day is unlike any before, or nothing is sure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from stockcast.advice.evening import Evening
from stockcast.advice.words import Language
from stockcast.ensemble.market_day import market_day
from stockcast.ensemble.surprise import Surprise
from stockcast.errors import InputError
from stockcast.market import calendar

MOST_BEYOND = 1.5
"""A day so many times as far from usual as all but 1 % of the training days is too unlike them."""
LEAST_KNOWN = 0.5
"""Share of the members' features that must be known, and of the members that must have traded."""


@dataclass(frozen=True)
class Abstention:
    """One reason for having no list.

    Attributes
    ----------
    kind : str
        stale, incomplete, drift or unsure.
    en, zh : str
        One sentence each.
    """

    kind: str
    en: str
    zh: str

    def text(self, language: Language) -> str:
        """The sentence."""
        return getattr(self, language)


def stale(evening: Evening, now: pd.Timestamp | None) -> list[Abstention]:
    """Whether a close has passed, by `now` (Shanghai time), that the data do not have.

    None: the evening is taken to be the present one.
    """
    if now is None:
        return []
    due = calendar.last_session(now)
    if evening.date >= due:
        return []
    behind = len(calendar.sessions(evening.date, due)) - 1
    return [
        Abstention(
            "stale",
            f"The data end on {evening.date:%Y-%m-%d}, {behind} trading days behind {due:%Y-%m-%d}",
            f"数据截至 {evening.date:%Y-%m-%d}，落后最近交易日 {due:%Y-%m-%d} 共 {behind} 天",
        )
    ]


def incomplete(evening: Evening, features: pd.DataFrame) -> list[Abstention]:
    """Whether most members did not trade, or most of what the model reads is missing."""
    today = evening.today
    members = today[today["in_universe"]]
    traded = float((~members["suspended"].astype(bool)).mean()) if len(members) else 0.0
    known = float(np.isfinite(features.to_numpy(float)).mean()) if features.size else 0.0
    found = []
    if traded < LEAST_KNOWN:
        found.append(
            Abstention(
                "incomplete",
                f"Only {traded:.0%} of the members have traded today: the day's quotes are missing",
                f"今日仅 {traded:.0%} 的成员有成交：行情缺失",
            )
        )
    if known < LEAST_KNOWN:
        found.append(
            Abstention(
                "incomplete",
                f"Only {known:.0%} of what the model reads is known today",
                f"模型所需特征今日仅 {known:.0%} 可得",
            )
        )
    return found


def surprise(evening: Evening, train_end: str) -> pd.Series | None:
    """How unlike the days of training the evening's day is; None where training was too short.

    Returns
    -------
    Series or None
        A row of `distances`.
    """
    members = int(evening.today["in_universe"].sum())
    found = distances(market_day(evening.panel), train_end, members)
    return None if found is None else found.loc[evening.date]


def distances(quantities: pd.DataFrame, train_end: str, members: int) -> pd.DataFrame | None:
    """How unlike the days of training each day is; None where training was too short.

    Parameters
    ----------
    quantities
        As `stockcast.ensemble.market_day.market_day`; those that never varied in training are left
        out.
    train_end
        Last day of training.
    members
        Stocks that a share is a share of.

    Returns
    -------
    DataFrame or None
        `distance`, `p`, `beyond`, `farthest`; see `stockcast.ensemble.surprise.Surprise.score`.
    """
    varies = quantities[quantities.index <= train_end].dropna().std() > 0
    quantities = quantities.loc[:, varies[varies].index]
    try:
        known = Surprise.fit(quantities, train_end, members)
    except InputError:
        return None
    return known.score(quantities)


def drift(found: pd.Series | None) -> list[Abstention]:
    """Whether the day is too unlike those of training, as `surprise` tells."""
    if found is None or not found["beyond"] > MOST_BEYOND:
        return []
    return [
        Abstention(
            "drift",
            f"The market today is unlike the days the model learned from: {found['beyond']:.1f} "
            f"times as far from usual as all but 1 % of them ({found['farthest']} most of all)",
            f"今日市场明显不同于模型训练时的市场：偏离程度为训练期 99 % 日子上限的 "
            f"{found['beyond']:.1f} 倍（{found['farthest']} 偏离最大）",
        )
    ]


def unsure(listed: pd.DataFrame, gate: float) -> list[Abstention]:
    """Whether no stock of the list has a probability above one half that is surer than `gate`."""
    sure = (listed["prob_up"] > 0.5) & (listed["sigma_prob"] < gate)
    if sure.any():
        return []
    return [
        Abstention(
            "unsure",
            f"Nothing is confident: no stock has P(rise) above 50 % with sigma below {gate:g}",
            f"没有足够把握的标的：无一股票上涨概率高于 50 % 且概率标准差低于 {gate:g}",
        )
    ]
