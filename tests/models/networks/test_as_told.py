"""Each fault of the story's code is there in our retelling of it."""

from __future__ import annotations

import torch

from stockcast.models.networks import as_told


def test_coordinator_takes_the_batch_for_time():
    """Changing the first sample of a batch changes the forecast of the last one."""
    torch.manual_seed(0)
    model = as_told.TwoLevelAsTold(features=6)
    x = [torch.randn(4, 10, 6) for _ in range(5)]
    before = model(x)[-1]
    x[0] = x[0].clone()
    x[0][0] += 3.0
    assert (model(x)[-1] - before).abs().max() > 1e-6


def test_sigma_never_enters_the_loss():
    """No gradient reaches the layer that makes σ."""
    torch.manual_seed(0)
    head = as_told.BayesianOutput(8)
    mu, _ = head(torch.randn(16, 8))
    as_told.AsymmetricLoss()(mu, torch.randint(0, 2, (16, 1)).float()).backward()
    assert head.fc_mu.weight.grad.abs().max() > 0
    assert head.fc_sigma.weight.grad is None


def test_importance_weights_flip_signs():
    """About half of the importances start negative."""
    torch.manual_seed(0)
    weights = as_told.ManualAttention(100, 100).importance_weights
    assert 0.45 < (weights < 0).float().mean() < 0.55


def test_augmentation_breaks_its_promise():
    """Scaling changes the length, jitter depends on the price level, shift does nothing."""
    import random

    random.seed(1)
    torch.manual_seed(1)
    prices = 4.0 + 0.01 * torch.randn(60).cumsum(0)
    assert len(as_told.augment(prices, "scale")) != 60
    assert not torch.equal(as_told.augment(prices, "jitter"), prices)
    assert torch.equal(as_told.augment(prices * 10, "jitter"), prices * 10)
    assert as_told.augment(prices, "shift") is None
