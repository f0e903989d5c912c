"""The network: what it reads, and that stocks do not see each other."""

from __future__ import annotations

import pytest
import torch

from stockcast.errors import InputError
from stockcast.models.pretraining.patches import Architecture

MADE = Architecture(features=3, lookback=12, patch=5, width=8, depth=1)


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    network = MADE.build().eval()
    torch.nn.init.normal_(network.head.linear.weight)
    return network


def said(network, x):
    here = torch.ones(x.shape[:2], dtype=torch.bool)
    with torch.inference_mode():
        return network(x, torch.zeros(x.shape[:2], dtype=torch.int64), here)


def test_one_student_t_a_stock_and_day(network):
    """Location and scale have a value for each stock and day, the scale above 0."""
    location, scale, freedom = said(network, torch.randn(2, 4, 12, 3))
    assert location.shape == scale.shape == (2, 4)
    assert (scale > 0).all()
    assert freedom.shape == ()


def test_only_whole_patches_are_read_and_the_last_day_counts(network):
    """Of 12 days the oldest two fill no patch of five and do not matter; the last one does."""
    x = torch.randn(1, 2, 12, 3)
    oldest, last = x.clone(), x.clone()
    oldest[:, :, :2], last[:, :, -1] = 9.0, 9.0
    assert torch.equal(said(network, x)[0], said(network, oldest)[0])
    assert not torch.equal(said(network, x)[0], said(network, last)[0])


def test_stocks_do_not_see_each_other(network):
    """Another neighbour leaves a stock's forecast as it was."""
    x = torch.randn(1, 3, 12, 3)
    other = x.clone()
    other[:, 2] = 0.0
    assert torch.equal(said(network, x)[0][:, :2], said(network, other)[0][:, :2])


def test_untrained_it_knows_nothing():
    """With fresh weights all locations are 0: nothing known, volatility as usual."""
    location, scale, _ = said(MADE.build().eval(), torch.randn(1, 3, 12, 3))
    assert torch.equal(location, torch.zeros(1, 3))
    assert torch.allclose(scale, torch.ones(1, 3), atol=0.01)


def test_what_cannot_be_built_is_refused():
    """A window shorter than two patches, and heads that do not divide the width."""
    with pytest.raises(InputError, match="lookback: must be at least 10 days"):
        Architecture(3, 9, patch=5)
    with pytest.raises(InputError, match="width: must be a multiple of 2"):
        Architecture(3, 60, width=7)
