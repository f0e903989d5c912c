"""The two-level network's structure."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from stockcast.models.networks.two_level import (
    Architecture,
    ImportanceWeights,
    OwnExperts,
    TwoLevel,
)

DAYS, STOCKS, LENGTH, FEATURES, WIDTH = 3, 5, 7, 6, 4


def inputs(stocks: int = STOCKS) -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    return {
        "x": torch.randn(DAYS, stocks, LENGTH, FEATURES, generator=generator),
        "stock": torch.arange(1, stocks + 1).expand(DAYS, stocks),
        "present": torch.ones(DAYS, stocks, dtype=torch.bool),
    }


def network(**changes: object) -> TwoLevel:
    torch.manual_seed(0)
    module = TwoLevel(Architecture(FEATURES, STOCKS, WIDTH, **changes)).eval()
    nn.init.normal_(module.head.linear.weight)  # the head starts at zero and would hide the rest
    return module


def test_batched_experts_equal_a_loop_over_stocks():
    """One batched computation gives what a Python loop over `nn.LSTM` experts gives."""
    torch.manual_seed(0)
    experts = OwnExperts(STOCKS, FEATURES, WIDTH)
    x = inputs()["x"].requires_grad_()
    looped = []
    for s in range(STOCKS):
        lstm = nn.LSTM(FEATURES, WIDTH, batch_first=True)
        with torch.no_grad():
            lstm.weight_ih_l0.copy_(experts.w_input[s].T)
            lstm.weight_hh_l0.copy_(experts.w_hidden[s].T)
            lstm.bias_ih_l0.copy_(experts.bias[s, 0])
            lstm.bias_hh_l0.zero_()
        looped.append(lstm(x[:, s])[0])
    looped = torch.stack(looped, dim=1)
    batched = experts(x, inputs()["stock"])
    torch.testing.assert_close(batched, looped, rtol=1e-5, atol=1e-6)
    by_batch, by_loop = (torch.autograd.grad(out.square().sum(), x) for out in (batched, looped))
    torch.testing.assert_close(by_batch, by_loop, rtol=1e-4, atol=1e-6)


def test_importance_weights_start_at_one_and_stay_positive():
    """Importances are positive whatever the logits, average 1, and start as no weighting at all."""
    layer = ImportanceWeights(STOCKS, FEATURES)
    stock = torch.arange(STOCKS + 1)[None]
    torch.testing.assert_close(layer.weights(stock), torch.ones(1, STOCKS + 1, FEATURES))
    nn.init.normal_(layer.logits.weight, std=3.0)
    weights = layer.weights(stock)
    assert (weights > 0).all()
    torch.testing.assert_close(weights.mean(-1), torch.ones(1, STOCKS + 1))


@pytest.mark.parametrize("attention", ["importance", "multihead", "none"])
def test_order_of_stocks_does_not_matter(attention: str):
    """With shared experts, reordering a day's stocks reorders the forecasts and nothing else."""
    module, given = network(attention=attention), inputs()
    order = torch.tensor([3, 0, 4, 1, 2])
    location, scale, _ = module(**given)
    moved = module(**{name: value[:, order] for name, value in given.items()})
    torch.testing.assert_close(moved[0], location[:, order], rtol=1e-4, atol=1e-6)
    torch.testing.assert_close(moved[1], scale[:, order], rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("attention", ["importance", "multihead"])
def test_padding_changes_nothing(attention: str):
    """Stocks that are not present leave the forecasts of the others as they were."""
    module, given = network(attention=attention), inputs()
    plain = module(**given)[0]
    padded = {
        "x": torch.cat([given["x"], 100 * torch.ones(DAYS, 2, LENGTH, FEATURES)], dim=1),
        "stock": torch.cat([given["stock"], torch.zeros(DAYS, 2, dtype=torch.long)], dim=1),
        "present": torch.cat([given["present"], torch.zeros(DAYS, 2, dtype=torch.bool)], dim=1),
    }
    torch.testing.assert_close(module(**padded)[0][:, :STOCKS], plain, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("experts", ["shared", "own"])
def test_samples_of_a_batch_do_not_meet(experts: str):
    """A day's forecast does not depend on the other days of its batch (the story's does)."""
    module, given = network(experts=experts), inputs()
    together = module(**given)[0]
    alone = module(**{name: value[1:2] for name, value in given.items()})[0]
    torch.testing.assert_close(together[1:2], alone, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("experts", ["shared", "own"])
def test_coordinator_carries_news_between_stocks(experts: str):
    """Changing one stock's past moves the others' forecasts, and only with a coordinator."""
    given = inputs()
    changed = given | {"x": given["x"].clone()}
    changed["x"][:, 0, -3] += 5.0
    for coordinator in (True, False):
        module = network(experts=experts, coordinator=coordinator, attention="none")
        moved = (module(**given)[0] - module(**changed)[0])[:, 1:].abs().max()
        assert (moved > 1e-6) == coordinator


@pytest.mark.parametrize("experts", ["shared", "own"])
def test_coordinator_can_change_the_order_of_a_day(experts: str):
    """What it says is the same for all stocks; it must not move all of them alike."""
    given = inputs()
    changed = given | {"x": given["x"].clone()}
    changed["x"][:, 0, -3] += 5.0
    module = network(experts=experts, attention="none")
    moved = (module(**given)[0] - module(**changed)[0])[:, 1:]
    assert (moved - moved.mean(dim=1, keepdim=True)).abs().max() > 1e-6


def test_forecast_starts_knowing_nothing():
    """Before training the location is 0 and the scale 1: volatility as usual."""
    torch.manual_seed(0)
    location, scale, _ = TwoLevel(Architecture(FEATURES, STOCKS, WIDTH)).eval()(**inputs())
    assert location.abs().max() == 0
    torch.testing.assert_close(scale, torch.ones_like(scale), rtol=0.01, atol=0)
