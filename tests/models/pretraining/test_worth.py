"""Worth at label shares: equal terms, and an encoder that knows the answer is worth something."""

from __future__ import annotations

import dataclasses

import pandas as pd
import pytest

from stockcast.errors import InputError
from stockcast.models.networks.training import Recipe
from stockcast.models.pretraining.tasks import pretrain
from stockcast.models.pretraining.worth import STARTS, worth
from tests.models.pretraining.conftest import LOOKBACK, QUICK, SHAPE

FAST = Recipe(epochs=1, patience=1, learning_rate=3e-3, batch_days=4, down_weight=1.0)


@pytest.fixture(scope="module")
def table(encoder, samples) -> pd.DataFrame:
    return worth(
        [encoder] * 2, samples, seeds=(1, 2), shares=(0.05, 1.0), steps=12, recipe=FAST, jobs=1
    )


def test_every_share_start_and_seed_on_the_same_days(table, samples):
    """Each training forecasts the same rows; 5 % of the labels are a twentieth of the days."""
    groups = table.groupby(["share", "start", "seed"])
    assert len(groups) == 2 * len(STARTS) * 2
    assert groups.size().nunique() == 1
    shown = table.groupby("share")["days"].unique()
    assert shown[1.0] == [91]
    assert set(shown[0.05]) == {5}


def test_an_encoder_that_knows_the_bars_helps_where_labels_are_few(table, samples):
    """Labels follow from the bars' memory, which pre-training has learned: few labels do."""
    judged = table.merge(samples.samples[["date", "code", "label"]])
    by = judged.groupby(["share", "start", "date"])[["score", "label"]].corr(method="spearman")
    ranked = by["score"].xs("label", level=3).groupby(["share", "start"]).mean()
    assert ranked[0.05, "pretrained"] > ranked[0.05, "scratch"]
    assert ranked[1.0, "pretrained"] > 0.2


def test_processes_change_no_bit(encoder, samples):
    """Two processes give the table that one gives."""
    how = {"seeds": (1,), "shares": (0.05,), "steps": 2, "recipe": FAST, "every": 9}
    one, two = (worth([encoder], samples, jobs=jobs, **how) for jobs in (1, 2))
    pd.testing.assert_frame_equal(one, two, check_exact=True)


def test_unequal_terms_are_refused(encoder, samples):
    """Shares out of range, seeds and encoders that do not pair, and days already known."""
    with pytest.raises(InputError, match="shares"):
        worth([encoder], samples, seeds=(1,), shares=(0.0, 1.0))
    with pytest.raises(InputError, match="seeds"):
        worth([encoder], samples, seeds=(1, 2))
    with pytest.raises(InputError, match="must come after"):
        worth([encoder], samples, seeds=(1,), shares=(0.05,), steps=1, part="valid", jobs=1)
    brief = dataclasses.replace(QUICK, steps=1)
    late = pretrain(
        samples.features, samples.days[-1], lookback=LOOKBACK, seed=1, recipe=brief, **SHAPE
    )
    with pytest.raises(InputError, match="pre-training: must end before"):
        worth([late], samples, seeds=(1,))
