"""Money flow by size of order: what large investors and small ones bought, and what that hides.

The vendor publishes a day's figures in the evening, so every feature here takes them one trading
day later: dated t, the latest they know is the day before t. On a suspended day nothing flows.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import numpy as np
import pandas as pd

from stockcast.features import cross
from stockcast.features.feature import Feature
from stockcast.features.market import joined
from stockcast.features.rows import Rows, ratio, where

ORDERS = "Chordia and Subrahmanyam, Journal of Financial Economics 72 (2004)"
SIZES = "Lee and Radhakrishna, Journal of Financial Markets 3 (2000)"
RETAIL = "Barber, Odean and Zhu, Review of Financial Studies 22 (2009)"
INFORMED = "Easley and O'Hara, Journal of Financial Economics 19 (1987)"

FITTED, LEAST = 60, 40
"""Days over which large orders are explained by returns, and how many of them must be known."""

_SIDES = [f"{side}_{size}_amount" for size in ("small", "medium", "large", "extra_large")
          for side in ("buy", "sell")]  # fmt: skip
_INPUTS = ("money_flow", "suspended")


def prepare(rows: Rows, tables: Mapping[str, pd.DataFrame]) -> dict[str, np.ndarray]:
    """Net purchases and amounts of each row's own day, in yuan; the residual; the market's."""
    named = joined.of_stocks(rows, tables["money_flow"], [*_SIDES, "net_amount"])
    of = dict(zip([*_SIDES, "net_amount"], named, strict=True))
    net = {
        size: of[f"buy_{size}_amount"] - of[f"sell_{size}_amount"]
        for size in ("small", "medium", "large", "extra_large")
    }
    columns = {
        "flows.main": net["large"] + net["extra_large"],
        "flows.extra_large": net["extra_large"],
        "flows.small": net["small"],
        "flows.active": of["net_amount"],
        "flows.large_trades": sum(of[name] for name in _SIDES[4:]) / 2,
        "flows.amount": sum(of[name] for name in _SIDES) / 2,
    }
    still = rows["suspended"] & np.isnan(columns["flows.amount"])
    columns = {name: where(still, 0.0, column) for name, column in columns.items()}
    columns["flows.share"] = ratio(columns["flows.main"], columns["flows.amount"])
    columns["flows.residual"] = _residual(rows, columns["flows.share"])
    columns |= _of_groups(rows, columns["flows.main"], columns["flows.amount"])
    return columns


def _residual(rows: Rows, share: np.ndarray) -> np.ndarray:
    """Net share of large orders less what the stock's own line through returns gives.

    Large orders are bought into rises and sold into falls; only what is beyond that is news. The
    line is fitted to the stock's last `FITTED` days, the day's own included. A suspended day has
    no orders: zero.
    """
    known = np.isfinite(share) & np.isfinite(rows["return"])
    share, moved = where(known, share), where(known, rows["return"])
    slope = rows.beta(share, moved, FITTED, LEAST)
    level = rows.mean(share, FITTED, LEAST) - slope * rows.mean(moved, FITTED, LEAST)
    residual = share - level - slope * moved
    return where(rows["suspended"] & np.isfinite(level), 0.0, residual)


def _of_groups(rows: Rows, main: np.ndarray, amount: np.ndarray) -> dict[str, np.ndarray]:
    """Net share of large orders over all members, and over each sector's."""
    members = rows["in_universe"]
    out = {"market": ratio(cross.total(rows, main, members), cross.total(rows, amount, members))}
    if "sector" in rows:
        sector = rows["sector"]
        out["sector"] = ratio(
            cross.total(rows, main, members, sector), cross.total(rows, amount, members, sector)
        )
    return {f"flows.{name}": column for name, column in out.items()}


def _share(rows: Rows, of: str, days: int) -> np.ndarray:
    """Net purchases over the amount, both summed over days up to the one before."""
    total = ratio(rows.sum(f"flows.{of}", days), rows.sum("flows.amount", days))
    return rows.lag(total)


def _mean(rows: Rows, of: str, days: int) -> np.ndarray:
    return rows.lag(rows.mean(f"flows.{of}", days))


def _buying_days(rows: Rows, days: int) -> np.ndarray:
    main = rows["flows.main"]
    return rows.lag(rows.mean(where(np.isfinite(main), (main > 0).astype(float)), days))


def _surprise(rows: Rows, days: int) -> np.ndarray:
    share = rows["flows.share"]
    away = ratio(share - rows.mean(share, days, days // 2), rows.std(share, days, days // 2))
    return rows.lag(away)


def _with_price(rows: Rows, days: int) -> np.ndarray:
    return rows.lag(rows.correlation("flows.share", "return", days, days // 2))


def _pressure(rows: Rows) -> np.ndarray:
    """Residuals of the last five days, the latest counted most."""
    total = sum((5 - back) * rows.lag("flows.residual", 1 + back) for back in range(5))
    return total / 15


def _persistence(rows: Rows, days: int) -> np.ndarray:
    share = rows["flows.share"]
    return rows.lag(rows.correlation(share, rows.lag(share), days, days // 2))


_DELAY = ", of the days up to the one before"

FEATURES = (
    *(
        Feature(
            f"main_force_{n}", "market", "money flow", "(bought - sold by large and extra large "
            f"orders) / amount, summed over {n} days{_DELAY}", _INPUTS, n + 1, "share, -1 to 1",
            SIZES, partial(_share, of="main", days=n),
        )
        for n in (1, 5, 20)
    ),
    *(
        Feature(
            f"extra_large_{n}", "market", "money flow", "(bought - sold by extra large orders) / "
            f"amount, summed over {n} days{_DELAY}", _INPUTS, n + 1, "share, -1 to 1", SIZES,
            partial(_share, of="extra_large", days=n),
        )
        for n in (1, 5)
    ),
    *(
        Feature(
            f"retail_{n}", "market", "money flow", "(bought - sold by small orders) / amount, "
            f"summed over {n} days{_DELAY}", _INPUTS, n + 1, "share, -1 to 1", RETAIL,
            partial(_share, of="small", days=n),
        )
        for n in (1, 5, 20)
    ),
    *(
        Feature(
            f"order_imbalance_{n}", "market", "money flow", "(active purchases - active sales) / "
            f"amount, summed over {n} days{_DELAY}", _INPUTS, n + 1, "share, -1 to 1", ORDERS,
            partial(_share, of="active", days=n),
        )
        for n in (1, 5, 20)
    ),
    *(
        Feature(
            f"large_participation_{n}", "market", "money flow", "mean of the two sides' shares of "
            f"large and extra large orders, amounts summed over {n} days{_DELAY}", _INPUTS, n + 1,
            "share, 0 to 1", SIZES, partial(_share, of="large_trades", days=n),
        )
        for n in (5, 20)
    ),
    *(
        Feature(
            f"large_order_residual_{n}", "market", "money flow", f"mean over {n} days{_DELAY} of "
            f"L - a - b r, L the net share of large and extra large orders, a and b fitted to the "
            f"{FITTED} days (at least {LEAST}) up to each", (*_INPUTS, "close", "adj_factor"),
            LEAST + n + 1, "share", INFORMED, partial(_mean, of="residual", days=n),
        )
        for n in (1, 3, 5, 20)
    ),
    Feature(
        "large_order_pressure", "market", "money flow", "(5 e(t-1) + 4 e(t-2) + ... + e(t-5)) / 15,"
        " e = L - a - b r as in large_order_residual_1", (*_INPUTS, "close", "adj_factor"),
        LEAST + 6, "share", INFORMED, _pressure,
    ),
    Feature(
        "main_force_days_20", "market", "money flow", "share of 20 days on which large and extra "
        f"large orders bought more than they sold{_DELAY}", _INPUTS, 21, "share, 0 to 1", SIZES,
        partial(_buying_days, days=20),
    ),
    Feature(
        "main_force_surprise_20", "market", "money flow", "(L - its mean) / its deviation over 20 "
        "days (at least 10) up to the one before, L the net share of large and extra large orders",
        _INPUTS, 11, "standard deviations", ORDERS, partial(_surprise, days=20),
    ),
    Feature(
        "main_force_persistence_20", "market", "money flow", "correlation over 20 days (at least "
        "10) up to the one before of L with that of the day before it", _INPUTS, 12,
        "correlation", ORDERS, partial(_persistence, days=20),
    ),
    Feature(
        "main_force_price_20", "market", "money flow", "correlation over 20 days (at least 10) up "
        "to the one before of L with r", (*_INPUTS, "close", "adj_factor"), 12, "correlation",
        ORDERS, partial(_with_price, days=20),
    ),
    *(
        Feature(
            f"market_main_force_{n}", "market", "money flow", f"mean over {n} days{_DELAY} of all "
            "members' main-force net purchases / their amount", (*_INPUTS, "in_universe"), n + 1,
            "share, -1 to 1", ORDERS, partial(_mean, of="market", days=n),
        )
        for n in (1, 5)
    ),
    *(
        Feature(
            f"sector_main_force_{n}", "market", "money flow", f"mean over {n} days{_DELAY} of the "
            "sector's members' main-force net purchases / their amount",
            (*_INPUTS, "in_universe", "sector"), n + 1, "share, -1 to 1", ORDERS,
            partial(_mean, of="sector", days=n),
        )
        for n in (1, 5)
    ),
)  # fmt: skip
