"""The posterior of the last layer: its curvature, what widens it, and how it is kept."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np
import pytest
import torch
from torch import nn

from stockcast.errors import InputError
from stockcast.models.networks.forecast import Ensemble
from stockcast.models.networks.head import StudentHead
from stockcast.models.networks.losses import StudentLoss
from stockcast.models.networks.training import Trained
from stockcast.models.uncertainty.head_draws import forecast_draws
from stockcast.models.uncertainty.laplace import LastLayer, load, save


class Bare(nn.Module):
    """A head that reads `x` itself."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.dropout, self.head = nn.Dropout(0.0), StudentHead(size)

    def forward(self, x, stock, present):
        return self.head(self.dropout(x))


@dataclass(frozen=True)
class Given:
    """Days with inputs and targets as they are."""

    x: torch.Tensor
    y: torch.Tensor

    def __len__(self) -> int:
        return len(self.x)

    def batch(self, chosen):
        absent = torch.zeros(1)
        return {"x": self.x[chosen], "stock": absent, "present": absent}, self.y[chosen]


def bare(rows: int = 40, stocks: int = 500, size: int = 3) -> tuple[Trained, Given]:
    """A head with weights, and outcomes drawn from what it says."""
    torch.manual_seed(0)
    module = Bare(size).eval()
    nn.init.normal_(module.head.linear.weight, std=0.3)
    x = torch.randn(rows, stocks, size)
    with torch.no_grad():
        location, scale, freedom = module(x, None, None)
        drawn = np.random.default_rng(1).standard_t(float(freedom), location.shape)
        y = location + scale * torch.tensor(drawn, dtype=torch.float32)
    return Trained(module, None, 1.0, []), Given(x, y)


def test_curvature_is_that_of_the_loss():
    """The inverse covariance equals the second derivatives of the likelihood, on enough rows."""
    trained, days = bare()
    found = LastLayer.fit(trained, days)
    head = trained.module.head

    def loss(flat: torch.Tensor) -> torch.Tensor:
        weights = {"linear.weight": flat[:, :-1], "linear.bias": flat[:, -1]}
        return StudentLoss()(torch.func.functional_call(head, weights, (days.x,)), days.y)

    centre = torch.column_stack([head.linear.weight, head.linear.bias]).detach()
    second = days.y.numel() * torch.autograd.functional.hessian(loss, centre)
    for output in range(2):
        inverse = np.linalg.inv(found.root[output] @ found.root[output].T)
        inverse -= np.diag([found.precision[output]] * 3 + [0.0])
        expected = second[output, :, output].numpy()
        np.testing.assert_allclose(inverse, expected, atol=0.03 * np.abs(expected).max())
    assert found.rows == days.y.numel()


def test_prior_says_how_large_weights_are():
    """Where outcomes are many, the prior's precision is one over the weights' mean square."""
    trained, days = bare()
    weight = trained.module.head.linear.weight.detach().double().numpy()
    found = LastLayer.fit(trained, days)
    np.testing.assert_allclose(found.precision, 3 / (weight**2).sum(axis=1), rtol=0.05)


def test_unknown_outcomes_inform_nothing():
    """Rows whose outcome is NaN count nothing; without any known one there is no posterior."""
    trained, days = bare(rows=8)
    half = dataclasses.replace(days, y=days.y.clone())
    half.y[4:] = float("nan")
    fewer = dataclasses.replace(days, x=days.x[:4], y=days.y[:4])
    np.testing.assert_allclose(
        LastLayer.fit(trained, half).root, LastLayer.fit(trained, fewer).root, rtol=1e-9
    )
    with pytest.raises(InputError, match="known outcomes"):
        LastLayer.fit(trained, dataclasses.replace(days, y=torch.full_like(days.y, torch.nan)))


def test_draws_scatter_as_the_posterior_says():
    """Locations of many draws have the variance that the covariance gives, around the network's."""
    trained, days = bare(rows=2, stocks=60)
    found = LastLayer.fit(trained, days)
    read = days.x[:1]
    torch.manual_seed(5)
    with torch.inference_mode():
        drawn = torch.stack([d[0][0] for d in found.draws(trained.module, read, 3000)]).numpy()
        centre = trained.module.head(read)[0][0].numpy()
    features = np.column_stack([read[0].numpy(), np.ones(60)])
    expected = np.sqrt(((features @ found.root[0]) ** 2).sum(axis=1))
    np.testing.assert_allclose(drawn.std(axis=0), expected, rtol=0.1)
    assert np.abs(drawn.mean(axis=0) - centre).max() < 5 * expected.max() / np.sqrt(3000)


def test_more_outcomes_leave_less_doubt(material, trained):
    """The draws of a posterior from a tenth of the days differ more than from all of them."""
    one = Ensemble("two_level", (trained,), material.codes, material.information_until)
    days = material.days("test", every=12)

    def doubt(every: int) -> float:
        posterior = LastLayer.fit(trained, material.days("train", every=every))
        got = forecast_draws(
            one, days, material.scale, posterior.draws, horizon=5, run="known", count=24
        )
        assert ((got.sigma_prob > 0) & (got.sigma_prob <= 0.5)).all()
        return got.sigma_prob.mean()

    assert doubt(10) > 1.3 * doubt(1)


def test_kept_and_read_again(material, trained, tmp_path):
    """A saved posterior gives bit-identical forecasts; a missing file is named."""
    posteriors = tuple(LastLayer.fit(trained, material.days("train", every=e)) for e in (9, 5))
    save(posteriors, tmp_path / "posterior.safetensors")
    again = load(tmp_path / "posterior.safetensors")
    assert [one.rows for one in again] == [one.rows for one in posteriors]
    two = Ensemble("two_level", (trained,) * 2, material.codes, material.information_until)
    days = material.days("test", every=20)
    tables = [
        forecast_draws(
            two, days, material.scale, [p.draws for p in these], horizon=5, run="x", count=3
        )
        for these in (posteriors, again)
    ]
    assert tables[0].equals(tables[1])
    with pytest.raises(InputError, match="must exist"):
        load(tmp_path / "none.safetensors")
