"""Indicators by TA-Lib, against their recursions spelled in pandas, and what TA-Lib leaves open."""

import numpy as np
import pandas as pd
import pytest
import talib

from stockcast.features.rows import Rows
from stockcast.features.technical.steady import indicator
from tests.features.technical.conftest import FEATURES, values_of

BY_NAME = {feature.name: feature for feature in FEATURES}


def ema(x, days, alpha=None):
    """Recursive average that starts from the mean of the first numbers, as TA-Lib's do."""
    alpha = 2 / (days + 1) if alpha is None else alpha
    out, known = np.full(len(x), np.nan), np.flatnonzero(~np.isnan(x))
    start = known[0] + days - 1
    out[start] = x[known[0] : start + 1].mean()
    for row in range(start + 1, len(x)):
        out[row] = out[row - 1] + alpha * (x[row] - out[row - 1])
    return out


@pytest.fixture(scope="module")
def stock(wide):
    """The first stock that traded every day: a frame of its adjusted prices."""
    code = wide["traded"].columns[wide["traded"].all()][0]
    return pd.DataFrame({name: wide[name][code] for name in "OHLCV"}), code


def check(technical, stock, name, expected, rtol=1e-4):
    code = stock[1]
    found = technical[name].unstack("code")[code].to_numpy(float)
    np.testing.assert_allclose(found, np.asarray(expected, float), rtol, 1e-6, err_msg=name)
    assert np.isfinite(found[-1])


def test_rsi_is_wilders(technical, stock):
    """Wilder's averages start from the mean of the first changes and forget by 1/n a day."""
    change = stock[0].C.diff().to_numpy()
    for days in (6, 14):
        up, down = (ema(np.maximum(s * change, 0), days, 1 / days) for s in (1, -1))
        check(technical, stock, f"rsi_{days}", up / (up + down))


def test_macd(technical, stock):
    """MACD starts both averages on day 26; the histogram is its distance from its own average."""
    price = stock[0].C.to_numpy()
    fast = np.r_[np.full(14, np.nan), ema(price[14:], 12)]
    line = fast - ema(price, 26)
    signal = ema(line, 9)
    check(technical, stock, "macd_line", np.where(np.isnan(signal), np.nan, line) / price)
    check(technical, stock, "macd_signal", signal / price)
    check(technical, stock, "macd_histogram", (line - signal) / price)


def test_kdj_averages_by_thirds(technical, stock):
    """K is Wilder's average over 3 of the raw stochastic value of 9 days, D that of K."""
    frame = stock[0]
    low, high = frame.L.rolling(9).min(), frame.H.rolling(9).max()
    raw = ((frame.C - low) / (high - low)).to_numpy()
    k = ema(raw, 3, 1 / 3)
    d = ema(k, 3, 1 / 3)
    check(technical, stock, "kdj_k", np.where(np.isnan(d), np.nan, k))
    check(technical, stock, "kdj_d", d)
    check(technical, stock, "kdj_j", 3 * k - 2 * d)


def test_average_true_range_and_keltner(technical, stock):
    """ATR is Wilder's average of the true range from day 2 on."""
    frame = stock[0]
    previous = frame.C.shift()
    spread = np.maximum(frame.H, previous) - np.minimum(frame.L, previous)
    spread = spread.where(previous.notna()).to_numpy()
    price = frame.C.to_numpy()
    check(technical, stock, "average_true_range_14", ema(spread, 14, 1 / 14) / price)
    keltner = (price - ema(price, 20)) / (2 * ema(spread, 20, 1 / 20))
    check(technical, stock, "keltner_20", keltner)


def test_channel_indicators(technical, stock):
    """Williams, stochastic, CCI and Bollinger's width are rolling functions of the bars."""
    frame = stock[0]
    low, high = frame.L.rolling(14).min(), frame.H.rolling(14).max()
    check(technical, stock, "williams_14", -(high - frame.C) / (high - low))
    k = ((frame.C - low) / (high - low)).rolling(3).mean()
    d = k.rolling(3).mean()
    check(technical, stock, "stochastic_k_14", k.where(d.notna()))
    check(technical, stock, "stochastic_d_14", d)
    price = (frame.H + frame.L + frame.C) / 3
    away = price.rolling(14).apply(lambda x: np.abs(x - x.mean()).mean(), raw=True)
    check(technical, stock, "cci_14", (price - price.rolling(14).mean()) / (1.5 * away))
    mean, spread = frame.C.rolling(20).mean(), frame.C.rolling(20).std(ddof=0)
    check(technical, stock, "bollinger_width_20", 4 * spread / mean)


def test_money_flow_index(technical, stock):
    """The share of the money that flowed while the typical price rose."""
    frame = stock[0]
    price = (frame.H + frame.L + frame.C) / 3
    flow = price * frame.V
    change = price.diff().where(lambda x: x.abs() > 1e-9 * price, 0.0)
    up = flow.where(change > 0, 0.0).where(price.shift().notna()).rolling(14).sum()
    down = flow.where(change < 0, 0.0).where(price.shift().notna()).rolling(14).sum()
    check(technical, stock, "money_flow_index_14", up / (up + down))


def test_trix_and_true_strength(technical, stock):
    """Triple and double smoothing, each average starting from its first numbers' mean."""
    price = stock[0].C.to_numpy()
    triple = pd.Series(ema(ema(ema(price, 9), 9), 9))
    check(technical, stock, "trix_9", triple / triple.shift() - 1, rtol=1e-3)
    change = stock[0].C.diff().to_numpy()
    smooth = [ema(ema(x, 25), 13) for x in (change, np.abs(change))]
    check(technical, stock, "true_strength", smooth[0] / smooth[1], rtol=1e-3)


def panel_of(close, **columns):
    """One stock with these closes, a bar of 2 % around each."""
    close = np.asarray(close, float)
    days = pd.date_range("2017-03-27", periods=len(close), freq="B")
    base = {
        "open": close, "high": close * 1.01, "low": close * 0.99, "close": close,
        "pre_close": np.r_[close[:1], close[:-1]], "volume": 1e6, "amount": 1e7,
        "adj_factor": 1.0, "limit_up": np.inf, "limit_down": 0.01, "suspended": False,
        "in_universe": True,
    }  # fmt: skip
    return pd.DataFrame({"date": days, "code": "600000.SH"} | base | columns)


def test_rsi_keeps_its_value_while_the_price_stands_still():
    """A halt of two years moves neither average against the other."""
    close = np.r_[10 + np.sin(np.arange(60.0)), np.full(500, 10.0)]
    found = values_of(panel_of(close), (BY_NAME["rsi_6"],)).rsi_6.to_numpy()
    np.testing.assert_allclose(found[61:], found[60], rtol=1e-6)
    assert 0 < found[-1] < 1


def test_nothing_has_a_place_in_a_range_that_is_not_there():
    """Where high, low and close have been one number, stochastic values are NaN and CCI is 0."""
    flat = panel_of(np.full(80, 10.0), high=10.0, low=10.0)
    names = ("kdj_k", "stochastic_k_14", "williams_14", "cci_14", "bollinger_20")
    found = values_of(flat, tuple(BY_NAME[name] for name in names)).iloc[-1]
    assert found[["kdj_k", "stochastic_k_14", "williams_14"]].isna().all()
    assert (found[["cci_14", "bollinger_20"]] == 0).all()


def test_a_missing_price_costs_one_row():
    """TA-Lib sees the price before, and the row itself is NaN."""
    close = 10 + np.sin(np.arange(60.0))
    carried = close.copy()
    carried[30] = carried[29]
    holed = close.copy()
    holed[30] = np.nan
    rows = [Rows.of(panel_of(x))[0] for x in (holed, carried)]
    found = [indicator(one, talib.EMA, "adj_close", timeperiod=5) for one in rows]
    assert np.isnan(found[0][30])
    np.testing.assert_array_equal(np.delete(found[0], 30), np.delete(found[1], 30))


def test_equal_prices_across_an_ex_day_are_equal():
    """A close that an ex-day moves in its last bits alone is no rise and no fall."""
    factor = np.r_[np.full(30, 1.0), np.full(30, 10 / 9.7), np.full(30, 10 / 9.7 * 9.7 / 9.3)]
    close = np.r_[np.full(30, 10.0), np.full(30, 9.7), np.full(30, 9.3)]
    names = ("streak", "rise_share_20", "on_balance_5", "still_share_20", "volatility_20")
    wanted = tuple(BY_NAME[name] for name in names)
    for first in (1.0, 3.7, 1 / 3):
        found = values_of(panel_of(close, adj_factor=factor * first), wanted).iloc[-1]
        assert (found[["streak", "volatility_20"]] == 0).all()
        assert found[["rise_share_20", "on_balance_5"]].isna().all()
        assert found.still_share_20 == 1
