"""Special treatment and delisting: what follows from losses, by the announcement of each year.

A company with losses in two years running is put under special treatment (ST) on the day after
the second report, and out of it on the day after a year with a profit. After the fourth loss in a
row it trades for another 30 days and is gone. (The exchanges' listing rules before 2020; the
suspension of trading after a third loss is left out.)
"""

from __future__ import annotations

import numpy as np

from stockcast.market.simulated.accounts import Accounts

SPECIAL_AFTER, DELISTED_AFTER = 2, 4
"""Losses in a row."""
DELISTING_DAYS = 30
"""Trading days between the last report and the end."""


def status(accounts: Accounts, first_day: np.ndarray, n_days: int) -> tuple[np.ndarray, np.ndarray]:
    """Which stocks are under special treatment, and which are gone.

    Parameters
    ----------
    first_day
        Position of each stock's listing day (n_stocks,).

    Returns
    -------
    special, gone
        Both (n_days, n_stocks); a row depends on reports of the days before it.
    """
    today = np.arange(n_days)[:, None]
    special = np.zeros((n_days, len(first_day)), dtype=bool)
    gone = np.zeros_like(special)
    losses = np.zeros(len(first_day), dtype=int)
    annual = accounts.period.astype("datetime64[M]").astype(int) % 12 == 11
    for day, loss in zip(accounts.day[annual], accounts.annual_loss[annual], strict=True):
        # A company that lists begins anew: what the prospectus tells is no announcement.
        counts = loss & ((first_day < 0) | (day > first_day))
        losses = np.where(counts, losses + 1, 0)
        special = np.where(today > day, losses >= SPECIAL_AFTER, special)
        gone |= (today > day + DELISTING_DAYS) & (losses >= DELISTED_AFTER)
    return special, gone
