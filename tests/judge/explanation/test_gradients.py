"""Expected gradients of networks."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from stockcast.determinism import settle_torch
from stockcast.errors import InputError
from stockcast.judge.explanation.gradients import (
    _Alone,
    _alone_or_among,
    _Among,
    gradient_shap,
    standing,
)
from stockcast.models.networks.architecture import Architecture
from stockcast.models.networks.days import Days
from stockcast.models.networks.material import Material, gather
from stockcast.models.sample_set import SampleSet

NAMES = ("x0", "x1", "x2", "x3")


def untrained(stocks: int, **more: object) -> torch.nn.Module:
    """A network whose head is not at zero, as it is before training."""
    settle_torch(3)
    module = Architecture(4, stocks, **({"width": 8} | more)).build().eval()
    torch.nn.init.normal_(module.head.linear.weight)
    if getattr(module, "importance", None) is not None:
        torch.nn.init.normal_(module.importance.logits.weight)
        torch.nn.init.normal_(module.experts.start.weight)
    return module


def some_days(material: Material, count: int = 2) -> Days:
    days = material.days("test")
    return Days(days.windows, days.days[:count], days.rows, days.numbers, None, days.fixed)


@pytest.mark.parametrize(
    ("more", "cheap"),
    [
        ({}, True),
        ({"attention": "none", "coordinator": False}, True),
        ({"attention": "multihead"}, False),
        ({"kind": "gru"}, True),
        ({"kind": "mlp"}, True),
    ],
)
def test_attributions_sum_to_the_standing(
    known_material: Material, more: dict, cheap: bool
) -> None:
    """With many draws values add up to the standing less its mean over other windows."""
    module = untrained(len(known_material.codes), **more)
    days = some_days(known_material, 1)
    inputs, _ = days.batch(np.array([0]))
    assert isinstance(_alone_or_among(module, inputs), _Alone if cheap else _Among)
    found = gradient_shap([module], days, NAMES, seed=1, each=3, draws=600)
    among = _Among(module, inputs)
    expected = []
    with torch.no_grad():
        for code in found.code:
            among.place = known_material.windows.codes.index(code)
            own = among(inputs["x"][0][among.place][None])
            expected.append((own - among(inputs["x"][0]).mean()).item())
    spread = standing(module, inputs).std().item()
    np.testing.assert_allclose(found.values.sum(axis=1), expected, atol=0.15 * spread)
    np.testing.assert_allclose(found.lags.sum(axis=1), found.values, rtol=1e-6)


def test_reading_a_stock_alone_is_nearly_the_same(known_material: Material) -> None:
    """With the coordinator held as it was only a stock's own part in what it says is missing."""
    module = untrained(len(known_material.codes))
    inputs, _ = some_days(known_material).batch(np.array([0]))
    alone, among = _alone_or_among(module, inputs), _Among(module, inputs)
    assert isinstance(alone, _Alone)
    alone.place = among.place = 5
    windows = inputs["x"][0][:4].clone().requires_grad_()
    cheap, whole = (
        torch.autograd.grad(wrapped(windows).sum(), windows)[0] for wrapped in (alone, among)
    )
    assert whole.abs().max() > 1e-4
    assert (cheap - whole).norm() < 0.01 * whole.norm()


def test_experts_of_their_own(samples: SampleSet) -> None:
    """Where every stock has its own expert the whole committee is read."""
    few = samples.samples["code"].isin(sorted(samples.samples["code"].unique())[:4])
    material = gather(
        samples.features[few], samples.samples[few], lookback=5, horizon=5, experts="own"
    )
    settle_torch(3)
    module = Architecture(4, 4, width=4, experts="own").build().eval()
    torch.nn.init.normal_(module.head.linear.weight)
    found = gradient_shap([module], some_days(material), NAMES, seed=1, each=2, draws=8)
    assert found.values.shape == (4, 4)
    assert np.abs(found.values).sum() > 0


def test_days_are_explained_alike_whatever_else_is_asked(known_material: Material) -> None:
    """A day's values depend on the seed and the date, not on the other days."""
    module = untrained(len(known_material.codes))
    both = some_days(known_material, 2)
    last = Days(both.windows, both.days[1:], both.rows, both.numbers)
    whole, alone = (
        gradient_shap([module], days, NAMES, seed=1, each=2, draws=4) for days in (both, last)
    )
    np.testing.assert_array_equal(whole.values[2:], alone.values)
    np.testing.assert_array_equal(whole.code[2:], alone.code)


def test_the_network_is_left_as_it_was(known_material: Material) -> None:
    """Explaining changes no weight and leaves no gradient."""
    module = untrained(len(known_material.codes))
    before = {name: value.clone() for name, value in module.state_dict().items()}
    gradient_shap([module], some_days(known_material, 1), NAMES, seed=1, each=1, draws=4)
    assert all(torch.equal(before[name], v) for name, v in module.state_dict().items())
    assert all(parameter.grad is None for parameter in module.parameters())
    assert module.coordinator is not None


def test_nothing_to_explain(known_material: Material) -> None:
    """No networks, or no days, are refused."""
    with pytest.raises(InputError, match="must not be empty"):
        gradient_shap([], some_days(known_material), NAMES, seed=1)
    with pytest.raises(InputError, match="must not be empty"):
        gradient_shap([untrained(3)], some_days(known_material, 0), NAMES, seed=1)
