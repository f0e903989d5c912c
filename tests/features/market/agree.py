"""How tests compare a feature with its plain spelling."""

import numpy as np
import pandas as pd


def agrees(found: pd.DataFrame, expected: pd.DataFrame, rtol=1e-5, atol=1e-6):
    """The two tables hold the same numbers, and NaN in the same places; some are numbers."""
    expected = expected.reindex(index=found.index, columns=found.columns).to_numpy(float)
    assert np.isfinite(expected).sum() > 500
    np.testing.assert_allclose(found.to_numpy(float), expected, rtol, atol)


def one_a_day(found: pd.DataFrame, expected: pd.Series, rtol=1e-5, atol=1e-6):
    """Each day's stocks all have the series' number."""
    there = found.notna().any(axis=1).to_numpy()
    expected = expected.reindex(found.index).to_numpy(float)
    np.testing.assert_array_equal(there, np.isfinite(expected))
    spread = found[there].max(axis=1) - found[there].min(axis=1)
    assert (spread == 0).all()
    np.testing.assert_allclose(found[there].max(axis=1).to_numpy(), expected[there], rtol, atol)
