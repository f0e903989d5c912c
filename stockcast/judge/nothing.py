"""Markets in which nothing is planted, to see how often a whole method claims to have found it.

`stockcast.judge.placebo` asks how often noise passes for a forecast on one market. Here everything
is drawn anew: market, features, training, test. A method that is honest on the average market can
still lean one way on the one in front of us; over many markets it may claim something in five of a
hundred, and not more.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from sklearn.linear_model import Ridge
from statsmodels.regression.linear_model import OLS

from stockcast.determinism import PROCESSES, stream
from stockcast.features.compute import compute
from stockcast.judge.intervals import newey_west
from stockcast.judge.metrics import daily_ic
from stockcast.market.calendar import sessions
from stockcast.market.simulated import Strengths, simulate
from stockcast.samples.labels import label
from stockcast.samples.splits import purged

SPAN = ("2012-01-04", "2014-12-31")
TRAIN_END, VALID_END = "2013-06-28", "2013-07-31"
STOCKS = 40
FEATURES = (
    "return_1",
    "return_2",
    "return_5",
    "return_10",
    "return_20",
    "return_60",
    "momentum_120",
    "distance_5",
    "distance_20",
    "distance_60",
    "volatility_5",
    "volatility_20",
    "volatility_60",
    "downside_20",
    "rsi_14",
    "macd_histogram",
    "bollinger_20",
    "true_range_14",
    "range_1",
    "close_position",
    "volume_ratio",
    "volume_return_20",
    "amount_deviation",
    "illiquidity_20",
    "gap",
    "limit_up_20",
    "limit_down_20",
    "suspended_20",
    "relative_1",
    "relative_5",
    "relative_20",
    "beta_60",
    "market_volatility_20",
    "breadth",
    "sector_5",
    "rank_5",
)
"""Those that a panel alone allows and a beginner would take; few, because 200 markets are made."""
TREES = {"n_estimators": 40, "learning_rate": 0.05, "num_leaves": 8, "min_child_samples": 100}


def study(seeds: Iterable[int], horizon: int = 5, processes: int = PROCESSES) -> pd.DataFrame:
    """A reduced pipeline on as many empty markets as there are seeds.

    Each market has 40 stocks and three years. The price features `FEATURES`, ranked within
    the day, forecast the label's rank; ridge regression and small boosted trees train on the first
    half and are judged on the second, every listed stock in both, by the intervals of this book.

    Parameters
    ----------
    seeds
        One market each.
    horizon
        Trading days held.
    processes
        Markets at a time; changes no number.

    Returns
    -------
    DataFrame
        `seed`, `model` (ridge, trees), `rank_ic` (mean of the test days), `low`, `high`
        (Newey-West 95 %), `claims` (the interval excludes zero), `customary` (one with ten lags
        and a normal quantile does, as most papers have it), `naive` (one that takes days as
        independent does).
    """
    found = Parallel(n_jobs=processes)(delayed(_one)(seed, horizon) for seed in seeds)
    return pd.DataFrame([row for rows in found for row in rows])


def rate(claims: pd.Series) -> tuple[float, float]:
    """Share of false claims and what it may be: 5 % plus two standard errors of so many markets.

    Returns
    -------
    share, allowed
        Fractions.
    """
    return float(claims.mean()), 0.05 + 2 * float(np.sqrt(0.05 * 0.95 / len(claims)))


def _one(seed: int, horizon: int) -> list[dict[str, object]]:
    days = sessions(*SPAN)
    market = simulate(days, STOCKS, Strengths(*[0.0] * 6), stream(seed, "nothing"))
    rows = label(market.panel, horizon)
    features = compute(market.panel, names=FEATURES).drop(columns=["date", "code"])
    known = features.groupby(rows.date).rank(pct=True).fillna(0.5) - 0.5
    split = purged(days, train_end=TRAIN_END, valid_end=VALID_END, horizon=horizon)
    part = split.name_of(rows.date).to_numpy()
    usable = rows.label.notna().to_numpy()
    train, test = usable & (part == "train"), usable & (part == "test")
    target = rows.label.groupby(rows.date).rank(pct=True) - 0.5
    judged = rows.loc[test, ["date", "code", "label"]]
    out = []
    for name, model in _models(seed).items():
        model.fit(known[train], target[train])
        score = model.predict(known[test])
        rank_ic = daily_ic(judged.assign(score=score), method="spearman")
        fair, naive = newey_west(rank_ic, max(10, horizon)), newey_west(rank_ic, 0)
        kept = rank_ic.dropna()
        paper = OLS(kept, np.ones(len(kept))).fit(cov_type="HAC", cov_kwds={"maxlags": 10})
        out.append(
            {
                "seed": seed, "model": name, "rank_ic": fair.mean, "low": fair.low,
                "high": fair.high, "claims": fair.low > 0 or fair.high < 0,
                "customary": abs(paper.tvalues.iloc[0]) > 1.96,
                "naive": naive.low > 0 or naive.high < 0,
            }
        )  # fmt: skip
    return out


def _models(seed: int) -> dict[str, object]:
    import torch  # noqa: F401  its wheel brings libgomp, which LightGBM's leaves to the system
    from lightgbm import LGBMRegressor

    trees = LGBMRegressor(**TREES, n_jobs=1, random_state=seed, deterministic=True, verbose=-1)
    return {"ridge": Ridge(1000.0), "trees": trees}
