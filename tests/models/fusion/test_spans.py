"""A modality that is known for a while is judged on days of its own."""

from __future__ import annotations

import dataclasses

import numpy as np

from stockcast.models.fusion import spans
from tests.models.fusion.conftest import TINY


def known_between(fused_set, name, first, last):
    """The set with a feature that is missing outside the days `first` to `last`."""
    features = fused_set.features.copy()
    days = fused_set.days
    outside = (features["date"] < days[first]) | (features["date"] > days[last])
    features.loc[outside, name] = np.nan
    return dataclasses.replace(fused_set, features=features)


def test_a_modality_that_matters_is_found_on_its_own_days(fused_set):
    """What moves the mean but is known on the last days alone ranks stocks there, with it only."""
    holed = known_between(fused_set, "unexpected_earnings", 90, 239)
    settings = dataclasses.replace(TINY, train_every=1)
    scores, table = spans.with_and_without(holed, settings, 1, fewest=100)
    assert set(scores["modality"]) == {"fundamentals"}
    assert scores["date"].min() > holed.days[90]
    assert table.loc["fundamentals", "where"].endswith(f"{holed.days[239]:%Y-%m-%d}")
    assert (table["where"].drop("fundamentals") == "the run's split").all()
    ranks = scores.groupby("arm")[["score", "label"]].corr("spearman").iloc[::2, 1].droplevel(1)
    assert ranks[spans.WITH] > 0.1
    assert abs(ranks[spans.WITHOUT]) < 0.06


def test_nothing_is_fitted_where_too_little_is_known(fused_set):
    """A modality known for a few days is named as judged nowhere, and no network is trained."""
    holed = known_between(fused_set, "unexpected_earnings", 200, 239)
    scores, table = spans.with_and_without(holed, TINY, 1, fewest=100)
    assert scores.empty
    assert table.loc["fundamentals", "where"].startswith("nowhere")
