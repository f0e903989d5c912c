"""Intervals whose width comes from past errors instead of the Student-t: split conformal.

Split by time: errors of the validation days set the widths of all later days. The coverage that
the method promises asks for days that could have come in any order. Markets do not oblige, which
is why coverage is shown by year and by volatility.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from stockcast.errors import InputError
from stockcast.models.networks.forecast import INTERVAL

UNITS = ("sigma", "one")
"""What errors are measured in: the forecast's own `sigma`, or 1, one width for all."""


@dataclass(frozen=True)
class Conformal:
    """How far an interval reaches below and above `mu`.

    Attributes
    ----------
    unit : str
        Of `UNITS`.
    below, above : float
        Reach in that unit; `below` is usually negative.
    level : float
        Share of outcomes that the interval is to hold, the same on either side of it outside.
    """

    unit: str
    below: float
    above: float
    level: float

    @classmethod
    def fit(
        cls,
        forecasts: pd.DataFrame,
        label: np.ndarray,
        unit: str = "sigma",
        level: float = INTERVAL,
    ) -> Conformal:
        """Learn the reach from forecasts whose outcomes are known.

        Parameters
        ----------
        forecasts : DataFrame with the columns mu and sigma
            Of validation days.
        label : array of shape (n_rows,)
            Returns over the horizon; NaN rows are left out.
        unit, level
            See the attributes.

        Raises
        ------
        InputError
            For another unit, or fewer outcomes than the level can be read from.

        Notes
        -----
        Lei, G'Sell, Rinaldo, Tibshirani and Wasserman (2018), "Distribution-free predictive
        inference for regression", Journal of the American Statistical Association 113, whose
        locally weighted intervals are those of unit sigma.
        """
        from mapie.conformity_scores import AbsoluteConformityScore
        from mapie.regression import SplitConformalRegressor
        from sklearn.dummy import DummyRegressor

        if unit not in UNITS:
            raise InputError("unit", f"must be one of {', '.join(UNITS)}", unit)
        error = (np.asarray(label, dtype=float) - forecasts["mu"]) / _unit(forecasts, unit)
        error = error[np.isfinite(error)].to_numpy()
        fewest = int(2 / (1 - level)) + 1  # of fewer, a tail has no error to end at
        if len(error) < fewest:
            raise InputError(
                "outcomes to learn widths from", f"must be at least {fewest}", len(error)
            )
        # In units of the forecast itself the forecast is 0, and MAPIE sees nothing else.
        nothing = np.zeros((len(error), 1))
        regressor = SplitConformalRegressor(
            DummyRegressor(strategy="constant", constant=0.0).fit(nothing, error),
            confidence_level=level,
            conformity_score=AbsoluteConformityScore(sym=False),
            prefit=True,
        )
        _, reach = regressor.conformalize(nothing, error).predict_interval(nothing[:1])
        below, above = reach[0, :, 0]
        return cls(unit, float(below), float(above), level)

    def apply(self, forecasts: pd.DataFrame) -> pd.DataFrame:
        """The forecasts with `interval_low` and `interval_high` of this reach."""
        unit = _unit(forecasts, self.unit)
        return forecasts.assign(
            interval_low=forecasts["mu"] + self.below * unit,
            interval_high=forecasts["mu"] + self.above * unit,
        )


def _unit(forecasts: pd.DataFrame, unit: str) -> pd.Series | float:
    return forecasts["sigma"] if unit == "sigma" else 1.0
