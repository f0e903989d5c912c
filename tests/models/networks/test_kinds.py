"""The kinds of networks: what each reads, and what it must not."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from stockcast.errors import InputError
from stockcast.models.networks.architecture import Architecture
from stockcast.models.networks.convolution import KERNEL, CausalLayer
from stockcast.models.networks.kinds import DESCRIBED, KINDS
from stockcast.models.networks.per_stock import AttentionLSTM
from stockcast.models.networks.transformer import positions

DAYS, STOCKS, LENGTH, FEATURES = 2, 4, 25, 3
ALONE = [kind for kind in KINDS if kind != "two_level"]


def network(kind: str, **changes: object) -> nn.Module:
    torch.manual_seed(0)
    kw = {"width": 8, "depth": 3 if kind == "cnn" else 1, "kind": kind} | changes
    module = Architecture(FEATURES, STOCKS, **kw).build().eval()
    nn.init.normal_(module.head.linear.weight)  # the head starts at zero and would hide the rest
    return module


def inputs() -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(0)
    return {
        "x": torch.randn(DAYS, STOCKS, LENGTH, FEATURES, generator=generator),
        "stock": torch.arange(1, STOCKS + 1).expand(DAYS, STOCKS),
        "present": torch.ones(DAYS, STOCKS, dtype=torch.bool),
    }


@pytest.mark.parametrize("kind", KINDS)
def test_all_kinds_speak_of_every_stock(kind: str):
    """Each returns a location and a positive scale per stock and one number of degrees above 2."""
    location, scale, freedom = network(kind)(**inputs())
    assert location.shape == scale.shape == (DAYS, STOCKS)
    assert (scale > 0).all()
    assert freedom.shape == ()
    assert freedom > 2
    assert kind in DESCRIBED


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_starts_knowing_nothing(kind: str):
    """Before training the location is 0 and the scale 1, whatever the inputs."""
    torch.manual_seed(0)
    module = Architecture(FEATURES, STOCKS, kind=kind).build().eval()
    location, scale, _ = module(**inputs())
    assert location.abs().max() == 0
    torch.testing.assert_close(scale, torch.ones_like(scale), rtol=0.01, atol=0)


@pytest.mark.parametrize("kind", ALONE)
def test_no_stock_sees_another(kind: str):
    """Changing one stock's window moves its own forecast and no other stock's or day's."""
    module, given = network(kind), inputs()
    changed = given["x"].clone()
    changed[0, 1] += 1.0
    moved = (module(**given)[0] - module(**given | {"x": changed})[0]).abs()
    assert moved[0, 1] > 1e-4
    moved[0, 1] = 0
    assert moved.max() < 1e-5


@pytest.mark.parametrize("kind", ALONE)
@pytest.mark.parametrize("back", [0, LENGTH - 1])
def test_the_whole_window_is_read(kind: str, back: int):
    """The forecast depends on the newest day and on the oldest of the window."""
    module, given = network(kind), inputs()
    changed = given["x"].clone()
    changed[:, :, LENGTH - 1 - back] += 3.0
    moved = (module(**given)[0] - module(**given | {"x": changed})[0]).abs()
    assert moved.min() > 1e-7


def test_convolutions_equal_those_over_all_days():
    """Computed where they are needed, layers give the last day of causal dilated `nn.Conv1d`s."""
    torch.manual_seed(1)
    for length in (5, 16, 37, 60):
        layers = [CausalLayer(FEATURES, 6), CausalLayer(6, 6), CausalLayer(6, 6)]
        x = torch.randn(4, length, FEATURES)
        needed, full = x, x.transpose(1, 2)
        for number, layer in enumerate(layers):
            needed = layer(needed)
            dilation = KERNEL**number
            channels = full.shape[1]
            weight = layer.weigh.weight.unflatten(1, (KERNEL, channels)).transpose(1, 2)
            padded = functional.pad(full, ((KERNEL - 1) * dilation, 0))
            out = functional.conv1d(padded, weight, layer.weigh.bias, dilation=dilation)
            full = functional.gelu(out) + (full if layer.residual else 0)
        torch.testing.assert_close(needed[:, -1], full[:, :, -1], rtol=1e-5, atol=1e-6)


def test_convolutions_reach_no_further_than_they_say():
    """Days older than KERNEL ** depth are out of reach; the oldest day within is not."""
    module, given = network("cnn", depth=2), inputs()

    def moved(back: int) -> float:
        changed = given["x"].clone()
        changed[:, :, LENGTH - 1 - back] += 3.0
        return (module(**given)[0] - module(**given | {"x": changed})[0]).abs().max().item()

    assert moved(KERNEL**2 - 1) > 1e-7
    assert moved(KERNEL**2) == 0


def test_attention_weighs_days_to_one():
    """The weights of a window's days are positive and sum to 1."""
    module = network("attention_lstm")
    assert isinstance(module, AttentionLSTM)
    weights = module.weights(module.cell(inputs()["x"].flatten(0, 1))[0])
    assert (weights > 0).all()
    torch.testing.assert_close(weights.sum(dim=1), torch.ones(DAYS * STOCKS, 1))


def test_positions_count_back_from_the_newest_week():
    """A longer window leaves the newest weeks' positions as they were."""
    like = torch.zeros(1)
    torch.testing.assert_close(positions(12, 8, like)[-5:], positions(5, 8, like))
    assert len(np.unique(positions(12, 8, like).numpy().round(5), axis=0)) == 12


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"kind": "lstn"}, "did you mean 'lstm'"),
        ({"kind": "mlp", "width": 0}, "width"),
        ({"kind": "mlp", "depth": 0}, "depth"),
        ({"kind": "transformer", "width": 6}, "multiple of 4"),
    ],
)
def test_what_cannot_be_built_is_refused(changes: dict[str, object], named: str):
    """An unknown kind or an impossible size is an error that names it."""
    with pytest.raises(InputError, match=named):
        Architecture(FEATURES, STOCKS, **changes).build()


def test_windows_too_short_for_a_week_are_refused():
    """The Transformer reads whole weeks and says so."""
    given = inputs()
    with pytest.raises(InputError, match="lookback"):
        network("transformer")(**given | {"x": given["x"][:, :, :4]})
