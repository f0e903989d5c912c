"""A small market with members of known skill."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from stockcast.ensemble.members import Members
from stockcast.models.model import COLUMNS

HORIZON = 5
SKILLS = {"good": 0.5, "fair": 0.2, "noise": 0.0}


def market(days: int = 260, stocks: int = 30, seed: int = 0) -> SimpleNamespace:
    """Forecasts of three members, outcomes (the last of them unknown) and trading days."""
    rng = np.random.default_rng(seed)
    dates = pd.bdate_range("2016-01-04", periods=days, unit="us")
    codes = [f"{n:06d}.SZ" for n in range(stocks)]
    keys = pd.MultiIndex.from_product([dates, codes], names=["date", "code"]).to_frame(index=False)
    label = rng.standard_normal(len(keys)) * 0.04
    tables = []
    for name, skill in SKILLS.items():
        z = skill * label / 0.04 + np.sqrt(1 - skill**2) * rng.standard_normal(len(keys))
        mu = skill * z * 0.04
        sigma = 0.04 * np.sqrt(1 - skill**2)
        columns = {
            "run": "small", "model": name, "horizon": HORIZON, "score": z * 3.0**len(tables),
            "mu": mu, "sigma": sigma, "prob_up": 0.5 + np.clip(mu, -0.2, 0.2),
            "sigma_prob": 0.01, "interval_low": mu - 1.645 * sigma,
            "interval_high": mu + 1.645 * sigma,
        }  # fmt: skip
        tables.append(keys.assign(**columns)[list(COLUMNS)])
    unknown = keys["date"].isin(dates[-(HORIZON + 1) :]).to_numpy()
    outcomes = keys.assign(label=np.where(unknown, np.nan, label))
    return SimpleNamespace(
        forecasts=pd.concat(tables, ignore_index=True), outcomes=outcomes, days=dates
    )


def rank_ics(members: Members, outcomes: pd.DataFrame) -> pd.DataFrame:
    """Daily Rank IC of each member, by pandas' ranks."""
    names = list(members.names)
    table = pd.DataFrame(members.columns["score"], columns=names)
    date = members.keys["date"].rename("date")
    table["y"] = members.outcomes(outcomes)
    ranks = table[table["y"].notna()].groupby(date).rank()
    away = ranks - ranks.groupby(date).transform("mean")
    size = (away**2).groupby(date).sum() ** 0.5
    product = away[names].mul(away["y"], axis=0).groupby(date).sum()
    found = product / size[names].mul(size["y"], axis=0)
    return found.reindex(pd.DatetimeIndex(date.unique(), name="date"))


@pytest.fixture(scope="session")
def small() -> SimpleNamespace:
    return market()


@pytest.fixture(scope="session")
def members(small: SimpleNamespace) -> Members:
    return Members.of(small.forecasts)


@pytest.fixture(scope="session")
def daily(small: SimpleNamespace, members: Members) -> pd.DataFrame:
    return rank_ics(members, small.outcomes)
