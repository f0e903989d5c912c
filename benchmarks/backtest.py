"""How many days a second does the backtest live through, with every rule on?

300 simulated stocks over ten years, with their dividends on their dates, limits, suspensions, dated
taxes and fees, a tenth of the day's volume at most. The clock covers everything: from the panel and
the forecasts as tables to the account and the audit of its orders. One JSON line a strategy, the
median of five runs; run it on an idle machine.
"""

from __future__ import annotations

import json
import os
import statistics
import time

import numpy as np
import pandas as pd

from stockcast.determinism import stream
from stockcast.market.calendar import sessions
from stockcast.market.simulated import Strengths, simulate
from stockcast.trading.backtest import Result, backtest
from stockcast.trading.orders import Costs
from stockcast.trading.strategy import EqualWeight, SigmaGated, TopK

STOCKS, SPAN, RUNS = 300, ("2010-01-04", "2019-12-31"), 5
PEER = 77.0  # Qlib 0.9.7 with TopkDropout(50, 5) over 300 stocks on such a machine, rules off
STRATEGIES = {
    "top 50, 5 a day": (TopK(50, 5), 1e8),
    "equal weight, every 20 days": (EqualWeight(20), 1e8),
    "the story": (SigmaGated(), 1e6),
}
"""Name to the strategy and its yuan."""


def material() -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Panel, dividends, and forecasts that persist from day to day."""
    market = simulate(sessions(*SPAN), STOCKS, Strengths(), stream(2017, "market"))
    panel = market.panel
    rng = stream(2017, "benchmark", "backtest")
    signals = panel.loc[panel["in_universe"], ["date", "code"]].reset_index(drop=True)
    drawn = pd.Series(rng.normal(size=len(signals)))
    score = drawn.groupby(signals["code"]).transform(lambda s: s.ewm(halflife=5).mean())
    prob_up = 0.5 + score / 10
    doubt = rng.uniform(0, 0.3, len(signals))
    signals = signals.assign(score=score, prob_up=prob_up, sigma_prob=doubt)
    return panel, market.table("dividends"), signals


def lived(
    panel: pd.DataFrame, dividends: pd.DataFrame, signals: pd.DataFrame, name: str
) -> tuple[float, Result]:
    """Seconds of one backtest, and what came of it."""
    strategy, cash = STRATEGIES[name]
    began = time.perf_counter()
    result = backtest(
        panel, signals, strategy, Costs(), cash, participation=0.1, dividends=dividends
    )
    return time.perf_counter() - began, result


def main() -> None:
    panel, dividends, signals = material()
    for name in STRATEGIES:
        runs = [lived(panel, dividends, signals, name) for _ in range(RUNS)]
        seconds = statistics.median(spent for spent, _ in runs)
        result = runs[0][1]
        days = len(result.equity)
        line = {
            "benchmark": "backtest",
            "strategy": name,
            "stocks": panel["code"].nunique(),
            "days": days,
            "orders": len(result.orders),
            "unfilled": round(float(np.mean(result.orders["outcome"] != "filled")), 4),
            "cores": os.cpu_count(),
            "seconds": round(seconds, 2),
            "days_per_s": round(days / seconds),
        }
        if isinstance(STRATEGIES[name][0], TopK):
            line |= {"peer_days_per_s": PEER, "times_peer": round(days / seconds / PEER, 1)}
        print(json.dumps(line))


if __name__ == "__main__":
    main()
