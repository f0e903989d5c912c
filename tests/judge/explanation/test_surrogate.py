"""LIME."""

from __future__ import annotations

import numpy as np
import pytest

from stockcast.errors import InputError
from stockcast.judge.explanation.rows import Rows
from stockcast.judge.explanation.surrogate import lime

WEIGHTS = np.array([2.0, -1.0, 0.0])


def linear(x: np.ndarray) -> np.ndarray:
    return np.nan_to_num(x) @ WEIGHTS


def made(n: int = 4) -> tuple[Rows, np.ndarray]:
    rng = np.random.default_rng(0)
    background = rng.normal(1.0, 2.0, size=(500, 3))
    x = rng.normal(1.0, 2.0, size=(n, 3)).astype(np.float32)
    day = np.datetime64("2016-01-04", "us") + np.arange(n).astype("timedelta64[D]")
    return Rows(("a", "b", "c"), x, day, np.full(n, "s"), linear), background


def test_a_linear_model_is_found_again() -> None:
    """Values are weight times distance from the background's mean, up to the ridge's pull."""
    rows, background = made()
    found = lime(rows, background, seed=1, draws=2000)
    expected = WEIGHTS * (rows.x - background.mean(axis=0))
    np.testing.assert_allclose(found.values, expected, atol=0.05)


def test_missing_features_stay_missing() -> None:
    """A missing feature gets 0, and the model never sees a value in its place."""
    rows, background = made(2)
    rows.x[:, 0] = np.nan
    seen = []

    def watched(x: np.ndarray) -> np.ndarray:
        seen.append(np.isnan(x[:, 0]).all())
        return linear(x)

    found = lime(Rows(rows.names, rows.x, rows.date, rows.code, watched), background, seed=1)
    assert (found.values[:, 0] == 0).all()
    assert all(seen)
    assert (np.abs(found.values[:, 1]) > 0).all()


def test_a_row_is_explained_alike_whatever_else_is_asked() -> None:
    """The draws depend on seed, date and code, not on the other rows."""
    rows, background = made()
    whole, alone = (lime(r, background, seed=1) for r in (rows, rows.some([2])))
    np.testing.assert_array_equal(whole.values[2], alone.values[0])
    assert (lime(rows.some([2]), background, seed=2).values != alone.values).any()


def test_columns_that_no_one_knows(recwarn: pytest.WarningsRecorder) -> None:
    """A background column of NaN does no harm; no background is refused."""
    rows, background = made()
    background[:, 2] = np.nan
    assert np.isfinite(lime(rows, background, seed=1).values).all()
    with pytest.raises(InputError, match="background"):
        lime(rows, background[:0], seed=1)
