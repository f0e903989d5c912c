"""The story's networks: trained on five stocks, asked about six, without a glance ahead."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

from stockcast.models.networks import retold
from stockcast.models.networks.architecture import Architecture
from stockcast.models.sample_set import SampleSet
from tests.models.conftest import known_market

SHORT = dataclasses.replace(retold.RECIPE, epochs=1, patience=1)
SEEDS = (7, 8)


@pytest.fixture(scope="module")
def six() -> SampleSet:
    """Six stocks of known noise."""
    known = known_market(days=160, stocks=6)
    return SampleSet(known.features, known.samples, 5, 10)


@pytest.fixture(scope="module")
def outsider(six) -> str:
    """The last of them."""
    return six.samples["code"].max()


@pytest.fixture(scope="module")
def told(six, outsider):
    """Everything once, in one process."""
    return retold.retell(six, outsider, SEEDS, down_weight=1.5, recipe=SHORT, jobs=1)


def test_every_network_speaks_for_its_stocks_on_both_parts(told, six, outsider):
    """Committees of fixed experts know five stocks, those that can be asked all six."""
    forecasts, trained = told
    assert set(trained) == set(retold.NETWORKS) == set(forecasts["network"])
    assert not forecasts.duplicated(["network", "seed", "split", "date", "code"]).any()
    assert forecasts["prob_up"].between(0, 1).all()
    stocks = forecasts.groupby("network")["code"].agg(set)
    every = set(six.samples["code"])
    assert stocks["single"] == stocks["two_level"] == stocks["weighted"] == every - {outsider}
    assert stocks["transferable"] == stocks["convinced"] == every
    assert stocks["outsider"] == {outsider}
    splits = six.samples.groupby("split")["date"].agg(set)
    for part, rows in forecasts.groupby("split"):
        assert set(rows["date"]) == splits[part]


def test_a_forecast_stands_beside_its_own_outcome(told, six):
    """Stock and day of a forecast are those of its label."""
    forecasts, _ = told
    truth = six.samples.set_index(["date", "code"])["label"]
    keys = list(zip(forecasts["date"], forecasts["code"], strict=True))
    np.testing.assert_array_equal(forecasts["label"], truth.loc[keys])


def test_whose_probability_it_is(told, six, outsider):
    """Forecasts made in batches are those of the usual way, one day at a time."""
    forecasts, trained = told
    member = trained["transferable"].members[0]
    material = retold._asked(
        six, retold._material(retold._of(six, six.samples.code != outsider), "shared")
    )
    days = material.days("test")
    inputs, _ = days.batch(np.array([0]))
    with torch.inference_mode():
        location, scale, freedom = (v.double().numpy() for v in member.module(**inputs))
    first = material.windows.dates[days.days[0]]
    mine = forecasts.query("network == 'transferable' and seed == 7")
    mine = mine[mine["date"] == first]
    expected = retold.Student(location[0], scale[0], float(freedom)).prob_up()
    np.testing.assert_allclose(mine.sort_values("code")["prob_up"], expected, atol=1e-5)


def test_the_committee_never_sees_the_outsider(told, six, outsider):
    """With other labels and features of the sixth stock the five's networks are the same bits."""
    theirs = (six.samples["code"] == outsider).to_numpy()
    features = six.features.copy()
    features.loc[theirs, ["x0", "x1"]] = 3.0
    samples = six.samples.assign(label=six.samples["label"].where(~theirs, 0.5))
    other = dataclasses.replace(six, features=features, samples=samples)
    _, again = retold.retell(other, outsider, SEEDS, down_weight=1.5, recipe=SHORT, jobs=1)
    for name in ("single", "two_level", "weighted", "transferable", "convinced"):
        for one, two in zip(told[1][name].members, again[name].members, strict=True):
            states = one.module.state_dict().items(), two.module.state_dict().values()
            assert all(torch.equal(a, b) for (_, a), b in zip(*states, strict=True)), name


def test_the_test_days_teach_nothing(told, six, outsider):
    """With other outcomes of the test every probability is the same bit."""
    later = (six.samples["split"] == "test").to_numpy()
    samples = six.samples.assign(label=np.where(later, -six.samples["label"], six.samples["label"]))
    other = dataclasses.replace(six, samples=samples)
    again, _ = retold.retell(other, outsider, SEEDS, down_weight=1.5, recipe=SHORT, jobs=1)
    assert again["prob_up"].equals(told[0]["prob_up"])


def test_parameters_by_hand():
    """One stock, two inputs, three units: an LSTM's 4 x 3 x (2 + 3 + 1), a head's 3 x 2 + 2, ν."""
    alone = Architecture(2, 1, 3, "own", attention="none", coordinator=False)
    assert retold.parameters(alone) == 4 * 3 * (2 + 3 + 1) + 3 * 2 + 2 + 1


def test_memory_by_hand():
    """Four numbers a weight, and per stock and day twice the inputs and seven times the width."""
    alone = Architecture(2, 1, 3, "own", attention="none", coordinator=False)
    assert retold.training_bytes(alone, 8, 10) == 4 * (4 * 81 + 80 * (2 * 2 + 7 * 3))
