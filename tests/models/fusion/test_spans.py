"""A source that is known for a while is judged on days of its own."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd

from stockcast.models.fusion import modalities, spans
from tests.models.fusion.conftest import TINY

JUDGED = ("prices", "market", "news")


def known_between(fused_set, name, first, last):
    """The set with a feature that is missing outside the days `first` to `last`."""
    features = fused_set.features.copy()
    days = fused_set.days
    outside = (features["date"] < days[first]) | (features["date"] > days[last])
    features.loc[outside, name] = np.nan
    return dataclasses.replace(fused_set, features=features)


def test_what_matters_is_found_on_its_own_days(fused_set):
    """What moves the mean but is known on some days alone ranks stocks there, with it only."""
    holed = known_between(fused_set, "unexpected_earnings", 90, 239)
    assert tuple(t for t, ok in modalities.judgeable(holed)["judged"].items() if ok) == JUDGED
    apart = spans.sets(holed, JUDGED, 8)
    assert list(apart) == ["statements"]
    settings = dataclasses.replace(TINY, train_every=1)
    scores, table = spans.with_and_without(apart, JUDGED, settings, 1, fewest=149)
    assert set(scores["source"]) == {"statements"}
    assert scores["date"].min() > holed.days[90]
    assert table.loc["statements", "where"].endswith(f"{holed.days[239]:%Y-%m-%d}")
    assert table.loc["statements", "within_test"]
    ranks = scores.groupby("arm")[["score", "label"]].corr("spearman").iloc[::2, 1].droplevel(1)
    assert ranks[spans.WITH] > 0.1
    assert abs(ranks[spans.WITHOUT]) < 0.06


def test_the_runs_own_test_is_left_alone(fused_set):
    """Days before the test suffice where there are enough of them; else all days are taken."""
    table = fused_set.samples
    test = table["date"][table["split"] == "test"].min()
    days = fused_set.days
    enough = int((days < test).sum())
    split, where = spans.span(fused_set, days[0], days[-1], fewest=enough)
    assert split.test[-1] == days[days < test][-1]
    assert where.endswith(f"{split.test[-1]:%Y-%m-%d}")
    split, _ = spans.span(fused_set, days[0], days[-1], fewest=enough + 1)
    assert split.test[-1] == days[-1]


def test_a_span_of_its_own_is_purged(fused_set):
    """A split inside a span leaves horizon + 1 days out before each later part."""
    days = fused_set.days
    split, _ = spans.span(fused_set, days[20], days[219], fewest=190)
    assert split.train[0] == days[20]
    assert split.test[-1] == days[219]
    for earlier, later in ((split.train, split.valid), (split.valid, split.test)):
        assert days.get_loc(later[0]) - days.get_loc(earlier[-1]) == 5 + 2


def test_nothing_is_fitted_where_too_little_is_known(fused_set):
    """A source known for a few days is named as judged nowhere, and no network is trained."""
    holed = known_between(fused_set, "unexpected_earnings", 200, 239)
    apart = spans.sets(holed, JUDGED, 8)
    scores, table = spans.with_and_without(apart, JUDGED, TINY, 1, fewest=100)
    assert scores.empty
    assert table.loc["statements", "where"] == "nowhere: known on 40 days"


def test_sealed_outcomes_are_not_asked(fused_set):
    """Where a span's outcomes are withheld, no network is trained and the table says why."""
    holed = known_between(fused_set, "unexpected_earnings", 90, 239)
    table = holed.samples.assign(
        label=holed.samples["label"].mask(holed.samples["date"] > holed.days[180])
    )
    apart = spans.sets(dataclasses.replace(holed, samples=table), JUDGED, 8)
    scores, table = spans.with_and_without(apart, JUDGED, TINY, 1, fewest=149)
    assert scores.empty
    assert table.loc["statements", "where"] == "nowhere: its outcomes are sealed"


def test_the_features_told_most_often_are_taken(fused_set):
    """Of a source the best known features are read, beside the judged modalities' own."""
    features = fused_set.features.rename(columns={"unexpected_earnings": "roe"})
    features = features.assign(roa=features["roe"], roic=np.float32(0))
    features.loc[features["date"] < fused_set.days[100], "roe"] = np.nan
    apart = spans.sets(dataclasses.replace(fused_set, features=features), JUDGED, 1)
    assert [n for n in apart["statements"].names if modalities.source(n) == "statements"] == ["roa"]
    assert spans.candidates(["roe", "return_1", "book_to_price"], JUDGED) == [
        "roe", "book_to_price",
    ]  # fmt: skip


def test_where_all_is_judged_nothing_is_asked():
    """A run whose own split judges everything gets empty tables."""
    scores, table = spans.with_and_without({}, JUDGED, TINY, 1)
    assert scores.empty
    assert isinstance(table, pd.DataFrame)
    assert table.empty
