"""Tables of attributions: overall, by day, by stock, of one forecast."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from stockcast.errors import InputError
from stockcast.judge.explanation.attributions import Attributions, mean

DAYS = pd.to_datetime(["2016-01-04", "2016-01-04", "2016-01-05"]).to_numpy()
CODES = np.array(["a", "b", "a"])


def made(values: object) -> Attributions:
    return Attributions(("x", "y"), DAYS, CODES, np.asarray(values, float))


def test_means_of_absolute_values() -> None:
    """Overall counts rows alike, by day and by stock the rows of each; signs do not cancel."""
    found = made([[1, -2], [-3, 0], [2, 10]])
    assert found.overall().to_dict() == {"y": 4.0, "x": 2.0}
    assert list(found.overall().index) == ["y", "x"]
    assert found.by_day().to_numpy().tolist() == [[2.0, 1.0], [2.0, 10.0]]
    assert found.by_stock().loc["a"].tolist() == [1.5, 6.0]


def test_one_forecast_keeps_its_signs() -> None:
    """`of` gives the signed values of one row, largest first, and refuses others."""
    found = made([[1, -2], [-3, 0], [2, 10]])
    assert found.of("a", "2016-01-04").to_dict() == {"y": -2.0, "x": 1.0}
    assert list(found.of("a", "2016-01-04").index) == ["y", "x"]
    with pytest.raises(InputError, match="explained"):
        found.of("b", "2016-01-05")


def test_groups_add_up_before_signs_are_dropped() -> None:
    """Features of a group that pull apart cancel within a row."""
    found = made([[1, -2], [-3, 0], [2, 10]]).grouped({"x": "all", "y": "all"})
    assert found.values[:, 0].tolist() == [-1.0, -3.0, 12.0]
    with pytest.raises(InputError, match="every feature"):
        found.grouped({})


def test_mean_of_members() -> None:
    """The mean explains the same rows; others are refused."""
    one, other = made(np.ones((3, 2))), made(3 * np.ones((3, 2)))
    assert (mean([one, other]).values == 2).all()
    with pytest.raises(InputError, match="same rows"):
        mean([one, Attributions(("x", "z"), DAYS, CODES, np.ones((3, 2)))])


@pytest.mark.parametrize("values", [np.full((3, 2), np.nan), np.ones((3, 3))])
def test_values_that_are_no_attributions(values: np.ndarray) -> None:
    """NaN and a wrong shape are refused."""
    with pytest.raises(InputError, match="values"):
        made(values)
