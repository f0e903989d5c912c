"""What could have been known of a simulated market, and how good the best forecast can be."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from stockcast.market.simulated.oracle import Hidden, expected_parts


@dataclass(frozen=True)
class Truth:
    """The oracle at one horizon.

    Attributes
    ----------
    table
        `date`, `code`, `horizon`, `oracle` (expected label given what was public at the close),
        `omniscient` (given the hidden truth as well); fractions; a row for each of the panel's.
    accuracy
        Best direction accuracy: share of members' rows on which the oracle and the label lie on
        the same side of their medians of that day. NaN without labels, or with nothing planted.
    accuracy_if_normal
        1/2 + asin(IC) / pi, IC being the oracle's mean daily correlation with the label: the
        same share, were both normal (Sheppard 1899).
    shares
        Each effect's share of the oracle's variance among a day's members: its covariance with
        the oracle over the oracle's variance. They sum to 1; NaN with nothing planted.
    """

    table: pd.DataFrame
    accuracy: float
    accuracy_if_normal: float
    shares: pd.Series


def truth(hidden: Hidden, horizon: int) -> Truth:
    """The oracle over `horizon` trading days, from the close of t+1; see `Truth`."""
    parts = expected_parts(hidden, horizon)
    oracle = sum(parts.values())
    omniscient = sum(expected_parts(hidden, horizon, omniscient=True).values())
    day, stock = np.nonzero(hidden.listed)
    table = pd.DataFrame(
        {
            "date": hidden.world.days[day],
            "code": pd.array(hidden.world.stocks.codes, dtype="str").take(stock),
            "horizon": horizon,
            "oracle": oracle[day, stock],
            "omniscient": omniscient[day, stock],
        }
    )
    outcome = labels(hidden, horizon)
    there = hidden.world.member & np.isfinite(outcome)
    return Truth(table, *_accuracy(oracle, outcome, there), _shares(parts, hidden.world.member))


def labels(hidden: Hidden, horizon: int) -> np.ndarray:
    """Return from the close of t+1 to that of t+1+horizon, (n_days, n_stocks).

    NaN where the stock is suspended or not listed at an end, and beyond the last day.
    """
    path = hidden.world.path
    price = np.where(path.trading, path.close * path.factor, np.nan)
    found = np.full_like(price, np.nan)
    found[: -1 - horizon] = price[1 + horizon :] / price[1:-horizon] - 1
    return found


def _accuracy(oracle: np.ndarray, outcome: np.ndarray, there: np.ndarray) -> tuple[float, float]:
    days = there.sum(axis=1) > 1
    oracle, outcome = (np.where(there, x, np.nan)[days] for x in (oracle, outcome))
    if not len(oracle) or not np.nanvar(oracle):
        return np.nan, np.nan
    side = [x - np.nanmedian(x, axis=1, keepdims=True) for x in (oracle, outcome)]
    agree = np.sign(side[0]) * np.sign(side[1])
    oracle, outcome = (x - np.nanmean(x, axis=1, keepdims=True) for x in (oracle, outcome))
    power = np.nansum(oracle**2, axis=1) * np.nansum(outcome**2, axis=1)
    daily = np.nansum(oracle * outcome, axis=1)[power > 0] / np.sqrt(power[power > 0])
    accuracy = (agree > 0).sum() / (np.abs(agree) > 0).sum()
    return float(accuracy), float(0.5 + np.arcsin(daily.mean()) / np.pi)


def _shares(parts: dict[str, np.ndarray], member: np.ndarray) -> pd.Series:
    count = np.maximum(member.sum(axis=1, keepdims=True), 1)
    beyond = {}
    for name, part in parts.items():
        mean = np.where(member, part, 0.0).sum(axis=1, keepdims=True) / count
        beyond[name] = np.where(member, part - mean, 0.0)
    total = sum(beyond.values())
    power = (total**2).sum() or np.nan
    shares = pd.Series({name: (part * total).sum() / power for name, part in beyond.items()})
    return shares.rename("share").rename_axis("effect")
