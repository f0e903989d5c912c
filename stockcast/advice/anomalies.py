"""Anomalies of a ledger: rules with names and thresholds that were stated before they are needed.

Each rule looks at each day of the ledger, with what is known at its close. How often it cries
wolf on ledgers in which nothing is wrong is measured by `benchmarks/false_alarms.py`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from stockcast.advice import evaluation
from stockcast.advice.evaluation import NOMINAL, WINDOW
from stockcast.determinism import stream
from stockcast.ensemble.known import known_by

HISTORY = 20
"""Fewest known evenings before the window, from which a rule learns what is usual."""
TAIL = 0.01
"""Chance, on one day, that usual luck crosses the bounds of `rank_ic` and `coverage`."""
DRAWS = 400
FEWER, FEWER_THAN = 0.8, 20
"""A day is short below this share of the median count of so many evenings before."""
REPEATED = 0.99
"""Share of the stocks with the very score of the evening before at which a list is stale."""
TIED = 0.5
"""Share of a day's forecasts that share their score with another."""
RECENT, PSI_HISTORY, PSI_BINS = 5, 20, 10
PSI, PSI_CHANCE = 0.25, 0.001
"""Population stability index that counts as a change, and the chance that sampling exceeds it."""


@dataclass(frozen=True)
class Rule:
    """One rule.

    Attributes
    ----------
    name : str
    says : str
        What crosses the threshold, as a sentence.
    """

    name: str
    says: str


RULES = (
    Rule("rank_ic", f"the mean Rank IC of the last {WINDOW} known evenings lies below the "
         f"{TAIL:.0%} quantile of such means drawn in blocks from the evenings before, made wider "
         "for their being few"),
    Rule("coverage", f"the share of outcomes inside the intervals, over {WINDOW} known evenings, "
         f"is farther from {NOMINAL:.0%} than {1 - TAIL:.0%} of luck explains"),
    Rule("no_evening", "a trading day has no forecast"),
    Rule("stale", f"at least {REPEATED:.0%} of the stocks have the score of the evening before"),
    Rule("missing", f"an evening has fewer than {FEWER:.0%} of the median number of stocks of the "
         f"{FEWER_THAN} evenings before"),
    Rule("doubled", "a forecast has more than one score"),
    Rule("unscored", "a forecast whose outcome is known has no score"),
    Rule("tied", f"at least {TIED:.0%} of the scores of an evening are shared by several stocks"),
    Rule("drift", f"the scores of the last {RECENT} evenings differ from those of {PSI_HISTORY} "
         f"before by a PSI above {PSI} and above what sampling gives in all but {PSI_CHANCE:.1%}"),
)  # fmt: skip
"""Every rule, with its threshold."""


def anomalies(
    forecasts: pd.DataFrame,
    scores: pd.DataFrame,
    days: pd.DatetimeIndex,
    horizon: int,
    seed: int = 0,
) -> pd.DataFrame:
    """What is unusual, day by day.

    Parameters
    ----------
    forecasts, scores, days, horizon
        As for `stockcast.advice.evaluation.rolling`; `days` from the first evening to the last.
    seed
        Of the draws of `rank_ic`; each day has a stream of its own.

    Returns
    -------
    DataFrame
        date (of the day at whose close it shows), rule, value, threshold; sorted. A rule that has
        too little to go by says nothing.
    """
    measured = values(forecasts, scores, days, horizon, seed)
    crossed = measured[measured["alarm"]].drop(columns="alarm")
    return crossed.sort_values(["date", "rule"], ignore_index=True)


def values(
    forecasts: pd.DataFrame,
    scores: pd.DataFrame,
    days: pd.DatetimeIndex,
    horizon: int,
    seed: int = 0,
) -> pd.DataFrame:
    """Every rule on every day on which it can speak: date, rule, value, threshold and alarm.

    Arguments as in `anomalies`. Dropping what is later than a day leaves that day's rows as they
    were, to the bit.
    """
    evaluation.check(forecasts, horizon)
    by_evening = known_by(evaluation.daily(scores), days, horizon)
    parts = [
        _rank_ic(by_evening["rank_ic"], horizon, seed),
        _coverage(by_evening["coverage"], horizon),
        *_of_scoring(forecasts, scores, days, horizon),
        *_of_evenings(forecasts, days),
        _drift(forecasts, days),
    ]
    found = pd.concat([part for part in parts if len(part)] or parts, ignore_index=True)
    return found[["date", "rule", "value", "threshold", "alarm"]]


def _rank_ic(known: pd.Series, horizon: int, seed: int) -> pd.DataFrame:
    """The bootstrap's quantile, wider for what a short history does not tell.

    Blocks of twice the horizon keep the overlap of labels. Resampled means vary too little by the
    share of a block in the history, the history's own mean is not known exactly, and its spread
    comes from few independent evenings: three factors.
    """
    rows, block = [], 2 * horizon
    for place, (day, newest) in enumerate(known.items()):
        past = known.iloc[: place + 1].dropna().to_numpy()
        if np.isnan(newest) or len(past) < WINDOW + HISTORY:
            continue
        before = past[:-WINDOW]
        size = len(before)
        first = stream(seed, "rank_ic", place).integers(0, size, (DRAWS, -(-WINDOW // block)))
        drawn = (first[:, :, None] + np.arange(block)) % size  # circular blocks
        means = before[drawn.reshape(DRAWS, -1)[:, :WINDOW]].mean(axis=1)
        freedom = max(size / horizon - 1, 1)
        wider = np.sqrt((1 + WINDOW / size) * size / max(size - block, 1))
        wider *= stats.t.ppf(TAIL, freedom) / stats.norm.ppf(TAIL)
        threshold = before.mean() + wider * (np.quantile(means, TAIL) - before.mean())
        value = past[-WINDOW:].mean()
        rows.append((day, "rank_ic", value, threshold, value < threshold))
    return _table(rows)


def _coverage(known: pd.Series, horizon: int) -> pd.DataFrame:
    """Days share their shocks: the spread of a mean is that of the days, times the overlap."""
    rows = []
    for place, (day, newest) in enumerate(known.items()):
        past = known.iloc[: place + 1].dropna().to_numpy()
        if np.isnan(newest) or len(past) < WINDOW + HISTORY:
            continue
        before = past[:-WINDOW]
        variance = np.mean((before - NOMINAL) ** 2)
        freedom = max(len(before) / horizon - 1, 1)
        error = np.sqrt(variance * horizon / WINDOW)
        threshold = stats.t.ppf(1 - TAIL / 2, freedom) * error
        value = past[-WINDOW:].mean() - NOMINAL
        rows.append((day, "coverage", value, threshold, abs(value) > threshold))
    return _table(rows)


def _of_scoring(
    forecasts: pd.DataFrame, scores: pd.DataFrame, days: pd.DatetimeIndex, horizon: int
) -> list[pd.DataFrame]:
    """Scores doubled, and scores that are not there although the outcome is known."""
    times = scores.groupby("forecast").size()
    known = forecasts[["date", "number"]].assign(times=times.reindex(forecasts["number"]).values)
    known["times"] = known["times"].fillna(0)
    by_day = pd.DataFrame(
        {
            "doubled": (known["times"] > 1).groupby(known["date"]).sum(),
            "unscored": (known["times"] == 0).groupby(known["date"]).sum(),
        }
    ).astype(float)
    due = known_by(by_day, days, horizon)
    return [_simple(due[name].dropna(), name, 0.0) for name in by_day]


def _of_evenings(forecasts: pd.DataFrame, days: pd.DatetimeIndex) -> list[pd.DataFrame]:
    counts = forecasts.groupby("date").size().reindex(days, fill_value=0).astype(float)
    usual = counts.where(counts > 0).shift().rolling(FEWER_THAN, min_periods=FEWER_THAN).median()
    share = (counts / usual).where(counts > 0).dropna()
    wide = forecasts.pivot_table(index="date", columns="code", values="score").reindex(days)
    both = wide.notna() & wide.shift().notna()
    same = (wide.eq(wide.shift()) & both).sum(axis=1) / both.sum(axis=1).where(both.any(axis=1))
    tied = forecasts.duplicated(["date", "score"], keep=False).groupby(forecasts["date"]).mean()
    none = (counts == 0).astype(float)
    short = _simple(-share, "missing", -FEWER).assign(
        value=lambda table: -table["value"], threshold=FEWER
    )
    return [
        _simple(none, "no_evening", 0.0),
        _simple(same.dropna(), "stale", REPEATED, reached=True),
        _simple(tied[tied.index.isin(days)], "tied", TIED, reached=True),
        short,
    ]


def _drift(forecasts: pd.DataFrame, days: pd.DatetimeIndex) -> pd.DataFrame:
    """PSI of standardised evenings would hide a change of level: the scores are taken as said.

    A stock's scores of neighbouring evenings are alike, so each stock counts once on either side.
    """
    table = forecasts[np.isfinite(forecasts["score"])]
    by_day = {day: part["score"].to_numpy() for day, part in table.groupby("date")}
    evenings = [day for day in days if day in by_day]
    stocks = table.groupby("date").size()
    rows = []
    for place in range(PSI_HISTORY + RECENT - 1, len(evenings)):
        recent = evenings[place - RECENT + 1 : place + 1]
        before = evenings[place - RECENT - PSI_HISTORY + 1 : place - RECENT + 1]
        value = psi(*(np.concatenate([by_day[day] for day in span]) for span in (before, recent)))
        each = float(stocks.loc[recent].mean())
        luck = stats.chi2.ppf(1 - PSI_CHANCE, PSI_BINS - 1) * 2 / each
        threshold = max(PSI, luck)
        rows.append((evenings[place], "drift", value, threshold, value > threshold))
    return _table(rows)


def psi(before: np.ndarray, now: np.ndarray, bins: int = PSI_BINS) -> float:
    """Population stability index of two samples over the tenths of the first.

    Notes
    -----
    The sum of (q - p) ln(q / p) over bins; half a row is added to each, so that none is empty.
    Yurdakul and Naranjo (2020), "Statistical properties of the population stability index", Journal
    of Risk Model Validation 14: without a change it is about chi-squared with bins - 1 degrees of
    freedom, times the sum of one over each sample's size.
    """
    cuts = np.unique(np.quantile(before, np.linspace(0, 1, bins + 1)[1:-1]))
    shares = []
    for sample in (before, now):
        counts = np.bincount(np.searchsorted(cuts, sample), minlength=len(cuts) + 1) + 0.5
        shares.append(counts / counts.sum())
    p, q = shares
    return float(((q - p) * np.log(q / p)).sum())


def _simple(series: pd.Series, rule: str, threshold: float, reached: bool = False) -> pd.DataFrame:
    alarm = series >= threshold if reached else series > threshold
    rows = zip(series.index, series, alarm, strict=True)
    return _table([(day, rule, float(value), threshold, bool(on)) for day, value, on in rows])


def _table(rows: list[tuple]) -> pd.DataFrame:
    found = pd.DataFrame(rows, columns=["date", "rule", "value", "threshold", "alarm"])
    return found.astype(
        {"date": "datetime64[us]", "value": float, "threshold": float, "alarm": bool}
    )
