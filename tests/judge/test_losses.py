"""Named losses by day, against scikit-learn."""

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics as sk

from stockcast.errors import InputError
from stockcast.judge import losses
from stockcast.judge.metrics import daily_ic

DAYS = pd.bdate_range("2017-01-03", periods=6, name="date")


@pytest.fixture
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    date = np.repeat(DAYS, 8)
    label = rng.normal(size=len(date)) / 20
    mu = 0.2 * label + rng.normal(size=len(date)) / 50
    said = rng.uniform(0.1, 0.9, len(date))
    code = np.tile(np.arange(8), len(DAYS)).astype(str)
    return pd.DataFrame(
        {"date": date, "code": code, "label": label, "mu": mu, "prob_up": said, "score": mu}
    )


@pytest.mark.parametrize(
    ("name", "column", "measure"),
    [
        ("squared", "mu", sk.mean_squared_error),
        ("absolute", "mu", sk.mean_absolute_error),
        ("brier", "prob_up", lambda y, p: sk.brier_score_loss(y > 0, p)),
        ("log", "prob_up", lambda y, p: sk.log_loss(y > 0, p, labels=[False, True])),
    ],
)
def test_losses_equal_scikit_learn(frame, name, column, measure):
    """Each day's figure is the library's, over the rows that have forecast and outcome."""
    frame.loc[3, "label"], frame.loc[11, column] = np.nan, np.nan
    found = losses.daily_losses(frame, name)
    for date, day in frame.dropna().groupby("date"):
        assert found[date] == pytest.approx(measure(day["label"], day[column]))


def test_day_without_outcomes_is_nan(frame):
    """Every date of the table is there, NaN where nothing is known."""
    frame.loc[frame["date"] == DAYS[2], "label"] = np.nan
    found = losses.daily_losses(frame, "squared")
    assert found.index.equals(pd.DatetimeIndex(DAYS))
    assert found.isna().tolist() == [False, False, True, False, False, False]


def test_certain_and_wrong_costs_much_but_not_infinity(frame):
    """A probability of 1 for what did not happen has a large, finite loss."""
    frame["prob_up"] = (frame["label"] <= 0).astype(float)
    assert losses.daily_losses(frame, "log").between(30, 40).all()


def test_rank_loss_is_minus_the_rank_ic(frame):
    """The loss "rank" is the Rank IC with its sign changed."""
    ic = daily_ic(frame, method="spearman")
    assert losses.daily_losses(frame, "rank").to_numpy() == pytest.approx(-ic.to_numpy())


def test_by_model_keeps_the_order_of_appearance(frame):
    """One column a model, the first seen first."""
    both = pd.concat([frame.assign(model="z"), frame.assign(model="a", mu=0.0)])
    table = losses.by_model(both, "squared")
    assert list(table) == ["z", "a"]
    assert table["a"].mean() == pytest.approx((frame["label"] ** 2).mean())


def test_out_of_sample_r2(frame):
    """Nothing said explains nothing, the truth all, and noise costs."""
    assert losses.out_of_sample_r2(frame.assign(mu=0.0)) == 0
    assert losses.out_of_sample_r2(frame.assign(mu=frame["label"])) == 1
    assert losses.out_of_sample_r2(frame.assign(mu=-frame["label"])) == pytest.approx(-3)
    mean = frame["label"].mean()
    assert losses.out_of_sample_r2(frame, mean) == pytest.approx(sk.r2_score(frame.label, frame.mu))


def test_unknown_loss(frame):
    """A loss that is not there is refused with the names of those that are."""
    with pytest.raises(InputError, match="squared, absolute, brier, log, rank"):
        losses.daily_losses(frame, "huber")
