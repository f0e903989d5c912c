"""How good are the checks? Faults are planted in a clean panel, and the checks look for them.

Not planted, because a panel of a few hundred stock-years cannot show them by any means: too few
early ends, too few corrections, and an index without dividends. Tests try those on longer ones.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from stockcast.data.quality import break_quotes, break_tables
from stockcast.data.quality.break_quotes import Broken
from stockcast.data.quality.break_tables import Table
from stockcast.data.quality.report import CHECKS, STATEMENT_CHECKS
from stockcast.data.quality.statements import Statements
from stockcast.data.quality.subject import Subject
from stockcast.errors import InputError, nearest

FAULTS: dict[str, Callable[..., Broken]] = {
    "sessions without any row": break_quotes.absent_sessions,
    "missing rows": break_quotes.missing_rows,
    "filled rows": break_quotes.filled_rows,
    "amount missing": break_quotes.amount_missing,
    "duplicated rows": break_quotes.duplicated,
    "prices missing or not above zero": break_quotes.no_price,
    "prices off the tick": break_quotes.off_tick,
    "high below or low above": break_quotes.range_broken,
    "average price outside the day": break_quotes.average_outside,
    "volume without amount": break_quotes.half_traded,
    "volume or amount in another unit": break_quotes.wrong_unit,
    "closes beyond the limit": break_quotes.close_beyond,
    "highs or lows beyond the limit": break_quotes.range_beyond,
    "days behind": break_quotes.behind,
    "stale prices": break_quotes.stale,
    "factor falls": break_quotes.falls,
    "factor against reference price": break_quotes.against_reference,
    "factor against official change": break_quotes.against_official,
    "factor does not start at 1": break_quotes.start,
    "steps without payout": break_tables.unexplained,
    "payouts without step": break_tables.ignored,
    "not as traded": break_quotes.not_as_traded,
    "not as traded, and not marked": break_quotes.not_as_traded,
    "early ends can be told": break_quotes.told,
    "lopsided membership changes": break_tables.lopsided,
    "universe off its number": break_tables.off_number,
    "members that vanish": break_tables.vanish,
    "index members not in the panel": break_tables.absent_members,
    "figures used before announced": break_tables.used_early,
}
"""The check that has to find it -> how the fault is planted."""

STATEMENT_FAULTS: dict[str, Callable[..., Table]] = {
    "no announcement date": break_tables.undated,
    "announced before the period's end": break_tables.unborn,
    "announced implausibly soon": break_tables.too_soon,
    "announced after the deadline": break_tables.late,
    "correction dated as the first": break_tables.backdated,
    "first figures equal the corrected": break_tables.overwritten,
}
"""The same for statement tables."""

SIZES = {
    "average price outside the day": (0.01, 0.02, 0.05, 0.1, 0.2),
    "stale prices": (3, 5, 8, 10, 20),
    "factor against reference price": (0.002, 0.005, 0.01, 0.02, 0.05),
    "not as traded": (0.01, 0.02, 0.05, 0.1, 0.2),
}
"""How large a fault is made by `reach`: the amount's error (share), days the close stands still,
the factor's step (share), and how far adjusted prices are from those traded (share)."""


def inject(
    name: str, panel: pd.DataFrame, sessions: pd.DatetimeIndex, rng: np.random.Generator
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Plant one kind of fault.

    Parameters
    ----------
    name
        A key of `FAULTS`.
    panel
        Complete and clean; it is not changed.
    sessions
        Its trading days.
    rng
        Draws what is broken, and how.

    Returns
    -------
    panel, truth
        The broken panel, and what is broken: `date` and `code`, or one of them.

    Raises
    ------
    InputError
        For an unknown fault.
    """
    if name not in FAULTS:
        raise InputError("fault", "is not known", name, nearest(name, FAULTS))
    broken, truth = FAULTS[name](Subject(panel, sessions), rng)
    return broken.panel, truth


def scores(
    panel: pd.DataFrame, rng: np.random.Generator, statements: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Precision and recall of each check on the fault it is made for.

    Parameters
    ----------
    panel
        Complete and clean: at least a dozen stocks and two years, with payouts.
    rng
        Draws every fault, one after the other.
    statements
        A clean statement table (see `stockcast.market.tables`); without one its checks are left
        out.

    Returns
    -------
    DataFrame
        `check`; `injected` and `found` (rows, stocks, days or statements, by the check);
        `precision` (share of what was found that was injected) and `recall` (share of what was
        injected that was found), fractions; NaN where nothing was found or injected.
    """
    clean = Subject(panel, pd.DatetimeIndex(np.sort(panel.date.unique())))
    lines = []
    for name, plant in FAULTS.items():
        broken, truth = plant(clean, rng)
        lines.append((name, *_score(CHECKS[name].find(broken).found, truth)))
    if statements is not None:
        for name, plant in STATEMENT_FAULTS.items():
            table, truth = plant(statements.reset_index(drop=True), rng)
            found = STATEMENT_CHECKS[name].find(Statements(table)).found
            lines.append((name, *_score(found, truth)))
    return pd.DataFrame(lines, columns=["check", "injected", "found", "precision", "recall"])


def reach(panel: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """How small a fault still shows.

    Parameters
    ----------
    panel, rng
        As for `scores`.

    Returns
    -------
    DataFrame
        `check`, `size` (see `SIZES`), `recall`.
    """
    clean = Subject(panel, pd.DatetimeIndex(np.sort(panel.date.unique())))
    lines = []
    for name, sizes in SIZES.items():
        for size in sizes:
            broken, truth = FAULTS[name](clean, rng, size)
            lines.append((name, size, _score(CHECKS[name].find(broken).found, truth)[-1]))
    return pd.DataFrame(lines, columns=["check", "size", "recall"])


def _score(found: pd.DataFrame, truth: pd.DataFrame) -> tuple[int, int, float, float]:
    keys = list(truth.columns)
    truth, found = truth.drop_duplicates(), found[keys].drop_duplicates()
    right = len(truth.merge(found, on=keys))
    return (
        len(truth), len(found),
        right / len(found) if len(found) else float("nan"),
        right / len(truth) if len(truth) else float("nan"),
    )  # fmt: skip
