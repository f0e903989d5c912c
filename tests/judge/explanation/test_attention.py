"""Maps of where networks look."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch

from stockcast.errors import InputError
from stockcast.judge.explanation.attention import (
    attention_maps,
    flattened,
    heed,
    importances,
    listened_to,
    unheard,
)
from stockcast.models.networks.material import Material
from tests.judge.explanation.test_gradients import NAMES, some_days, untrained


def test_importances_are_one_on_average(known_material: Material) -> None:
    """Each stock's weights average to 1; networks without importances are refused."""
    codes = known_material.codes
    found = importances([untrained(len(codes))], codes, NAMES)
    assert found.shape == (len(codes), 4)
    np.testing.assert_allclose(found.mean(axis=1), 1.0, rtol=1e-6)
    with pytest.raises(InputError, match="importance"):
        importances([untrained(len(codes), attention="none")], codes, NAMES)


def test_the_committee_heeds_the_stocks_that_are_there(known_material: Material) -> None:
    """Weights sum to 1 over the day's stocks; absent ones have none."""
    days = some_days(known_material)
    days.rows[3, days.days[0]] = False
    found = heed([untrained(len(known_material.codes))], days)
    days.rows[3, days.days[0]] = True
    np.testing.assert_allclose(found.sum(axis=1), 1.0, rtol=1e-5)
    assert np.isnan(found.iloc[0, 3])
    assert np.isfinite(found.iloc[1, 3])
    with pytest.raises(InputError, match="committee"):
        heed([untrained(3, coordinator=False)], days)


def test_how_many_stocks_are_listened_to() -> None:
    """Equal weights count every stock, a single one counts one; absent stocks count nothing."""
    weights = pd.DataFrame([[0.25] * 4, [1.0, 0, 0, 0], [0.5, 0.5, np.nan, np.nan]])
    np.testing.assert_allclose(listened_to(weights), [4, 1, 2])


@pytest.mark.parametrize(
    ("more", "layer", "rows", "keys"),
    [
        ({"attention": "multihead"}, "between.attention", 1, 30),
        ({"kind": "attention_lstm"}, "heed", 30, 10),
        ({"kind": "transformer"}, None, 30, None),
    ],
)
def test_maps_of_attention(
    known_material: Material, more: dict, layer: str | None, rows: int, keys: int | None
) -> None:
    """Every attending layer is found, its weights sum to 1, and the forecast stays the same."""
    module = untrained(len(known_material.codes), **more)
    inputs, _ = some_days(known_material).batch(np.array([0]))
    with torch.no_grad():
        before = module(**inputs)[0]
        found = attention_maps(module, inputs)
        after = module(**inputs)[0]
    torch.testing.assert_close(before, after, rtol=0, atol=0)
    layer = layer or next(iter(found))
    assert len(found[layer]) == rows
    assert keys is None or found[layer].shape[-1] == keys
    for weights in found.values():
        np.testing.assert_allclose(weights.sum(axis=-1), 1.0, rtol=1e-5)


def test_nothing_attends(known_material: Material) -> None:
    """A network without attention has no maps."""
    inputs, _ = some_days(known_material).batch(np.array([0]))
    assert attention_maps(untrained(3, kind="gru"), inputs) == {}


def test_what_the_importances_decide(known_material: Material) -> None:
    """At 1 they decide nothing; far from it they change places."""
    module = untrained(len(known_material.codes))
    days = some_days(known_material)
    drawn = flattened([module], days)
    assert (drawn < 0.999).all()
    torch.nn.init.zeros_(module.importance.logits.weight)
    np.testing.assert_allclose(flattened([module], days), 1.0)


def test_what_the_coordinator_decides(known_material: Material) -> None:
    """Where its words count for nothing it decides nothing; where they do it changes places."""
    module = untrained(len(known_material.codes))
    days = some_days(known_material, 4)
    with torch.no_grad():
        module.counsel.weight[:, module.experts.lstm.hidden_size :] *= 20
    assert (unheard([module], days) < 0.9999).any()
    with torch.no_grad():
        module.counsel.weight[:, module.experts.lstm.hidden_size :] = 0
    np.testing.assert_allclose(unheard([module], days), 1.0)
    with pytest.raises(InputError, match="must have a coordinator"):
        unheard([untrained(3, coordinator=False)], days)
