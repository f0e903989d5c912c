"""Every way of augmentation: blind to the future, to other stocks, and to its batch."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from stockcast.errors import InputError
from stockcast.samples.augmentation import WAYS, Ground, batches, ways
from stockcast.samples.augmentation.draws import normals, uniforms
from stockcast.samples.windows import Normaliser, Windows
from tests.samples.augmentation.conftest import (
    ANNOUNCED,
    EVENT,
    GAP,
    LEVEL,
    LISTED,
    LOOKBACK,
    RETURN,
    SUSPENDED,
    UNIT,
    WEEK_RETURN,
)

VARIED = tuple(name for name in WAYS if name != "none")
ENDS = range(LOOKBACK - 1, 89, 3)


def until(ground: Ground, end: int, stocks: slice = slice(None)) -> Ground:
    """The ground of some stocks as it was after the close of day `end`."""
    windows = ground.windows
    cut = dataclasses.replace(
        windows,
        values=windows.values[stocks, : end + 1].copy(),
        seen=windows.seen[stocks, : end + 1].copy(),
        dates=windows.dates[: end + 1],
        codes=windows.codes[stocks],
    )
    returns = ground.returns[stocks, : end + 1].copy()
    return dataclasses.replace(ground, windows=cut, returns=returns, until=end)


@pytest.mark.parametrize("way", WAYS)
def test_dropping_all_later_days_changes_no_bit(way, ground, places):
    """Windows that end by a day are the same bits when the array ends with that day."""
    whole = WAYS[way](ground, 3)
    for end in ENDS:
        some = [part[places[1] <= end] for part in places]
        cut = WAYS[way](until(ground, end), 3)
        assert whole(*some).tobytes() == cut(*some).tobytes()


@pytest.mark.parametrize("way", WAYS)
def test_another_future_changes_no_bit(way, ground, places):
    """Windows that end by a day do not feel what the days after it hold."""
    whole = WAYS[way](ground, 3)
    for end in ENDS:
        other = until(ground, 89)
        other.windows.values[:, end + 1 :] = 1e6
        other.returns[:, end + 1 :] = -0.9
        some = [part[places[1] <= end] for part in places]
        assert whole(*some).tobytes() == WAYS[way](other, 3)(*some).tobytes()


@pytest.mark.parametrize("way", WAYS)
def test_other_stocks_change_no_bit(way, ground, places):
    """A stock's varied windows are the same bits without the stocks listed beside it."""
    some = [part[places[0] < 2] for part in places]
    alone = WAYS[way](until(ground, 89, slice(0, 2)), 3)
    assert WAYS[way](ground, 3)(*some).tobytes() == alone(*some).tobytes()


@pytest.mark.parametrize("way", WAYS)
def test_a_window_does_not_depend_on_its_batch(way, ground, places):
    """Asked for alone or among others, in whatever order, a window is the same bits."""
    made = WAYS[way](ground, 3)
    together = made(*places)
    order = np.random.default_rng(0).permutation(len(places[0]))[:40]
    for one in order:
        assert made(*(part[[one]] for part in places)).tobytes() == together[one].tobytes()


@pytest.mark.parametrize("way", WAYS)
def test_the_first_variant_is_the_window_itself(way, ground, places):
    """Variant 0 is bit for bit the window; the seed alone decides about the others."""
    plain = batches.plain(ground.windows.values, *places[:2], LOOKBACK)
    made = WAYS[way](ground, 3)(*places)
    first = places[2] == 0
    assert made[first].tobytes() == plain[first].tobytes()
    assert made.tobytes() == WAYS[way](ground, 3)(*places).tobytes()
    assert (made.tobytes() == WAYS[way](ground, 4)(*places).tobytes()) == (way == "none")


@pytest.mark.parametrize("way", VARIED)
def test_variants_differ_from_each_other(way, ground, places):
    """Four more variants of a window are four more windows, or nearly: a shift can be of 0 days."""
    made = WAYS[way](ground, 3)(*places).reshape(-1, 5, LOOKBACK * 5)
    recent = made[(places[1][::5] >= ANNOUNCED) & (places[1][::5] < ANNOUNCED + 10)]
    different = [len({row.tobytes() for row in five}) for five in recent]
    assert np.mean(different) > 3


@pytest.mark.parametrize("way", WAYS)
def test_gaps_stay_gaps(way, ground, places):
    """A missing value is missing in every varied window that reads it, and in no other."""
    made = WAYS[way](ground, 3)(*places)
    stock, day, _ = places
    missing = np.isnan(made).any(axis=(1, 2))
    reads = (stock == 0) & (day >= GAP) & (day <= GAP + LOOKBACK + 3)
    surely = (stock == 0) & (day >= GAP + 3) & (day <= GAP + LOOKBACK - 4)
    assert missing[surely].all()
    assert not missing[~reads].any()
    assert not np.isnan(made[..., [RETURN, EVENT]]).any()


@pytest.mark.parametrize("way", ["stretch", "warp", "noise", "jitter"])
def test_the_last_day_stays_the_last_day(way, ground, places):
    """Whatever happens to time or size, the level of the day of the forecast stays, or nearly."""
    made = WAYS[way](ground, 3)(*places)[:, -1, LEVEL]
    last = ground.windows.values[places[0], places[1], LEVEL]
    if way == "noise":
        ratio = made[last != 0] / last[last != 0]
        assert np.nanstd(ratio) == pytest.approx(ways.NOISE * np.sqrt(0.8), rel=0.1)
    else:
        np.testing.assert_array_equal(made, last)


def test_jitter_leaves_suspended_unknown_and_wild_days_alone(ground, places):
    """Only a calm day that traded gets noise."""
    stormy = until(ground, 89)
    stormy.returns[2, 40:] *= 10
    stormy.windows.values[2, 40:, RETURN] *= 10
    made = WAYS["jitter"](stormy, 3)(*places)
    plain = batches.plain(stormy.windows.values, *places[:2], LOOKBACK)
    changed = (made != plain)[..., RETURN] & ~np.isnan(plain[..., RETURN])
    days = places[1][:, None] + np.arange(1 - LOOKBACK, 1)
    stock, variant = places[0][:, None], places[2][:, None]
    still = (stock == 1) & (days >= SUSPENDED.start) & (days < SUSPENDED.stop)
    wild = (stock == 2) & (days > 40)
    young = (stock == 3) & (days < LISTED + 9)  # volatility not yet known
    assert not (changed & (still | wild | young | (variant == 0))).any()
    early = days < 9
    assert changed[~(still | wild | young | early) & (variant > 0) & (stock != 2)].all()


def test_jitter_moves_a_return_over_days_by_the_noise_of_its_days(ground, places):
    """The five-day return of a varied window stays the sum of its five daily returns."""
    made = WAYS["jitter"](ground, 3)(*places)
    plain = batches.plain(ground.windows.values, *places[:2], LOOKBACK)
    noise = (made - plain)[..., RETURN].astype(float)
    week = (made - plain)[..., WEEK_RETURN].astype(float)
    summed = np.lib.stride_tricks.sliding_window_view(noise, 5, axis=1).sum(axis=2)
    np.testing.assert_allclose(week[:, 4:], summed, atol=1e-5)
    share = noise[(places[2] > 0) & (places[0] == 2) & (places[1] > 40)].std() / UNIT
    assert share == pytest.approx(ways.SHARE * 0.01, rel=0.15)


def test_no_event_shows_before_its_announcement(ground, places):
    """However shifted, an event's columns are still until the day it was announced, and agree."""
    made = WAYS["shift"](ground, 3)(*places)
    days = places[1][:, None] + np.arange(1 - LOOKBACK, 1)
    assert (made[..., EVENT][days < ANNOUNCED] == 0).all()
    np.testing.assert_array_equal(made[..., EVENT] * 2, made[..., EVENT + 1])
    delays = (days >= ANNOUNCED).sum(axis=1) - made[..., EVENT].sum(axis=1)
    assert set(delays[(places[2] > 0) & (places[1] == 70)]) <= {0, 1, 2, 3}
    assert delays.max() == 3


def test_a_shift_to_earlier_delays_the_market(ground, places):
    """What moves is either the event or the market, each by up to three days into the past."""
    made = WAYS["shift"](ground, 3)(*places)[..., LEVEL]
    level = np.nan_to_num(ground.windows.values[..., LEVEL], nan=1e9)
    days = places[1][:, None] + np.arange(1 - LOOKBACK, 1)
    found = set()
    for row, (stock, at) in enumerate(zip(places[0], days, strict=True)):
        lags = [d for d in range(4) if np.array_equal(np.nan_to_num(made[row], nan=1e9),
                                                      level[stock, at - d])]  # fmt: skip
        assert len(lags) == 1
        found |= set(lags)
    assert found == {0, 1, 2, 3}


def test_windows_without_enough_past_stay_as_they_were(ground):
    """The first windows of a young stock are not stretched into days before its listing."""
    first = LISTED + LOOKBACK - 1
    assert ground.windows.seen[3, first]
    assert not ground.windows.seen[3, first - 1]
    variant = np.arange(1, 5)
    for way, reach in (("stretch", 1), ("shift", 3)):  # 5 % of 19 days, rounded up; 3 days
        made = WAYS[way](ground, 3)
        for day, varied in ((first, False), (first + reach - 1, False), (first + reach, True)):
            windows = np.full(4, 3), np.full(4, day)
            plain = batches.plain(ground.windows.values, *windows, LOOKBACK)
            found = made(*windows, variant)
            assert np.isfinite(found).all()
            assert (found != plain).any() == varied


def test_the_story_mixes_its_three_ways(ground, places):
    """Each variant of the story's expansion is one of the three, all of them come, 0 is plain."""
    made = WAYS["story"](ground, 3)(*places)
    by_way = [WAYS[name](ground, 3)(*places) for name in ("stretch", "jitter", "shift")]
    same = np.array([[a.tobytes() == b.tobytes() for a, b in zip(made, way, strict=True)]
                     for way in by_way])  # fmt: skip
    assert same.any(axis=0).all()
    late = (places[2] > 0) & (places[1] > ANNOUNCED) & (places[0] == 2)
    assert (same[:, late].mean(axis=1) > 0.2).all()


def test_without_events_the_story_has_two_ways(ground, places):
    """Where no feature tells of events, no variant is spent on shifting nothing."""
    bare = dataclasses.replace(ground, events=())
    made = WAYS["story"](bare, 3)(*places)
    plain = batches.plain(ground.windows.values, *places[:2], LOOKBACK)
    moved = (places[2] > 0) & (places[0] == 2) & (places[1] > LOOKBACK + 5)
    assert all(a.tobytes() != b.tobytes() for a, b in zip(made[moved], plain[moved], strict=True))


def test_volatility_looks_back_only(ground):
    """A day's volatility is the root mean square of twenty returns up to it, NaN below ten."""
    found = ground.volatility()
    expected = np.sqrt((ground.returns[0, 31:51] ** 2).mean())
    assert found[0, 50] == pytest.approx(expected)
    assert np.isnan(found[:3, :9]).all()
    assert np.isnan(found[3, : LISTED + 9]).all()
    assert np.isfinite(found[3, LISTED + 9])


@pytest.mark.parametrize("kind", [normals, uniforms])
def test_draws_belong_to_a_stock_and_a_day(kind):
    """More days, more stocks and another purpose leave a stock's numbers for its days alone."""
    whole = kind(7, "a", ("x", "y"), 50, (5, 3))
    assert np.array_equal(whole[:, :20], kind(7, "a", ("x", "y"), 20, (5, 3)))
    assert np.array_equal(whole[1:], kind(7, "a", ("y",), 50, (5, 3)))
    assert not np.array_equal(whole, kind(7, "b", ("x", "y"), 50, (5, 3)))
    assert not np.array_equal(whole[0], whole[1])


def test_the_ground_reads_the_names_of_features():
    """Returns by their days, events by their prefix, the unit from the training spread."""
    keys = pd.MultiIndex.from_product([pd.bdate_range("2017-01-02", periods=30), ["x", "y"]])
    features = keys.to_frame(index=False, name=["date", "code"])
    rng = np.random.default_rng(0)
    for name in ("return_5", "policy_recency", "return_1", "level"):
        features[name] = rng.normal(0, 0.02, len(features))
    normaliser = Normaliser.fit(features, np.ones(len(features), bool), relative=True)
    windows = Windows.build(features, np.ones(len(features), bool), 5, normaliser)
    found = Ground.of(windows, features, normaliser, until=20)
    assert found.spans.tolist() == [5, 0, 1, 0]
    assert found.events == (1,)
    np.testing.assert_allclose(found.unit, 1 / features.iloc[:, 2:].std(ddof=0))
    np.testing.assert_array_equal(found.returns[1], features.return_1[features.code == "y"])
    with pytest.raises(InputError, match="return_1"):
        Ground.of(windows, features.drop(columns="return_1"), normaliser, until=20)


def test_a_ground_that_does_not_fit_its_windows_is_refused(ground):
    """Returns of other days, or spans of other features, are errors that name them."""
    with pytest.raises(InputError, match="returns"):
        dataclasses.replace(ground, returns=ground.returns[:, 1:])
    with pytest.raises(InputError, match="spans"):
        dataclasses.replace(ground, spans=ground.spans[1:])
