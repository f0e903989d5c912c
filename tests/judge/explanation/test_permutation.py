"""Shuffling features among stocks, block of days by block."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from stockcast.determinism import stream
from stockcast.errors import InputError
from stockcast.judge.explanation.permutation import _Layout, _trimmed, permutation
from stockcast.models.classical.fitted import Classical
from stockcast.models.networks.forecast import Ensemble
from stockcast.models.networks.material import Material
from stockcast.models.networks.models import FittedNetworks
from stockcast.models.networks.training import Trained
from stockcast.models.sample_set import SampleSet


@dataclasses.dataclass(frozen=True)
class Named:
    """A model whose score is one feature, or the sum of several."""

    features: tuple[str, ...]

    def forecast(self, samples: SampleSet, part: str = "test") -> pd.DataFrame:
        rows = samples.part(part, labelled=False)
        score = samples.features.loc[rows, list(self.features)].sum(axis=1)
        return samples.samples.loc[rows, ["date", "code"]].assign(score=score)


def test_what_the_model_reads_is_told_from_what_it_does_not(samples: SampleSet) -> None:
    """A feature that is the whole score is relied on, others not at all, helpful or not."""
    found = permutation(Named(("x0",)), samples, seed=1, block=10)
    assert found.reliance["x0"].mean() > 0.8
    assert (found.reliance[["x1", "x2", "x3"]] == 0).all().all()
    assert (found.drop[["x1", "x2", "x3"]] == 0).all().all()
    assert found.drop["x0"].mean() > 0.1
    useless = permutation(Named(("x2",)), samples, seed=1, block=10)
    assert useless.reliance["x2"].mean() > 0.8
    assert useless.drop["x2"].mean() < 0.1


def test_reliance_needs_no_outcome(samples: SampleSet, boosted: Classical) -> None:
    """Without the outcomes of the test nothing but the drop is lost."""
    blind = samples.samples.assign(label=np.nan)
    known, unknown = (
        permutation(boosted, each, seed=1, repeats=1)
        for each in (samples, dataclasses.replace(samples, samples=blind))
    )
    pd.testing.assert_frame_equal(known.reliance, unknown.reliance)
    assert unknown.drop.isna().all().all()


def test_groups_and_seeds(samples: SampleSet, boosted: Classical) -> None:
    """A group is shuffled together; its result depends on the seed and its name alone."""
    groups = {"drivers": ("x0", "x1"), "rest": ("x2",)}
    found = permutation(boosted, samples, seed=3, groups=groups, repeats=1)
    alone = permutation(boosted, samples, seed=3, groups={"rest": ("x2",)}, repeats=1)
    assert list(found.drop) == ["drivers", "rest"]
    pd.testing.assert_frame_equal(found.drop[["rest"]], alone.drop)
    other = permutation(boosted, samples, seed=4, groups={"rest": ("x2",)}, repeats=1)
    assert not other.reliance.equals(alone.reliance)


def test_histories_stay_whole(samples: SampleSet) -> None:
    """Within a block every stock carries one other stock's history, and nothing is lost."""
    layout = _Layout.of(samples)
    dealt = layout.shuffled(samples, ["x0"], stream(1), block=7)
    before, after = (
        each.features.pivot(index="date", columns="code", values="x0") for each in (samples, dealt)
    )
    assert not np.array_equal(before, after)
    for start in range(0, len(before), 7):
        own, got = before.iloc[start : start + 7], after.iloc[start : start + 7]
        columns = {tuple(own[code]) for code in own}
        assert {tuple(got[code]) for code in got} == columns
    np.testing.assert_array_equal(dealt.features["x1"], samples.features["x1"])


def test_stocks_that_come_and_go_swap_by_the_day(samples: SampleSet) -> None:
    """With gaps in the panel each day still holds the values it held."""
    kept = np.arange(len(samples.features)) % 11 != 0
    gappy = dataclasses.replace(
        samples, features=samples.features[kept], samples=samples.samples[kept]
    )
    dealt = _Layout.of(gappy).shuffled(gappy, ["x0"], stream(1), block=7)
    by_day = [each.features.groupby("date")["x0"].apply(sorted) for each in (gappy, dealt)]
    assert by_day[0].tolist() == by_day[1].tolist()


def test_a_feature_of_the_whole_market_changes_days(samples: SampleSet) -> None:
    """What all stocks of a day share moves in blocks of days and stays shared."""
    day = pd.factorize(samples.features["date"])[0].astype(float)
    shared = dataclasses.replace(samples, features=samples.features.assign(mood=day))
    dealt = _Layout.of(shared).shuffled(shared, ["mood"], stream(1), block=20)
    by_day = dealt.features.groupby("date")["mood"].agg(["min", "max"])
    assert (by_day["min"] == by_day["max"]).all()
    steps = by_day["min"].diff().iloc[1:]
    assert (steps != 1).any()
    assert (steps == 1).mean() > 0.9


def test_the_days_left_out_change_no_forecast(
    samples: SampleSet, boosted: Classical, network: Trained, known_material: Material
) -> None:
    """The days of the part and a window before them are all a fitted model asks for."""
    less = _trimmed(samples, "test")
    assert len(less.samples) < len(samples.samples)
    committee = Ensemble("one", (network,), known_material.codes, known_material.information_until)
    for model in (boosted, FittedNetworks(committee, known_material.normaliser, 10)):
        pd.testing.assert_frame_equal(
            model.forecast(less).reset_index(drop=True),
            model.forecast(samples).reset_index(drop=True),
            check_exact=True,
        )


def test_networks_are_shuffled_as_well(
    samples: SampleSet, network: Trained, known_material: Material
) -> None:
    """A network's windows are shuffled through the same interface, and x0 comes first."""
    committee = Ensemble("one", (network,), known_material.codes, known_material.information_until)
    model = FittedNetworks(committee, known_material.normaliser, 10)
    found = permutation(model, samples, seed=1, repeats=1)
    assert found.reliance.mean().idxmax() == "x0"


def test_one_stock_has_no_order(samples: SampleSet) -> None:
    """With a single stock there is nothing to rank: NaN, and no error."""
    alone = (samples.samples["code"] == "600000.SH").to_numpy()
    one = dataclasses.replace(
        samples, features=samples.features[alone], samples=samples.samples[alone]
    )
    found = permutation(Named(("x0",)), one, seed=1, repeats=1)
    assert found.drop.isna().all().all()
    assert found.reliance.isna().all().all()


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"groups": {"a": ("nothing",)}}, "features of the set"),
        ({"repeats": 0}, "at least 1"),
        ({"part": "none"}, "split none"),
    ],
)
def test_what_cannot_be_asked(samples: SampleSet, more: dict, said: str) -> None:
    """Unknown features, no repeats and empty parts are refused."""
    with pytest.raises(InputError, match=said):
        permutation(Named(("x0",)), samples, seed=1, **more)
