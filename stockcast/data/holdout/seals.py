"""Which days are sealed, and how a panel that holds them is recognised: by its quotes.

Marks, hashes of some of the window's closes, are in marks.txt. Whatever a file is called,
however it is stored or cut, and whichever stocks it holds besides, its quotes stay the same.
"""

from __future__ import annotations

import functools
import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from stockcast.errors import InputError, nearest

EVERY = 127
"""One in so many of a window's closes is marked, about six a stock in three years."""
ENOUGH = 3
"""As many marks must agree: a single close of another market may be the same by chance."""


@dataclass(frozen=True)
class Seal:
    """A window of days of a panel.

    Attributes
    ----------
    name
        Word for it in the record.
    first, last
        Its trading days, both inclusive, YYYY-MM-DD.
    most
        How often it may be opened.
    marks
        File beside this one with the marks of its closes, one a line.
    """

    name: str
    first: str
    last: str
    most: int
    marks: Path

    def __str__(self) -> str:
        return f"{self.name} ({self.first} to {self.last})"


SEALS = (
    Seal(
        name="csi300-2018-2020",
        first="2018-01-02",
        last="2020-12-31",
        most=3,
        marks=Path(__file__).with_name("marks.txt"),
    ),
)


def find(name: str = "") -> Seal:
    """The sealed window of that name; without a name the first.

    Raises
    ------
    InputError
        Naming the nearest, when there is none of that name.
    """
    by_name = {seal.name: seal for seal in SEALS}
    if name and name not in by_name:
        raise InputError("window", "is not known", name, nearest(name, by_name))
    return by_name[name or SEALS[0].name]


def window(panel: pd.DataFrame) -> Seal | None:
    """The sealed window, open or not, whose quotes the panel holds; None for any other panel.

    Parameters
    ----------
    panel
        `date`, `code` and `close` (yuan as traded), rows in any order.
    """
    for seal in SEALS:
        first, last = pd.Timestamp(seal.first), pd.Timestamp(seal.last)
        reaches = len(panel) > 0 and first <= panel["date"].max() <= last
        if reaches and _recognised(panel[panel["date"] >= first], seal):
            return seal
    return None


def marks(panel: pd.DataFrame) -> pd.Series:
    """Marks of some of a panel's closes, by which its quotes are known again.

    Parameters
    ----------
    panel
        As for `window`.

    Returns
    -------
    Series of str, on the index of the marked rows
        The first six hexadecimal digits of the SHA-256 of code, day and close in hundredths. Which
        rows are marked depends on code and day alone, so that a part of a panel has a part of its
        marks.
    """
    number = pd.to_numeric(panel["code"].str[:6], errors="coerce").fillna(0).astype(np.int64)
    day = panel["date"].astype("datetime64[s]").astype(np.int64) // 86_400
    some = panel[((number * 7919 + day * 104_729) % EVERY == 0) & panel["close"].notna()]
    return pd.Series(
        [_mark(*row) for row in zip(some["code"], some["date"], some["close"], strict=True)],
        some.index,
        dtype="str",
    )


def _mark(code: str, date: pd.Timestamp, close: float) -> str:
    text = f"{code} {date:%Y-%m-%d} {round(float(close) * 100)}"
    return hashlib.sha256(text.encode()).hexdigest()[:6]


def _recognised(inside: pd.DataFrame, seal: Seal) -> bool:
    """Whether stocks whose marks agree have enough of them, however many other stocks there are."""
    found = marks(inside)
    agrees = found.isin(_known(seal.marks)).groupby(inside["code"].loc[found.index])
    ours = agrees.mean() >= 0.5
    return bool(agrees.sum()[ours].sum() >= ENOUGH)


@functools.lru_cache
def _known(file: Path) -> frozenset[str]:
    return frozenset(file.read_text(encoding="ascii").split())
