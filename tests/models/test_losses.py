"""The Student-t likelihood, its asymmetric weighting, and undoing the bias."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import stats

from stockcast.models.losses import (
    Student,
    StudentLoss,
    biased,
    cumulative,
    log_density,
    undone,
)


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


@pytest.mark.parametrize("freedom", [2.5, 5.0, 30.0])
def test_distribution_function_and_its_slopes(freedom: float):
    """The quadrature equals scipy's Student-t; its slope in z is the density."""
    z = torch.linspace(-4, 4, 81, dtype=torch.float64, requires_grad=True)
    v = torch.tensor(freedom, dtype=torch.float64)
    got = cumulative(z, v)
    np.testing.assert_allclose(got.detach(), stats.t.cdf(z.detach(), freedom), atol=2e-6)
    (slope,) = torch.autograd.grad(got.sum(), z)
    np.testing.assert_allclose(slope, stats.t.pdf(z.detach(), freedom), atol=2e-5)


def test_bias_and_its_inverse():
    """Down weight 1.5 turns 60 % into 50 %, and 1.5 q / (1 + .5 q) turns it back."""
    assert biased(np.array(0.6), 1.5) == pytest.approx(0.5)
    assert undone(np.array(0.5), 1.5) == pytest.approx(1.5 * 0.5 / (1 + 0.5 * 0.5))
    p = np.linspace(0.01, 0.99, 9)
    np.testing.assert_allclose(undone(biased(p, 1.5), 1.5), p)


def test_student_reads_like_scipy():
    """Probability, spread and quantile of a Student-t equal scipy's."""
    one = Student(np.array([0.3]), np.array([2.0]), 5.0)
    other = stats.t(5.0, 0.3, 2.0)
    assert one.prob_up()[0] == pytest.approx(other.sf(0))
    assert one.sigma()[0] == pytest.approx(other.std())
    assert one.quantile(0.05)[0] == pytest.approx(other.ppf(0.05))


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
