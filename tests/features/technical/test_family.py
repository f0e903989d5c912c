"""The whole technical family: how many features count, and the rules that bind each."""

from collections import Counter

import numpy as np
import pandas as pd
import pytest

from tests.features.technical.conftest import FEATURES, MODULES, values_of

NAMES = [feature.name for feature in FEATURES]
SPANS = 4
ALIKE = 0.99


def bits(table):
    """The raw 32 bits, so that NaN equals NaN and -0 differs from 0."""
    return table.to_numpy().view(np.uint32)


@pytest.fixture(scope="module")
def few(technical_panel):
    """Ten stocks: the listed ones of every fourth code."""
    return technical_panel[technical_panel.code.isin(sorted(technical_panel.code.unique())[::4])]


@pytest.fixture(scope="module")
def few_values(few):
    """Their features."""
    return values_of(few)


def test_a_hundred_features_count(technical):
    """At most four of a stem, and none that another already says (|correlation| > .99)."""
    assert len(set(NAMES)) == len(NAMES)
    seen: Counter[str] = Counter()
    counted = []
    for feature in FEATURES:
        seen[feature.stem] += 1
        if seen[feature.stem] <= SPANS:
            counted.append(feature.name)
    sample = technical[counted].iloc[::7]
    ranks = sample.rank().corr().abs().to_numpy()
    linear = sample.corr().abs().to_numpy()
    kept = []
    for place in range(len(counted)):
        if all(max(ranks[place, k], linear[place, k]) <= ALIKE for k in kept):
            kept.append(place)
    assert len(kept) >= 100, [n for p, n in enumerate(counted) if p not in kept]


def test_every_feature_is_described():
    """Formula, inputs, units, source, and the group of its module; the family is technical."""
    for module in MODULES:
        assert len({feature.group for feature in module.FEATURES}) == 1
    for feature in FEATURES:
        assert feature.family == "technical"
        assert all((feature.formula, feature.inputs, feature.units, feature.source))
        assert "{" not in feature.formula


@pytest.mark.parametrize("feature", FEATURES, ids=NAMES)
def test_first_value_comes_on_day_lookback(feature, technical):
    """Of the stocks there from the first day, the first value comes on day `lookback`."""
    column = technical[feature.name].unstack("code")
    column = column[column.columns[technical.return_1.unstack("code").iloc[1].notna()]]
    known = np.isfinite(column.to_numpy()).any(axis=1)
    assert known.argmax() + 1 == feature.lookback
    assert np.isfinite(technical[feature.name]).sum() >= 1000
    assert technical[feature.name].nunique() >= 2


@pytest.mark.parametrize("share", [0.003, 0.05, 0.4, 0.77, 0.995])
def test_dropping_later_rows_changes_no_bit(share, few, few_values):
    """Features dated <= t are bit-identical when every row after t is gone."""
    days = np.sort(few.date.unique())
    cut = pd.Timestamp(days[int(share * len(days))])
    before = few_values[few_values.index.get_level_values("date") <= cut]
    found = values_of(few[few.date <= cut])
    pd.testing.assert_index_equal(before.index, found.index)
    differ = (bits(before) != bits(found)).any(axis=0)
    assert not differ.any(), found.columns[differ]


def test_factor_level_changes_no_feature(few, few_values):
    """A constant times a stock's factor: same bits for powers of two, 1e-6 for any other."""
    stock = pd.Series(pd.factorize(few.code)[0], few.index)
    twos = values_of(few.assign(adj_factor=few.adj_factor * 2.0 ** (stock % 7 - 3)))
    differ = (bits(twos) != bits(few_values)).any(axis=0)
    assert not differ.any(), twos.columns[differ]
    others = values_of(few.assign(adj_factor=few.adj_factor * (0.37 + 1.7 * stock)))
    for name in NAMES:
        np.testing.assert_allclose(others[name], few_values[name], 1e-6, 1e-6, err_msg=name)


@pytest.mark.parametrize("rows", [1, 2, 3])
def test_short_stocks_give_nan(rows, few):
    """A stock of one to three rows raises nothing, and no moment or average comes of it."""
    found = values_of(few.groupby("code").head(rows))
    assert not np.isinf(found.drop(columns="gap")).any(axis=None)
    assert found[["volatility_5", "rsi_6", "kdj_k", "distance_5", "adx_14"]].isna().all(axis=None)


BROKEN = {
    "no volume": {"volume": np.nan},
    "no amount": {"amount": np.nan},
    "no trade": {"volume": 0.0, "amount": 0.0},
    "no price": {"open": np.nan, "high": np.nan, "low": np.nan, "close": np.nan},
    "negative": {"open": -1.0, "high": -1.0, "low": -1.0, "close": -1.0},
    "constant": {"open": 7.0, "high": 7.0, "low": 7.0, "close": 7.0, "pre_close": 7.0},
    "no limits": {"limit_up": np.nan, "limit_down": np.nan},
}


@pytest.mark.parametrize("case", BROKEN)
def test_broken_columns_raise_nothing(case, few, few_values):
    """One stock's broken columns leave the others' bits, and give it NaN or finite values."""
    code = few.code.iloc[0]
    broken = few.copy()
    for name, value in BROKEN[case].items():
        broken.loc[broken.code == code, name] = value
    found = values_of(broken)
    own = found.index.get_level_values("code") == code
    np.testing.assert_array_equal(bits(found[~own]), bits(few_values[~own]))
    with np.errstate(all="ignore"):
        assert not (found[own].abs() > 1e7).any(axis=None)


@pytest.mark.parametrize("column", ["open", "high", "low", "close", "volume", "amount"])
def test_unknown_inputs_are_unknown_features(column, few):
    """Without a column, what is made of it is NaN, not a count of zero days; the rest stays."""
    code = few.code.iloc[0]
    whole = few[few.code == code].assign(suspended=False)
    found, before = values_of(whole.assign(**{column: np.nan})), values_of(whole)
    made = [f.name for f in FEATURES if column in f.inputs and f.group != "rules"]
    others = [f.name for f in FEATURES if column not in f.inputs]
    known = found[made].notna().any()
    assert not known.any(), known.index[known]
    differ = (bits(found[others]) != bits(before[others])).any(axis=0)
    assert not differ.any(), found[others].columns[differ]
