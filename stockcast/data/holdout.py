"""The sealed window: days of the real panel whose outcomes nobody looks at before `open`.

Choices are made on earlier days, frozen, and then judged on these, at most three times
(`stockcast holdout`). Until then `stockcast.data.sources.load` refuses the window's days: whoever
holds the closes of t+1 and t+1+horizon holds the label of t. Quotes that are handed out all the
same, to check the data, give no label, no forward volatility and no fill.

The window is recognised by its quotes, whatever the file is called: hashes of some of its closes
are in holdout_marks.txt. A panel that goes on after the window's last day, one of other stocks and
a simulated one are not sealed. The seal keeps honest readers honest; against somebody who opens
the file itself, divides prices by hand or edits this module, it can do nothing.
"""

from __future__ import annotations

import functools
import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from stockcast.data import holdout_record as record
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
        marks=Path(__file__).with_name("holdout_marks.txt"),
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


def opened(name: str = "") -> list[dict]:
    """Lines of the record that tell when that window was opened, the first one first."""
    lines = record.entries()
    return [line for line in lines if (line["event"], line["window"]) == (record.OPEN, _name(name))]


def count(name: str = "") -> int:
    """How often that window was opened; every table that uses its days prints this."""
    return len(opened(name))


def frozen(name: str = "") -> dict | None:
    """The last freezing of choices for that window, as the record tells; None before the first."""
    return _last(name, record.FREEZE)


def is_open(name: str = "") -> bool:
    """Whether outcomes of that window may be read: opened, and no new choices frozen since."""
    last = _last(name, record.FREEZE, record.OPEN)
    return last is not None and last["event"] == record.OPEN


def window(panel: pd.DataFrame) -> Seal | None:
    """The sealed window, open or not, whose quotes the panel holds; None for any other panel.

    Parameters
    ----------
    panel
        `date`, `code` and `close` (yuan as traded), rows in any order.
    """
    for seal in SEALS:
        if len(panel) and pd.Timestamp(seal.first) <= panel["date"].max() <= _end(seal):
            inside = panel[panel["date"] >= pd.Timestamp(seal.first)]
            if _recognised(inside, seal):
                return seal
    return None


def sealed(panel: pd.DataFrame, reach: int = 0) -> np.ndarray:
    """Rows whose outcome is withheld.

    Parameters
    ----------
    panel
        As for `window`.
    reach
        So many of the panel's days after its own a row looks ahead; 0: only its own day counts.

    Returns
    -------
    ndarray of bool, shape (n_rows,)
        True where the row, or a day it looks ahead to, is in a window that is not open.
    """
    seal = window(panel)
    if seal is None or is_open(seal.name):
        return np.zeros(len(panel), bool)
    days = np.sort(panel["date"].unique())
    place = np.searchsorted(days, panel["date"].to_numpy())
    return place + reach >= np.searchsorted(days, np.datetime64(seal.first))


def withheld(outcomes: pd.DataFrame, panel: pd.DataFrame, reach: int) -> pd.DataFrame:
    """The outcomes of a panel's rows, without those that are sealed.

    Parameters
    ----------
    outcomes
        `date`, `code` and columns of outcomes, fractions or truth values, in the panel's order.
    panel, reach
        As for `sealed`.

    Returns
    -------
    DataFrame
        `outcomes` itself where nothing is sealed. Otherwise with NaN, or False, in sealed rows and
        the column `sealed`, by which a label withheld is told from one that does not exist.
    """
    hidden = sealed(panel, reach)
    if not hidden.any():
        return outcomes
    out = outcomes.copy()
    for name in out.columns.drop(["date", "code"]):
        out[name] = np.where(hidden, False if out[name].dtype == bool else np.nan, out[name])
    return out.assign(sealed=hidden)


def check(panel: pd.DataFrame, what: str) -> None:
    """Refuse a panel that holds days of a window that is not open.

    Parameters
    ----------
    panel
        As for `window`.
    what
        Begins the message: the parameter, file or table.

    Raises
    ------
    InputError
        Naming the window's first day and the command that opens it.
    """
    seal = window(panel)
    if seal is not None and not is_open(seal.name):
        raise InputError(
            what, f"must end before {seal.first}, where the sealed window {seal.name} begins",
            f"{panel['date'].max():%Y-%m-%d}",
            "end earlier, or see: stockcast holdout status",
        )  # fmt: skip


def check_artifact(table: pd.DataFrame, panel: Path, what: str) -> None:
    """Refuse a stage's table with days of a window that is not open.

    A run that went on into an open window leaves tables of outcomes behind; when new choices have
    been frozen they may not be read until the next opening.

    Parameters
    ----------
    table
        Any; without a column `date` there is nothing to refuse.
    panel
        File of the run's panel, by which the window is recognised.
    what
        Begins the message.

    Raises
    ------
    InputError
        As `check`.
    """
    if "date" not in table or not pd.api.types.is_datetime64_any_dtype(table["date"]):
        return
    dates = table["date"]
    if panel.is_file() and any((dates >= pd.Timestamp(seal.first)).any() for seal in SEALS):
        check(_quotes(panel, panel.stat().st_mtime_ns), what)


def note(panel: pd.DataFrame) -> str:
    """What a table that uses the sealed window says below it; empty when it does not."""
    seal = window(panel)
    if seal is None:
        return ""
    times = count(seal.name)
    return f"Uses the sealed window {seal}, opened {times} of at most {seal.most} times."


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


@functools.lru_cache(maxsize=4)
def _quotes(file: Path, _changed: int) -> pd.DataFrame:
    return pd.read_parquet(file, columns=["date", "code", "close"])


def _end(seal: Seal) -> pd.Timestamp:
    return pd.Timestamp(seal.last)


def _name(name: str) -> str:
    return find(name).name


def _last(name: str, *events: str) -> dict | None:
    wanted = _name(name)
    lines = (line for line in reversed(record.entries()) if line["window"] == wanted)
    return next((line for line in lines if line["event"] in events), None)
