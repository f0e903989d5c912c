"""Draws of the last layer: the bits of whole passes, at the price of one."""

from __future__ import annotations

import copy
import dataclasses

import numpy as np
import pytest
import torch
from torch import nn

from stockcast.errors import InputError
from stockcast.models.networks.forecast import Ensemble, forecast
from stockcast.models.uncertainty.head_draws import dropout_draws, forecast_draws, read_by_head
from stockcast.models.uncertainty.validation import before_validation

HOW = {"horizon": 5, "run": "known", "seed": 3}


def group(material, trained, members: int = 2) -> Ensemble:
    return Ensemble("two_level", (trained,) * members, material.codes, material.information_until)


def test_dropout_equals_whole_passes_bit_for_bit(material, trained):
    """One pass and its dropout masks give the table of as many passes of the whole network."""
    days = material.days("test", every=9)
    whole = forecast(
        group(material, trained), days, material.scale, draws="dropout", dropout_draws=5, **HOW
    )
    once = forecast_draws(group(material, trained), days, material.scale, count=5, **HOW)
    assert once.equals(whole)
    assert (once.sigma_prob > 0).all()


def test_a_day_does_not_depend_on_the_days_asked_for(material, trained):
    """Forecasts of one day are bit-identical whether asked for alone or with all others."""
    many = material.days("test", every=9)
    one = dataclasses.replace(many, days=many.days[2:3])
    among = forecast_draws(group(material, trained), many, material.scale, count=4, **HOW)
    alone = forecast_draws(group(material, trained), one, material.scale, count=4, **HOW)
    assert alone.equals(among[among.date == alone.date[0]].reset_index(drop=True))


def test_later_rows_change_no_draw(known, trained, material):
    """Without the rows after a test day, the forecasts up to it keep their bits."""
    last = material.days("test").days[10]
    date = material.windows.dates[last]
    cut = dataclasses.replace(
        known,
        features=known.features[known.features.date <= date],
        samples=known.samples[known.samples.date <= date],
    ).material()
    expected = forecast_draws(
        group(material, trained), material.days("test"), material.scale, count=3, **HOW
    )
    got = forecast_draws(group(material, trained), cut.days("test"), cut.scale, count=3, **HOW)
    assert got.date.max() == date
    assert got.equals(expected[expected.date <= date].reset_index(drop=True))


def test_dropout_elsewhere_is_refused(material, trained):
    """A network with dropout before its last layers needs whole passes, and the error says so."""
    module = copy.deepcopy(trained.module)
    module.more = nn.Dropout(0.5)
    with pytest.raises(InputError, match="no dropout but that before its head"):
        list(dropout_draws(module, torch.zeros(1, 2, 3), 1))


def test_what_the_head_reads_makes_the_forecast(material, trained):
    """The head applied to what it reads is the network's own answer; no hook is left behind."""
    inputs, _ = material.days("test").batch(np.array([0]))
    with torch.inference_mode():
        read = read_by_head(trained.module, inputs)
        for got, expected in zip(trained.module.head(read), trained.module(**inputs), strict=True):
            assert torch.equal(got, expected)
    assert not trained.module.head._forward_pre_hooks


def test_one_drawer_a_network(material, trained):
    """Two drawers for three networks, and days the networks know, are refused."""
    three = group(material, trained, 3)
    with pytest.raises(InputError, match="one a network"):
        forecast_draws(three, material.days("test"), material.scale, [dropout_draws] * 2, **HOW)
    with pytest.raises(InputError, match="must come after"):
        forecast_draws(three, material.days("valid"), material.scale, **HOW)


def test_validation_days_are_forecast_by_what_training_knows(material, trained):
    """The weights know training outcomes alone; where those reach validation days it is refused."""
    ensemble = group(material, trained, 1)
    with pytest.raises(InputError, match="purge"):  # known_market leaves no gap
        before_validation(ensemble, material, horizon=5)
    first = int((material.split == "valid").to_numpy().nonzero()[0][0])
    split = material.split.copy()
    split.iloc[first : first + 6] = ""
    purged = dataclasses.replace(material, split=split)
    earlier = before_validation(ensemble, purged, horizon=5)
    assert earlier.information_until == split.index[first + 5]
    got = forecast(earlier, purged.days("valid"), material.scale, horizon=5, run="known")
    assert got.date.min() == split.index[first + 6]
    empty = dataclasses.replace(purged, split=purged.split.replace("valid", ""))
    with pytest.raises(InputError, match="validation days: must not be empty"):
        before_validation(ensemble, empty, horizon=5)


def test_one_stock_and_no_dropout(material, trained):
    """A day with a single stock has a forecast of score 0; a rate of 0 leaves no doubt."""
    one = material.days("test", every=30)
    rows = np.zeros_like(one.rows)
    rows[4] = True
    module = copy.deepcopy(trained.module)
    module.dropout.p = 0.0
    still = dataclasses.replace(trained, module=module)
    got = forecast_draws(
        group(material, still, 1), dataclasses.replace(one, rows=rows), material.scale, **HOW
    )
    assert len(got) == len(one)
    assert (got.score == 0).all()
    np.testing.assert_allclose(got.sigma_prob, 0, atol=1e-12)
    assert np.isfinite(got[["mu", "sigma", "prob_up"]].to_numpy()).all()
