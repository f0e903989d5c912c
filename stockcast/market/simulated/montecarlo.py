"""The expected label with every friction: the market continued many times from one close."""

from __future__ import annotations

import numpy as np
import pandas as pd

from stockcast.errors import InputError
from stockcast.market import rules
from stockcast.market.simulated import draws as chance
from stockcast.market.simulated.drift import MOMENTUM_DAYS
from stockcast.market.simulated.oracle import Hidden, of_announcements
from stockcast.market.simulated.prices import Conditions, step


def monte_carlo(
    hidden: Hidden,
    day: int,
    horizon: int,
    draws: int,
    rng: np.random.Generator,
    *,
    omniscient: bool = False,
) -> pd.DataFrame:
    """Expected label, seen from one close, under limits, ticks and suspensions.

    Every draw continues the market's own path with fresh shocks and suspensions, by the same
    daily step that made it. Announcements, headlines, orders and payouts still to come are left
    out, as in the closed form.

    Parameters
    ----------
    hidden
        `Market.hidden`.
    day
        Position of the close it is seen from.
    horizon
        Trading days held, from the close of day + 1.
    draws
        Number of continuations, at least 2.
    omniscient
        As in `oracle.expected_label`.

    Returns
    -------
    DataFrame
        `code`, `expected`, `standard_error` (fractions) of the stocks listed that day: the mean
        over draws of the return from the close of day + 1 to that of day + 1 + horizon less the
        same draw's mean over stocks, where the stock trades on both days. NaN where it never does.

    Raises
    ------
    InputError
        For a day outside the market, a horizon below 1, or fewer than 2 draws.
    """
    n_days = len(hidden.moves)
    for what, value, least, most in (
        ("day", day, 0, n_days - 1), ("horizon", horizon, 1, 250), ("draws", draws, 2, 10**6),
    ):  # fmt: skip
        if not least <= value <= most:
            raise InputError(what, f"must lie between {least} and {most}", value)
    closes, trading = _continued(hidden, day, horizon, draws, rng, omniscient)
    label = np.where(trading[0] & trading[-1], closes[-1] / closes[0] - 1, np.nan)
    there = hidden.listed[day]
    label = label[:, there]
    label -= np.nanmean(label, axis=1, keepdims=True)
    known = np.isfinite(label).sum(axis=0)
    expected = np.nansum(label, axis=0) / np.where(known, known, np.nan)
    spread = np.nansum((label - expected) ** 2, axis=0) / np.where(known > 1, known - 1, np.nan)
    return pd.DataFrame(
        {
            "code": pd.array(hidden.world.stocks.codes[there], dtype="str"),
            "expected": expected,
            "standard_error": np.sqrt(spread / np.where(known, known, np.nan)),
        }
    )


def _continued(
    hidden: Hidden, day: int, horizon: int, draws: int, rng: np.random.Generator, omniscient: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Closes and whether stocks trade, (horizon + 1, draws, n_stocks)."""
    world, n_days = hidden.world, horizon + 1
    streams = rng.spawn(2)
    shocks = hidden.shocks.after(day, world.stocks, n_days, draws, streams[0])
    halted = (hidden.listed & ~hidden.trading)[: day + 1]
    trading = ~chance.halts_after(halted, n_days, draws, streams[1]) & hidden.listed[day]
    listed_for = day - world.stocks.first_day
    limits = rules.limit_ratio(
        world.stocks.board, world.special[day], world.days[day].to_datetime64(), listed_for + 1
    )
    web = hidden.web if omniscient else hidden.web.disclosed()
    moves = list(hidden.moves[max(0, day + 1 - MOMENTUM_DAYS) : day + 1])
    moves = [np.zeros_like(moves[0])] * (MOMENTUM_DAYS - len(moves)) + moves
    close, closes = world.path.close[day], []
    for ahead in range(1, n_days + 1):
        known = of_announcements(hidden, ahead, omniscient).values()
        traded = trading[ahead - 1]
        today = Conditions(
            traded, traded, limits.up, limits.down, shocks[ahead - 1], sum(p[day] for p in known)
        )
        close, _, _, moved = step(close, lambda j: moves[-j], today, web, hidden.strengths)
        moves.append(moved)
        closes.append(close)
    return np.array(closes), trading
