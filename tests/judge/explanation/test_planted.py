"""Where the drivers are known, explanations must name them first."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from stockcast.data import sources
from stockcast.features.compute import compute
from stockcast.judge.explanation.counterfactual import flips
from stockcast.judge.explanation.gradients import gradient_shap
from stockcast.judge.explanation.permutation import permutation
from stockcast.judge.explanation.rows import Rows, thinned
from stockcast.judge.explanation.surrogate import lime
from stockcast.judge.explanation.trees import tree_shap
from stockcast.models.classical.fitted import Classical, fit
from stockcast.models.networks.material import Material
from stockcast.models.networks.training import Trained
from stockcast.models.sample_set import SampleSet
from stockcast.samples.splits import purged
from stockcast.samples.table import sample_table
from tests.features.known import all_tables
from tests.judge.explanation.conftest import ONE_SETTING

STRENGTHS = ("reversal", "lead_lag", "policy", "value", "flow", "news")
GROUPS = {
    "reversal": ("return_1", "return_5", "return_20", "return_60", "momentum_120"),
    "value": ("unexpected_earnings", "quarter_profit_growth", "book_to_price"),
    "flow": ("large_order_pressure", "large_order_residual_5", "main_force_1"),
    "news": ("sentiment_1", "sentiment_5"),
    "lead_lag": ("lead_pending", "lead_due", "lead_return_5"),
    "policy": ("policy_strength", "policy_recency", "policy_reaction"),
    "nothing": ("volatility_20", "volume_ratio", "illiquidity_20", "beta_60"),
}
AT_ONCE = ("policy", "news")
"""Effects that prices begin to show on the day itself: past returns then tell of them, too, and
group by group a model may rely on either."""
NAMES = [name for group in GROUPS.values() for name in group]
GROUP_OF = {name: group for group, names in GROUPS.items() for name in names}


def training_matrix(fitted: Classical, samples: SampleSet) -> np.ndarray:
    return fitted.inputs.matrix(samples, samples.part("train"))


def test_trees_lime_and_permutation_name_the_driver(
    boosted: Classical, rows: Rows, samples: SampleSet
) -> None:
    """x0 alone moves the mean: every method that explains the trees puts it first, by far."""
    some = rows.some(np.arange(0, len(rows.x), 9))
    shap = tree_shap(boosted.members, rows).overall()
    local = lime(some, training_matrix(boosted, samples), seed=1, draws=200).overall()
    shuffled = permutation(boosted, samples, seed=1)
    for found in (shap, local, shuffled.reliance.mean(), shuffled.drop.mean()):
        ordered = found.sort_values(ascending=False)
        assert ordered.index[0] == "x0"
        assert ordered.iloc[0] > 2 * ordered.iloc[1]


def test_a_change_of_the_driver_flips_clear_forecasts(
    boosted: Classical, rows: Rows, samples: SampleSet
) -> None:
    """Forecasts far from the day's median are flipped by x0; near it anything flips them."""
    observed = training_matrix(boosted, samples)[::150]
    far = np.argsort(-np.abs(rows.score(rows.x)), kind="stable")[:60:3]
    found = flips(rows, far, observed)
    assert (found["features"] > 0).mean() > 0.9
    assert (found["first"] == "x0").mean() > 0.8


def test_gradients_name_the_driver_and_its_day(
    network: Trained, known_material: Material, samples: SampleSet
) -> None:
    """A network that reads ten days looks at x0, and at the last of them."""
    days = known_material.days("test")
    found = gradient_shap([network.module], days, samples.names, seed=1, each=2, draws=24)
    ordered = found.overall()
    assert ordered.index[0] == "x0"
    assert ordered.iloc[0] > 2 * ordered.iloc[1]
    by_lag = found.by_lag()["x0"]
    assert by_lag.idxmax() == 0
    assert by_lag[0] > by_lag[1:].sum()


@dataclass(frozen=True)
class Planted:
    """A market with one effect, read as samples of outcomes and of their expectation."""

    effect: str
    outcomes: SampleSet
    truth: SampleSet


@pytest.fixture(scope="module", params=list(STRENGTHS))
def one_effect(request: pytest.FixtureRequest) -> Planted:
    """Forty stocks over three years; one effect at ten times its strength, five at none."""
    effect = request.param
    strengths = {f"strength_{name}": 10.0 * (name == effect) for name in STRENGTHS}
    tables = sources.load(
        "simulated", start="2012-01-04", end="2014-12-31", simulated_stocks=40, seed=3, horizon=5,
        **strengths,
    )  # fmt: skip
    everything = all_tables(tables)
    features = compute(everything["panel"], everything, names=NAMES)
    days = pd.DatetimeIndex(np.sort(tables.panel["date"].unique()))
    split = purged(days, train_end="2013-12-31", valid_end="2014-05-30", horizon=5)
    samples = sample_table(tables.panel, split, 5)
    keys = ["date", "code"]
    outcomes = thinned(SampleSet(features[[*keys, *NAMES]], samples, 5, 20), every=4)
    told = outcomes.samples.merge(tables.oracle, on=keys, how="left", validate="1:1")
    known = told["oracle"].where(told["label"].notna()).to_numpy()
    truth = dataclasses.replace(outcomes, samples=outcomes.samples.assign(label=known))
    return Planted(effect, outcomes, truth)


def test_shuffling_what_was_planted_costs_most(one_effect: Planted) -> None:
    """Learned from outcomes, Rank IC falls most where the planted effect's features are shuffled.

    What a model relies on is another matter: with so few days it also relies on features that help
    no one, and Shapley values say so rightly. Headlines are too few, in three years of forty
    stocks, to be learned from outcomes.
    """
    if one_effect.effect == "news":
        pytest.skip("too few headlines to learn their effect from outcomes")
    fitted = fit(ONE_SETTING, one_effect.outcomes, 1, members=2)
    found = permutation(fitted, one_effect.outcomes, seed=1, groups=GROUPS)
    assert found.drop.mean().idxmax() == one_effect.effect
    assert found.drop.mean()[one_effect.effect] > 0.03


def test_taught_without_noise_every_method_names_what_was_planted(one_effect: Planted) -> None:
    """Taught the expectation itself, the model rests on the planted effect, and all say so.

    Of effects that past returns show as well, the attributions do; shuffling by groups may not.
    """
    fitted = fit(ONE_SETTING, one_effect.truth, 1, members=1)
    rows = Rows.of(fitted, one_effect.truth)
    shap = tree_shap(fitted.members, rows)
    some = rows.some(np.arange(0, len(rows.x), 60))
    background = training_matrix(fitted, one_effect.truth)
    local = lime(some, background, seed=1, draws=200)
    shuffled = permutation(fitted, one_effect.truth, seed=1, groups=GROUPS, repeats=1)
    orders = {
        "shap": shap.grouped(GROUP_OF).overall(),
        "lime": local.grouped(GROUP_OF).overall(),
        "permutation": shuffled.reliance.mean().sort_values(ascending=False),
    }
    if one_effect.effect in AT_ONCE:
        first_two = orders.pop("permutation").index[:2]
        assert set(first_two) == {one_effect.effect, "reversal"}
    assert {name: found.index[0] for name, found in orders.items()} == dict.fromkeys(
        orders, one_effect.effect
    )
    assert GROUP_OF[shap.overall().index[0]] == one_effect.effect
