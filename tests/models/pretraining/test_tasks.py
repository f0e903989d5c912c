"""Pre-training: what it learns, what it may see, and that it repeats."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest
import torch

from stockcast.errors import InputError
from stockcast.models.pretraining import tasks
from stockcast.models.pretraining.bars import data_hash
from tests.models.pretraining.conftest import LOOKBACK, QUICK, SHAPE, STOCKS, make

BRIEF = dataclasses.replace(QUICK, steps=3)


def pretrained(table, until, **kw):
    settings = {"lookback": LOOKBACK, "seed": 1, "recipe": BRIEF, **SHAPE} | kw
    return tasks.pretrain(table, until, **settings)


def same(one, other) -> bool:
    a, b = one.encoder.state_dict(), other.encoder.state_dict()
    return all(torch.equal(a[name], b[name]) for name in a)


def test_it_learns_what_the_bars_remember(encoder):
    """Where tomorrow is 0.8 of today, much of the next day is explained on days held out."""
    assert encoder.history[0]["next_day"] < encoder.history[-1]["next_day"]
    assert encoder.history[-1]["next_day"] > 0.3
    assert encoder.history[-1]["patches"] > 0.05


def test_no_row_after_the_training_span_is_seen(samples, train_end):
    """Other bars after `until`, or none, leave weights, hash and history bit-identical."""
    table = samples.features
    later = table["date"] > train_end
    other = table.assign(return_1=table["return_1"].where(~later, 9.0))
    whole, changed, cut = (pretrained(t, train_end) for t in (table, other, table[~later]))
    assert whole.information_until == train_end
    assert same(whole, changed)
    assert same(whole, cut)
    assert whole.data == cut.data == changed.data
    assert whole.history == cut.history


def test_all_stocks_take_part_members_or_not(encoder, samples):
    """The encoder learns from every stock of the table, also from those that are no members."""
    assert encoder.seen["stocks"] == STOCKS
    assert samples.samples.groupby("code")["member"].any().sum() < STOCKS


def test_same_seed_same_bits(samples, train_end):
    """Twice the same seed gives the same weights; another seed does not."""
    one, again = (pretrained(samples.features, train_end) for _ in range(2))
    assert same(one, again)
    assert not same(one, pretrained(samples.features, train_end, seed=2))


def test_no_answer_held_out_is_learned_from(samples, train_end):
    """The windows measured, and the days after those learned from, do not overlap."""
    table = samples.features[samples.features["date"] <= train_end]
    every = np.ones(len(table), bool)
    windows = tasks.Windows.build(
        table, every, LOOKBACK, tasks.Normaliser.fit(table, every, relative=True)
    )
    fit, held = tasks._pools(windows)
    assert fit.day.max() + 1 < held.day.min()


def test_equally_many_patches_are_hidden_and_never_the_last():
    """Each window hides the asked share, at least one patch, and shows its last days."""
    rng = np.random.default_rng(0)
    for patches, share, many in ((6, 0.4, 2), (2, 0.1, 1), (2, 0.9, 1), (12, 0.5, 6)):
        hidden = tasks._hidden(50, patches, share, rng).numpy()
        assert (hidden.sum(axis=1) == many).all()
        assert not hidden[:, -1].any()


def test_a_column_without_values_and_holes_are_read_as_the_mean(samples, train_end):
    """NaN features, one of them whole, leave finite weights and a finite history."""
    table = samples.features.assign(gap=np.float32(np.nan))
    table.loc[::7, "return_1"] = np.nan
    made = pretrained(table, train_end)
    assert all(torch.isfinite(value).all() for value in made.encoder.state_dict().values())
    assert np.isfinite([list(row.values()) for row in made.history]).all()


def test_one_stock_is_enough(train_end):
    """A panel of one stock pre-trains; relative to itself it says nothing, and nothing breaks."""
    made = pretrained(make(stocks=1).features, train_end)
    assert made.seen["stocks"] == 1
    assert all(torch.isfinite(value).all() for value in made.encoder.state_dict().values())


def test_too_short_a_history_is_refused(samples):
    """Bars without a full window, or none at all up to the day, are one clear error each."""
    days = samples.days
    with pytest.raises(InputError, match="must have a stock with 20 days"):
        pretrained(samples.features, days[11])
    with pytest.raises(InputError, match="must have days up to 2013-12-31"):
        pretrained(samples.features, "2013-12-31")


def test_a_loss_that_is_not_finite_ends_it(samples, train_end):
    """Divergence is an error that names the learning rate, not an encoder of NaN."""
    recipe = dataclasses.replace(QUICK, steps=20, learning_rate=1e25)
    with pytest.raises(InputError, match=r"finite loss.*learning rate"):
        pretrained(samples.features, train_end, recipe=recipe)


@pytest.mark.parametrize("wrong", [{"masked": 0.0}, {"masked": 1.0}, {"steps": 0}])
def test_a_recipe_that_makes_no_sense_is_refused(wrong):
    """Nothing or everything hidden, or no steps."""
    with pytest.raises(InputError):
        tasks.Recipe(**wrong)


def test_the_hash_tells_data_apart(samples):
    """One value, key or name changed gives another hash; a copy the same."""
    table = samples.features
    changed = table.assign(return_1=table["return_1"].mask(table.index == 5, 1.0))
    others = [changed, table.iloc[1:], table.rename(columns={"range_1": "range"})]
    others.append(table.assign(date=table["date"] + pd.Timedelta("1D")))
    assert data_hash(table) == data_hash(table.copy())
    assert len({data_hash(one) for one in (table, *others)}) == 5
