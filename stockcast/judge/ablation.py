"""What a change does to Rank IC: paired with the same seed and day, with intervals.

Two kinds of luck are in a difference: that of the seed, which another training would draw anew,
and that of the days, which another half-year would. Each has an interval of its own.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from stockcast.errors import InputError
from stockcast.judge._cross_section import daily_ic
from stockcast.judge.intervals import newey_west, over_seeds


def rank_ics(scores: pd.DataFrame) -> pd.DataFrame:
    """Rank IC by arm, seed and day.

    Parameters
    ----------
    scores
        arm, seed, date, code, score, label.

    Returns
    -------
    DataFrame
        `arm`, `seed`, `date`, `rank_ic`; NaN on days that `daily_ic` leaves out. Arms and seeds in
        their order of appearance.
    """
    tables = [
        daily_ic(group, method="spearman").reset_index().assign(arm=arm, seed=seed)
        for (arm, seed), group in scores.groupby(["arm", "seed"], sort=False)
    ]
    return pd.concat(tables, ignore_index=True)[["arm", "seed", "date", "rank_ic"]]


def differences(
    daily: pd.DataFrame, baseline: str, *, lag: int = 10, level: float = 0.95
) -> pd.DataFrame:
    """Mean Rank IC of each arm, and its difference to `baseline` on the same seeds and days.

    Parameters
    ----------
    daily
        As `rank_ics` gives it. Days that any arm or seed lacks are left out for all.
    baseline
        The arm to compare with.
    lag
        Fewest lags of `newey_west`.
    level
        Of the intervals. For m arms compared, 1 - 0.05 / m makes all of them hold together with
        95 % (Bonferroni).

    Returns
    -------
    DataFrame, index of the arms but the baseline, in order
        - `rank_ic`: mean over seeds and days; `mean`: less that of the baseline
        - `seeds_low`, `seeds_high`: Student's t over the seeds' differences, each the mean over
          days. A bootstrap of few seeds would be too narrow.
        - `days_low`, `days_high`: Newey and West over the days' differences, each the mean over
          seeds
        - `low`, `high`: both lucks at once, the reaches of the two added as squares. What seeds
          and days share is counted twice, so it is rather too wide.

        Intervals over seeds, and over both, are NaN with fewer than two seeds.

    Raises
    ------
    InputError
        When the baseline is no arm, or no day has every figure.
    """
    if baseline not in set(daily.arm):
        raise InputError("baseline", "must be one of the arms", baseline)
    wide = daily.pivot(index=["arm", "seed"], columns="date", values="rank_ic").dropna(axis=1)
    if wide.empty:
        raise InputError("daily", "must have a day on which every arm and seed has a Rank IC")
    rows = {}
    for arm in dict.fromkeys(daily.arm):
        if arm == baseline:
            continue
        paired = wide.loc[arm] - wide.loc[baseline]
        seeds = over_seeds(paired.mean(axis=1).to_frame("all"), level).loc["all"]
        days = newey_west(paired.mean(axis=0), lag, level)
        both = np.hypot(seeds["high"] - seeds["mean"], days.high - days.mean)
        rows[arm] = {
            "rank_ic": wide.loc[arm].to_numpy().mean(),
            "mean": seeds["mean"],
            "seeds_low": seeds["low"],
            "seeds_high": seeds["high"],
            "days_low": days.low,
            "days_high": days.high,
            "low": seeds["mean"] - both,
            "high": seeds["mean"] + both,
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("arm")
