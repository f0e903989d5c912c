"""What does a `sigma_prob` cost in seconds, drawn in whole passes or in the last layer alone?

Forecast tables of a few days by the two-level network: one network, dropout by whole passes,
dropout and Laplace in the last layer, and a deep ensemble. Every way makes the same table from the
same windows, so the figures hold reading and writing too.

One JSON line each: the median over alternating rounds in one process and one thread of the seconds
a day, and of their ratio to one network's in the same round.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable

import numpy as np
import pandas as pd

from stockcast.determinism import settle_torch
from stockcast.models.networks.architecture import Architecture
from stockcast.models.networks.days import Days
from stockcast.models.networks.forecast import Ensemble, forecast
from stockcast.models.networks.training import Trained
from stockcast.models.uncertainty.head_draws import forecast_draws
from stockcast.models.uncertainty.laplace import LastLayer
from stockcast.samples.windows import Windows

STOCKS, LENGTH, FEATURES, WIDTH = 120, 60, 24, 16
SPAN, MEMBERS, DRAWS, ROUNDS = 12, 5, 16, 5


def days() -> Days:
    """A few days of windows of noise, with targets."""
    rng = np.random.default_rng(1)
    shape = (STOCKS, LENGTH + SPAN)
    windows = Windows(
        rng.standard_normal((*shape, FEATURES), dtype=np.float32),
        np.ones(shape, bool),
        pd.bdate_range("2016-01-01", periods=shape[1]),
        tuple(f"{600000 + n}.SH" for n in range(STOCKS)),
        LENGTH,
    )
    last = np.arange(LENGTH, LENGTH + SPAN)
    numbers = np.arange(1, STOCKS + 1)
    return Days(windows, last, np.ones(shape, bool), numbers, rng.standard_normal(shape))


def ways(given: Days) -> dict[str, Callable[[], object]]:
    """Each way to a forecast table, by name."""
    settle_torch(1)
    members = []
    for _ in range(MEMBERS):
        architecture = Architecture(FEATURES, STOCKS, WIDTH)
        members.append(Trained(architecture.build().eval(), architecture, 1.0, []))
    many = Ensemble("many", tuple(members), given.windows.codes, pd.Timestamp("2015-01-01"))
    one = Ensemble("one", many.members[:1], many.codes, many.information_until)
    scale = np.full(given.rows.shape, 0.02)
    posterior = LastLayer.fit(members[0], given)
    how = {"horizon": 5, "run": "benchmark"}
    whole = {"draws": "dropout", "dropout_draws": DRAWS}
    return {
        "one network": lambda: forecast(one, given, scale, **how),
        "deep ensemble": lambda: forecast(many, given, scale, **how),
        "dropout, whole passes": lambda: forecast(one, given, scale, **whole, **how),
        "dropout, last layer": lambda: forecast_draws(one, given, scale, count=DRAWS, **how),
        "Laplace, last layer": lambda: forecast_draws(
            one, given, scale, posterior.draws, count=DRAWS, **how
        ),
    }


def main() -> None:
    """Time all ways in turn, several times over, and print the medians."""
    given = days()
    timed = ways(given)
    rounds = []
    for _ in range(ROUNDS + 1):
        seconds = {}
        for name, way in timed.items():
            started = time.perf_counter()
            way()
            seconds[name] = (time.perf_counter() - started) / SPAN
        rounds.append(seconds)
    for name in timed:
        kept = rounds[1:]  # the first warms up
        line = {
            "benchmark": "uncertainty",
            "way": name,
            "stocks": STOCKS,
            "draws": MEMBERS if "ensemble" in name else 1 if "one" in name else DRAWS,
            "seconds_a_day": round(statistics.median(each[name] for each in kept), 5),
            "against_one": round(
                statistics.median(each[name] / each["one network"] for each in kept), 2
            ),
        }
        print(json.dumps(line))


if __name__ == "__main__":
    main()
