"""What would flip a forecast."""

from __future__ import annotations

import numpy as np
import pytest

from stockcast.errors import InputError
from stockcast.judge.explanation.counterfactual import flip, flips
from stockcast.judge.explanation.rows import Rows

NAMES = ("a", "b", "c")
GRID = np.linspace(-0.5, 0.5, 21)
OBSERVED = np.stack([GRID, GRID, GRID], axis=1)


def score(x: np.ndarray) -> np.ndarray:
    return np.nan_to_num(x) @ np.array([3.0, 1.0, 0.0])


def test_the_cheapest_single_change_is_taken() -> None:
    """Where one feature is enough, the least change that suffices on the grid is given."""
    x = np.array([0.1, 0.2, 0.0])
    found = flip(score, x, OBSERVED, NAMES, 0.0)
    assert found.changes["feature"].tolist() == ["a"]
    assert found.changes["to"].tolist() == pytest.approx([-0.1])
    assert found.size == pytest.approx(0.2)
    assert found.before > 0 >= found.after


def test_both_directions() -> None:
    """A row below the threshold must come out above it."""
    found = flip(score, np.array([-0.1, -0.2, 0.0]), OBSERVED, NAMES, 0.0)
    assert found.before < 0 < found.after


def test_several_features_are_changed_where_one_is_not_enough() -> None:
    """With the strongest driver held, nothing flips; with it, two features do."""
    x = np.array([0.45, 0.5, 0.5])
    short = OBSERVED.clip(-0.05, 0.5)
    assert flip(score, x, short, NAMES, 0.0, held=("a",)) is None
    found = flip(score, x, short, NAMES, -0.1)
    assert set(found.changes["feature"]) == {"a", "b"}
    assert flip(score, x, short, NAMES, -0.1, most=1) is None


def test_no_single_change_can_be_undone_or_made_smaller() -> None:
    """Each change of a random answer is needed, at its size, and was observed."""
    rng = np.random.default_rng(0)
    weights = rng.normal(size=6)
    names = tuple("abcdef")

    def bent(x: np.ndarray) -> np.ndarray:
        return np.tanh(x @ weights) + 0.3 * x[:, 0] * x[:, 1]

    observed = rng.uniform(-1, 1, size=(15, 6))
    several = 0
    for row in rng.uniform(-1, 1, size=(12, 6)):
        found = flip(bent, row, observed, names, 0.2, most=4)
        if found is None:
            continue
        several += len(found.changes) > 1
        above = found.before > 0.2
        at = [names.index(name) for name in found.changes["feature"]]
        out = row.copy()
        out[at] = found.changes["to"]
        assert (bent(out[None])[0] > 0.2) != above
        for place, size in zip(at, found.changes["size"], strict=True):
            assert out[place] in observed[:, place]
            for value in [row[place], *observed[:, place]]:
                if abs(value - row[place]) < size:
                    less = out.copy()
                    less[place] = value
                    assert (bent(less[None])[0] > 0.2) == above
    assert several


def test_windows_change_as_a_whole() -> None:
    """Where a model reads windows, a feature takes another row's whole window."""
    rng = np.random.default_rng(1)
    observed = rng.normal(size=(12, 5, 3))
    x = observed[0]
    found = flip(lambda w: w[:, :, 0].mean(axis=1), x, observed[1:], NAMES, x[:, 0].mean() + 0.1)
    assert found.changes["feature"].tolist() == ["a"]
    donor = np.flatnonzero(observed[1:, -1, 0] == found.changes["to"][0])[0]
    assert found.size == pytest.approx(np.abs(observed[1 + donor, :, 0] - x[:, 0]).mean())


def test_missing_values_are_not_taken_and_count_as_the_middle() -> None:
    """No feature changes to NaN; one that is missing may change to a value."""
    holed = OBSERVED.copy()
    holed[:, 0] = np.nan
    found = flip(score, np.array([np.nan, -0.2, 0.0]), holed, NAMES, 0.0)
    assert found.changes["feature"].tolist() == ["b"]
    found = flip(score, np.array([np.nan, -0.5, 0.0]), OBSERVED, NAMES, 0.25)
    assert found.changes["feature"].tolist() == ["a"]
    assert found.changes["size"].tolist() == pytest.approx([0.3])


def test_over_the_median_of_the_day() -> None:
    """Each row is held against its own day; rows that nothing flips have no size."""
    x = np.zeros((6, 3), np.float32)
    x[:, 0] = [-0.4, 0.0, 0.3, 0.1, 0.3, 0.5]
    day = np.repeat(np.array(["2016-01-04", "2016-01-05"], "datetime64[us]"), 3)
    rows = Rows(NAMES, x, day, np.array(list("uvwuvw")), score)
    found = flips(rows, np.array([2, 3]), OBSERVED)
    assert found["median"].tolist() == pytest.approx([0.0, 0.9], abs=1e-6)
    assert found["features"].tolist() == [1, 1]
    assert found["first"].tolist() == ["a", "a"]
    narrow = flips(rows, np.array([2]), OBSERVED[10:11] + 0.5)
    assert narrow["features"].tolist() == [0]
    assert narrow["size"].isna().all()
    assert narrow["first"].tolist() == [""]


def test_nothing_observed_is_refused() -> None:
    """Without rows, or with rows of another shape, there is nothing to change to."""
    for observed in (OBSERVED[:0], OBSERVED[:, :2]):
        with pytest.raises(InputError, match="observed"):
            flip(score, np.zeros(3), observed, NAMES, 0.0)
