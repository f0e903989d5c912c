"""What models are given: rows by part, targets, and ranks as SciPy gives them."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from stockcast.errors import InputError
from stockcast.models.sample_set import CLIP, SampleSet
from stockcast.samples.splits import purged
from tests.models.conftest import known_market


@pytest.fixture(scope="module")
def samples() -> SampleSet:
    """One feature with gaps and ties, one that all stocks share, one never known."""
    known = known_market(days=60, stocks=12)
    features = known.features.assign(
        x1=known.features["x1"].round().where(known.features["x0"] > -1),
        x2=known.features["date"].dt.day.astype("f4"),
        x3=np.float32("nan"),
    )
    return SampleSet(features, known.samples, horizon=5, lookback=10)


def test_rows_of_another_table_are_refused(samples):
    """Features and samples of other days or stocks, or of another length, are refused."""
    for rows in (samples.samples[1:], samples.samples.assign(code="600000.SH")):
        with pytest.raises(InputError, match="must have the rows of features"):
            dataclasses.replace(samples, samples=rows)


def test_ranks_are_scipys(samples):
    """Each day's values become (rank - 0.5) / count - 0.5, gaps stay gaps."""
    rows = samples.part("valid")
    found = pd.DataFrame(samples.matrix(rows), columns=list(samples.names))
    table = samples.features[rows].reset_index(drop=True)
    for _, day in table.groupby("date"):
        for name in ("x0", "x1"):
            rank = stats.rankdata(day[name], nan_policy="omit")
            wanted = (rank - 0.5) / day[name].count() - 0.5
            np.testing.assert_allclose(found.loc[day.index, name], wanted, atol=1e-6)


def test_shared_features_are_scaled_by_training_days(samples):
    """One value a day: less the training rows' mean, over their spread, clipped; NaN stays."""
    rows = samples.part("test")
    train = samples.features["x2"][samples.part("train")].astype(float)
    wanted = ((samples.features["x2"][rows] - train.mean()) / train.std(ddof=0)).clip(-CLIP, CLIP)
    found = pd.DataFrame(samples.matrix(rows), columns=list(samples.names))
    np.testing.assert_allclose(found["x2"], wanted, rtol=1e-5, atol=1e-6)
    assert found["x3"].isna().all()
    assert set(samples.scaling()) == {"x2", "x3"}


def test_a_days_matrix_depends_on_no_other_day(samples):
    """Asked for one day alone, or without later rows, its inputs are the same bits."""
    rows = samples.part("test")
    whole = samples.matrix(rows)
    day = samples.samples["date"][rows].iloc[0]
    alone = rows & (samples.samples["date"] == day).to_numpy()
    np.testing.assert_array_equal(samples.matrix(alone), whole[: alone.sum()])
    cut = samples.until(day)
    np.testing.assert_array_equal(cut.matrix(cut.part("test")), whole[: alone.sum()])


def test_a_stock_that_is_no_member_ranks_only_where_it_may_train(samples):
    """Ranks are among stocks that train or are ranked: an outsider's value moves none of them."""
    last = (samples.samples["code"] == samples.samples["code"].iloc[11]).to_numpy()
    out = samples.samples.assign(
        member=samples.samples["member"] & ~last, trainable=samples.samples["trainable"] & ~last
    )
    one = dataclasses.replace(samples, samples=out)
    moved = samples.features.assign(x0=samples.features["x0"].where(~last, 1e6))
    other = dataclasses.replace(one, features=moved)
    rows = one.part("test")
    np.testing.assert_array_equal(one.matrix(rows), other.matrix(rows))


def test_parts_hold_known_outcomes_but_the_test(samples):
    """Rows without outcome or unit are in no part that teaches; the test looks at no outcome."""
    gone = np.zeros(len(samples.samples), bool)
    gone[::7] = True
    holed = dataclasses.replace(
        samples, samples=samples.samples.assign(label=samples.samples["label"].mask(gone))
    )
    for part in ("train", "valid"):
        assert not (holed.part(part) & gone).any()
        assert (holed.part(part, labelled=False) & gone).any()
    assert (holed.part("test") == samples.part("test")).all()


def test_target_is_relative_and_clipped(samples):
    """Scaled returns are clipped first, then lose their day's mean."""
    rows = samples.part("train")
    table = samples.samples[rows]
    scaled = np.clip(table["label"] / table["scale"], -CLIP, CLIP)
    np.testing.assert_allclose(samples.target(rows, relative=False), scaled)
    sums = pd.Series(samples.target(rows)).groupby(table["date"].to_numpy()).sum()
    np.testing.assert_allclose(sums, 0, atol=1e-9)


def test_information_until_is_the_end_of_the_last_label(samples):
    """The close of t + 1 + horizon of the last validation day."""
    valid = samples.samples["date"][samples.samples["split"] == "valid"].max()
    place = samples.days.get_loc(valid)
    assert samples.information_until == samples.days[place + 1 + samples.horizon]


def test_dividing_changes_the_split_alone(samples):
    """Another split names other days; rows, features and outcomes stay."""
    days = samples.days
    split = purged(days, f"{days[20]:%Y-%m-%d}", f"{days[40]:%Y-%m-%d}", 5)
    other = samples.divided(split)
    assert set(other.samples["date"][other.samples["split"] == "test"]) == set(split.test)
    pd.testing.assert_frame_equal(
        other.samples.drop(columns="split"), samples.samples.drop(columns="split")
    )


def test_unknown_features_are_refused(samples):
    """A feature that is not in the set is named."""
    with pytest.raises(InputError, match="nothing_such"):
        samples.only(["x0", "nothing_such"])


def test_without_training_rows_there_is_no_scale(samples):
    """A set that has no training rows cannot say how shared features are scaled."""
    none = dataclasses.replace(samples, samples=samples.samples.assign(split=""))
    with pytest.raises(InputError, match="training rows: must not be empty"):
        none.scaling()
