"""What a search found, and how much of it was luck."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.special import gammaln

from stockcast.errors import InputError
from stockcast.judge.intervals import over_seeds
from stockcast.judge.metrics import daily_ic, quantile_spread
from stockcast.models.search.trial import is_worse

STUDY = ["sampler", "seed"]


def daily_figures(frame: pd.DataFrame, *, whole: bool = True) -> pd.DataFrame:
    """What is kept of a trial's days.

    Parameters
    ----------
    frame : DataFrame with the columns date, score, label
    whole
        False leaves out all but `rank_ic`.

    Returns
    -------
    DataFrame indexed by date
        `rank_ic`, and `spread`: the mean label of the fifth with the highest scores less that of
        the fifth with the lowest, a return over the horizon. NaN where the day has too few stocks.
    """
    figures = daily_ic(frame, method="spearman").to_frame()
    return figures.assign(spread=quantile_spread(frame)["spread"]) if whole else figures


def convergence(trials: pd.DataFrame) -> pd.DataFrame:
    """Best value so far after each trial, mean over seeds with its interval.

    Parameters
    ----------
    trials : DataFrame
        As `stockcast.models.search.record.Record.trials`. Only complete trials can be the best.

    Returns
    -------
    DataFrame
        `sampler`, `trials` (from 1), `mean`, `low`, `high`, `n` (seeds). NaN before the first
        complete trial.
    """
    done = trials["value"].where(trials["state"] == "complete")
    ordered = trials.assign(value=done).sort_values([*STUDY, "number"])
    ordered["best"] = ordered.groupby(STUDY)["value"].cummax()
    ordered["best"] = ordered.groupby(STUDY)["best"].ffill()
    tables = []
    for sampler in dict.fromkeys(trials["sampler"]):
        mine = ordered[ordered["sampler"] == sampler]
        wide = mine.pivot(index="seed", columns="number", values="best")
        table = over_seeds(wide).reset_index(drop=True)
        tables.append(table.assign(sampler=sampler, trials=wide.columns.to_numpy() + 1))
    return pd.concat(tables, ignore_index=True)[["sampler", "trials", "mean", "low", "high", "n"]]


def halves_of(
    daily: pd.DataFrame, choosing: Sequence[pd.Timestamp], later: Sequence[pd.Timestamp]
) -> pd.DataFrame:
    """Mean Rank IC of each trial over the days that chose and over the later ones.

    Returns
    -------
    DataFrame
        `sampler`, `seed`, `number`, `chosen_by`, `later`.
    """
    keys = [*STUDY, "number"]
    parts = {}
    for name, days in (("chosen_by", choosing), ("later", later)):
        rows = daily[daily["date"].isin(pd.DatetimeIndex(days))]
        parts[name] = rows.groupby(keys, sort=False)["rank_ic"].mean()
    return pd.DataFrame(parts).reset_index()


def best_of(halves: pd.DataFrame, counts: Sequence[int]) -> pd.DataFrame:
    """What the best of n trials shows where it was chosen, and what it shows later.

    For every study and n: the expectation over all ways to take n of its trials, of the best one's
    two means. The search would have given these figures had it ended after n trials drawn from the
    same ones; for random search they are drawn independently, and the expectation has no bias.

    Parameters
    ----------
    halves
        As `halves_of` makes it, of trials run in full. Rows with NaN are left out.
    counts
        Values of n; those above the number of trials are left out.

    Returns
    -------
    DataFrame
        `sampler`, `seed`, `n`, `chosen_by`, `later`.

    Notes
    -----
    Of N trials in ascending order, the k-th is the best of n with probability C(k - 1, n - 1) /
    C(N, n). Dodge et al. (2019), "Show your work: improved reporting of experimental results",
    EMNLP, report the first of the two means so.
    """
    rows = []
    for (sampler, seed), study in halves.dropna().groupby(STUDY, sort=False):
        ordered = study.sort_values("chosen_by")
        for n in (n for n in counts if 1 <= n <= len(ordered)):
            weight = _chance_of_best(len(ordered), n)
            shown = {c: float(weight @ ordered[c]) for c in ("chosen_by", "later")}
            rows.append({"sampler": sampler, "seed": seed, "n": n, **shown})
    if not rows:
        raise InputError("trials", "must be enough for one of the counts", len(halves))
    return pd.DataFrame(rows)


def _chance_of_best(total: int, n: int) -> np.ndarray:
    """Probability that the k-th of `total` trials, in ascending order, is the best of n."""
    k = np.arange(1, total + 1)
    with np.errstate(invalid="ignore"):
        inside = _log_choose(k - 1, n - 1)
    return np.where(k >= n, np.exp(inside - _log_choose(np.array(total), n)), 0.0)


def _log_choose(total: np.ndarray, n: int) -> np.ndarray:
    return gammaln(total + 1) - gammaln(n + 1) - gammaln(np.maximum(total - n, 0) + 1)


def flattery(best: pd.DataFrame, sampler: str) -> pd.DataFrame:
    """How far the best of n falls on later days, beyond what the average trial falls.

    Parameters
    ----------
    best
        As `best_of` makes it, n = 1 included: the average trial.
    sampler
        Whose studies.

    Returns
    -------
    DataFrame indexed by n, columns mean, low, high, n
        Intervals over seeds. Days differ in how much there is to find, which lowers or lifts all
        trials alike; taking off the average trial's fall leaves what choosing did.
    """
    mine = best[best["sampler"] == sampler]
    mine = mine.assign(fall=mine["chosen_by"] - mine["later"])
    wide = mine.pivot(index="seed", columns="n", values="fall")
    return over_seeds(wide.sub(wide[1], axis=0)).rename_axis("trials")


def persistence(halves: pd.DataFrame) -> pd.DataFrame:
    """Rank correlation, over the trials of a study, of the chosen-by figure with the later one.

    Returns
    -------
    DataFrame indexed by sampler, columns mean, low, high, n
        Intervals over seeds. 0: the order of the trials says nothing about later days.
    """
    per = {
        key: study["chosen_by"].corr(study["later"], method="spearman")
        for key, study in halves.dropna().groupby(STUDY, sort=False)
    }
    table = pd.Series(per).rename_axis(STUDY).unstack("sampler")
    return over_seeds(table[list(dict.fromkeys(halves["sampler"]))])


def pruned_later(steps: pd.DataFrame) -> pd.DataFrame:
    """What stopping trials below the median would have saved and lost, from trials run in full.

    Exact where the next trial does not depend on what the earlier ones gave: for random search and
    the grid.

    Parameters
    ----------
    steps : DataFrame
        As `stockcast.models.search.record.Record.steps`, without pruning.

    Returns
    -------
    DataFrame
        A row a study: `sampler`, `seed`, `saved` (share of the steps not run) and `lost` (by how
        much the best value left is below the best of all).
    """
    rows = []
    for (sampler, seed), study in steps.groupby(STUDY, sort=False):
        wide = study.pivot(index="number", columns="step", values="value")
        finished: list[dict[int, float]] = []
        run = 0
        for values in (wide.loc[number].dropna().tolist() for number in wide.index):
            stop = next(
                (n for n in range(1, len(values)) if is_worse(values[:n], finished)), len(values)
            )
            run += stop
            if stop == len(values):
                finished.append(dict(enumerate(values)))
        best = max(values[max(values)] for values in finished)
        full = wide.apply(lambda row: row.dropna().iloc[-1], axis=1).max()
        rows.append(
            {"sampler": sampler, "seed": seed, "saved": 1 - run / len(study), "lost": full - best}
        )
    return pd.DataFrame(rows)
