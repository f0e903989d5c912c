"""Cleaning: fitted on the training window only, across stocks one day at a time."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.linear_model import LinearRegression

from stockcast.data.cleaning import Standard, Winsor, carry, neutral, ranks
from stockcast.errors import InputError

COLUMNS = ["pe", "roe"]


@pytest.fixture
def frame():
    """Forty days of thirty stocks: heavy tails, holes, three sectors, sizes."""
    rng = np.random.default_rng(3)
    days, codes = pd.date_range("2015-01-05", periods=40), [f"{i:06d}.SZ" for i in range(30)]
    table = pd.MultiIndex.from_product([days, codes], names=["date", "code"]).to_frame(index=False)
    for name in COLUMNS:
        table[name] = rng.standard_t(2, len(table))
        table.loc[rng.choice(len(table), 60, replace=False), name] = np.nan
    table["sector"] = pd.array(rng.choice(["bank", "steel", "tea"], len(table)), dtype="str")
    table["float_cap"] = np.exp(rng.normal(23, 1, len(table)))
    return table


@pytest.mark.parametrize("step", [ranks, neutral])
def test_a_day_knows_no_other_day(frame, step):
    """Dropping every later row leaves the earlier ones bit-identical; so does another order."""
    cut = frame[frame.date <= "2015-01-20"]
    whole = step(frame, COLUMNS)
    pd.testing.assert_frame_equal(step(cut, COLUMNS), whole.loc[cut.index], check_exact=True)


def test_carrying_knows_no_later_day(frame):
    """Dropping every later row leaves what was carried bit-identical."""
    rng = np.random.default_rng(0)
    suspended = pd.Series(rng.random(len(frame)) < 0.3, frame.index)
    cut = frame[frame.date <= "2015-01-20"]
    pd.testing.assert_frame_equal(
        carry(cut, COLUMNS, suspended[cut.index]),
        carry(frame, COLUMNS, suspended).loc[cut.index], check_exact=True,
    )  # fmt: skip


@pytest.mark.parametrize("learned", [Winsor, Standard])
def test_what_is_learned_ends_with_the_training_window(frame, learned):
    """The fit carries its last date, equals itself, and does not change what comes later."""
    train = frame[frame.date <= "2015-01-20"]
    fitted = learned.fit(train, COLUMNS)
    assert fitted.information_until == pd.Timestamp("2015-01-20")
    assert fitted == learned.fit(train.copy(), COLUMNS)
    assert fitted != learned.fit(frame, COLUMNS)
    cut = frame[frame.date <= "2015-02-01"]
    pd.testing.assert_frame_equal(
        fitted.transform(cut), fitted.transform(frame).loc[cut.index], check_exact=True
    )


@pytest.mark.parametrize("learned", [Winsor, Standard])
def test_nothing_can_be_learned_from_nothing(frame, learned):
    """No rows, or a column without a number, is an input error that names the column."""
    with pytest.raises(InputError, match="must have rows"):
        learned.fit(frame[:0], COLUMNS)
    with pytest.raises(InputError, match="column roe: must hold a number"):
        learned.fit(frame.assign(roe=np.nan), COLUMNS)


def test_carrying_invents_nothing():
    """Suspended days take the last traded day's value, holes and beginnings stay holes."""
    frame = pd.DataFrame(
        {
            "date": np.repeat(pd.date_range("2015-01-05", periods=6), 2),
            "code": ["a", "b"] * 6,
            "pe": [1, np.nan, np.nan, 5, 3, np.nan, np.nan, np.nan, 9, 6, np.nan, 8],
        }
    )
    suspended = pd.Series([0, 1, 1, 0, 0, 0, 1, 1, 1, 0, 0, 1], dtype=bool)
    got = carry(frame, ["pe"], suspended)
    assert got.pe[frame.code == "a"].tolist()[:5] == [1, 1, 3, 3, 3]
    assert np.isnan(got.pe[10])  # traded without a value
    b = got.pe[frame.code == "b"].tolist()
    assert b[1] == 5
    assert b[4:] == [6, 6]
    assert np.isnan([b[0], b[2], b[3]]).all()  # before the first day; a hole, and carried as one


def test_winsor_pulls_in_to_the_median_plus_and_minus_mads(frame):
    """Bounds equal median ± 5 x 1.4826 MAD of the training rows; NaN stays; others are kept."""
    out = Winsor.fit(frame, COLUMNS).transform(frame)
    for name in COLUMNS:
        known = frame[name].dropna()
        mad = stats.norm.ppf(0.75) ** -1 * (known - known.median()).abs().median()
        low, high = known.median() - 5 * mad, known.median() + 5 * mad
        np.testing.assert_allclose(out[name], frame[name].clip(low, high), rtol=1e-12)
        assert known.max() > high
    pd.testing.assert_frame_equal(out[["date", "sector"]], frame[["date", "sector"]])


def test_winsor_leaves_a_column_of_mostly_one_value_alone(frame):
    """A median deviation of zero is no scale: nothing is pulled in to a single value."""
    frame = frame.assign(pe=np.where(np.arange(len(frame)) % 3 == 0, frame.pe, 0.0))
    pd.testing.assert_series_equal(Winsor.fit(frame, ["pe"]).transform(frame).pe, frame.pe)


def test_standard_has_mean_zero_and_scale_one_in_training(frame):
    """Training rows come out with mean 0 and deviation 1; later rows use the same numbers."""
    train = frame[frame.date <= "2015-01-20"]
    fitted = Standard.fit(train, COLUMNS)
    out = fitted.transform(train)
    np.testing.assert_allclose(out[COLUMNS].mean(), 0, atol=1e-12)
    np.testing.assert_allclose(out[COLUMNS].std(ddof=0), 1)
    later = fitted.transform(frame.tail(5))
    np.testing.assert_allclose(later.pe * fitted.scale[0] + fitted.mean[0], frame.pe.tail(5))
    assert out.pe.isna().equals(train.pe.isna())


def test_ranks_are_symmetric_and_skip_holes():
    """Four values are at ±1/4 and ±3/4, ties share, a hole stays one, a lone value is 0."""
    frame = pd.DataFrame(
        {
            "date": pd.to_datetime(["2015-01-05"] * 5 + ["2015-01-06"]),
            "code": list("abcdea"),
            "pe": [10.0, 30.0, np.nan, 20.0, 40.0, 7.0],
        }
    )
    assert ranks(frame, ["pe"]).pe.dropna().tolist() == [-0.75, 0.25, -0.25, 0.75, 0.0]
    tied = ranks(frame.assign(pe=[1.0, 1, 1, 2, 2, 9]), ["pe"]).pe
    assert tied[:5].sum() == pytest.approx(0)
    assert tied.nunique() == 3


def test_neutral_is_the_residual_of_the_days_regression(frame):
    """Each day's values equal the residuals of dummies and log size by least squares."""
    out = neutral(frame, COLUMNS)
    for _, day in frame.groupby("date"):
        known = day[day.roe.notna()]
        design = pd.get_dummies(known.sector, dtype=float)
        design["size"] = np.log(known.float_cap)
        model = LinearRegression(fit_intercept=False).fit(design, known.roe)
        np.testing.assert_allclose(
            out.roe[known.index], known.roe - model.predict(design), atol=1e-8
        )
    assert out.roe.isna().equals(frame.roe.isna())


def test_neutral_needs_sector_and_size(frame):
    """Rows without either have no residual and leave the others' as if they were not there."""
    holed = frame.copy()
    holed.loc[5, "float_cap"] = np.nan
    holed.loc[6, "sector"] = None
    holed.loc[7, "float_cap"] = 0.0
    out = neutral(holed, ["pe"])
    assert out.pe[[5, 6, 7]].isna().all()
    rest = neutral(frame.drop(index=[5, 6, 7]), ["pe"])
    pd.testing.assert_series_equal(out.pe.drop([5, 6, 7]), rest.pe)


def test_a_stock_alone_in_its_sector_says_nothing(frame):
    """Its sector explains it wholly."""
    frame = frame.dropna().copy()
    frame.loc[frame.index[3], "sector"] = "alone"
    assert neutral(frame, ["pe"]).pe[frame.index[3]] == 0
