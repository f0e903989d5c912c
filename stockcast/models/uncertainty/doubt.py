"""What to rank forecasts by when only the surest are to be traded."""

from __future__ import annotations

import pandas as pd

DOUBTS = {
    "sigma_prob": "the draws differ about the chance of a rise",
    "sigma": "the return is expected to vary",
    "closeness": "the chance of a rise is near one half",
    "noise": "the expected return is small beside its spread",
    "width": "the interval is wide",
}
"""Kinds of doubt and what each means where it is large."""


def doubts(forecasts: pd.DataFrame) -> pd.DataFrame:
    """Every kind of doubt in each forecast, larger where it is less sure.

    Parameters
    ----------
    forecasts : DataFrame
        A forecast table.

    Returns
    -------
    DataFrame with the columns of `DOUBTS` and the index of `forecasts`
        sigma_prob in [0, .5]; sigma and width in fractions; closeness, 1/2 - \\|prob_up - 1/2\\|,
        in [0, .5]; noise, -\\|mu\\| / sigma. NaN where the forecast is.
    """
    return pd.DataFrame(
        {
            "sigma_prob": forecasts["sigma_prob"],
            "sigma": forecasts["sigma"],
            "closeness": 0.5 - (forecasts["prob_up"] - 0.5).abs(),
            "noise": -forecasts["mu"].abs() / forecasts["sigma"],
            "width": forecasts["interval_high"] - forecasts["interval_low"],
        }
    )
