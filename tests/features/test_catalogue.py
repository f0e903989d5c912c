"""Every feature of the catalogue is described, there, of the declared lookback, and counted."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

from stockcast.errors import InputError
from stockcast.features import catalogue
from stockcast.features.catalogue import CATALOGUE, PEER
from stockcast.features.compute import compute
from stockcast.features.counting import counted, rank_correlations
from stockcast.market.tables import TABLES
from tests.features.conftest import every_feature

NAMES = [feature.name for feature in CATALOGUE]
LEAST = {"technical": 100, "fundamental": 50, "market": 30, "calendar": 20}


@pytest.mark.parametrize("name", NAMES)
def test_every_feature_is_single_precision_finite_and_there(name, features):
    """float32, no infinity, at least 1,000 finite values, and not one value throughout."""
    column = features[name].to_numpy()
    assert column.dtype == np.float32
    assert not np.isinf(column).any()
    known = column[np.isfinite(column)]
    assert len(known) >= 1000
    assert len(np.unique(known)) >= 2


@pytest.mark.parametrize("feature", CATALOGUE, ids=NAMES)
def test_lookback_is_the_declared_one(feature, features, everything):
    """Of the stocks there from the first day, none has a value before day `lookback`.

    For features of prices and volumes alone the first value comes on that very day; tables may
    begin later, and calendar months begin when they do.
    """
    start = features.date == features.date.min()
    from_start = features[features.code.isin(features.code[start])]
    order = from_start.groupby("code").cumcount() + 1
    first = order[np.isfinite(from_start[feature.name])].min()
    if set(feature.inputs) <= set(everything["panel"].columns) - {"date"}:
        assert first == feature.lookback
    else:
        assert first >= feature.lookback


@pytest.mark.parametrize("feature", CATALOGUE, ids=NAMES)
def test_every_feature_is_described(feature, everything):
    """Name, family, group, formula, inputs, lookback, units and source are said and well-formed."""
    assert re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", feature.name) or feature.family == PEER
    for said in (feature.family, feature.group, feature.formula, feature.units, feature.source):
        assert said.strip() == said != ""
        assert "\n" not in said
    assert feature.inputs
    known = {*everything["panel"].columns, *TABLES, "links", "events"}
    assert set(feature.inputs) <= known
    assert len(set(feature.inputs)) == len(feature.inputs)
    assert feature.lookback >= 1


def test_names_are_unique():
    """No two features share a name, and records tell all of them in the catalogue's order."""
    assert len(set(NAMES)) == len(NAMES)
    assert [record["name"] for record in catalogue.described()] == NAMES


@pytest.fixture(scope="module")
def families(features) -> list[str]:
    """The family of every feature that counts."""
    own = [feature.name for feature in CATALOGUE if feature.family != PEER]
    return [catalogue.find(name).family for name in counted(features, own)]


@pytest.mark.parametrize(("family", "least"), LEAST.items())
def test_enough_features_count(family, least, families):
    """The numbers asked for, with at most four lookbacks of a formula and near copies once."""
    assert families.count(family) >= least


def test_rows_are_the_panels(everything, features):
    """One row per row of the panel, in its order, and the catalogue's columns in its order."""
    pd.testing.assert_frame_equal(features[["date", "code"]], everything["panel"][["date", "code"]])
    assert list(features.columns[2:]) == NAMES


def test_order_of_the_rows_given_does_not_matter(everything, features):
    """Shuffled rows, of the panel and of every other table, give the same features."""
    shuffled = {
        name: table.sample(frac=1, random_state=1).reset_index(drop=True)
        for name, table in everything.items()
    }
    pd.testing.assert_frame_equal(every_feature(shuffled), features)


def test_kept_rows_are_those_of_the_whole(everything, features):
    """Asking for some rows only gives them as they are in the whole."""
    panel = everything["panel"]
    keep = (panel.date >= "2015-06-01").to_numpy()
    found = every_feature(everything, keep=keep)
    pd.testing.assert_frame_equal(found, features[keep].reset_index(drop=True))


def test_features_do_not_depend_on_which_are_wanted(everything, features):
    """Each family computed alone gives the same columns as all of them together."""
    for family in catalogue.FAMILIES:
        names = [feature.name for feature in catalogue.family(family)]
        found = compute(everything["panel"], everything, names=names)
        pd.testing.assert_frame_equal(found, features[["date", "code", *names]])


def test_families_need_their_tables(everything, features):
    """Without tables and sectors, what needs them is left out, and nothing else changes."""
    panel = everything["panel"].drop(columns="sector")
    found = compute(panel)
    expected = [
        f.name for f in CATALOGUE if set(f.inputs) <= set(panel.columns) and f.family != PEER
    ]
    assert list(found.columns[2:]) == expected
    pd.testing.assert_frame_equal(found, features[["date", "code", *expected]])


@pytest.mark.parametrize("absent", sorted({i for f in CATALOGUE for i in f.inputs} & {*TABLES}))
def test_features_that_do_not_name_a_table_do_not_need_it(absent, everything, features):
    """Without one table, exactly the features that name it are gone; the others keep every bit."""
    there = {name: table for name, table in everything.items() if name != absent}
    names = [f.name for f in catalogue.available(there["panel"].columns, there) if f.family != PEER]
    assert set(NAMES) - set(names) >= {f.name for f in CATALOGUE if absent in f.inputs}
    pd.testing.assert_frame_equal(
        compute(there["panel"], there), features[["date", "code", *names]]
    )


def test_unknown_names_and_missing_inputs_are_refused(tables):
    """A misspelt feature or family names its neighbour, a missing table what needs it."""
    with pytest.raises(InputError, match="did you mean 'return_5'"):
        compute(tables.panel, names=["retrun_5"])
    with pytest.raises(InputError, match="events"):
        compute(tables.panel, names=["policy_themed"])
    with pytest.raises(InputError, match="did you mean 'policy'"):
        catalogue.family("polcy")


def test_copies_count_once():
    """A monotone copy, a fifth lookback and a constant do not count; what varies alone does."""
    rng = np.random.default_rng(1)
    names = ["return_1", "return_2", "return_5", "return_10", "return_20"]
    values = pd.DataFrame(rng.normal(size=(1000, 5)), columns=names)
    assert counted(values, names) == names[:4]
    values["return_2"] = -np.exp(values["return_1"])
    assert counted(values, names) == ["return_1", *names[2:]]
    values["return_5"] = 1.0
    values.loc[:990, "return_10"] = np.nan
    assert counted(values, names) == ["return_1", "return_10", "return_20"]


def test_rank_correlations_leave_out_missing_rows():
    """Complete columns have Spearman's correlation, and missing rows do not dilute a copy."""
    rng = np.random.default_rng(2)
    values = rng.normal(size=(500, 3))
    values[:, 1] += values[:, 0]
    expected = pd.DataFrame(values).corr("spearman").to_numpy()
    np.testing.assert_allclose(rank_correlations(values), expected, atol=1e-12)
    values[:300:2, 2] = np.nan
    values[:, 1] = 3 * values[:, 2]
    assert rank_correlations(values)[1, 2] == pytest.approx(1.0)
