"""The Student-t of the head: its distribution function in torch, and what is read from it."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import stats

from stockcast.models.networks.student_t import Student, cumulative


@pytest.mark.parametrize("freedom", [2.5, 5.0, 30.0])
def test_distribution_function_and_its_slopes(freedom: float):
    """The quadrature equals scipy's Student-t; its slope in z is the density."""
    z = torch.linspace(-4, 4, 81, dtype=torch.float64, requires_grad=True)
    v = torch.tensor(freedom, dtype=torch.float64)
    got = cumulative(z, v)
    np.testing.assert_allclose(got.detach(), stats.t.cdf(z.detach(), freedom), atol=2e-6)
    (slope,) = torch.autograd.grad(got.sum(), z)
    np.testing.assert_allclose(slope, stats.t.pdf(z.detach(), freedom), atol=2e-5)


def test_student_reads_like_scipy():
    """Probability, spread and quantile of a Student-t equal scipy's."""
    one = Student(np.array([0.3]), np.array([2.0]), 5.0)
    other = stats.t(5.0, 0.3, 2.0)
    assert one.prob_up()[0] == pytest.approx(other.sf(0))
    assert one.sigma()[0] == pytest.approx(other.std())
    assert one.quantile(0.05)[0] == pytest.approx(other.ppf(0.05))
