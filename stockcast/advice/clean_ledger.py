"""Ledgers in which nothing is wrong, to count on how often a rule cries wolf.

A forecast with a Rank IC of about .04 at five days, whose scores persist from day to day and whose
intervals hold 90 % of outcomes; these share a market factor and have fat tails. Nothing changes.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from stockcast.advice.anomalies import RULES, values
from stockcast.determinism import stream
from stockcast.market import calendar

HORIZON, EVENINGS, STOCKS = 5, 120, 60
FREEDOM = 5.0
"""Of Student's t, from which the daily returns of a stock are drawn."""


def clean_ledger(
    rng: np.random.Generator, evenings: int = EVENINGS, stocks: int = STOCKS, signal: float = 0.05
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DatetimeIndex]:
    """Forecasts and scores of a ledger with nothing wrong, and its days.

    The last horizon + 1 evenings have no score yet.
    """
    days = calendar.sessions("2016-01-04", "2017-12-29")[:evenings]
    steps = evenings + HORIZON + 1
    noise = stats.t.rvs(FREEDOM, size=(steps, stocks), random_state=rng)
    factor = stats.t.rvs(FREEDOM, size=(steps, 1), random_state=rng)
    unit = np.sqrt(FREEDOM / (FREEDOM - 2))
    # What is foreseen is a slow state of each stock, which the returns of the next days follow.
    state = np.zeros((steps, stocks))
    state[0] = rng.normal(size=stocks)
    for step in range(1, steps):
        state[step] = 0.9 * state[step - 1] + np.sqrt(1 - 0.81) * rng.normal(size=stocks)
    returns = 0.02 * noise / unit + 0.01 * factor / unit
    returns[2:] += 0.02 * signal / np.sqrt(HORIZON) * state[:-2]
    sums = np.cumsum(returns, axis=0)
    label = sums[HORIZON + 1 :][:evenings] - sums[1:][:evenings]  # close of t+1 to t+1+horizon
    sigma = np.sqrt(HORIZON * (0.02**2 + 0.01**2))
    mu = 0.02 * signal / np.sqrt(HORIZON) * state[:evenings] * 4
    reach = stats.norm.ppf(0.95) * sigma
    keys = pd.MultiIndex.from_product(
        [days, [f"{600000 + n}.SH" for n in range(stocks)]], names=["date", "code"]
    )
    table = keys.to_frame(index=False)
    table["number"] = np.arange(1, len(table) + 1)
    table = table.assign(
        run="clean", model="clean", horizon=HORIZON, score=state[:evenings].ravel(), mu=mu.ravel(),
        sigma=sigma, prob_up=stats.norm.cdf(mu / sigma).ravel(), rank=np.nan,
        interval_low=(mu - reach).ravel(), interval_high=(mu + reach).ravel(),
    )  # fmt: skip
    done = table[table["date"] <= days[-HORIZON - 2]].rename(columns={"number": "forecast"})
    scores = done.assign(label=label.ravel()[: len(done)])
    rose = scores["label"] > 0
    scores["hit"] = ((scores["prob_up"] > 0.5) == rose).astype(float)
    scores["brier"] = (scores["prob_up"] - rose) ** 2
    inside = scores["label"].between(scores["interval_low"], scores["interval_high"])
    scores["in_interval"] = inside.astype(float)
    return table, scores, days


def false_alarms(ledgers: int, seed: int = 2017) -> pd.DataFrame:
    """By rule: days on which it could speak, alarms among them, and ledgers with at least one."""
    counts = pd.DataFrame(0.0, [rule.name for rule in RULES], ["days", "alarms", "ledgers"])
    for number in range(ledgers):
        found = values(*clean_ledger(stream(seed, "false alarms", number)), HORIZON, seed)
        by_rule = found.groupby("rule")["alarm"]
        part = pd.DataFrame({"days": by_rule.size(), "alarms": by_rule.sum()})
        part["ledgers"] = part["alarms"] > 0
        counts = counts.add(part.astype(float), fill_value=0)
    return counts
