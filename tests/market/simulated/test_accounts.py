import numpy as np
import pytest

from stockcast.market.simulated.accounts import SURPRISE_UNIT, Accounts, year_to_date
from stockcast.market.simulated.publication import dated, listing_days, positions

KEPT = (
    "announced",
    "profit",
    "opening",
    "book",
    "surprise",
    "annual_loss",
    "dividend",
    "correction",
)


@pytest.fixture(scope="module")
def accounts(world):
    """Six years' accounts of 120 companies."""
    return world.accounts


def months(accounts):
    """Month of each period's end, 1 to 12."""
    return accounts.period.astype("datetime64[M]").astype(int) % 12 + 1


def test_periods_are_quarter_ends_from_three_years_before(accounts, span):
    """Rows are consecutive quarters, from a year's first on, to the last that ended in time."""
    assert accounts.period[0] == np.datetime64("2009-03-31")
    assert accounts.period[-1] == np.datetime64("2017-09-30")
    assert (months(accounts) == np.resize([3, 6, 9, 12], len(accounts.period))).all()
    assert accounts.book.shape == (len(accounts.period), 120)
    assert accounts.drift.shape == (len(accounts.own), len(accounts.period) + 1, 120)


def test_reports_keep_the_law(accounts, world, span):
    """Reports appear in the evening, by the legal deadline unless a stock lists later."""
    date, listed = dated(accounts.announced), listing_days(span, world.stocks)
    reported = date > listed
    year = accounts.period.astype("datetime64[Y]").astype(int) + 1970
    deadlines = {3: "-04-30", 6: "-08-31", 9: "-10-31", 12: "-04-30"}
    last = np.array(
        [f"{y + (m == 12)}{deadlines[m]}" for y, m in zip(year, months(accounts), strict=True)],
        dtype="datetime64[D]",
    )[:, None]
    assert ((date <= last) | ~reported).all()
    assert (date >= listed).all()
    lag = (date - accounts.period[:, None]).astype(int)
    assert lag[reported].min() >= 12
    annual = months(accounts) == 12
    first = np.flatnonzero(annual)[:-1] + 1
    assert (date[first] >= date[first - 1]).all()
    hour = (accounts.announced - accounts.announced.astype("datetime64[D]")).astype(int) / 3600
    assert ((hour >= 16) & (hour < 22)).all()
    weekday = (date.astype(int) + 3) % 7  # 1970-01-01 was a Thursday
    assert set(weekday.ravel()) == set(range(7))


def test_a_report_counts_from_the_next_close(accounts, span):
    """`day` is the first trading day on or after the date; negative before the first day."""
    days = span.to_numpy().astype("datetime64[D]")
    date, inside = dated(accounts.announced), (accounts.day >= 0) & (accounts.day < len(span))
    assert 0.6 < inside.mean() < 0.9
    assert (days[accounts.day[inside]] >= date[inside]).all()
    after = inside & (accounts.day > 0)
    assert (days[accounts.day[after] - 1] < date[after]).all()
    assert (date[accounts.day == len(span)] > days[-1]).all()
    assert (date[accounts.day < 0] < days[0]).all()
    assert accounts.day.min() < -400
    friday = np.array(["2012-01-06T20:00:00", "2011-12-30T20:00:00", "NaT"], "datetime64[s]")
    assert positions(span, friday).tolist() == [3, 0, len(span)]
    assert positions(span, np.array(["2011-12-29T20:00:00"], "datetime64[s]")).tolist() == [-1]


def test_equity_is_what_was_earned_and_not_paid(accounts):
    """Equity starts a quarter as it ended the last, and changes by profit less dividends."""
    np.testing.assert_array_equal(accounts.opening[1:], accounts.book[:-1])
    change = accounts.book - accounts.opening - accounts.profit
    paid = np.zeros_like(change)
    paid[5::4] = accounts.dividend[3:-2:4][: len(paid[5::4])]
    np.testing.assert_allclose(change, -paid, atol=1e-3)
    assert (accounts.book > 0).all()
    year = year_to_date(accounts.profit)
    assert (accounts.dividend <= 0.71 * np.maximum(year, 0)).all()
    assert (accounts.dividend[months(accounts) != 12] == 0).all()


def test_surprise_is_standardised(accounts):
    """Surprise is the change of the quarterly return on equity, of mean 0 and variance 1."""
    roe = accounts.profit / accounts.opening
    assert np.isnan(accounts.surprise[:4]).all()
    np.testing.assert_allclose(accounts.surprise[4:], (roe[4:] - roe[:-4]) / SURPRISE_UNIT)
    assert abs(accounts.surprise[4:].mean()) < 0.1
    assert 0.9 < accounts.surprise[4:].std() < 1.1


def test_some_lose_and_losses_persist(accounts):
    """A few percent of years end with a loss; after one the next is more likely."""
    loss = accounts.annual_loss[months(accounts) == 12]
    assert not accounts.annual_loss[months(accounts) != 12].any()
    assert 0.03 < loss.mean() < 0.13
    assert loss[1:][loss[:-1]].mean() > 2 * loss.mean()
    year = year_to_date(accounts.profit)[months(accounts) == 12]
    np.testing.assert_array_equal(loss, year < 0)


def test_corrections_are_few_and_later(accounts):
    """One statement in a hundred is corrected, a month to a year after it appeared."""
    again = ~np.isnat(accounts.restated)
    assert 0.005 < again.mean() < 0.02
    np.testing.assert_array_equal(accounts.correction != 0, again)
    after = (accounts.restated - accounts.announced)[again].astype("timedelta64[D]").astype(int)
    assert after.min() >= 29
    assert after.max() <= 301
    assert (accounts.restated_day >= accounts.day).all()


def test_special_treatment_and_delistings_happen(world):
    """In six years of 120 stocks a few are put under special treatment and one to three go."""
    begins = np.diff(world.special, axis=0, prepend=False) & world.special
    assert 3 <= begins.sum() <= 20
    gone = world.listed.any(axis=0) & ~world.listed[-1]
    assert 1 <= gone.sum() <= 3


def test_accounts_begin_as_the_shorter_ones(accounts, begun):
    """What a shorter simulation tells of its quarters does not change when days follow."""
    rows = len(begun.accounts.period)
    known = begun.accounts.day < len(begun.days)
    assert known.any()
    np.testing.assert_array_equal(begun.accounts.period, accounts.period[:rows])
    for name in KEPT:
        short, whole = getattr(begun.accounts, name), getattr(accounts, name)[:rows]
        np.testing.assert_array_equal(short[known], whole[known], err_msg=name)
    np.testing.assert_array_equal(begun.accounts.day[known], accounts.day[:rows][known])


def test_same_stream_same_accounts(world, span):
    """Accounts follow from the generator's state alone."""
    one, two = (Accounts.draw(span, world.stocks, np.random.default_rng(5)) for _ in range(2))
    for name in KEPT:
        np.testing.assert_array_equal(getattr(one, name), getattr(two, name))
    assert not np.array_equal(one.profit, world.accounts.profit)
