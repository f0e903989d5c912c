"""Public collections of Chinese figures, read into the canonical tables.

Files such as `macro/cpi.csv` or `fund_profit_2014Q1_2016Q2.parquet` come with headers and units of
their own, and mostly without a date of publication. What is missing stays missing here:
`stockcast.data.point_in_time` decides from when such a row counts.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from stockcast.data.boards import board
from stockcast.data.codes import canonical
from stockcast.errors import InputError, nearest
from stockcast.market.tables import TABLES

_PERCENT, _YI, _AS_IT_IS = 0.01, 1e8, 1.0

MACRO_FILES = {
    "gdp.csv": {
        "国内生产总值-绝对值": ("gdp", _YI),
        "国内生产总值-同比增长": ("gdp_growth", _PERCENT),
    },
    "cpi.csv": {
        "全国-同比增长": ("cpi_growth", _PERCENT),
        "全国-环比增长": ("cpi_monthly", _PERCENT),
    },
    "ppi.csv": {"当月同比增长": ("ppi_growth", _PERCENT)},
    "m2.csv": {
        "货币和准货币(M2)-数量(亿元)": ("m2", _YI),
        "货币和准货币(M2)-同比增长": ("m2_growth", _PERCENT),
        "货币(M1)-数量(亿元)": ("m1", _YI),
        "货币(M1)-同比增长": ("m1_growth", _PERCENT),
        "流通中的现金(M0)-数量(亿元)": ("m0", _YI),
        "流通中的现金(M0)-同比增长": ("m0_growth", _PERCENT),
    },
    "pmi.csv": {"制造业-指数": ("pmi", _AS_IT_IS), "非制造业-指数": ("pmi_services", _AS_IT_IS)},
    "consumption.csv": {
        "当月": ("retail_sales", _YI),
        "同比增长": ("retail_sales_growth", _PERCENT),
    },
}
"""File -> its header -> canonical series and factor. 亿元 are 10^8 yuan."""

RATE_FILES = {
    "shibor.csv": {
        "O/N-定价": "shibor_on", "1W-定价": "shibor_1w", "2W-定价": "shibor_2w",
        "1M-定价": "shibor_1m", "3M-定价": "shibor_3m", "6M-定价": "shibor_6m",
        "9M-定价": "shibor_9m", "1Y-定价": "shibor_1y",
    },
    "lpr.csv": {"LPR1Y": "lpr_1y", "LPR5Y": "lpr_5y"},
}  # fmt: skip
"""File -> its header -> canonical rate; all in percent a year."""

INDICATOR_FILES = {
    "profit": {
        "eps": ("eps", _AS_IT_IS), "roe": ("roe", _PERCENT),
        "gross_profit_rate": ("gross_margin", _PERCENT),
        "net_profit_ratio": ("net_margin", _PERCENT),
    },
    "report": {"bvps": ("bps", _AS_IT_IS)},
    "debtpaying": {
        "currentratio": ("current_ratio", _AS_IT_IS), "quickratio": ("quick_ratio", _AS_IT_IS),
        "adratio": ("debt_to_assets", _PERCENT),
    },
    "operation": {
        "inventory_turnover": ("inventory_turnover", _AS_IT_IS),
        "arturnover": ("receivables_turnover", _AS_IT_IS),
    },
    "growth": {"mbrg": ("revenue_growth", _PERCENT), "nprg": ("profit_growth", _PERCENT)},
}  # fmt: skip
"""Kind of a `fund_KIND_*.parquet` -> its header -> canonical indicator and factor."""


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
            pd.DataFrame({"date": date, "rate": rate, "value": frame[header] * _PERCENT})
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


def news(path: Path) -> pd.DataFrame:
    """Headlines of a CSV file with `date` and `title`: canonical `news`, dates only.

    Raises
    ------
    InputError
        When a column is missing.
    """
    frame = pd.read_csv(path, encoding="utf-8-sig", dtype="str")
    _check(path, frame.columns, ["date", "title"])
    rows = frame.assign(time=pd.to_datetime(frame["date"]), source=path.stem, content="")
    return TABLES["news"].typed(rows.drop_duplicates(["time", "title"]))


def stocks(path: Path) -> pd.DataFrame:
    """Listed companies of a CSV file with `ts_code, name, industry, list_date`: `stocks`.

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
