"""The sealed window: days of the real panel whose outcomes nobody looks at before `open`.

Choices are made on earlier days, frozen, and then judged on these, at most three times
(`stockcast holdout`). Until then `stockcast.data.sources.load` refuses the window's days: whoever
holds the closes of t+1 and t+1+horizon holds the label of t. Quotes that are handed out all the
same, to check the data, give no label, no forward volatility and no fill.

The window is recognised by its quotes (`stockcast.data.holdout.seals`). A panel that goes on after
the window's last day, one of other stocks and a simulated one are not sealed. The seal keeps honest
readers honest; against somebody who opens the file itself, divides prices by hand or edits this
module, it can do nothing.
"""

from __future__ import annotations

import functools
from pathlib import Path

import numpy as np
import pandas as pd

from stockcast.data.holdout import record, seals
from stockcast.data.holdout.seals import find, window
from stockcast.errors import InputError


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


def check(panel: pd.DataFrame, what: str, end: str = "") -> None:
    """Refuse a panel that holds days of a window that is not open.

    Parameters
    ----------
    panel
        As for `window`.
    what
        Begins the message: the parameter, file or table.
    end
        Last day that will be kept, YYYY-MM-DD; empty keeps all. The more there is of a panel the
        better it is recognised, so it is shown whole and cut afterwards.

    Raises
    ------
    InputError
        Naming the window's first day and where to read on.
    """
    last = panel["date"].max()
    last = min(last, pd.Timestamp(end)) if end else last
    if not last >= _first():
        return
    seal = window(panel) or window(panel[panel["date"] <= last])
    if seal is not None and last >= pd.Timestamp(seal.first) and not is_open(seal.name):
        raise InputError(
            what, f"must end before {seal.first}, where the sealed window {seal.name} begins",
            f"{last:%Y-%m-%d}", "end earlier, or see: stockcast holdout status",
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
    if (table["date"] >= _first()).any() and panel.is_file():
        check(_quotes(panel, panel.stat().st_mtime_ns), what)


def note(panel: pd.DataFrame) -> str:
    """What a table that uses the sealed window says below it; empty when it does not."""
    seal = window(panel)
    if seal is None:
        return ""
    times = count(seal.name)
    return f"Uses the sealed window {seal}, opened {times} of at most {seal.most} times."


@functools.lru_cache(maxsize=4)
def _quotes(file: Path, _changed: int) -> pd.DataFrame:
    return pd.read_parquet(file, columns=["date", "code", "close"])


def _first() -> pd.Timestamp:
    """First day of any window: most panels end before it, and are asked nothing more."""
    return min(pd.Timestamp(seal.first) for seal in seals.SEALS)


def _name(name: str) -> str:
    return find(name).name


def _last(name: str, *events: str) -> dict | None:
    wanted = _name(name)
    lines = (line for line in reversed(record.entries()) if line["window"] == wanted)
    return next((line for line in lines if line["event"] in events), None)
