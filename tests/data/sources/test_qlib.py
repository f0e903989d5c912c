"""A Qlib folder holds the same quotes as a panel, adjusted and in single precision."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from stockcast.data import sources
from stockcast.determinism import stream
from stockcast.errors import InputError
from stockcast.market.calendar import sessions
from stockcast.market.simulated import Strengths, simulate

SAME = ["open", "high", "low", "close", "volume", "amount", "adj_factor"]
FLAGS = ["suspended", "in_universe", "as_traded"]


def write_qlib(panel: pd.DataFrame, folder: Path, with_amount: bool = True) -> None:
    """Write calendars, instruments and features of a panel, as Qlib's own scripts do."""
    days = pd.DatetimeIndex(panel.date.unique())
    for name in ("calendars", "instruments"):
        (folder / name).mkdir(parents=True)
    (folder / "calendars/day.txt").write_text("\n".join(days.strftime("%Y-%m-%d")) + "\n")
    lines = {"all": [], "csi300": []}
    for code, rows in panel.groupby("code"):
        rows = rows.set_index("date")
        symbol = f"{code[-2:]}{code[:6]}"
        fields = {name: rows[name] * rows.adj_factor for name in ("open", "high", "low", "close")}
        fields |= {"volume": rows.volume / rows.adj_factor, "factor": rows.adj_factor}
        fields["change"] = rows.close / rows.pre_close - 1
        if with_amount:
            fields["amount"] = rows.amount
        else:
            fields["vwap"] = rows.amount / rows.volume.where(rows.volume > 0) * rows.adj_factor
        place = folder / "features" / symbol.lower()
        place.mkdir(parents=True)
        for name, values in fields.items():
            values = values.where(~rows.suspended)
            start = days.get_loc(rows.index[0])
            np.concatenate([[start], values]).astype("<f4").tofile(place / f"{name}.day.bin")
        lines["all"].append(f"{symbol}\t{rows.index[0]:%Y-%m-%d}\t{rows.index[-1]:%Y-%m-%d}\n")
        inside = rows.in_universe
        spell = (inside != inside.shift()).cumsum()
        for _, part in inside[inside].groupby(spell[inside]):
            first, last = part.index[0], part.index[-1]
            lines["csi300"].append(f"{symbol}\t{first:%Y-%m-%d}\t{last:%Y-%m-%d}\n")
    for name, text in lines.items():
        (folder / f"instruments/{name}.txt").write_text("".join(text))


@pytest.fixture(scope="module")
def panel():
    """A small simulated panel, its rows before a stock's first trade left out."""
    days = sessions("2014-01-02", "2015-06-30")
    return simulate(days, 12, Strengths(), stream(4, "market")).panel


def assert_same(found: pd.DataFrame, expected: pd.DataFrame) -> None:
    """Every row that traded is there with the same numbers, to single precision."""
    expected = expected[~expected.suspended]
    both = expected.merge(found, on=["date", "code"], suffixes=("", "_found"))
    assert len(both) == len(expected)
    for name in SAME:
        np.testing.assert_allclose(both[f"{name}_found"], both[name], rtol=3e-7, err_msg=name)
    for name in ("open", "high", "low", "close"):
        own = both[both.as_traded]
        np.testing.assert_array_equal(own[f"{name}_found"], own[name])
    for name in FLAGS:
        assert (both[f"{name}_found"] == both[name]).all(), name


@pytest.mark.parametrize("with_amount", [True, False])
def test_the_panel_comes_back(panel, tmp_path, monkeypatch, with_amount):
    """Prices as traded, volume, amount, factor, members and suspensions survive the round trip."""
    write_qlib(panel, tmp_path / "cn_data", with_amount)
    monkeypatch.setenv("STOCKCAST_REAL_DATA", str(tmp_path))
    found = sources.load("qlib", panel="cn_data", start="2014-01-02", end="2015-06-30").panel
    assert_same(found, panel)
    traded = found[~found.suspended].merge(panel, on=["date", "code"], suffixes=("", "_own"))
    np.testing.assert_array_equal(traded.pre_close, traded.pre_close_own)
    assert sources.codes("qlib", panel="cn_data") == sorted(panel.code.unique())


def test_only_the_stocks_asked_for_are_read(panel, tmp_path, monkeypatch):
    """Naming stocks leaves the others' files alone, even broken ones."""
    write_qlib(panel, tmp_path / "cn_data")
    kept, *others = sorted(panel.code.unique())
    for code in others:
        symbol = f"{code[-2:]}{code[:6]}".lower()
        (tmp_path / "cn_data/features" / symbol / "close.day.bin").unlink()
    monkeypatch.setenv("STOCKCAST_REAL_DATA", str(tmp_path))
    span = {"start": "2014-01-02", "end": "2015-06-30", "universe": "listed"}
    found = sources.load("qlib", panel="cn_data", stocks=[kept], **span).panel
    assert set(found.code) == {kept}
    with pytest.raises(InputError, match="field close: must be there"):
        sources.load("qlib", panel="cn_data", **span)


def test_what_is_no_qlib_folder_is_refused(tmp_path, monkeypatch):
    """An empty folder and one whose files run past the calendar are named."""
    (tmp_path / "empty").mkdir()
    monkeypatch.setenv("STOCKCAST_REAL_DATA", str(tmp_path))
    span = {"start": "2014-01-02", "end": "2014-03-31"}
    with pytest.raises(InputError, match=r"must be a Qlib data folder, with calendars/day\.txt"):
        sources.load("qlib", panel="empty", **span)


@pytest.mark.real
def test_the_real_panel_comes_back(tmp_path, monkeypatch):
    """On real stocks, adjusted vendors' among them, the folder and the Parquet file agree."""
    file = Path(os.environ["STOCKCAST_REAL_DATA"]) / "panel_csi300.parquet"
    columns = ["date", "code", "as_traded"]
    table = pd.read_parquet(file, columns=columns, filters=[("date", "<=", pd.Timestamp("2013"))])
    everyone = sorted(table.code.unique())
    vendors = sorted(table.code[~table.as_traded].unique())[:2]
    stocks = sorted({*everyone[::40], *vendors})
    span = {"start": "2010-01-04", "end": "2012-12-31", "stocks": stocks}
    panel = sources.load("parquet", panel=str(file), **span).panel
    write_qlib(panel, tmp_path / "cn_data", with_amount=False)
    monkeypatch.setenv("STOCKCAST_REAL_DATA", str(tmp_path))
    expected = panel[panel.amount.notna()]
    found = sources.load("qlib", panel="cn_data", **span).panel
    assert_same(found, expected)
    assert not found.as_traded.all()
