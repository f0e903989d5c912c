import numpy as np

from stockcast.market.calendar import sessions
from stockcast.market.simulated import quotes
from stockcast.market.simulated.prices import Path
from stockcast.market.simulated.quotes import index

DAYS = sessions("2016-05-16", "2016-12-30")
JUNE, DECEMBER = DAYS.searchsorted("2016-06-01"), DAYS.searchsorted("2016-12-01")


def path(close):
    """A path on which only closes matter; every float is one share."""
    same = np.ones_like(close)
    trading = np.ones(close.shape, dtype=bool)
    reference = close[:1].repeat(len(close), 0)
    return Path(close, reference, same, same, same, same, same, trading, same, same)


def members(days, path, age, special=None, gone=None):
    """The members when all are listed that have an age."""
    never = np.zeros(age.shape, dtype=bool)
    gone = never if gone is None else gone
    return quotes.members(
        days, path, age, (age >= 0) & ~gone, never if special is None else special
    )


def test_members_are_the_largest_by_size_before_the_review():
    """A stock that grows on the review day itself enters only at the next review."""
    close = np.tile([50.0, 40.0, 30.0, 20.0, 10.0], (len(DAYS), 1))
    close[JUNE:, 4] = 100.0
    member = members(DAYS, path(close), np.full(close.shape, 500))
    assert member[:DECEMBER].tolist() == [[True, True, True, True, False]] * DECEMBER
    assert member[DECEMBER:].tolist() == [[True, True, True, False, True]] * (len(DAYS) - DECEMBER)


def test_a_new_stock_waits():
    """A stock listed for fewer than 60 days at a review is no member, however large."""
    close = np.tile([50.0, 40.0, 30.0, 20.0, 10.0], (len(DAYS), 1))
    age = np.full(close.shape, 500)
    age[:, 0] = np.arange(len(DAYS)) - (JUNE - 59)
    close[age < 0] = np.nan
    member = members(DAYS, path(close), age)
    assert not member[:DECEMBER, 0].any()
    assert member[DECEMBER:, 0].all()


def test_special_treatment_keeps_a_stock_out():
    """A stock under special treatment at a review is no member; between reviews it stays."""
    close = np.tile([50.0, 40.0, 30.0, 20.0, 10.0], (len(DAYS), 1))
    special = np.zeros(close.shape, dtype=bool)
    special[JUNE - 3 : JUNE + 5, 0] = special[JUNE + 5 : DECEMBER - 1, 1] = True
    member = members(DAYS, path(close), np.full(close.shape, 500), special)
    assert member[JUNE - 1, 0]
    assert not member[JUNE:DECEMBER, 0].any()
    assert member[:, 1].all()
    assert member[DECEMBER:, 0].all()


def test_a_delisted_stock_leaves_at_once():
    """It is no member from its first day off the market on, and is replaced at the next review."""
    close = np.tile([50.0, 40.0, 30.0, 20.0, 10.0], (len(DAYS), 1))
    gone = np.zeros(close.shape, dtype=bool)
    gone[JUNE + 9 :, 0] = True
    close[gone] = np.nan
    member = members(DAYS, path(close), np.full(close.shape, 500), gone=gone)
    assert member[JUNE + 8, 0]
    assert not member[JUNE + 9 :, 0].any()
    assert not member[JUNE + 9 : DECEMBER, 4].any()
    assert member[DECEMBER:, 1:4].all()


def test_the_index_is_weighted_by_float():
    """A member three times the size moves the index three times as far; others do not move it."""
    close = np.tile([30.0, 10.0, 99.0], (3, 1))
    close[1, 0] *= 1.1
    close[2] = [33.0, 11.0, 1.0]
    member = np.tile([True, True, False], (3, 1))
    level = index(DAYS[:3], path(close), member)["close"]
    assert level.tolist() == [1000.0, 1075.0, 1100.0]
