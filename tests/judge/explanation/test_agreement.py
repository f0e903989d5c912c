"""Agreement between explanations."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from stockcast.errors import InputError
from stockcast.judge.explanation.agreement import halves, overall, row_by_row
from stockcast.judge.explanation.attributions import Attributions

NAMES = tuple("abcdefgh")


def by_day(noise: float, seed: int, days: int = 60) -> pd.DataFrame:
    """Importances 1 to 8 with noise."""
    rng = np.random.default_rng(seed)
    index = pd.bdate_range("2016-01-04", periods=days, name="date")
    values = np.arange(1.0, 9.0) + noise * rng.normal(size=(days, 8))
    return pd.DataFrame(values, index=index, columns=list(NAMES))


def test_equal_methods_agree_and_reversed_ones_do_not() -> None:
    """A method agrees with itself fully, and with its reverse not at all."""
    one = by_day(0.1, 0)
    found = overall({"one": one, "same": one, "other": -one}, np.random.default_rng(1), k=3)
    found = found.set_index(["one", "other"])
    assert found.loc[("one", "same"), ["correlation", "low", "overlap", "overlap_low"]].eq(1).all()
    assert found.loc[("one", "other"), ["correlation", "high"]].eq(-1).all()
    assert found.loc[("one", "other"), "overlap"] == 0
    assert found["by_chance"].tolist() == [3 / 8] * 3
    assert found["days"].tolist() == [60] * 3


def test_intervals_widen_with_noise() -> None:
    """Noisy importances leave the agreement uncertain, and the interval holds the value."""
    clear = overall({"a": by_day(0.5, 0), "b": by_day(0.5, 1)}, np.random.default_rng(1)).iloc[0]
    noisy = overall({"a": by_day(20, 0), "b": by_day(20, 1)}, np.random.default_rng(1)).iloc[0]
    assert noisy["high"] - noisy["low"] > clear["high"] - clear["low"]
    assert noisy["low"] <= noisy["correlation"] <= noisy["high"]


def test_only_shared_days_and_features_count() -> None:
    """Days with NaN and features of one method alone are left out; too few are refused."""
    a, b = by_day(0.1, 0), by_day(0.1, 1).drop(columns="a").iloc[10:]
    b.iloc[0, 0] = np.nan
    found = overall({"a": a, "b": b}, np.random.default_rng(1)).iloc[0]
    assert (found["days"], found["features"]) == (49, 7)
    with pytest.raises(InputError, match="two days and three features"):
        overall({"a": a, "b": b[["b", "c"]]}, np.random.default_rng(1))


def made(values: np.ndarray, names: tuple[str, ...] = NAMES) -> Attributions:
    days = pd.bdate_range("2016-01-04", periods=len(values) // 2).repeat(2)
    code = np.tile(["u", "v"], len(values) // 2)
    return Attributions(names, days.to_numpy(), code, values)


def test_row_by_row() -> None:
    """Equal rows agree in order, first k and sign; reversed signs in all but the sign."""
    values = np.random.default_rng(0).normal(size=(40, 8))
    same = row_by_row(made(values), made(values[:, ::-1], NAMES[::-1]), k=3)
    assert same["mean"].tolist() == pytest.approx([1, 1, 1])
    assert same["days"].tolist() == [20] * 3
    turned = row_by_row(made(values), made(-values), k=3)
    assert turned["mean"].tolist() == pytest.approx([1, 1, 0])
    random = np.random.default_rng(1).normal(size=(40, 8))
    chance = row_by_row(made(values), made(random), k=4)
    assert chance.loc["correlation", "low"] < 0 < chance.loc["correlation", "high"]
    assert chance.loc["overlap", "low"] < 0.5 < chance.loc["overlap", "high"]


def test_rows_without_an_explanation_count_in_none() -> None:
    """A row whose values are all 0 is left out, and methods must share rows and features."""
    values = np.random.default_rng(0).normal(size=(40, 8))
    silent = values.copy()
    silent[:2] = 0
    assert row_by_row(made(values), made(silent))["days"].tolist() == [19] * 3
    with pytest.raises(InputError, match="same features"):
        row_by_row(made(values), made(values, tuple("ABCDEFGH")))
    later = Attributions(NAMES, np.array(["2030-01-01"], "datetime64[us]"), ["u"], values[:1])
    with pytest.raises(InputError, match="same rows"):
        row_by_row(made(values), later)


def test_a_method_against_itself() -> None:
    """Importances of odd and even days agree where they are clear, not where they are noise."""
    assert halves(by_day(0.1, 0), k=3).tolist() == [1, 1]
    assert halves(by_day(50, 0), k=3)["correlation"] < 0.9
