"""Unit roots and volatility: what is known to be there is told."""

import numpy as np
import pandas as pd
import pytest

from stockcast.judge.stationarity import stationarity, verdicts
from stockcast.judge.volatility import garch


def test_walks_and_noise_are_told_apart():
    """Random walks are called unit roots, white noise stationary, most of the time."""
    shocks = np.random.default_rng(0).standard_normal((600, 20))
    walks, noise = pd.DataFrame(shocks.cumsum(axis=0)), pd.DataFrame(shocks)
    assert verdicts(stationarity(noise))["stationary"] > 0.8
    assert verdicts(stationarity(walks))["unit root"] > 0.6
    assert verdicts(stationarity(walks)).sum() == pytest.approx(1)


def test_short_and_constant_series_are_left_out():
    """Columns with too few days or no movement have no row."""
    wide = pd.DataFrame(np.random.default_rng(1).standard_normal((200, 3)), columns=list("abc"))
    wide.loc[50:, "b"] = np.nan
    wide["c"] = 1.0
    assert stationarity(wide).index.tolist() == ["a"]


def test_garch_finds_its_own_parameters():
    """From 4,000 days of a known GARCH process the estimates come back within three errors."""
    rng = np.random.default_rng(4)
    alpha, beta, freedom = 0.08, 0.90, 6.0
    variance, made = 0.02**2, []
    for shock in rng.standard_t(freedom, 4000) * np.sqrt((freedom - 2) / freedom):
        made.append(np.sqrt(variance) * shock)
        variance = 0.02**2 * (1 - alpha - beta) + alpha * made[-1] ** 2 + beta * variance
    days = pd.bdate_range("2000-01-03", periods=4000)
    fit = garch(pd.Series(made, index=days))
    for name, true in (("alpha", alpha), ("beta", beta), ("freedom", freedom)):
        assert abs(getattr(fit, name) - true) < 3 * fit.errors[name], name
    assert fit.volatility.index.equals(days)
    assert fit.volatility.mean() == pytest.approx(0.02, rel=0.25)
    assert 10 < fit.half_life < 200
