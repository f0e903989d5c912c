"""Probabilities that mean what they say: maps learned on validation days, applied afterwards.

Both maps keep the order of the forecasts, up to ties, so they change no ranking; they change what
a probability says and where it crosses one half.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special

from stockcast.errors import InputError

_SURE = 1e-6  # probabilities nearer to 0 or 1 than this have no finite logit worth using


@dataclass(frozen=True)
class Temperature:
    """Logits divided by one number: above 1 a forecast becomes less bold, below 1 bolder.

    Attributes
    ----------
    cold : float
        1 / temperature, not below 0; 0 where boldness told nothing or the wrong way: every
        probability then becomes one half.

    Notes
    -----
    Guo, Pleiss, Sun and Weinberger (2017), "On calibration of modern neural networks", ICML.
    """

    cold: float

    @classmethod
    def fit(cls, prob_up: np.ndarray, label: np.ndarray) -> Temperature:
        """By likelihood, from probabilities and outcomes of shape (n,), above zero a rise.

        Rows with either NaN are left out.

        Raises
        ------
        InputError
            When the outcomes hold only rises, only falls, or none.
        """
        from sklearn.linear_model import LogisticRegression

        prob, up = _known(prob_up, label)
        logit = special.logit(prob)[:, None]
        if not np.ptp(logit):
            return cls(1.0)
        found = LogisticRegression(C=np.inf, fit_intercept=False, tol=1e-8).fit(logit, up)
        return cls(max(float(found.coef_[0, 0]), 0.0))

    def apply(self, prob_up: np.ndarray) -> np.ndarray:
        """Calibrated probabilities; NaN stays NaN."""
        return special.expit(self.cold * special.logit(np.clip(prob_up, _SURE, 1 - _SURE)))


@dataclass(frozen=True)
class Isotonic:
    """The rising staircase nearest to the outcomes, read with straight lines between its steps.

    Attributes
    ----------
    said, seen : tuple of float
        Corners; probabilities outside them take the value at the nearest end.

    Notes
    -----
    Zadrozny and Elkan (2002), "Transforming classifier scores into accurate multiclass probability
    estimates", KDD. As many steps as the outcomes ask for: on few days it learns their weather.
    """

    said: tuple[float, ...]
    seen: tuple[float, ...]

    @classmethod
    def fit(cls, prob_up: np.ndarray, label: np.ndarray) -> Isotonic:
        """From probabilities and outcomes of shape (n,), above zero a rise; as `Temperature`."""
        from sklearn.isotonic import IsotonicRegression

        prob, up = _known(prob_up, label)
        found = IsotonicRegression(out_of_bounds="clip").fit(prob, up.astype(float))
        return cls(tuple(found.X_thresholds_.tolist()), tuple(found.y_thresholds_.tolist()))

    def apply(self, prob_up: np.ndarray) -> np.ndarray:
        """Calibrated probabilities, never 0 or 1; NaN stays NaN."""
        found = np.interp(np.asarray(prob_up, dtype=float), self.said, self.seen)
        return np.clip(found, _SURE, 1 - _SURE)


def within_day(prob_up: pd.Series, date: pd.Series) -> pd.Series:
    """What `prob_up` says of a stock against the others of its day, the market's move aside.

    The logit less the day's median logit, back as a probability: the chance of lying above the
    day's median, before calibration. NaN stays NaN.

    Parameters
    ----------
    prob_up, date : Series of one index
    """
    logit = pd.Series(special.logit(np.clip(prob_up, _SURE, 1 - _SURE)), index=prob_up.index)
    return special.expit(logit - logit.groupby(date).transform("median"))


def _known(prob_up: np.ndarray, label: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Clipped probabilities and whether it rose, on the rows that have both."""
    prob, label = np.asarray(prob_up, dtype=float), np.asarray(label, dtype=float)
    kept = np.isfinite(prob) & np.isfinite(label)
    up = label[kept] > 0
    if up.all() or not up.any():
        raise InputError(
            "outcomes to calibrate on",
            "must hold rises and falls",
            f"{int(up.sum())} rises of {len(up)}",
            "take more validation days",
        )
    return np.clip(prob[kept], _SURE, 1 - _SURE), up
