"""Who plays the story, and when."""

from __future__ import annotations

import pandas as pd
import pytest

from stockcast import paths
from stockcast.book import story
from stockcast.data import holdout, sources
from stockcast.errors import InputError

real = pytest.mark.skipif(not story.at_hand(), reason="STOCKCAST_REAL_DATA has no story stocks")


@pytest.fixture(scope="module")
def tables():
    """A small simulated market."""
    return sources.load("simulated", start="2014-01-02", end="2015-12-31", simulated_stocks=24)


@pytest.fixture(scope="module")
def scene(tables):
    """Its six stocks in the story's parts."""
    dates = ("2015-03-31", "2015-06-30")
    return story.stand_in(tables.panel, tables.events, 20, *dates, "because")


def days(codes: dict[str, int]) -> pd.DataFrame:
    """A panel of so many days a stock."""
    of_each = {code: pd.bdate_range("2015-01-05", periods=n) for code, n in codes.items()}
    rows = [(date, code) for code, dates in of_each.items() for date in dates]
    return pd.DataFrame(rows, columns=["date", "code"])


def test_the_cast_is_chosen_without_a_look_at_returns():
    """Whole histories first, then events, then codes; the sixth is one that no event names."""
    panel = days(dict.fromkeys("ABCDEFG", 5) | {"H": 3})
    events = pd.DataFrame({"code": ["G", "C"]})
    assert story.cast(panel, events) == (("C", "G", "A", "B", "D"), "E")
    assert story.cast(panel, None) == (("A", "B", "C", "D", "E"), "F")


def test_five_stocks_are_no_cast():
    """Five experts and one more, or nothing."""
    with pytest.raises(InputError, match="6 stocks"):
        story.cast(days(dict.fromkeys("ABCDE", 5)), None)


def test_stand_ins_are_split_as_the_run_is(scene):
    """Training lasts two years at most, validation follows, the evening is the test's first."""
    table = scene.samples.samples
    assert scene.asked == pd.Timestamp("2015-07-01")
    assert set(table["code"]) == {*scene.experts, scene.outsider}
    assert table["date"][table["split"] == "train"].max() < pd.Timestamp("2015-03-31")
    assert table["member"].all()
    assert scene.samples.names == story.FEATURES
    assert (scene.real, scene.why) == (False, "because")


def test_the_past_of_a_scene_is_the_same_without_its_future(tables, scene):
    """Time rule: features of a panel cut at a day are the bits of the whole one's."""
    cut = pd.Timestamp("2015-09-30")
    events = tables.events[tables.events["date"] <= cut]
    early = tables.panel[tables.panel["date"] <= cut]
    again = story.stand_in(early, events, 20, "2015-03-31", "2015-06-30", "")
    assert (again.experts, again.outsider) == (scene.experts, scene.outsider)
    whole = scene.samples.features
    whole = whole[whole["date"] <= cut].reset_index(drop=True)
    pd.testing.assert_frame_equal(again.samples.features, whole, check_exact=True)


def test_without_events_the_event_feature_is_nothing(tables):
    """A panel without that table still has its six features."""
    scene = story.stand_in(tables.panel, None, 20, "2015-03-31", "2015-06-30", "")
    assert (scene.samples.features["policy_recency"] == 0).all()


def test_hours_of_the_clock():
    """From 15:00 to 9:31 of the next day: 9 hours to midnight, and 9 hours 31 minutes."""
    assert story.hours_between(story.BOUGHT, story.SOLD) == pytest.approx(9 + 9 + 31 / 60)
    assert f"{story.SOLD:%A}" == "Thursday"


def test_nothing_is_at_hand_without_a_folder(monkeypatch, tmp_path):
    """No folder named, or one without the file."""
    monkeypatch.delenv("STOCKCAST_REAL_DATA", raising=False)
    assert paths.real_data() is None
    assert not story.at_hand()
    monkeypatch.setenv("STOCKCAST_REAL_DATA", str(tmp_path))
    assert not story.at_hand()


@real
def test_the_real_quotes_are_not_the_storys():
    """BOE closed at 6.44 and 6.52; the model is asked on the evening before the purchase."""
    scene = story.real_scene(60)
    boe = scene.panel[scene.panel["code"] == story.OUTSIDER].set_index("date")["close"]
    assert boe[story.BOUGHT] == pytest.approx(6.44)
    assert boe[story.SOLD] == pytest.approx(6.52)
    assert scene.asked == story.ASKED
    train = scene.samples.samples.query("split == 'train'")["date"]
    assert train.min() >= pd.Timestamp("2014-12-31")
    assert train.max() < pd.Timestamp(story.TRAIN_END)


@real
def test_a_sealed_window_shortens_the_test(monkeypatch):
    """Where new choices have been frozen, no day from 2018 on is read."""
    monkeypatch.setattr(holdout, "is_open", lambda name="": False)
    scene = story.real_scene(60)
    assert scene.panel["date"].max() == pd.Timestamp("2017-12-29")
    assert holdout.note(scene.panel) == ""
