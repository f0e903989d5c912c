"""Feedback from experts: will the stock fall, stay or rise? Labels from a CSV file, and kappa."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.metrics import cohen_kappa_score

from stockcast.advice.feedback import csv_file, entries
from stockcast.advice.feedback.outcomes import happened
from stockcast.advice.ledger import Ledger
from stockcast.errors import InputError
from stockcast.judge.intervals import resampled_days

CLASSES = (-1, 0, 1)
WORDS = {"down": -1, "flat": 0, "up": 1, "-1": -1, "0": 0, "1": 1}
FLAT = 0.03
"""Return, either way, up to which an outcome is "flat": the lowest of the book's classes."""
OUTCOME = "the outcome"


def import_labels(
    ledger: Ledger,
    path: Path,
    *,
    run: str = "",
    model: str = "",
    horizon: int = 0,
    issued_at: pd.Timestamp | str | None = None,
) -> int:
    """Write the labels of a CSV file down, all of them or none.

    Parameters
    ----------
    ledger
    path
        Columns date, code, label (down, flat, up or -1, 0, 1) and expert.
    run, model, horizon
        Of the forecasts that the labels are about; see `entries.find`.
    issued_at
        [default: now] When it was imported is when it was said: a file cannot date itself back.

    Returns
    -------
    int
        New entries.

    Raises
    ------
    InputError
        At the first line that breaks a rule, is about a forecast that the ledger does not hold, or
        labels it a second time for the same expert. Nothing is written then.
    """
    now = None if issued_at is None else entries.shanghai(issued_at)
    readers = {
        "date": lambda text: entries.trading_day(text, now),
        "code": str,
        "label": _label,
        "expert": lambda text: entries.person(text, "expert"),
    }
    forecasts = ledger.forecasts()
    by_day = dict(list(forecasts.groupby("date")))
    known = entries.keys(ledger)
    names: dict[str, str] = {}
    said = {}
    for line, row in csv_file.read(path, readers):
        try:
            rows = _of_day(forecasts, by_day, row["date"], row["code"])
            found = entries.find(
                rows, row["date"], row["code"], run=run, model=model, horizon=horizon
            )  # fmt: skip
            key = entries.key(entries.EXPERT, row["expert"], found["number"])
            if key in known or key in said:
                rule = f"of {row['code']} on {row['date']:%F} was given before"
                raise InputError(f"label by {row['expert']}", rule)
        except InputError as error:
            raise csv_file.at_line(path, line, error) from None
        who = names.setdefault(row["expert"].casefold(), entries.spelt(ledger, row["expert"]))
        said[key] = entries.payload(entries.EXPERT, who, found, label=row["label"])
    return entries.record(ledger, said, issued_at)


def labels(ledger: Ledger) -> pd.DataFrame:
    """Every expert's label: the columns of `entries.table` and label, -1, 0 or 1."""
    found = entries.table(ledger, entries.EXPERT, ["label"])
    return found.astype({"label": np.int64})


def agreement(
    labels: pd.DataFrame,
    scores: pd.DataFrame,
    rng: np.random.Generator,
    *,
    flat: float = FLAT,
    block: int = 5,
    n: int = 1000,
    level: float = 0.95,
) -> pd.DataFrame:
    """How far experts agree with each other, and with what happened, beyond chance.

    Parameters
    ----------
    labels : DataFrame
        As `labels` gives them.
    scores : DataFrame
        `Ledger.scores()`.
    flat
        Of `stockcast.advice.feedback.outcomes.happened`.
    rng, block, n, level
        Of the stationary bootstrap, which resamples whole days: stocks of a day move together.

    Returns
    -------
    DataFrame, one row a pair of experts, and one an expert with `OUTCOME`
        one, other; n, the forecasts that both have labelled; same, the share with the same label;
        kappa, low, high. Against outcomes only labels given before these began count. NaN where
        nothing is shared or both always say the same one thing.

    Notes
    -----
    Cohen (1960), "A coefficient of agreement for nominal scales", Educational and Psychological
    Measurement 20.
    """
    wide = labels.pivot(index="forecast", columns="who", values="label")
    before = labels[labels["foresight"]].pivot(index="forecast", columns="who", values="label")
    dates = labels.groupby("forecast")["date"].first()
    outcome = scores.set_index("forecast")["label"]
    outcome = happened(outcome, flat).reindex(wide.index).rename(OUTCOME)
    pairs = [(wide[one], wide[other]) for one, other in combinations(wide, 2)]
    pairs += [(before[who].reindex(wide.index), outcome) for who in before]
    rows = []
    for one, other in pairs:
        both = pd.DataFrame({"one": one, "other": other, "date": dates}).dropna()
        rows.append((one.name, other.name, *_kappa(both, rng, block, n, level)))
    return pd.DataFrame(rows, columns=["one", "other", "n", "same", "kappa", "low", "high"])


def _kappa(
    both: pd.DataFrame, rng: np.random.Generator, block: int, n: int, level: float
) -> tuple[int, float, float, float, float]:
    """Rows, share of the same label, kappa and its interval."""
    if both.empty:
        return 0, np.nan, np.nan, np.nan, np.nan
    one, other = (both[name].to_numpy(int) for name in ("one", "other"))
    same = float((one == other).mean())
    if len(np.unique(np.concatenate([one, other]))) < 2:
        return len(both), same, np.nan, np.nan, np.nan
    kappa = float(cohen_kappa_score(one, other, labels=list(CLASSES)))
    day, days = pd.factorize(both["date"], sort=True)
    cells = np.zeros((len(days), 9))
    np.add.at(cells, (day, (one + 1) * 3 + other + 1), 1.0)
    drawn = (resampled_days(len(days), rng, block, n) @ cells).reshape(n, 3, 3)
    size = drawn.sum(axis=(1, 2))
    seen = np.trace(drawn, axis1=1, axis2=2) / size
    chance = (drawn.sum(axis=2) * drawn.sum(axis=1)).sum(axis=1) / size**2
    values = np.divide(seen - chance, 1 - chance, out=np.full(n, np.nan), where=chance < 1)
    if not np.isfinite(values).any():
        return len(both), same, kappa, np.nan, np.nan
    low, high = np.nanquantile(values, [(1 - level) / 2, (1 + level) / 2])
    return len(both), same, kappa, float(low), float(high)


def _of_day(forecasts: pd.DataFrame, by_day: dict, day: pd.Timestamp, code: str) -> pd.DataFrame:
    """The day's forecasts, if it has the stock; else all, for the error's sake."""
    rows = by_day.get(day)
    return forecasts if rows is None or code not in set(rows["code"]) else rows


def _label(text: str) -> int:
    if text not in WORDS:
        raise InputError("label", "must be down, flat or up, or -1, 0 or 1", text)
    return WORDS[text]
