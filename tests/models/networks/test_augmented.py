"""The ablation: arms differ in what they are shown and in nothing else."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch

from stockcast.errors import InputError
from stockcast.models.networks import augmented
from stockcast.samples.augmentation import ways
from tests.models.conftest import Known

LOOKBACK = 10


def tables(known: Known, **columns: object) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The known market, one feature as the day's return and one as a policy event."""
    features = known.features.rename(columns={"x2": "policy_strength", "x3": "return_1"})
    features["return_1"] *= 0.01
    return features.assign(**columns), known.samples


def run(known: Known, arms: tuple[str, ...], seeds: tuple[int, ...] = (1,), **kw: object):
    kw = {"lookback": LOOKBACK, "jobs": 1, "most": 800} | kw
    return augmented.ablation(*tables(known), seeds=seeds, arms=arms, **kw)


def of(scores: pd.DataFrame, arm: str) -> pd.DataFrame:
    return scores[scores.arm == arm].drop(columns="arm").reset_index(drop=True)


@pytest.fixture(scope="module")
def scores(known: Known) -> pd.DataFrame:
    return run(known, tuple(augmented.ARMS), seeds=(1, 2))


def test_every_arm_and_seed_scores_every_member_on_validation_days(known, scores):
    """The table is complete, in order, of validation days only, with the samples' own labels."""
    valid = known.samples[known.samples.split == "valid"]
    assert list(scores.columns) == ["arm", "seed", "date", "code", "score", "label"]
    groups = scores.groupby(["arm", "seed"])
    assert groups.ngroups == 2 * len(augmented.ARMS)
    for _, group in groups:
        merged = group.merge(valid, on=["date", "code"], suffixes=("", "_expected"))
        assert len(merged) == len(group) == len(valid)
        np.testing.assert_array_equal(merged.label, merged.label_expected)
        assert np.isfinite(group.score).all()


def test_arms_differ_and_seeds_differ(scores):
    """Each arm and each seed makes a network of its own."""
    wide = scores.pivot(index=["date", "code"], columns=["arm", "seed"], values="score")
    assert not wide.T.duplicated().any()


def test_the_network_finds_what_moves_the_mean(known):
    """Of the last day's features, the one that is a known part of the labels orders the scores."""
    found = run(known, ("none",), most=10_000).merge(known.features, on=["date", "code"])
    heard = {name: found.score.corr(found[name], method="spearman") for name in ("x0", "x1")}
    assert heard["x0"] > 0.5
    assert abs(heard["x1"]) < heard["x0"] / 2


def test_same_seed_same_bits_however_run(known, scores):
    """An arm trained again, alone, in another process, gives the same bits."""
    again = run(known, ("story", "none"), seeds=(1, 2), jobs=2)
    for arm in ("story", "none"):
        pd.testing.assert_frame_equal(of(again, arm), of(scores, arm), check_exact=True)


def test_a_way_of_no_strength_is_no_augmentation(known, scores, monkeypatch):
    """With nothing to vary, weights, order, labels and steps are those of the plain arm."""
    for name in ("STRETCH", "SHARE", "SHIFT", "BEND", "NOISE"):
        monkeypatch.setattr(ways, name, 0)
    names = ("stretch", "jitter", "shift", "warp", "noise", "story")
    still = run(known, names, seeds=(1, 2))
    for name in names:
        pd.testing.assert_frame_equal(of(still, name), of(scores, "none"), check_exact=True)


def test_later_days_change_no_bit(known, scores):
    """Without the days after validation, every score is the same; with their labels, too."""
    features, samples = tables(known)
    last = samples.date[samples.split == "valid"].max()
    kw = {"lookback": LOOKBACK, "jobs": 1, "most": 800, "seeds": (1,)}
    arms = ("none", "jitter", "noise", "rare", "story")
    cut = augmented.ablation(
        features[features.date <= last], samples[samples.date <= last], arms=arms, **kw
    )
    other = samples.assign(label=samples.label.where(samples.date <= last, 9.0))
    other = augmented.ablation(features, other, arms=("rare",), **kw)
    for arm in arms:
        expected = of(scores, arm)
        expected = expected[expected.seed == 1].reset_index(drop=True)
        pd.testing.assert_frame_equal(of(cut, arm), expected, check_exact=True)
        if arm == "rare":
            pd.testing.assert_frame_equal(of(other, arm), expected, check_exact=True)


def test_validation_labels_do_not_train(known, scores):
    """Other labels on validation days give the same scores: nothing is chosen by them."""
    features, samples = tables(known)
    other = samples.assign(label=samples.label.mask(samples.split == "valid", -samples.label))
    found = augmented.ablation(
        features, other, lookback=LOOKBACK, jobs=1, most=800, seeds=(1,), arms=("rare",)
    )
    expected = of(scores, "rare")
    np.testing.assert_array_equal(found.score, expected.score[expected.seed == 1])


def test_missing_events_leave_the_shift_out(known):
    """Without features that tell of events there is nothing to shift."""
    features, samples = tables(known)
    features = features.rename(columns={"policy_strength": "other"})
    found = augmented.ablation(
        features, samples, lookback=LOOKBACK, jobs=1, most=400, seeds=(1,),
        arms=("none", "shift", "story"),
    )  # fmt: skip
    assert set(found.arm) == {"none", "story"}


def test_gaps_in_features_and_labels_do_no_harm(known):
    """Unknown features, returns and labels leave finite scores, and their label NaN."""
    features, samples = tables(known)
    rng = np.random.default_rng(1)
    for name in ("x0", "return_1", "policy_strength"):
        features[name] = features[name].mask(rng.random(len(features)) < 0.1)
    samples = samples.assign(label=samples.label.mask(rng.random(len(samples)) < 0.1))
    found = augmented.ablation(
        features, samples, lookback=LOOKBACK, jobs=1, most=400, seeds=(1,),
        arms=("jitter", "rare", "story"),
    )  # fmt: skip
    assert np.isfinite(found.score).all()
    assert found.label.isna().mean() == pytest.approx(0.1, abs=0.03)


@pytest.mark.parametrize("lookback", [5, 17, 60])
def test_the_reader_reads_whole_weeks_up_to_the_last_day(lookback):
    """Whatever the length, the last day counts, and the oldest odd days are passed over."""
    torch.manual_seed(0)
    net = augmented.Reader(3)
    x = torch.randn(4, lookback, 3, requires_grad=True)
    net(x).sum().backward()
    felt = x.grad.abs().sum(dim=(0, 2)) > 0
    assert felt[-1]
    assert felt.tolist() == [False] * (lookback % 5) + [True] * (lookback - lookback % 5)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"arms": ("none", "nonsense")}, "arms"),
        ({"arms": ()}, "arms"),
        ({"lookback": 4}, "lookback"),
        ({"lookback": 200}, "split train"),
    ],
)
def test_what_cannot_be_trained_is_refused(known, change, said):
    """An unknown arm and too short or too long a window are errors that name themselves."""
    kw = {"lookback": LOOKBACK, "arms": ("none",)} | change
    with pytest.raises(InputError, match=f"^{said}"):
        augmented.ablation(*tables(known), seeds=(1,), jobs=1, **kw)


def test_tables_that_do_not_fit_are_refused(known):
    """Features without the day's return, or of other rows than the samples, are errors."""
    features, samples = tables(known)
    kw = {"lookback": LOOKBACK, "seeds": (1,), "jobs": 1}
    with pytest.raises(InputError, match="return_1"):
        augmented.ablation(features.drop(columns="return_1"), samples, **kw)
    with pytest.raises(InputError, match="samples"):
        augmented.ablation(features, samples[1:], **kw)
