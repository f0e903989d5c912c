"""The committee: what it finds, its bits, its time, its files and its refusals."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from stockcast.errors import InputError
from stockcast.models.committee import MODEL, SEATS, Ranks, fit_ranks
from stockcast.models.committee.learners import LEARNERS
from stockcast.models.committee.lesson import Lesson, ranked_returns, standing
from stockcast.models.model import COLUMNS
from stockcast.models.sample_set import SampleSet
from tests.models.conftest import known_market

GROUPS = {"own": ["x0", "x1"], "peer": ["x0", "x2", "x3"]}


@dataclasses.dataclass(frozen=True)
class Market:
    """A small market, ranked."""

    samples: pd.DataFrame
    features: pd.DataFrame

    @property
    def ranks(self) -> Ranks:
        return Ranks.of(self.samples, [self.features])

    def fit(self, **kw: object) -> tuple:
        return fit_ranks(self.ranks, self.samples, 5, 7, GROUPS, **({"jobs": 1} | kw))

    def until(self, last: pd.Timestamp) -> Market:
        return Market(*(t[t.date <= last].reset_index(drop=True) for t in vars(self).values()))


@pytest.fixture(scope="module")
def market() -> Market:
    known = known_market(days=200, stocks=25)
    return Market(known.samples, known.features)


@pytest.fixture(scope="module")
def fitted(market):
    return market.fit()


def correlation(table: pd.DataFrame, samples: pd.DataFrame, score: str = "score") -> float:
    rows = table.merge(samples[["date", "code", "label"]], on=["date", "code"])
    return rows[score].corr(rows["label"], method="spearman")


def test_every_member_finds_the_feature_that_moves_returns(market, fitted):
    """The planted rank correlation is near 0.25; on unseen days each has most of it."""
    committee, validation = fitted
    forecasts, said = committee.forecast_ranks(market.ranks, market.samples)
    assert correlation(forecasts, market.samples) > 0.15
    for seat in SEATS:
        assert correlation(said, market.samples, seat.name) > 0.1, seat.name
        assert correlation(validation, market.samples, seat.name) > 0.1, seat.name


def test_forecast_has_the_columns_of_all_models(market, fitted):
    """One finite row a member and test day; all figures within their bounds."""
    found, _ = fitted[0].forecast_ranks(market.ranks, market.samples, run="known")
    assert tuple(found.columns) == COLUMNS
    assert len(found) == (market.samples.split == "test").sum()
    assert np.isfinite(found.select_dtypes("number")).all(axis=None)
    assert found["prob_up"].between(0, 1).all()
    assert found["sigma_prob"].between(0, 0.5).all()
    assert (found["interval_low"] < found["mu"]).all()
    assert (found["mu"] < found["interval_high"]).all()
    assert set(found["model"]) == {"committee"}
    assert set(found["horizon"]) == {5}


def test_dropping_later_rows_changes_no_forecast(market, fitted):
    """Without the rows after a day, its forecasts and those before are the same bits."""
    committee, _ = fitted
    whole, _ = committee.forecast_ranks(market.ranks, market.samples)
    days = whole["date"].unique()
    for last in (days[0], days[len(days) // 2]):
        part = market.until(last)
        cut, _ = committee.forecast_ranks(part.ranks, part.samples)
        before = whole[whole["date"] <= last].reset_index(drop=True)
        pd.testing.assert_frame_equal(cut, before, check_exact=True)


def test_later_rows_and_outcomes_change_no_fit(market, fitted):
    """Fitted without the test's rows and outcomes, it says the same bits."""
    test = market.samples["split"] == "test"
    blind = Market(
        market.samples.assign(label=market.samples["label"].where(~test)), market.features
    )
    again, _ = blind.fit()
    expected, _ = fitted[0].forecast_ranks(market.ranks, market.samples)
    found, _ = again.forecast_ranks(market.ranks, market.samples)
    pd.testing.assert_frame_equal(found, expected, check_exact=True)


def test_two_processes_give_the_bits_of_one(market, fitted):
    """Members do not know beside whom they were trained."""
    again, validation = market.fit(jobs=2)
    expected, _ = fitted[0].forecast_ranks(market.ranks, market.samples)
    found, _ = again.forecast_ranks(market.ranks, market.samples)
    pd.testing.assert_frame_equal(found, expected, check_exact=True)
    pd.testing.assert_frame_equal(validation, fitted[1], check_exact=True)


def test_saved_and_read_says_the_same_bits(market, fitted, tmp_path):
    """A committee read from its files forecasts bit for bit as before; nothing is pickled."""
    fitted[0].save(tmp_path)
    again = MODEL.load(tmp_path)
    for found, expected in zip(
        again.forecast_ranks(market.ranks, market.samples),
        fitted[0].forecast_ranks(market.ranks, market.samples),
        strict=True,
    ):
        pd.testing.assert_frame_equal(found, expected, check_exact=True)
    assert again.information_until == fitted[0].information_until
    assert {file.suffix for file in tmp_path.iterdir()} == {".json", ".txt", ".safetensors"}


def test_information_until_is_the_end_of_the_last_label(market, fitted):
    """The last validation day's label ends six trading days later, before the first forecast."""
    days = np.sort(market.samples["date"].unique())
    last = market.samples["date"][market.samples["split"] == "valid"].max()
    assert fitted[0].information_until == days[np.searchsorted(days, last) + 6]
    with pytest.raises(InputError, match="must come after"):
        fitted[0].forecast_ranks(market.ranks, market.samples, part="valid")


def test_half_read_files_are_refused(fitted, tmp_path):
    """A member that is gone, or no committee at all: one line that names the file."""
    with pytest.raises(InputError, match=r"model.json: must exist"):
        MODEL.load(tmp_path)
    fitted[0].save(tmp_path)
    whole = (tmp_path / "line_all.safetensors").read_bytes()
    (tmp_path / "line_all.safetensors").write_bytes(whole[:-20])
    with pytest.raises(InputError, match=r"line_all.safetensors: must be the whole file"):
        MODEL.load(tmp_path)
    (tmp_path / "line_all.safetensors").write_bytes(whole)
    (tmp_path / "trees_own.txt").unlink()
    with pytest.raises(InputError, match=r"trees_own.txt: must exist"):
        MODEL.load(tmp_path)


def test_what_cannot_teach_is_refused(market):
    """No validation days; features equal for all stocks; other rows than were ranked."""
    samples = market.samples
    with pytest.raises(InputError, match="validation rows: must not be empty"):
        dataclasses.replace(market, samples=samples.assign(split="train")).fit()
    same = market.features.assign(x0=1.0, x1=2.0)
    with pytest.raises(InputError, match="features of trees_own: must differ"):
        dataclasses.replace(market, features=same).fit()
    with pytest.raises(InputError, match="samples: must have the rows of ranks"):
        fit_ranks(market.ranks, samples.iloc[1:], 5, 7, GROUPS)


def test_a_feature_that_is_gone_is_named(market, fitted):
    """Asked with other features than it learned from, it says which is missing."""
    ranks = Ranks.of(market.samples, [market.features.drop(columns="x2")])
    with pytest.raises(InputError, match="must hold all that the model reads"):
        fitted[0].forecast_ranks(ranks, market.samples)


def test_too_little_memory_is_one_clear_error(market, monkeypatch):
    """An allocation that fails names the member and what to do."""
    seat = next(seat for seat in SEATS if seat.learner == "line")

    def starved(*_: object) -> None:
        raise MemoryError

    broken = dataclasses.replace(seat.how, fit=starved)
    monkeypatch.setitem(LEARNERS, "line", broken)
    with pytest.raises(InputError, match="memory for line_all"):
        market.fit(seats=[seat])


def test_ranks_are_those_of_pandas(market):
    """Within the day, ties at their mean, missing in the middle; over several tables."""
    rng = np.random.default_rng(0)
    features = market.features.assign(x0=market.features.x0.round(0))
    features["x1"] = features["x1"].mask(rng.random(len(features)) < 0.2)
    parts = [features[["date", "code", "x0", "x1"]], features[["date", "code", "x2", "x3"]]]
    found = Ranks.of(market.samples, parts)
    day = features.groupby("date")
    for at, name in enumerate(("x0", "x1", "x2", "x3")):
        expected = (day[name].rank() - 0.5) / day[name].transform("count") - 0.5
        np.testing.assert_allclose(found.values[:, at], expected.fillna(0), atol=3e-4)
    assert found.names == ("x0", "x1", "x2", "x3")


def test_only_the_rows_asked_for_are_ranked(market):
    """Stocks that neither train nor are ranked do not move the others' ranks."""
    some = market.samples[market.samples.code != "600003.SH"]
    found = Ranks.of(some, [market.features])
    kept = market.features[market.features.code != "600003.SH"].reset_index(drop=True)
    np.testing.assert_array_equal(found.values, Ranks.of(some, [kept]).values)
    with pytest.raises(InputError, match="once for every row"):
        Ranks.of(market.samples, [kept])
    with pytest.raises(InputError, match="different names"):
        Ranks.of(some, [kept, kept])


def test_what_is_learned_is_the_rank_of_the_return(market):
    """By hand on one day."""
    day = market.samples[market.samples.date == market.samples.date.iloc[0]]
    expected = (stats.rankdata(day.label) - 0.5) / len(day) - 0.5
    np.testing.assert_allclose(ranked_returns(day), expected, rtol=1e-6)


def test_standing_has_mean_zero_and_deviation_near_one():
    """Whatever the unit of the scores."""
    found = standing(np.exp(np.random.default_rng(1).normal(size=400)))
    assert abs(found.mean()) < 1e-12
    assert abs(found.std() - 1) < 1e-3
    np.testing.assert_array_equal(standing(np.ones(5)), np.zeros(5))


def test_a_lesson_is_read_in_pieces():
    """Rows and columns asked for, in single precision."""
    values = np.arange(60, dtype=np.float16).reshape(12, 5)
    lesson = Lesson(values, np.arange(2, 12), np.array([4, 1]), np.zeros(10), np.repeat([0, 1], 5))
    whole = np.concatenate([lesson.x(at) for at in lesson.chunks(3)])
    np.testing.assert_array_equal(whole, values[2:][:, [4, 1]].astype(np.float32))
    assert lesson.days() == [slice(0, 5), slice(5, 10)]


def test_a_sample_set_is_read_like_its_ranks(market):
    """Behind the interface of all models, without features of the peer: two seats are empty."""
    samples = SampleSet(market.features, market.samples, 5, 10, "known")
    fitted = MODEL.fit(samples, 7)
    assert [seat.name for seat in fitted.seats] == ["trees_all", "trees_own", "line_all"]
    assert correlation(fitted.forecast(samples), market.samples) > 0.15


def test_another_value_is_another_digest(market):
    """What was learned from can be told apart."""
    changed = market.features.assign(x0=-market.features.x0)
    assert market.ranks.digest() == market.ranks.digest()
    assert Ranks.of(market.samples, [changed]).digest() != market.ranks.digest()
