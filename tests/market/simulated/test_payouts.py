"""Dividends and bonus shares: what a notice tells is what happens on the ex-day."""

import numpy as np

from stockcast.market.simulated.payouts import NOTICE_DAYS


def test_a_reference_price_is_the_close_less_the_payout(world):
    """On an ex-day it is (close before - cash) / (1 + bonus), and the float grows by the bonus."""
    told, path = world.payouts, world.path
    there = told.ex < len(world.days)
    ex, stock, cash, bonus = (
        getattr(told, name)[there] for name in ("ex", "stock", "cash", "bonus")
    )
    there = world.listed[ex, stock]
    ex, stock, cash, bonus = (values[there] for values in (ex, stock, cash, bonus))
    assert len(ex) > 100
    before = path.close[ex - 1, stock]
    wanted = np.round((before - cash) / (1 + bonus), 2)
    np.testing.assert_array_equal(path.reference[ex, stock], wanted)
    np.testing.assert_allclose(path.shares[ex, stock], path.shares[ex - 1, stock] * (1 + bonus))
    ratio = path.factor[ex, stock] / path.factor[ex - 1, stock]
    np.testing.assert_allclose(ratio, before / wanted)
    assert 0.05 < (bonus > 0).mean() < 0.4
    assert 0.001 < np.median(cash / before) < 0.05


def test_nothing_else_changes_a_reference_price(world):
    """On all other days it is the close before, and factor and float stay."""
    told, path = world.payouts, world.path
    quiet = world.listed.copy()
    there = told.ex < len(world.days)
    quiet[told.ex[there], told.stock[there]] = False
    quiet = quiet[1:] & world.listed[:-1]
    for now, before in (
        (path.reference, path.close), (path.factor, path.factor), (path.shares, path.shares),
    ):  # fmt: skip
        np.testing.assert_array_equal(now[1:][quiet], before[:-1][quiet])


def test_cash_is_what_the_report_decided(world):
    """Cash per share times all shares is the accounts' dividend, to a tenth of a fen a share."""
    told = world.payouts
    held = world.path.shares[told.notice, told.stock] / world.stocks.shares[told.stock]
    total = world.stocks.total_shares[told.stock] * held
    dividend = world.accounts.dividend[told.quarter, told.stock]
    small = told.cash < world.path.close[told.notice, told.stock] / 4
    assert small.mean() > 0.95
    np.testing.assert_allclose(told.cash[small], (dividend / total)[small], atol=1e-3)


def test_a_stock_trades_from_notice_to_ex_day(world):
    """No suspension comes between a notice and its ex-day, five trading days later."""
    told = world.payouts
    assert (told.ex - told.notice == NOTICE_DAYS).all()
    for after in range(NOTICE_DAYS + 1):
        day = told.notice + after
        there = day < len(world.days)
        trading = world.path.trading[day[there], told.stock[there]]
        assert (trading | ~world.listed[day[there], told.stock[there]]).all()


def test_a_notice_follows_its_report(world):
    """A payout is told after the annual report that decides it, and at most once."""
    told = world.payouts
    assert (told.notice > world.accounts.day[told.quarter, told.stock]).all()
    assert len(set(zip(told.quarter, told.stock, strict=True))) == len(told.stock)
    assert (world.accounts.dividend[told.quarter, told.stock] > 0).all()
