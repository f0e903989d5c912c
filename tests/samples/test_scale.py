"""The unit of returns: trailing volatility."""

from __future__ import annotations

import numpy as np
import pandas as pd

from stockcast.samples.scale import FLOOR, return_scale


def panel(days: int = 100) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    dates = pd.bdate_range("2015-01-05", periods=days)
    parts = [
        pd.DataFrame(
            {
                "date": dates,
                "code": code,
                "close": 10 * np.exp(np.cumsum(size * rng.standard_normal(days))),
                "adj_factor": 1.0,
            }
        )
        for code, size in (("000001.SZ", 0.02), ("600001.SH", 0.0))
    ]
    return pd.concat(parts).sort_values(["date", "code"], ignore_index=True)


def test_scale_is_the_trailing_volatility_times_root_horizon():
    """The last value equals the root mean square of 60 log returns times the root of 5."""
    table = panel()
    one = table[table.code == "000001.SZ"]
    returns = np.diff(np.log(one.close.to_numpy()))[-60:]
    got = return_scale(table, horizon=5)
    got = got[got.code == "000001.SZ"].scale.iloc[-1]
    np.testing.assert_allclose(got, np.sqrt((returns**2).mean() * 5), rtol=1e-12)


def test_scale_has_a_floor_and_starts_unknown():
    """A price that never moves gets the floor; the first days, too short to tell, get NaN."""
    got = return_scale(panel(), horizon=1)
    still = got[got.code == "600001.SH"].scale
    assert still.iloc[-1] == FLOOR
    assert still.iloc[:20].isna().all()
    assert still.iloc[20:].notna().all()


def test_split_leaves_the_scale_alone():
    """Halving the price and doubling the factor on one day changes nothing."""
    plain, split = panel(), panel()
    later = split.date >= split.date.iloc[100]
    split.loc[later, "close"] /= 2
    split.loc[later, "adj_factor"] *= 2
    a, b = (return_scale(table, 5).scale for table in (plain, split))
    np.testing.assert_allclose(a, b, rtol=1e-12)


def test_truncation_leaves_the_scale_bit_identical():
    """Dropping rows after each of 20 days leaves all earlier scales as they were."""
    table = panel()
    whole = return_scale(table, 5)
    for cut in table.date.unique()[30:90:3]:
        part = return_scale(table[table.date <= cut], 5)
        assert part.equals(whole[whole.date <= cut])
