"""Model cards: what stands on the page comes from the record, and what speaks against is said."""

from __future__ import annotations

import dataclasses

import pytest

from stockcast.models.card import NOTICE, SHOWN, card
from stockcast.models.record import Record

SPANS = {
    "train": {"first": "2012-01-04", "last": "2015-06-19", "days": 830, "rows": 81234},
    "test": {"first": "2016-01-04", "last": "2017-12-29", "days": 488, "rows": 45872},
}


@pytest.fixture
def record() -> Record:
    return Record(
        run="simulated", stage="05_classical", model="ridge", level=1,
        described="Linear regression.", seed=2017, horizon=5, lookback=60,
        parameters={"penalty": 0.1}, features=["return_5", "size"], data="0123456789abcdef",
        information_until="2015-12-31", spans=SPANS,
        metrics={"rank_ic": 0.0512, "rank_ic_low": 0.0301, "rank_ic_high": 0.0723, "auc": 0.531},
    )  # fmt: skip


class TestCard:
    """One page from one record."""

    def test_states_data_days_features_and_figures(self, record):
        """Whoever reads the page must learn what the model learned from and what it scored."""
        page = card(record)
        for said in ("# ridge", "`0123456789abcdef`", "2015-12-31", "| train | 2012-01-04",
                     "45,872", "2 features: return_5, size", "penalty 0.1",
                     "| Rank IC | 0.0512 | 0.0301 to 0.0723 |", NOTICE):  # fmt: skip
            assert said in page

    def test_a_figure_without_interval_stands_alone(self, record):
        """An interval that nobody computed must not be made up."""
        assert "| AUC, raw | 0.531 |  |" in card(record)

    def test_unknown_figures_are_left_out(self, record):
        """NaN in a results table would read as a number."""
        page = card(dataclasses.replace(record, metrics={"rank_ic": None, "share": None}))
        assert "share of the oracle" not in page
        assert "None were recorded." in page

    @pytest.mark.parametrize(
        ("low", "high", "verdict"),
        [
            (-0.01, 0.07, "includes zero: this test shows no skill"),
            (-0.07, -0.01, "lies below zero: this test shows no skill"),
            (None, None, "nothing is claimed"),
        ],
    )
    def test_no_skill_is_said(self, record, low, high, verdict):
        """A card must not leave it to the reader to see that an interval holds zero."""
        metrics = record.metrics | {"rank_ic_low": low, "rank_ic_high": high}
        assert verdict in card(dataclasses.replace(record, metrics=metrics))

    def test_skill_is_not_denied(self, record):
        """With an interval above zero the sentence about no skill must be absent."""
        assert "no skill" not in card(record)

    def test_stays_one_page(self, record):
        """Six hundred features must not make six pages; their number is told."""
        many = dataclasses.replace(record, features=[f"f{i}" for i in range(679)])
        page = card(many)
        assert f"and {679 - SHOWN} more" in page
        assert len(page.splitlines()) < 60
        assert "f100" not in page

    def test_limits_given_by_the_stage_are_listed(self, record):
        """What a stage knows against its model must reach the page."""
        page = card(dataclasses.replace(record, limits=["Fitted on one stock."]))
        assert "- Fitted on one stock." in page

    def test_a_model_without_test_days_has_a_card(self, record):
        """A model kept before it is judged must have a page that says so."""
        bare = dataclasses.replace(record, metrics={}, spans={"train": SPANS["train"]})
        assert "nothing is claimed" in card(bare)
