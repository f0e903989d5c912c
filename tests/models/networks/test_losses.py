"""The losses: what each measures, what it leaves to the likelihood, and that none is biased."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import stats

from stockcast.models.networks.losses import (
    LOSSES,
    CrossEntropyLoss,
    FocalLoss,
    ICLoss,
    PairwiseLoss,
    StudentLoss,
    biased,
    undone,
)
from stockcast.models.networks.student_t import Student, log_density

FREEDOM = torch.tensor(5.0)


def test_symmetric_loss_is_the_log_likelihood():
    """With weight 1 the loss equals scipy's Student-t, NaN targets left out."""
    y = torch.tensor([0.3, -1.2, float("nan")])
    loc, scale = torch.tensor([0.0, 0.5, 9.0]), torch.tensor([1.0, 2.0, 9.0])
    loss = StudentLoss()((loc, scale, torch.tensor(4.0)), y)
    expected = -stats.t.logpdf([0.3, -1.2], 4.0, [0.0, 0.5], [1.0, 2.0]).mean()
    assert loss.item() == pytest.approx(expected, rel=1e-6)


def test_falls_weigh_more():
    """A miss on a fall costs `down_weight` times the same miss on a rise."""
    forecast = (torch.zeros(2), torch.ones(2), torch.tensor(4.0))
    up, down = (stats.t.logpdf(y, 4.0) - np.log(1.25) for y in (0.8, -2.0))
    got = StudentLoss(1.5)(forecast, torch.tensor([0.8, -2.0])).item()
    assert got == pytest.approx(-(up + 1.5 * down) / 2.5, rel=1e-5)


def test_bias_and_its_inverse():
    """Down weight 1.5 turns 60 % into 50 %, and 1.5 q / (1 + .5 q) turns it back."""
    assert biased(np.array(0.6), 1.5) == pytest.approx(0.5)
    assert undone(np.array(0.5), 1.5) == pytest.approx(1.5 * 0.5 / (1 + 0.5 * 0.5))
    p = np.linspace(0.01, 0.99, 9)
    np.testing.assert_allclose(undone(biased(p, 1.5), 1.5), p)


def fitted(y: torch.Tensor, objective) -> tuple[float, float]:
    """Location and scale, at 5 degrees of freedom, that minimise `objective`."""
    raw = torch.zeros(2, requires_grad=True)
    optimiser = torch.optim.LBFGS([raw], max_iter=50)

    def step() -> torch.Tensor:
        optimiser.zero_grad()
        value = objective((raw[0].expand(len(y)), raw[1].exp().expand(len(y)), torch.tensor(5.0)))
        value.backward()
        return value

    optimiser.step(step)
    location, scale = raw.detach().double().numpy()
    return location, np.exp(scale)


def test_weights_shift_no_probability():
    """Fitted with falls at 1.5, the share of rises is right; fitted as told, it is far off."""
    rng = np.random.default_rng(0)
    y = torch.tensor(0.1 + rng.standard_t(5, 50000), dtype=torch.float32)
    rises = (y > 0).double().mean().item()

    def as_told(forecast) -> torch.Tensor:
        location, scale, freedom = forecast
        weight = torch.where(y < 0, 1.5, 1.0)
        return -(weight * (log_density((y - location) / scale, freedom) - scale.log())).mean()

    def prob_up(objective) -> float:
        location, scale = fitted(y, objective)
        return Student(np.array(location), np.array(scale), 5.0).prob_up()

    ours = prob_up(lambda forecast: StudentLoss(1.5)(forecast, y))
    assert ours == pytest.approx(rises, abs=0.01)
    assert prob_up(as_told) < rises - 0.05


def drawn(seed: int = 0, days: int = 6, stocks: int = 9) -> tuple[torch.Tensor, ...]:
    """Locations, scales and scaled returns of some days, two of the returns unknown."""
    rng = np.random.default_rng(seed)
    location, scale, y = (
        torch.tensor(rng.normal(size=(days, stocks)), dtype=torch.float32) for _ in range(3)
    )
    y[0, 3] = y[2, 1] = float("nan")
    return 0.3 * location, (0.2 * scale).exp(), y


@pytest.mark.parametrize("name", LOSSES)
def test_unknown_returns_count_nothing(name: str):
    """Stocks whose return is NaN change no loss; days of nothing else give 0 and no slope."""
    location, scale, y = drawn()
    loss = LOSSES[name](1.5)
    nan = torch.full_like(y, float("nan"))

    def wider(values: torch.Tensor, more: torch.Tensor) -> torch.Tensor:
        return torch.cat([values, more], dim=1)

    padded = wider(location, 9 + location), wider(scale, 5 * scale), FREEDOM
    got = loss((location, scale, FREEDOM), y)
    assert loss(padded, wider(y, nan)).item() == pytest.approx(got.item(), rel=1e-5)
    location.requires_grad_()
    nothing = loss((location, scale, FREEDOM), nan)
    nothing.backward()
    assert nothing.item() == 0
    assert (location.grad == 0).all()


@pytest.mark.parametrize("down_weight", [1.0, 1.5, 3.0])
@pytest.mark.parametrize("kind", [CrossEntropyLoss, FocalLoss])
@pytest.mark.parametrize("share", [0.3, 0.5, 0.8])
def test_losses_of_signs_teach_the_true_probability(kind: type, share: float, down_weight: float):
    """Whatever falls weigh, the slope is zero where prob_up is the share of rises, and only there.

    Left as it is, q would be the teacher: with falls at 1.5 it is off by up to .1.
    """
    rises = int(1000 * share)
    y = torch.cat([torch.ones(rises), -torch.ones(1000 - rises)])

    def slope(prob: float) -> float:
        location = torch.tensor(stats.t.ppf(prob, 5.0), dtype=torch.float32, requires_grad=True)
        loss = kind(down_weight)((location.expand(1000), torch.ones(1000), FREEDOM), y)
        loss.backward()
        return location.grad.item()

    assert slope(share) == pytest.approx(0, abs=2e-4)
    assert slope(share - 0.02) < -1e-3
    assert slope(share + 0.02) > 1e-3


def test_focal_loss_inverts_its_bias():
    """What it teaches for p, undone, is p, lies nearer to one half, and has the inverse's slope."""
    loss = FocalLoss()
    p = torch.linspace(0.02, 0.98, 25, dtype=torch.float64, requires_grad=True)
    q = loss.taught(p)
    torch.testing.assert_close(loss.undone(q), p, atol=1e-6, rtol=0)
    assert ((q - 0.5).abs() <= (p - 0.5).abs() + 1e-6).all()
    (slope,) = torch.autograd.grad(q.sum(), p)
    step = 1e-3
    numeric = (loss.taught(p + step) - loss.taught(p - step)) / (2 * step)
    torch.testing.assert_close(slope, numeric.detach(), atol=1e-3, rtol=1e-2)


def test_losses_of_signs_see_no_sizes():
    """Tripled returns leave the location's slope as it is; the scale's changes."""
    location, scale, y = drawn()
    slopes = []
    for size in (1.0, 3.0):
        here, wide = location.clone().requires_grad_(), scale.clone().requires_grad_()
        CrossEntropyLoss()((here, wide, FREEDOM), size * y).backward()
        slopes.append((here.grad, wide.grad))
    torch.testing.assert_close(slopes[0][0], slopes[1][0])
    assert not torch.allclose(slopes[0][1], slopes[1][1], atol=1e-3)


def test_pairwise_loss_by_hand():
    """Three stocks, one unknown, make one pair; a fall at its lower end counts, an offset not."""
    scale, y = torch.ones(1, 3), torch.tensor([[1.0, -0.5, float("nan")]])

    def order(location: torch.Tensor, down_weight: float = 1.0) -> float:
        forecast = (location, scale, FREEDOM)
        both = PairwiseLoss(down_weight)(forecast, y)
        return (both - StudentLoss(down_weight)(forecast, y)).item()

    location = torch.tensor([[0.2, 0.5, 7.0]])
    assert order(location) == pytest.approx(np.log1p(np.exp(0.3)), rel=1e-5)
    assert order(location + 2) == pytest.approx(order(location), rel=1e-4)
    assert order(torch.tensor([[0.5, 0.2, 7.0]])) < order(location)
    day = torch.tensor([[1.0, 0.5, -1.0]])  # the pair without a fall weighs less than those with
    location = torch.tensor([[0.0, 1.0, 0.0]])
    forecast = (location, scale, FREEDOM)
    got = PairwiseLoss(2.0)(forecast, day) - StudentLoss(2.0)(forecast, day)
    apart = [np.log1p(np.exp(1.0)), np.log(2.0), np.log1p(np.exp(-1.0))]
    assert got.item() == pytest.approx(np.average(apart, weights=[1, 2, 2]), rel=1e-5)


def test_ic_loss_is_the_days_correlation():
    """It is less the mean of scipy's correlation with the returns' ranks; equal days count not."""
    rng = np.random.default_rng(1)
    location = torch.tensor(rng.normal(size=(3, 40)), dtype=torch.float32)
    y = torch.tensor(rng.normal(size=(3, 40)), dtype=torch.float32)
    y[0, :5] = float("nan")
    y[2] = 1.0
    forecast = (location, torch.ones(3, 40), FREEDOM)
    got = (ICLoss()(forecast, y) - StudentLoss()(forecast, y)).item()
    known = torch.isfinite(y)
    daily = [
        np.corrcoef(location[d][known[d]], stats.rankdata(y[d][known[d]]))[0, 1] for d in (0, 1)
    ]
    assert got == pytest.approx(-np.mean(daily), abs=1e-3)


@pytest.mark.parametrize("name", LOSSES)
def test_every_loss_finds_the_driver_and_the_noise(name: str):
    """On 0.1 + 0.5 x + 0.8 t₅ each loss, falls at 1.5, finds the slope's sign, level and scale."""
    rng = np.random.default_rng(2)
    x = rng.normal(size=(200, 50))
    noise = 0.8 * rng.standard_t(5, size=x.shape)
    y = torch.tensor(0.1 + 0.5 * x + noise, dtype=torch.float32)
    x = torch.tensor(x, dtype=torch.float32)
    raw = torch.zeros(3, requires_grad=True)  # level, slope, log scale
    optimiser = torch.optim.Adam([raw], lr=0.05)
    loss = LOSSES[name](1.5)
    for _ in range(150):
        optimiser.zero_grad()
        loss((raw[0] + raw[1] * x, raw[2].exp().expand_as(x), FREEDOM), y).backward()
        optimiser.step()
    level, slope, scale = raw.detach().double().numpy()
    assert level == pytest.approx(0.1, abs=0.05)
    # A correlation knows no size: it pulls the slope up against the likelihood.
    assert slope == pytest.approx(0.5, abs=0.25 if name == "ic" else 0.05)
    assert np.exp(scale) == pytest.approx(0.8, abs=0.1)
