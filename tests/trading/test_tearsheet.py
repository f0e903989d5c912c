"""The tables behind a tear sheet, against hand computation."""

import numpy as np
import pandas as pd
import pytest

from stockcast.errors import InputError
from stockcast.trading import tearsheet
from stockcast.trading.backtest import Result, backtest
from stockcast.trading.orders import CHARGES, Costs
from stockcast.trading.quotes import tabulate
from stockcast.trading.strategy import TopK


def _equity(dates, **columns) -> pd.DataFrame:
    table = pd.DataFrame({"date": pd.to_datetime(dates), "equity": 100.0, "exposure": 0.5})
    return table.assign(**dict.fromkeys(CHARGES, 0.0), turnover=0.0, dividends=0.0).assign(
        **columns
    )


def test_rolling_sharpe_by_hand():
    """Of 1, 2 and 3 % the mean is 2 and the deviation 1 %: 2 times the root of 243."""
    found = tearsheet.rolling_sharpe(pd.Series([0.01, 0.02, 0.03, 0.03, 0.03]), 3)
    assert found.isna().tolist() == [True, True, False, False, True]
    assert found[2] == pytest.approx(2 * np.sqrt(243))
    with pytest.raises(InputError, match="at least 2"):
        tearsheet.rolling_sharpe(pd.Series([0.1]), 1)


def test_months_compound():
    """Twice 10 % in March are 21 %, and a month without days is empty."""
    days = pd.to_datetime(["2016-03-30", "2016-03-31", "2016-05-03", "2017-01-03"])
    table = tearsheet.monthly(pd.Series([0.1, 0.1, -0.05, 0.02], days))
    assert table.loc[2016, 3] == pytest.approx(0.21)
    assert table.loc[2016, 5] == pytest.approx(-0.05)
    assert table.loc[2017, 1] == pytest.approx(0.02)
    assert table.notna().sum().sum() == 3
    assert table.shape == (2, 12)


def test_turnover_is_a_year_s():
    """10 % on one of two days is 5 % a day, 12.15 times a year."""
    equity = _equity(["2016-03-01", "2016-03-02"], turnover=[0.0, 0.1])
    assert tearsheet.activity(equity)["turnover"].tolist() == pytest.approx([0.0, 12.15])


def test_costs_belong_to_their_year():
    """2 yuan of 100 in 2016 and 1 of 200 in 2017."""
    days = ["2016-12-29", "2016-12-30", "2017-01-03"]
    equity = _equity(days, commission=[1.0, 1.0, 0.0], dividend_tax=[0, 0, 1.0])
    equity["equity"] = [100.0, 100.0, 200.0]
    table = tearsheet.costs_by_year(equity)
    assert table.loc[2016, "commission"] == pytest.approx(0.02)
    assert table.loc[2017, ["commission", "dividend_tax"]].tolist() == pytest.approx([0, 0.005])


def test_dividend_yield_by_hand():
    """1 yuan on 50 in stocks over 243 days is 2 %; reinvested ones cannot be told."""
    days = pd.date_range("2016-01-04", periods=243)
    equity = _equity(days, dividends=np.r_[1.0, np.zeros(242)])
    paid = Result(equity, pd.DataFrame(), dividends="paid")
    assert tearsheet.dividend_yield(paid) == pytest.approx(0.02)
    assert np.isnan(tearsheet.dividend_yield(Result(equity, pd.DataFrame())))


def test_capacity_ends_where_the_volume_does(panel_of):
    """Foresight pays the small account; the large one gets little of it, and moves the price."""
    rng = np.random.default_rng(2)
    closes = {f"{n:06d}.SZ": 10 * np.cumprod(1 + rng.normal(0, 0.02, 80)) for n in range(1, 11)}
    panel = panel_of(closes, volume=1e5, amount=1e6)
    ahead = panel.groupby("code")["close"].transform(lambda p: p.shift(-2) / p.shift(-1) - 1)
    signals = panel[["date", "code"]].assign(score=ahead)
    terms = (tabulate(panel), signals, TopK(3, 3), Costs())
    table = tearsheet.capacity(*terms, (1e3, 1e5, 1e8), participation=0.1)
    middle, large = table.loc[1e5], table.loc[1e8]
    assert middle["annual_return"] > large["annual_return"] > 0
    assert (table["with_impact"] <= table["annual_return"] + 1e-12).all()
    assert middle["with_impact"] < middle["annual_return"]
    assert table.loc[1e3, "too_small"] > 0.5
    assert large["cut"] > 0.5
    assert large["invested"] < 0.1
    plain = backtest(panel, *terms[1:], 1e5, participation=0.1)
    assert middle["held"] == plain.equity["positions"].mean()
