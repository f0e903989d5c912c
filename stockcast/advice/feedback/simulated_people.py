"""People who were never asked: experts and a user of known skill, for pages and tests.

Their opinions are drawn from the outcome and noise, so that what a report says of them can be held
against what is true of them. They look ahead on purpose, and are no feature of anything.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from stockcast.ensemble.members import standardised

SURE = 0.6
"""Standard deviations of a view from which on it is "up" or "down"."""


def expert(
    outcomes: pd.DataFrame, name: str, skill: float, asked: int, rng: np.random.Generator
) -> pd.DataFrame:
    """Labels of one simulated expert.

    Parameters
    ----------
    outcomes : DataFrame with the columns date, code, label
    name
    skill
        Correlation of the expert's view with the outcome's rank within its day, from 0 to 1.
    asked
        Stocks labelled an evening, drawn anew each.
    rng

    Returns
    -------
    DataFrame
        date, code, label (-1, 0, 1) and expert, sorted by date; outcomes that are NaN count as
        average.
    """
    rows = outcomes.sort_values(["date", "code"], ignore_index=True)
    ranks = standardised(rows["label"].to_numpy(float), pd.factorize(rows["date"])[0])
    noise = rng.normal(size=len(rows))
    view = skill * np.nan_to_num(ranks) + np.sqrt(1 - skill**2) * noise
    label = np.where(np.abs(view) < SURE, 0, np.sign(view)).astype(int)
    drawn = pd.Series(rng.random(len(rows))).groupby(rows["date"]).rank()
    said = rows[["date", "code"]].assign(label=label, expert=name)
    return said[(drawn <= asked).to_numpy()].reset_index(drop=True)


def satisfied(gain: float, spread: float, rng: np.random.Generator) -> int:
    """A rating from 1 to 5 by somebody who has seen the gain.

    Parameters
    ----------
    gain
        Return on the side that was said, a fraction; NaN counts as nothing.
    spread
        Return that a mood is worth: the noise has this standard deviation.
    rng
    """
    felt = np.nan_to_num(gain) / spread + rng.normal()
    return int(np.clip(np.round(3 + felt), 1, 5))
