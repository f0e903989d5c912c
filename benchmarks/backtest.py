"""How many days a second does a backtest live through, with every rule on?

Three hundred stocks of the real panel over the years 2013 to 2017, where there is one, else of a
simulated market; scores of noise, a list of 50 of which 5 may be replaced a day, 100 million yuan.
One JSON line a strategy: trading days over the seconds of a whole backtest, from panel to audit,
the median of some runs.

    STOCKCAST_REAL_DATA=... python benchmarks/backtest.py
"""

from __future__ import annotations

import argparse
import json
import statistics
import time

import pandas as pd

from stockcast import paths
from stockcast.data import sources
from stockcast.determinism import stream
from stockcast.trading.backtest import backtest
from stockcast.trading.broker import Costs
from stockcast.trading.strategy import EqualWeight, SigmaGated, TopK

STOCKS = 300
SPAN = {"start": "2013-01-04", "end": "2017-12-29"}
STRATEGIES = {
    "top 50, 5 replaced": TopK(50, 5),
    "equal weight, every 20 days": EqualWeight(20),
    "one stock, sigma below .1": SigmaGated(),
}


def panel() -> tuple[pd.DataFrame, str]:
    """Quotes of the stocks with the most days, and whose they are."""
    if paths.real_data():
        whole = sources.load("parquet", panel="panel_csi300.parquet", **SPAN).panel
        most = whole.groupby("code").size().nlargest(STOCKS).index
        return whole[whole["code"].isin(most)].reset_index(drop=True), "real"
    return sources.load("simulated", simulated_stocks=STOCKS, **SPAN).panel, "simulated"


def noise(quotes: pd.DataFrame) -> pd.DataFrame:
    """Forecasts that know nothing, for every row."""
    rng = stream(2017, "backtest")
    return quotes[["date", "code"]].assign(
        score=rng.normal(size=len(quotes)),
        prob_up=rng.random(len(quotes)),
        sigma_prob=rng.random(len(quotes)) / 2,
    )


def seconds(runs: int, *given: object, **more: object) -> float:
    """Median seconds of a backtest."""
    taken = []
    for _ in range(runs):
        began = time.perf_counter()
        backtest(*given, **more)
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


def main() -> None:
    """Print one JSON line a strategy."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    runs = parser.parse_args().runs
    quotes, whose = panel()
    signals, days = noise(quotes), quotes["date"].nunique()
    for name, strategy in STRATEGIES.items():
        given = (quotes, signals, strategy, Costs(), 1e8)
        whole = seconds(runs, *given, participation=0.1)
        orders = len(backtest(*given, participation=0.1).orders)
        line = {"benchmark": "backtest", "strategy": name, "panel": whose, "stocks": STOCKS}
        line |= {"days": days, "orders": orders, "runs": runs}
        line |= {"seconds": round(whole, 3), "days_a_second": round(days / whole)}
        print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
