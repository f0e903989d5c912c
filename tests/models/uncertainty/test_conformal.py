"""Conformal intervals: by hand, on errors that no Student-t foresaw, and refusals."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from stockcast.errors import InputError
from stockcast.models.uncertainty.conformal import Conformal


def drawn(n: int = 4000, seed: int = 0) -> tuple[pd.DataFrame, np.ndarray]:
    """Forecasts whose sigma is a third of the true spread, itself 1 or 4, and skewed outcomes."""
    rng = np.random.default_rng(seed)
    spread = rng.choice([1.0, 4.0], n)
    mu = rng.normal(size=n)
    label = mu + spread * (rng.exponential(size=n) - 1)
    return pd.DataFrame({"mu": mu, "sigma": spread / 3}), label


def held(table: pd.DataFrame, label: np.ndarray) -> np.ndarray:
    return ((table.interval_low <= label) & (label <= table.interval_high)).to_numpy()


def test_holds_what_it_says_where_sigma_is_wrong():
    """90 % of new outcomes are inside, 5 % on either side, in calm and wild rows alike."""
    fitted = Conformal.fit(*drawn())
    forecasts, label = drawn(seed=1)
    table = fitted.apply(forecasts)
    assert held(table, label).mean() == pytest.approx(0.9, abs=0.02)
    assert (label < table.interval_low).mean() == pytest.approx(0.05, abs=0.015)
    for sigma in table.sigma.unique():
        rows = (table.sigma == sigma).to_numpy()
        assert held(table, label)[rows].mean() == pytest.approx(0.9, abs=0.03)


def test_one_width_fails_the_wild_rows():
    """With one width for all, the total is right and the wild rows are not."""
    fitted = Conformal.fit(*drawn(), unit="one")
    forecasts, label = drawn(seed=1)
    inside = held(fitted.apply(forecasts), label)
    wild = (forecasts.sigma > 1).to_numpy()
    assert inside.mean() == pytest.approx(0.9, abs=0.02)
    assert inside[wild].mean() < 0.85
    assert inside[~wild].mean() > 0.97


def test_reach_is_an_order_statistic():
    """Of 99 errors 1..99 a 90 % interval takes the 5th from either end."""
    forecasts = pd.DataFrame({"mu": np.zeros(99), "sigma": 2.0})
    label = np.random.default_rng(2).permutation(np.arange(1.0, 100.0))
    got = Conformal.fit(forecasts, label, unit="one")
    assert (got.below, got.above) == (5.0, 95.0)
    assert Conformal.fit(forecasts, label).above == pytest.approx(95 / 2)


def test_unknown_outcomes_are_left_out_and_few_are_refused():
    """NaN outcomes change nothing; of twenty outcomes none lies beyond a twentieth."""
    forecasts, label = drawn(200)
    more = pd.concat([forecasts, forecasts], ignore_index=True)
    assert Conformal.fit(more, np.r_[label, np.full(200, np.nan)]) == Conformal.fit(
        forecasts, label
    )
    assert np.isfinite(Conformal.fit(forecasts[:21], label[:21]).below)
    with pytest.raises(InputError, match="at least 21"):
        Conformal.fit(forecasts[:20], label[:20])
    with pytest.raises(InputError, match="unit"):
        Conformal.fit(forecasts, label, unit="variance")
