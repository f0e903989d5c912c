"""Is a series stationary? Two tests that start from opposite beliefs.

ADF believes in a unit root until the series says otherwise, KPSS in stationarity. A price should
pass neither as stationary, a return both; where they agree that nothing can be told, so do we.
"""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
from statsmodels.tools.sm_exceptions import InterpolationWarning
from statsmodels.tsa.stattools import adfuller, kpss

FEWEST = 100
"""Days a series needs."""


def stationarity(wide: pd.DataFrame) -> pd.DataFrame:
    """ADF and KPSS of every column.

    Parameters
    ----------
    wide : DataFrame of shape (n_days, n_stocks)
        Log prices or returns; NaN days are left out, and columns with fewer than 100 others.

    Returns
    -------
    DataFrame indexed by column name
        `adf` and `kpss`: p-values. KPSS's are read off a table that ends at .01 and .1.

    Notes
    -----
    Said and Dickey (1984), lags by AIC, with a constant. Kwiatkowski, Phillips, Schmidt and Shin
    (1992), bandwidth by Hobijn, Franses and Ooms (2004).
    """
    found = {}
    for name, values in wide.items():
        kept = values.dropna().to_numpy()
        if len(kept) < FEWEST or np.ptp(kept) == 0:
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", InterpolationWarning)  # p at the table's ends
            found[name] = (
                _adf(kept),
                kpss(kept, regression="c", nlags="auto", result_object=True).pvalue,
            )
    return pd.DataFrame.from_dict(found, orient="index", columns=["adf", "kpss"], dtype=float)


def _adf(values: np.ndarray) -> float:
    return float(
        adfuller(values, maxlag=10, regression="c", autolag="AIC", result_object=True).pvalue
    )


def verdicts(table: pd.DataFrame, level: float = 0.05) -> pd.Series:
    """Share of series by what both tests say together.

    Returns
    -------
    Series
        Fractions that sum to 1: `stationary` (ADF rejects, KPSS does not), `unit root` (the other
        way round), `neither` (no test rejects: too little to tell), `both` (both reject: long
        memory, or breaks).
    """
    rejects = table.adf < level, table.kpss < level
    said = np.select(
        [rejects[0] & ~rejects[1], ~rejects[0] & rejects[1], ~rejects[0] & ~rejects[1]],
        ["stationary", "unit root", "neither"],
        "both",
    )
    shares = pd.Series(said).value_counts(normalize=True)
    return shares.reindex(["stationary", "unit root", "neither", "both"], fill_value=0.0)
