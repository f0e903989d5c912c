"""The adapter to AKShare, with frames in the shapes that it returns."""

import sys
from types import ModuleType

import numpy as np
import pandas as pd
import pytest

from stockcast.data import sources
from stockcast.errors import InputError, StockcastError

SPAN = {"start": "2024-06-11", "end": "2024-06-18", "universe": "listed"}
DAYS = ["2024-06-11", "2024-06-12", "2024-06-13", "2024-06-14", "2024-06-17", "2024-06-18"]


def stock_zh_a_hist(symbol, period, start_date, end_date, adjust):
    """Six days in AKShare's shape; a dividend of .30 yuan on the fourth takes no return."""
    assert (period, start_date, end_date, adjust) == ("daily", "20240611", "20240618", "")
    close = np.array([10.0, 10.1, 10.2, 9.9, 10.0, 10.05])
    change = np.array([0.05, 0.1, 0.1, 0.0, 0.1, 0.05])
    return pd.DataFrame(
        {
            "日期": pd.to_datetime(DAYS).date, "股票代码": symbol, "开盘": close, "收盘": close,
            "最高": close + 0.1, "最低": close - 0.1, "成交量": 5000 + np.arange(6),
            "成交额": close * 100 * (5000 + np.arange(6)), "振幅": 2.0,
            "涨跌幅": change / (close - change) * 100, "涨跌额": change, "换手率": 0.5,
        }
    )  # fmt: skip


def stock_zh_index_daily(symbol):
    """An index in AKShare's shape."""
    assert symbol == "sh000300"
    closes = np.linspace(3500, 3550, 6)
    return pd.DataFrame({"date": pd.to_datetime(DAYS).date, "close": closes, "volume": 1})


@pytest.fixture
def library(monkeypatch):
    """A module of the package's name with its functions."""
    module = ModuleType("akshare")
    module.stock_zh_a_hist = stock_zh_a_hist
    module.stock_zh_index_daily = stock_zh_index_daily
    module.stock_info_a_code_name = lambda: pd.DataFrame({"code": ["000001", "600519"]})
    monkeypatch.setitem(sys.modules, "akshare", module)
    return module


def test_recorded_shapes_become_a_panel(library):
    """Lots become shares, the day's change the reference price, a dividend a step of the factor."""
    found = sources.load("akshare", stocks=["600519.SH", "000001.SZ"], **SPAN)
    panel = found.panel[found.panel.code == "600519.SH"]
    assert panel.date.dt.strftime("%Y-%m-%d").tolist() == DAYS
    np.testing.assert_array_equal(panel.volume, 100 * (5000 + np.arange(6)))
    np.testing.assert_allclose(panel.pre_close, [9.95, 10.0, 10.1, 9.9, 9.9, 10.0])
    np.testing.assert_allclose(panel.adj_factor, [1, 1, 1, *[10.2 / 9.9] * 3])
    assert len(found.benchmark) == 6
    assert sources.codes("akshare") == ["000001.SZ", "600519.SH"]


def test_stocks_have_to_be_named(library):
    """The whole market is not asked of public pages."""
    with pytest.raises(InputError, match="must name the stocks"):
        sources.load("akshare", **SPAN)


def test_an_empty_frame_is_an_error(library):
    """No rows is said, not passed on."""
    library.stock_zh_a_hist = lambda **_: pd.DataFrame()
    with pytest.raises(InputError, match=r"600519\.SH: must have rows"):
        sources.load("akshare", stocks=["600519.SH"], **SPAN)


def test_a_changed_page_is_one_line(library):
    """Whatever the package raises becomes one line with the stock in it."""

    def broken(**_):
        raise KeyError("klines")

    library.stock_zh_a_hist = broken
    with pytest.raises(StockcastError, match=r"akshare, 600519\.SH: KeyError"):
        sources.load("akshare", stocks=["600519.SH"], **SPAN)


def test_without_the_package_one_line_says_how_to_get_it(monkeypatch):
    """The extra is named, with the command that installs it."""
    monkeypatch.setitem(sys.modules, "akshare", None)
    with pytest.raises(InputError, match="pip install akshare"):
        sources.load("akshare", stocks=["600519.SH"], **SPAN)
