"""Public collections of Chinese figures, read into the canonical tables.

Files such as `macro/cpi.csv` or `fund_profit_2014Q1_2016Q2.parquet` come with headers and units of
their own, and mostly without a date of publication. What is missing stays missing here:
`stockcast.data.point_in_time` decides from when such a row counts.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd

from stockcast.data.boards import board, board_of
from stockcast.data.codes import canonical
from stockcast.data.public_headers import (
    INDICATOR_FILES,
    MACRO_FILES,
    PERCENT,
    RATE_FILES,
    VALUATION_FILES,
)
from stockcast.errors import InputError, nearest
from stockcast.market.tables import TABLES

_MULTIPLES = ("pe_ttm", "pb", "ps_ttm")


def macro(folder: Path) -> pd.DataFrame:
    """Macro figures of a folder with files named as in `MACRO_FILES`.

    Returns
    -------
    DataFrame
        Canonical `macro` with `released` missing. Beside the series of `market.tables.MACRO`:
        `pmi` and `pmi_services` (index points), `retail_sales` (yuan in the month) and
        `retail_sales_growth` (on the year before, fraction). Values are as revised up to the day
        the file was made, and its makers did not keep the first releases: a figure is known from
        its release date here, but not always this figure (GDP levels change most).

    Raises
    ------
    InputError
        No such file is there, a header is missing, or a period is not understood.
    """
    parts = []
    for name, columns in _present(folder, MACRO_FILES).items():
        frame = _read(folder / name, columns)
        period = _periods(frame.iloc[:, 0], name)
        parts += [
            pd.DataFrame({"series": series, "period": period, "value": frame[header] * factor})
            for header, (series, factor) in columns.items()
        ]
    rows = pd.concat(parts).dropna(subset="value")
    return TABLES["macro"].typed(rows.assign(released=pd.NaT))


def rates(folder: Path) -> pd.DataFrame:
    """Interest rates of a folder with files named as in `RATE_FILES`: canonical `rates`.

    Raises
    ------
    InputError
        No such file is there, or a header is missing.
    """
    parts = []
    for name, columns in _present(folder, RATE_FILES).items():
        frame = _read(folder / name, columns)
        date = pd.to_datetime(frame.iloc[:, 0])
        parts += [
            pd.DataFrame({"date": date, "rate": rate, "value": frame[header] * PERCENT})
            for header, rate in columns.items()
        ]
    return TABLES["rates"].typed(pd.concat(parts).dropna(subset="value"))


def indicators(folder: Path) -> pd.DataFrame:
    """Quarterly ratios of a folder with files `fund_KIND_*.parquet`: canonical `indicators`.

    `announced` is missing throughout: these files have no date, or month and day of a publication
    that may be a later year's. Indicators that no file has are NaN.

    Raises
    ------
    InputError
        No such file is there, a header is missing, or a period is not understood.
    """
    table = None
    for kind, columns in INDICATOR_FILES.items():
        for path in sorted(folder.glob(f"fund_{kind}_*.parquet")):
            frame = pd.read_parquet(path)
            _check(path, frame.columns, [*columns, "code", "period"])
            part = frame[["code", "period"]].copy()
            for header, (name, factor) in columns.items():
                part[name] = frame[header] * factor
            keys = ["code", "period"]
            table = part if table is None else table.merge(part, on=keys, how="outer")
    if table is None:
        raise InputError(f"{folder}", "must hold files such as fund_profit_2014Q1.parquet")
    table["code"] = canonical(table["code"], "fund files, column code")
    table["period"] = _periods(table["period"], "fund files")
    for name in TABLES["indicators"].columns:
        if name not in table:
            table[name] = pd.NaT if name == "announced" else np.nan
    return TABLES["indicators"].typed(table)


def valuation(folder: Path) -> pd.DataFrame:
    """Daily multiples of a folder with files `valuation_*.parquet`: canonical `valuation`.

    As elsewhere, a multiple of a loss or of negative equity is NaN, and a suspended day
    (`tradestatus` 0) has no row. Shares and market values, which the files do not have, are NaN;
    their price to cash flow has no column.

    Raises
    ------
    InputError
        No such file is there, or a header is missing.
    """
    parts = []
    for path in sorted(folder.glob("valuation_*.parquet")):
        frame = pd.read_parquet(path)
        _check(path, frame.columns, [*VALUATION_FILES, "date", "code", "tradestatus"])
        frame = frame[frame["tradestatus"] == 1]
        part = frame[["date"]].assign(code=canonical(frame["code"], f"{path.name}, column code"))
        for header, (name, factor) in VALUATION_FILES.items():
            values = frame[header] * factor
            part[name] = values.where(values > 0) if name in _MULTIPLES else values
        parts.append(part)
    if not parts:
        raise InputError(f"{folder}", "must hold files such as valuation_2020.parquet")
    table = pd.concat(parts).drop_duplicates(["date", "code"], keep="last")
    missing = [name for name in TABLES["valuation"].columns if name not in table]
    return TABLES["valuation"].typed(table.assign(**dict.fromkeys(missing, np.nan)))


def news(path: Path) -> pd.DataFrame:
    """Headlines of a CSV file with `date` and `title`: canonical `news`, dates only.

    Where the file has a column `code` too, the content is the title with the codes of the A-shares
    it is about in brackets, as in 中文传媒：甲（600373.SH）。 Without one it is empty.

    Raises
    ------
    InputError
        When a column is missing.
    """
    frame = pd.read_csv(path, encoding="utf-8-sig", dtype="str")
    _check(path, frame.columns, ["date", "title"])
    content = ""
    if "code" in frame:
        about = frame["code"].fillna("").map(_in_brackets)
        content = (frame["title"] + about + "。").where(about != "", "")
    rows = frame.assign(time=pd.to_datetime(frame["date"]), source=path.stem, content=content)
    return TABLES["news"].typed(rows.drop_duplicates(["time", "title"]))


def names(path: Path) -> pd.DataFrame:
    """Names that a CSV file of headlines with `date`, `company` and `code` calls companies by.

    Returns
    -------
    DataFrame
        Canonical `names`: each name from the day of its first headline on, open-ended. Only what
        `stockcast.data.point_in_time.link` needs; a company without a headline has no name, and
        when one was taken up or dropped is not known.

    Raises
    ------
    InputError
        When a column is missing.
    """
    frame = pd.read_csv(path, encoding="utf-8-sig", dtype="str").fillna("")
    _check(path, frame.columns, ["date", "company", "code"])
    pairs = frame.assign(
        name=frame["company"].str.split(r"[,，]", regex=True),
        digits=frame["code"].str.findall(r"\d{6}"),
    )
    pairs = pairs[pairs["name"].str.len() == pairs["digits"].str.len()].explode(["name", "digits"])
    pairs["code"] = pairs["digits"].map(_a_share)
    pairs = pairs[(pairs["code"] != "") & (pairs["name"] != "")]
    first = pairs.assign(start=pd.to_datetime(pairs["date"])).groupby(["code", "name"])["start"]
    rows = first.min().reset_index().drop_duplicates(["code", "start"])
    return TABLES["names"].typed(rows.assign(reason="", end=pd.NaT, announced=pd.NaT))


def _in_brackets(codes: str) -> str:
    """（600373.SH）（000926.SZ） of 600373,000926; what is no A-share is left out."""
    named = map(_a_share, re.findall(r"\d{6}", codes))
    return "".join(f"（{code}）" for code in dict.fromkeys(named) if code)


def _a_share(digits: str) -> str:
    """600373.SH of 600373; empty for a fund, an index or a B-share."""
    spelt = (f"{digits}.{exchange}" for exchange in ("SH", "SZ", "BJ"))
    return next((code for code in spelt if board_of(code)), "")


def stocks(path: Path) -> pd.DataFrame:
    """Listed companies of a CSV file with `ts_code, name, industry, list_date`: `stocks`.

    Name and sector are those of the day the file was made: on earlier days they are of the future.
    They serve to show a name, never to make a feature; `sector_members` says who belonged where
    when. Companies that had left the market by then are not there.

    Raises
    ------
    InputError
        When a column is missing.
    """
    frame = pd.read_csv(path, encoding="utf-8-sig", dtype="str")
    _check(path, frame.columns, ["ts_code", "name", "industry", "list_date"])
    rows = pd.DataFrame(
        {
            "code": frame["ts_code"],
            "name": frame["name"],
            "board": board(frame["ts_code"]),
            "sector": frame["industry"].fillna(""),
            "list_date": pd.to_datetime(frame["list_date"]),
            "delist_date": pd.NaT,
        }
    )
    return TABLES["stocks"].typed(rows)


def _present(folder: Path, files: dict[str, dict]) -> dict[str, dict]:
    """The files of `files` that the folder has."""
    found = {name: columns for name, columns in files.items() if (folder / name).is_file()}
    if not found:
        raise InputError(f"{folder}", f"must hold one of {', '.join(files)}")
    return found


def _read(path: Path, columns: dict) -> pd.DataFrame:
    frame = pd.read_csv(path, encoding="utf-8-sig")
    _check(path, frame.columns, columns)
    return frame


def _check(path: Path, have: pd.Index, wanted: list[str] | dict) -> None:
    for name in wanted:
        if name not in have:
            hint = nearest(name, [str(column) for column in have])
            raise InputError(f"{path.name}, column {name}", "must be there", hint=hint)


def _periods(text: pd.Series, origin: str) -> pd.Series:
    """Last day of 2026年06月份, 2026年第1-2季度, 2026年第1季度 and 2014_1."""
    month = text.str.extract(r"^(\d{4})年(\d{2})月份?$")
    quarter = text.str.extract(r"^(\d{4})(?:年第(?:1-)?|_)([1-4])(?:季度)?$")
    year = month[0].fillna(quarter[0])
    number = month[1].astype(float).fillna(quarter[1].astype(float) * 3)
    bad = year.isna() | number.isna()
    if bad.any():
        raise InputError(f"{origin}, period", "must be a month or a quarter", text[bad].iloc[0])
    first = pd.to_datetime(pd.DataFrame({"year": year.astype(int), "month": number, "day": 1}))
    return (first + pd.offsets.MonthEnd(0)).astype("datetime64[us]")
