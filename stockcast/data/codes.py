"""How stocks are named: the many spellings of a code, brought to 600519.SH."""

from __future__ import annotations

import re

import pandas as pd

from stockcast.data.boards import board_of
from stockcast.errors import InputError

_EXCHANGES = {"SH": "SH", "SZ": "SZ", "BJ": "BJ", "XSHG": "SH", "XSHE": "SZ", "SS": "SH"}
_SPELLINGS = (
    r"(?P<digits>\d{6})\.(?P<exchange>[A-Za-z]+)",  # 600519.SH, 600519.XSHG
    r"(?P<exchange>[A-Za-z]{2})\.?(?P<digits>\d{6})",  # SH600519, sh.600519
    r"(?P<digits>\d{1,6})(?P<exchange>)",  # 600519, or 1 where leading zeros were lost
)


def canonical(codes: pd.Series, origin: str = "code") -> pd.Series:
    """Codes as `600519.SH`.

    Parameters
    ----------
    codes
        Text or whole numbers, as 600519.SH, 600519.XSHG, SH600519, sh.600519, 600519 or 1. Without
        an exchange, the one whose habit the prefix is: `stockcast.data.boards`.
    origin
        Begins the error message.

    Raises
    ------
    InputError
        For the first code of none of these forms, and for bare digits that no board uses.
    """
    text = codes.astype("str").str.strip()
    return text.map({code: _one(code, origin) for code in text.unique()}).astype("str")


def _one(code: str, origin: str) -> str:
    found = next((hit for form in _SPELLINGS if (hit := re.fullmatch(form, code))), None)
    if found is None:
        raise _unknown(code, origin)
    digits, exchange = found["digits"].zfill(6), found["exchange"].upper()
    if exchange:
        if exchange not in _EXCHANGES:
            raise _unknown(code, origin)
        return f"{digits}.{_EXCHANGES[exchange]}"
    for name in ("SH", "SZ", "BJ"):
        if board_of(f"{digits}.{name}"):
            return f"{digits}.{name}"
    raise InputError(origin, "must be an A-share's code", code, "add its exchange: 600519.SH")


def _unknown(code: str, origin: str) -> InputError:
    return InputError(origin, "must hold codes such as 600519.SH, SH600519 or 600519", code)
