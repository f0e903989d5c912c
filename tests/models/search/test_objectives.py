"""What a trial may see, and what its scores depend on."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from stockcast.errors import InputError
from stockcast.models.sample_set import SampleSet
from stockcast.models.search.boosting import BoostingObjective
from stockcast.models.search.networks import NetworkObjective
from stockcast.models.search.objective import Halves, Objective, seen
from stockcast.models.search.study import Plan, search
from tests.models.conftest import Known
from tests.models.search.conftest import measure, sample_set

SETS = {"all": ("x0", "x1", "x2", "x3"), "first": ("x0",), "last": ("x3",)}


def _network(samples: SampleSet, **kw: object) -> NetworkObjective:
    small = {"lookbacks": (2, 10, 4), "epochs": 2, "members": 2, "train_every": 4, "width": 4}
    return NetworkObjective.of(samples, SETS, **(small | kw))


def _boosting(samples: SampleSet) -> BoostingObjective:
    return BoostingObjective.of(samples, SETS, train_every=2, rounds=12, steps=2)


MAKERS = [_network, _boosting]


def _usual(objective: Objective) -> dict[str, object]:
    return {name: held.levels[0] for name, held in objective.space.items()}


def test_halves_are_purged() -> None:
    """No label of a choosing day ends after the first later day begins."""
    days = pd.bdate_range("2015-01-01", periods=30)
    halves = Halves.of(days, 5)
    assert days.get_loc(halves.later[0]) - days.get_loc(halves.choosing[-1]) == 7
    assert abs(len(halves.choosing) - len(halves.later)) <= 1
    with pytest.raises(InputError, match="validation days"):
        Halves.of(days[:7], 5)


@pytest.mark.parametrize("make", MAKERS)
def test_no_trial_sees_the_test(make: callable, samples: SampleSet) -> None:
    """With every test row replaced by nonsense, a search gives the same bits."""
    date = samples.samples["date"]
    test = (date >= date[samples.part("test")].min()).to_numpy()
    features, table = samples.features.copy(), samples.samples.copy()
    features.loc[test, ["x0", "x1", "x2", "x3"]] = 1e6
    table.loc[test, "label"] = np.arange(test.sum())
    spoilt = dataclasses.replace(samples, features=features, samples=table)
    plan = Plan("tpe", 3, 3)
    one, two = (search(make(each), measure, plan) for each in (samples, spoilt))
    pd.testing.assert_frame_equal(one.trials, two.trials, check_exact=True)
    pd.testing.assert_frame_equal(one.daily, two.daily, check_exact=True)
    assert one.daily["date"].max() < samples.samples["date"][test].min()


@pytest.mark.parametrize("make", MAKERS)
def test_no_fit_sees_a_validation_label(make: callable, samples: SampleSet) -> None:
    """Scores do not change with the labels of the days that choose, nor with later ones."""
    table = samples.samples.copy()
    valid = (table["split"] == "valid").to_numpy()
    table.loc[valid, "label"] = -table.loc[valid, "label"]
    turned = dataclasses.replace(samples, samples=table)
    for one, two in zip(*(list(m.scores(_usual(m), 1)) for m in map(make, (samples, turned))),
                        strict=True):  # fmt: skip
        np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize("make", MAKERS)
def test_trials_find_what_is_planted(make: callable, samples: SampleSet) -> None:
    """With the feature that moves the label, the value is clear of that without it."""
    objective = make(samples)
    worth = {}
    for name in ("first", "last"):
        *_, scores = objective.scores(_usual(objective) | {"features": name}, 1)
        assert scores.shape == (len(objective.judged),)
        worth[name] = measure(objective.judged.assign(score=scores))["rank_ic"].mean()
    assert worth["first"] > 0.1
    assert abs(worth["last"]) < 0.1


def test_a_window_is_as_long_as_the_trial_says(samples: SampleSet) -> None:
    """Trials with another window differ, and all are judged on the same rows."""
    objective = _network(samples)
    short, long = (
        list(objective.scores(_usual(objective) | {"lookback": days}, 1))[-1] for days in (2, 10)
    )
    assert short.shape == long.shape
    assert not np.array_equal(short, long)


def test_another_network_kind_can_be_searched(samples: SampleSet) -> None:
    """The story's network takes the same space."""
    objective = _network(samples, kind="two_level", members=1)
    (scores,) = objective.scores(_usual(objective), 1)
    assert np.isfinite(scores).all()


@pytest.mark.parametrize("make", MAKERS)
def test_missing_features_are_no_reason_to_stop(make: callable, market: Known) -> None:
    """Holes and a column without any value leave finite scores."""
    samples = sample_set(market)
    features = samples.features.copy()
    features["x1"] = np.float32(np.nan)
    features.loc[::3, "x0"] = np.nan
    objective = make(dataclasses.replace(samples, features=features))
    for scores in objective.scores(_usual(objective), 1):
        assert np.isfinite(scores).all()


@pytest.mark.parametrize("make", MAKERS)
def test_one_stock_cannot_be_ranked(make: callable, samples: SampleSet) -> None:
    """A day with one stock has no Rank IC: every trial fails, and the search says why."""
    from stockcast.judge.search import daily_figures

    kept = (samples.samples["code"] == samples.samples["code"].iloc[0]).to_numpy()
    alone = dataclasses.replace(
        samples,
        features=samples.features[kept].reset_index(drop=True),
        samples=samples.samples[kept].reset_index(drop=True),
    )
    with pytest.raises(InputError, match="must be known on a day"):
        search(make(alone), daily_figures, Plan("random", 3, 2))


@pytest.mark.parametrize("make", MAKERS)
def test_outcomes_all_alike_cannot_be_ranked(make: callable, samples: SampleSet) -> None:
    """One class among the labels: every trial fails with a line instead of a number."""
    from stockcast.judge.search import daily_figures

    alike = dataclasses.replace(samples, samples=samples.samples.assign(label=0.01))
    with pytest.raises(InputError, match="must be known on a day"):
        search(make(alike), daily_figures, Plan("random", 3, 2))


@pytest.mark.parametrize("part", ["train", "valid"])
@pytest.mark.parametrize("make", MAKERS)
def test_an_empty_part_is_named(make: callable, part: str, samples: SampleSet) -> None:
    """Without training or validation days there is nothing to search on."""
    split = samples.samples["split"].replace(part, "")
    emptied = dataclasses.replace(samples, samples=samples.samples.assign(split=split))
    with pytest.raises(InputError, match=f"split {part}"):
        make(emptied)


def test_days_to_stop_by_are_purged(samples: SampleSet) -> None:
    """Six trading days lie between the fit and the days that stop it, for a horizon of five."""
    cut = seen(samples, 0.2)
    days = cut.days
    fit, stop = (days[np.isin(days, cut.samples["date"][cut.samples["split"] == name])]
                 for name in ("train", "valid"))  # fmt: skip
    assert days.get_loc(stop[0]) - days.get_loc(fit[-1]) == 7
    assert len(stop) == 18


@pytest.mark.parametrize("make", MAKERS)
def test_identity_follows_the_data(make: callable, samples: SampleSet) -> None:
    """One label changed makes it another objective."""
    table = samples.samples.copy()
    row = np.flatnonzero(samples.part("valid"))[3]
    table.loc[row, "label"] += 0.01
    other = make(dataclasses.replace(samples, samples=table))
    assert make(samples).identity() == make(samples).identity() != other.identity()
