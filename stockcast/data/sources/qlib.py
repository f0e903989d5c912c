"""A Qlib data folder as a source, read with numpy alone.

The layout is Qlib's (https://qlib.readthedocs.io, "Data Layer: Data Framework"):
`calendars/day.txt`, `instruments/NAME.txt` (symbol, first and last day) and
`features/SYMBOL/FIELD.day.bin`, little-endian single precision, whose first number is the place of
the first day in the calendar. Its prices are adjusted: as traded they are price / factor.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from stockcast.data import files
from stockcast.data.codes import canonical
from stockcast.data.schema import PRICES, single
from stockcast.data.sources.source import Order, Source, Tables
from stockcast.data.units import units
from stockcast.errors import InputError, nearest
from stockcast.market import policy

LISTS = {
    "000300.SH": "csi300", "000905.SH": "csi500", "000906.SH": "csi800", "000852.SH": "csi1000",
    "000903.SH": "csi100",
}  # fmt: skip
"""Index -> Qlib's list of its members."""
NOISE = 3e-7
"""What is left of a price's precision after two numbers in single precision were divided."""


def _tables(order: Order) -> Tables:
    folder = files.find(order.panel, "panel")
    days = _calendar(folder)
    spans = _spans(folder, "all")
    wanted = set(order.stocks)
    last = pd.Timestamp(order.end)
    read = []
    for symbol in spans.symbol.unique():
        code = _code(symbol)
        if code and (not wanted or code in wanted):
            read.append(_stock(folder / "features" / symbol.lower(), days, code))
    read = [table[table.date <= last] for table in read]
    if not any(len(table) for table in read):
        raise InputError(f"panel {folder.name}", "must hold one of the stocks", sorted(wanted))
    table = pd.concat(read, ignore_index=True)
    table["in_universe"] = _members(folder, order.benchmark_code, table)
    told = units(table.close, table.volume, table.amount, f"panel {folder.name}")
    table["volume"] *= told.volume
    table["amount"] *= told.amount
    index = files.index(order.benchmark, order.benchmark_code) if order.benchmark else None
    index = _index(folder, days, order.benchmark_code) if index is None else index
    return Tables(table, index, events=policy.real_events())


def _codes(panel: str, **_: object) -> list[str]:
    symbols = _spans(files.find(panel, "panel"), "all").symbol.unique()
    return [code for code in map(_code, symbols) if code]


qlib = Source(_tables, _codes)


def _lines(folder: Path, name: str) -> list[str]:
    try:
        return (folder / name).read_text(encoding="utf-8").split("\n")
    except OSError:
        raise InputError(
            f"panel {folder.name}", f"must be a Qlib data folder, with {name} in it",
            hint="name the folder that holds calendars, instruments and features",
        ) from None  # fmt: skip


def _calendar(folder: Path) -> pd.DatetimeIndex:
    lines = [line for line in _lines(folder, "calendars/day.txt") if line.strip()]
    return pd.DatetimeIndex(pd.to_datetime(lines)).as_unit("us")


def _spans(folder: Path, name: str) -> pd.DataFrame:
    """`symbol`, `start`, `end` of a list of instruments."""
    rows = [line.split() for line in _lines(folder, f"instruments/{name}.txt") if line.strip()]
    table = pd.DataFrame([row[:3] for row in rows], columns=["symbol", "start", "end"])
    return table.assign(start=pd.to_datetime(table.start), end=pd.to_datetime(table.end))


def _code(symbol: str) -> str:
    """600519.SH for SH600519; empty for an index or another thing that is no A-share."""
    try:
        found = files.a_shares(canonical(pd.Series([symbol])))
    except InputError:
        return ""
    return found[0] if found else ""


def _stock(folder: Path, days: pd.DatetimeIndex, code: str) -> pd.DataFrame:
    """A stock's rows, as traded."""
    held = {name: _field(folder, name, days) for name in (*PRICES, "volume", "factor")}
    extra = {
        name: _field(folder, name, days, optional=True) for name in ("amount", "vwap", "change")
    }
    rows = pd.DataFrame(held).assign(**{k: v for k, v in extra.items() if v is not None})
    traded = rows.close.notna() & (rows.volume.fillna(0) > 0)
    factor = rows.factor.ffill()
    out = pd.DataFrame({"date": rows.index, "code": code})
    as_traded = {name: (rows[name] / factor).to_numpy() for name in PRICES}
    on_tick = all(_on_tick(price[traded]) for price in as_traded.values())
    for name, price in as_traded.items():
        out[name] = np.round(price, 2) if on_tick else price
    out["volume"] = np.where(traded, np.round(rows.volume * factor), 0.0)
    out["amount"] = _amount(rows, factor)
    out["adj_factor"] = factor.to_numpy()
    out["suspended"] = ~traded.to_numpy()
    out["as_traded"] = bool(on_tick)
    if "change" in rows:
        out["pct_chg"] = 100 * rows.change.to_numpy()
        if on_tick:
            out["pre_close"] = np.round(out.close / (1 + rows.change.to_numpy()), 2)
    # Days before the first trade have no price to carry.
    return out[np.maximum.accumulate(traded.to_numpy())]


def _field(
    folder: Path, name: str, days: pd.DatetimeIndex, optional: bool = False
) -> pd.Series | None:
    try:
        raw = np.fromfile(folder / f"{name}.day.bin", dtype="<f4")
    except OSError:
        if optional:
            return None
        have = [path.name.removesuffix(".day.bin") for path in folder.glob("*.day.bin")]
        raise InputError(
            f"{folder.name}, field {name}", "must be there", hint=nearest(name, have)
        ) from None
    start, values = int(raw[0]) if len(raw) else 0, raw[1:]
    if start + len(values) > len(days):
        raise InputError(
            f"{folder.name}, field {name}", "must end with the calendar",
            f"{start + len(values)} days of {len(days)}", "the folder is half updated",
        )  # fmt: skip
    return pd.Series(single(values), index=days[start : start + len(values)])


def _on_tick(price: np.ndarray) -> bool:
    """Whether prices are whole ticks, but for what single precision costs them."""
    ticks = price * 100
    return bool((np.abs(ticks - np.round(ticks)) < 0.01 + NOISE * ticks).all())


def _amount(rows: pd.DataFrame, factor: pd.Series) -> np.ndarray:
    """Yuan traded: as stored, or average price x volume; missing if neither is there."""
    if "amount" in rows:
        return rows.amount.to_numpy()
    if "vwap" in rows:
        return (rows.vwap * rows.volume).to_numpy()  # the factors cancel
    return np.full(len(rows), np.nan)


def _members(folder: Path, index: str, table: pd.DataFrame) -> pd.Series:
    """Membership by day; False all along if Qlib has no list of that index."""
    name = LISTS.get(index)
    if name is None or not (folder / f"instruments/{name}.txt").is_file():
        return pd.Series(False, index=table.index)
    spans = _spans(folder, name)
    spans["code"] = spans.symbol.map({s: _code(s) for s in spans.symbol.unique()}).astype("str")
    spans = spans[["code", "start", "end"]].sort_values("start")
    spans["end"] = spans.groupby("code").end.cummax()  # of spans that overlap the longest counts
    rows = table[["date", "code"]].assign(row=table.index).sort_values("date")
    rows["date"] = rows.date.astype(spans.start.dtype)
    rows = pd.merge_asof(rows, spans, left_on="date", right_on="start", by="code")
    return (rows.date <= rows.end).set_axis(rows.row).reindex(table.index)


def _index(folder: Path, days: pd.DatetimeIndex, code: str) -> pd.DataFrame | None:
    """Closes of the index, where the folder has it as an instrument."""
    place = folder / "features" / f"{code[-2:]}{code[:6]}".lower()
    if not (place / "close.day.bin").is_file():
        return None
    close = _field(place, "close", days)
    scale = _field(place, "factor", days, optional=True)
    close = close if scale is None else close / scale
    return pd.DataFrame({"date": close.index, "close": close.to_numpy()}).dropna()
