"""Labels count from the day they were known, and folds run in order of time."""

import numpy as np
import pandas as pd
import pytest

from stockcast.errors import InputError
from stockcast.features.text import training


def days(*counts: int) -> pd.DataFrame:
    """`counts[i]` headlines on day i of 2016, good and bad in turn, known when published."""
    time = np.repeat(pd.date_range("2016-01-01", periods=len(counts)), counts)
    return pd.DataFrame({"time": time, "known": time, "label": np.arange(len(time)) % 2})


def test_folds_are_runs_of_days():
    """Twelve days of two headlines in three folds: three days are tested, all before train."""
    rows = days(*[2] * 12)
    found = [(train.tolist(), test.tolist()) for train, test in training.walk_forward(rows, 3)]
    assert found == [
        (list(range(6)), list(range(6, 12))),
        (list(range(12)), list(range(12, 18))),
        (list(range(18)), list(range(18, 24))),
    ]


def test_no_day_is_split():
    """A day with many headlines is on one side of every fold."""
    rows = days(3, 40, 3, 3)
    for train, test in training.walk_forward(rows, 4):
        assert not set(rows["time"].iloc[train]) & set(rows["time"].iloc[test])


def test_labels_known_after_a_test_begins_do_not_train_it():
    """A label that was known ten days late is left out of folds that begin before."""
    rows = days(*[2] * 12)
    rows["known"] = rows["time"] + pd.Timedelta(days=3)
    for train, test in training.walk_forward(rows, 3):
        assert rows["known"].iloc[train].max() < rows["time"].iloc[test].min()


def test_until_counts_the_day_a_label_was_known(news):
    """Headlines from before `until` whose label came later are left out."""
    known = news["time"] + pd.Timedelta(days=30)
    found = training.labelled(news.assign(known=known), "2016-12-31")
    assert found["known"].max() <= pd.Timestamp("2016-12-31")
    assert found["time"].max() <= pd.Timestamp("2016-12-01")
    assert len(found) == (known <= "2016-12-31").sum()


def test_a_label_is_not_known_before_its_headline(news):
    """A `known` before the publication is the publication's."""
    found = training.labelled(news.assign(known=pd.Timestamp("2000-01-01")), "2016-12-31")
    pd.testing.assert_series_equal(found["known"], found["time"], check_names=False)


def test_order_of_rows_does_not_matter(news):
    """Shuffled rows give the same table."""
    shuffled = news.sample(frac=1.0, random_state=1)
    pd.testing.assert_frame_equal(
        training.labelled(news, "2017-06-30"), training.labelled(shuffled, "2017-06-30")
    )


def test_unknown_labels_are_left_out(news):
    """A missing label is no label."""
    holed = news.assign(label=news["label"].where(news.index % 3 > 0))
    found = training.labelled(holed, "2018-12-31")
    assert len(found) == (news.index % 3 > 0).sum()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda news: news.drop(columns="title"), "missing: ['title']"),
        (lambda news: news.assign(label=2), "must be 0 or 1"),
        (lambda news: news.assign(label=1), "both kinds"),
        (lambda news: news.head(5), "must hold 20 headlines"),
        (lambda news: news.assign(time=news["time"] + pd.Timedelta(days=9999)), "known by"),
    ],
)
def test_bad_news_is_refused(news, change, told):
    """What cannot be learnt from is an error that says why."""
    with pytest.raises(InputError) as caught:
        training.labelled(change(news), "2018-12-31")
    assert told in str(caught.value)


def test_calibration_recovers_a_known_curve():
    """Scores whose chance of good is expit(0.5 s - 1) are calibrated to slope .5 and offset -1."""
    rng = np.random.default_rng(0)
    score = rng.normal(0, 4, 20_000)
    label = (rng.random(20_000) < 1 / (1 + np.exp(1 - 0.5 * score))).astype(int)
    found = training._calibrated(1.0, score, label)[1]
    assert found.slope == pytest.approx(0.5, abs=0.02)
    assert found.offset == pytest.approx(-1.0, abs=0.06)


def test_a_score_that_misleads_is_not_turned_round():
    """Calibration flattens a score that was wrong in every fold; it does not invert it."""
    label = np.tile([0, 1], 200)
    found = training._calibrated(1.0, np.where(label == 1, -1.0, 1.0), label)[1]
    assert found.slope == 0
