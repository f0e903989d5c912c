"""Trading rules by date, read from `rules.csv`: one row per rule, board and first day in force.

The rules are data: each row names its source and whether that source was checked. `from` is
inclusive, and a row holds until the next one of the same rule and board.
"""

from __future__ import annotations

from stockcast.market._fees import (
    Breaker,
    Fees,
    Lot,
    TransferFee,
    breaker,
    commission_minimum,
    dividend_tax,
    fees,
    lot,
    stamp_tax,
    transfer_fee,
)
from stockcast.market._limits import (
    TICK,
    Limits,
    days_listed,
    declared_free,
    delisting_free,
    limit_prices,
    limit_ratio,
    limits,
)
from stockcast.market._rulebook import BOARDS, table

__all__ = [
    "BOARDS",
    "TICK",
    "Breaker",
    "Fees",
    "Limits",
    "Lot",
    "TransferFee",
    "breaker",
    "commission_minimum",
    "days_listed",
    "declared_free",
    "delisting_free",
    "dividend_tax",
    "fees",
    "limit_prices",
    "limit_ratio",
    "limits",
    "lot",
    "stamp_tax",
    "table",
    "transfer_fee",
]
