"""Who is ranked and who may train.

Tested on that day's members; trained on stocks that are or have been members as known that day.
Training on every stock that ever became a member would use the future.
"""

from __future__ import annotations

import pandas as pd


def members(panel: pd.DataFrame) -> pd.Series:
    """Bool per row of `panel`: ranked that day, because a member that day."""
    return panel.in_universe.astype(bool)


def been_members(panel: pd.DataFrame) -> pd.Series:
    """Bool per row of `panel`: trainable, because a member that day or on an earlier one.

    Parameters
    ----------
    panel
        Rows in order of date within each stock.

    Notes
    -----
    Uses rows up to each row's own date only.
    """
    return panel.in_universe.astype(bool).groupby(panel.code).cummax()
