"""Forecasts side by side, and scores on one scale."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from stockcast.ensemble.members import Members, standardised
from stockcast.errors import InputError


def test_rows_find_their_place(small):
    """A shuffled table gives the same members, each forecast at its model, date and code."""
    mixed = Members.of(small.forecasts.sample(frac=1, random_state=1))
    one = small.forecasts.set_index(["model", "date", "code"])["mu"]
    at = mixed.keys.iloc[77]
    expected = [one[(name, at["date"], at["code"])] for name in mixed.names]
    np.testing.assert_array_equal(mixed.columns["mu"][77], expected)
    pd.testing.assert_frame_equal(mixed.keys, Members.of(small.forecasts).keys)


def test_scores_are_on_one_scale(small, members):
    """Ranks of a day equal scipy's, standardised; a monotone change of a score changes nothing."""
    z = members.scores()
    first = members.day == 3
    ranks = stats.rankdata(members.columns["score"][first, 1])
    np.testing.assert_allclose(z[first, 1], stats.zscore(ranks), atol=1e-12)
    bent = small.forecasts.assign(score=np.exp(small.forecasts["score"] / 5))
    np.testing.assert_array_equal(Members.of(bent).scores(), z)


def test_equal_scores_and_missing_ones():
    """A day of equal scores becomes zeros, a missing score stays missing, ties share a place."""
    day = np.array([0, 0, 0, 1, 1, 1, 1])
    got = standardised(np.array([0.1, 0.1, 0.1, 5.0, np.nan, 7.0, 5.0]), day)
    np.testing.assert_array_equal(got[:3], 0.0)
    assert np.isnan(got[4])
    assert got[3] == got[6] < got[5]


def test_broken_tables_are_refused(small):
    """Doubles, two horizons and a lacking column are each told in one line."""
    table = small.forecasts
    with pytest.raises(InputError, match="one row a model"):
        Members.of(pd.concat([table, table.head(1)]))
    with pytest.raises(InputError, match="share one horizon"):
        Members.of(table.assign(horizon=np.arange(len(table)) % 2))
    with pytest.raises(InputError, match="all forecast columns"):
        Members.of(table.drop(columns="mu"))


def test_only_keeps_the_named(members):
    """A choice of members has their columns and no other; an unknown name is refused."""
    two = members.only(["noise", "fair"])
    assert two.names == ("fair", "noise")
    np.testing.assert_array_equal(two.columns["mu"], members.columns["mu"][:, [0, 2]])
    with pytest.raises(InputError, match="must be members"):
        members.only(["nobody"])
