"""Many Rank ICs at once, against one at a time."""

import numpy as np
import pandas as pd
import pytest

from stockcast.judge.alone import rank_ics
from stockcast.judge.metrics import daily_ic


@pytest.fixture(scope="module")
def frame():
    """Forty days of a dozen stocks: ties, holes, a constant column, days with too few stocks."""
    rng = np.random.default_rng(0)
    days = pd.bdate_range("2024-01-01", periods=40)
    table = pd.DataFrame({"date": np.repeat(days, 12), "label": rng.normal(size=480)})
    table["smooth"] = rng.normal(size=480) + table.label
    table["tied"] = rng.integers(0, 3, 480).astype(float)
    table["holed"] = np.where(rng.random(480) < 0.5, np.nan, table.smooth)
    table["constant"] = 1.0
    table.loc[rng.random(480) < 0.1, "label"] = np.nan
    return table.sample(frac=1, random_state=1)


@pytest.mark.parametrize("name", ["smooth", "tied", "holed", "constant"])
def test_as_one_at_a_time(frame, name):
    """The same correlations, and NaN on the same days."""
    found = rank_ics(frame, ["smooth", "tied", "holed", "constant"])
    pd.testing.assert_series_equal(
        found[name], daily_ic(frame, name, method="spearman"), check_names=False, check_freq=False
    )


def test_some_days_have_no_value(frame):
    """The holes of the fixture leave days with fewer than five stocks."""
    assert rank_ics(frame, ["holed"]).holed.isna().any()
