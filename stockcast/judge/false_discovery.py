"""Many tests at once: which findings remain when the share of false ones is held down."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd
from scipy.optimize import brentq

from stockcast.errors import InputError
from stockcast.judge.intervals import newey_west

METHODS = {"bh": "fdr_bh", "by": "fdr_by", "holm": "holm", "bonferroni": "bonferroni"}
SMALLEST = 1e-12
"""Smallest p-value told apart from zero; a normal approximation says nothing so far out."""


def p_value(series: pd.Series, lag: int = 10) -> float:
    """Two-sided p-value of a mean of zero: the level at which `newey_west`'s interval touches zero.

    Parameters
    ----------
    series : Series of shape (n_days,)
        Daily figures in time order; less what a forecast without knowledge has.
    lag
        As in `stockcast.judge.intervals.newey_west`.

    Returns
    -------
    float
        At least `SMALLEST`; NaN where there is no interval.
    """
    if not np.isfinite(newey_west(series, lag).t):
        return np.nan

    def nearest_end(log_p: float) -> float:
        """Distance of zero from the interval at level 1 - p: positive outside."""
        sure = newey_west(series, lag, 1 - 10**log_p)
        return max(sure.low, -sure.high)

    least = np.log10(SMALLEST)
    if nearest_end(least) > 0:
        return SMALLEST
    # At level zero the interval is the mean itself.
    return float(10 ** brentq(nearest_end, least, np.log10(1 - 1e-9), xtol=1e-9))


def discoveries(
    p: pd.Series, rate: float = 0.05, method: Literal["bh", "by", "holm", "bonferroni"] = "bh"
) -> pd.DataFrame:
    """Which of many findings to keep.

    Parameters
    ----------
    p : Series indexed by name
        p-values; NaN are not tested, and not counted among the tests.
    rate
        With "bh" and "by": expected share of false ones among those kept. With "holm" and
        "bonferroni": probability of keeping any false one.
    method
        "bh" holds for tests that are independent or depend on each other positively, "by" however
        they depend.

    Returns
    -------
    DataFrame, index of `p`
        `p`, `adjusted` (the smallest `rate` at which it would be kept; NaN where not tested),
        `kept`.

    Raises
    ------
    InputError
        For an unknown method, a rate outside (0, 1), or a p-value outside [0, 1].

    Notes
    -----
    Benjamini and Hochberg (1995), "Controlling the false discovery rate", Journal of the Royal
    Statistical Society B 57; Benjamini and Yekutieli (2001), "The control of the false discovery
    rate in multiple testing under dependency", Annals of Statistics 29; Holm (1979), Scandinavian
    Journal of Statistics 6.
    """
    from statsmodels.stats.multitest import multipletests

    if method not in METHODS:
        raise InputError("method", f"must be one of {', '.join(METHODS)}", method)
    if not 0 < rate < 1:
        raise InputError("rate", "must lie between 0 and 1", rate)
    tested = p.dropna().astype(float)
    if not tested.between(0, 1).all():
        raise InputError("p", "must lie between 0 and 1", tested[~tested.between(0, 1)].iloc[0])
    table = pd.DataFrame({"p": p.astype(float), "adjusted": np.nan, "kept": False})
    if len(tested):
        kept, adjusted = multipletests(tested.to_numpy(), rate, METHODS[method])[:2]
        table.loc[tested.index, "adjusted"] = adjusted
        table.loc[tested.index, "kept"] = kept
    return table
