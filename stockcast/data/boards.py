"""Which board a code is listed on: a table of exceptions, then the prefix."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

import pandas as pd

_PREFIXES = (
    (r"60[0135]\d{3}\.SH", "main"),
    (r"00[0-4]\d{3}\.SZ", "main"),
    (r"30[01]\d{3}\.SZ", "chinext"),
    (r"68[89]\d{3}\.SH", "star"),
    (r"(?:[48]\d{5}|92\d{4})\.BJ", "beijing"),
)


def board(codes: pd.Series) -> pd.Series:
    """Board of each code; empty text for what is no A-share (an index, a B-share, a fund).

    Approximate: the exchanges' own list is the truth, and prefixes are only their habit; where
    these mislead, `boards.csv` decides. A source that has a `board` column is believed instead.
    """
    text = codes.astype("str")
    return text.map({code: board_of(code) for code in text.unique()}).astype("str")


def board_of(code: str) -> str:
    """Board of one code; empty for what is no A-share. See `board`."""
    if code in _exceptions():
        return _exceptions()[code]
    return next((name for prefix, name in _PREFIXES if re.fullmatch(prefix, str(code))), "")


@cache
def _exceptions() -> dict[str, str]:
    """Code -> board where the prefix misleads."""
    with (files(__package__) / "boards.csv").open(encoding="utf-8") as lines:
        rows = pd.read_csv(lines)
    return dict(zip(rows["code"], rows["board"], strict=True))
