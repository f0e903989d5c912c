"""Fields that follow from a table's own columns, so that replies are as full as Tushare's."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

_EXCHANGES = {"SH": "SSE", "SZ": "SZSE", "BJ": "BSE"}
_PAID = "实施"
"""Stage of a dividend that is carried out."""


def derived(interface: str, table: pd.DataFrame) -> dict[str, np.ndarray]:
    """Field -> its value for each row of the canonical `table`; none for most interfaces."""
    made = _MADE.get(interface, {})
    return {name: _values(make(table), len(table)) for name, make in made.items()}


def _values(made: object, length: int) -> np.ndarray:
    if isinstance(made, str):
        return np.full(length, made, dtype=object)
    return made if isinstance(made, np.ndarray) else made.to_numpy()


def _change(table: pd.DataFrame) -> np.ndarray:
    return np.round((table["close"] - table["pre_close"]).to_numpy(), 4)


def _percent(table: pd.DataFrame) -> np.ndarray:
    return np.round((100 * (table["close"] / table["pre_close"] - 1)).to_numpy(), 4)


def _digits(column: str) -> Callable[[pd.DataFrame], pd.Series]:
    return lambda table: table[column].str.split(".").str[0].astype(object)


def _exchange(table: pd.DataFrame) -> pd.Series:
    return table["code"].str[-2:].map(_EXCHANGES).astype(object)


def _days(column: str) -> Callable[[pd.DataFrame], pd.Series]:
    return lambda table: table[column].dt.strftime("%Y%m%d").astype(object)


def _day_before(table: pd.DataFrame) -> np.ndarray:
    """The trading day before each date of the calendar."""
    open_days = table["date"].where(table["open"]).ffill().shift(1)
    text = open_days.dt.strftime("%Y%m%d")
    return np.where(open_days.isna(), None, text.astype(object))


def _quarter(table: pd.DataFrame) -> pd.Series:
    return table["period"].dt.quarter.astype("str").astype(object)


def _while_open(column: str, yes: str, no: str) -> Callable[[pd.DataFrame], np.ndarray]:
    return lambda table: np.where(table[column].isna(), yes, no).astype(object)


def _paid(table: pd.DataFrame) -> np.ndarray:
    return np.where(table["stage"] == _PAID, table["cash"], 0.0)


def _paid_on(table: pd.DataFrame) -> np.ndarray:
    return np.where(table["stage"] == _PAID, _days("announced")(table), None)


def _word(word: str) -> Callable[[pd.DataFrame], str]:
    return lambda table: word


_BAR = {"change": _change, "pct_chg": _percent}
_STATEMENT = {"comp_type": _word("1"), "end_type": _quarter, "update_flag": _word("1")}
_MADE: Mapping[str, Mapping[str, Callable[[pd.DataFrame], object]]] = {
    "stock_basic": {
        "symbol": _digits("code"),
        "exchange": _exchange,
        "curr_type": _word("CNY"),
        "list_status": _while_open("delist_date", "L", "D"),
    },
    "trade_cal": {"exchange": _word("SSE"), "pretrade_date": _day_before},
    "daily": _BAR,
    "index_daily": _BAR,
    "suspend_d": {"suspend_type": _word("S")},
    "index_classify": {"parent_code": _word("0"), "src": _word("SW2021")},
    "index_member": {"is_new": _while_open("end", "Y", "N")},
    "income": _STATEMENT | {"total_revenue": lambda table: table["revenue"]},
    "balancesheet": _STATEMENT,
    "cashflow": _STATEMENT,
    "dividend": {"cash_div": _paid, "imp_ann_date": _paid_on},
    "hk_hold": {"code": _digits("code"), "exchange": lambda table: table["code"].str[-2:]},
    "opt_basic": {
        "exchange": _word("SSE"),
        "opt_type": _word("ETF期权"),
        "exercise_type": _word("欧式"),
        "s_month": lambda table: table["maturity_date"].dt.strftime("%Y%m"),
        "delist_date": _days("maturity_date"),
        "last_edate": _days("maturity_date"),
        "last_ddate": _days("maturity_date"),
    },
    "opt_daily": {"exchange": _word("SSE")},
}
