"""How unlike the days a model learned from is today, and what becomes of confidence then.

A model knows the markets it was trained on. On a day unlike any of them its stated chances and
intervals rest on nothing, and no outcome is needed to see that: the day's own quotes tell.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.covariance import LedoitWolf

from stockcast.ensemble.market_day import SHARES
from stockcast.errors import InputError

LEVEL = 0.99
"""Share of training days that are called ordinary."""

MOST = 4.0
"""Factor beyond which sigma is not widened: the forecast says next to nothing by then."""

FEWEST = 100
"""Training days without a gap that the covariance is estimated from, at least."""

_IGNORANCE = 1 / 12  # variance of a chance that may be anything from 0 to 1, all equally likely
_NEEDED = ("date", "sigma", "prob_up", "sigma_prob", "interval_low", "interval_high")


@dataclass(frozen=True)
class Surprise:
    """Where the days of training lie, and how far apart.

    Attributes
    ----------
    centre, unit : Series by quantity
        Mean and standard deviation on the training days.
    precision : ndarray of shape (n_quantities, n_quantities)
        Inverse of the shrunk covariance of the standardised quantities.
    known : ndarray of shape (n_days,), ascending
        Distances of the training days themselves.
    until : Timestamp
        Last day that it has learned from.
    """

    centre: pd.Series
    unit: pd.Series
    precision: np.ndarray
    known: np.ndarray
    until: pd.Timestamp

    @classmethod
    def fit(cls, quantities: pd.DataFrame, until: str | pd.Timestamp, members: int = 0) -> Surprise:
        """Learn what is ordinary from the days up to `until`, that day included.

        Parameters
        ----------
        quantities : DataFrame indexed by date
            As `stockcast.ensemble.market_day.market_day` makes it. Days with NaN are left out.
        until
            End of training.
        members
            Stocks that a share is a share of. A share that hardly moved in training is given the
            scatter that counting so many stocks has by itself, 1 / (2 sqrt(members)); 0: none.

        Raises
        ------
        InputError
            When there are fewer than 100 such days, or a quantity never varied.

        Notes
        -----
        Covariance: Ledoit and Wolf (2004), "A well-conditioned estimator for large-dimensional
        covariance matrices", Journal of Multivariate Analysis 88.
        """
        until = pd.Timestamp(until)
        taught = quantities.loc[quantities.index <= until].dropna()
        if len(taught) < FEWEST:
            raise InputError(
                "quantities", f"must have {FEWEST} whole days up to {until:%Y-%m-%d}", len(taught)
            )
        unit = taught.std(ddof=1)
        if members:
            least = 0.5 / np.sqrt(members)
            unit = unit.where(~unit.index.isin(SHARES), unit.clip(lower=least))
        still = unit.index[~(unit > 0)]
        if len(still):
            raise InputError("quantities", "must vary over the training days", ", ".join(still))
        centre = taught.mean()
        standard = ((taught - centre) / unit).to_numpy()
        precision = LedoitWolf(assume_centered=True).fit(standard).precision_
        known = np.sort(_distances(standard, precision))
        return cls(centre, unit, precision, known, taught.index[-1])

    def threshold(self, level: float = LEVEL) -> float:
        """Distance that a share `level` of the training days does not exceed."""
        if not 0.5 <= level < 1:
            raise InputError("level", "must be from 0.5 to below 1", level)
        return float(np.quantile(self.known, level))

    def score(self, quantities: pd.DataFrame, level: float = LEVEL) -> pd.DataFrame:
        """How far each day lies from those of training.

        Parameters
        ----------
        quantities : DataFrame indexed by date
            With the columns it was fitted on. One that is NaN counts as if it were as usual.
        level
            Share of training days that are ordinary.

        Returns
        -------
        DataFrame indexed by date
            - `distance`: Mahalanobis distance from the mean of training, in standard deviations
            - `p`: (1 + training days at least as far) / (1 + training days), never below that
            - `beyond`: distance over `threshold(level)`; above 1 the day is surprising
            - `farthest`: the quantity most standard deviations from its own mean

            NaN, and an empty text, where nothing is known of the day.

        Notes
        -----
        Mahalanobis (1936), Proceedings of the National Institute of Sciences of India 2. p by
        rank needs no distribution: Bates, Candès, Lei, Romano and Sesia (2023), "Testing for
        outliers with conformal p-values", Annals of Statistics 51. Theirs ranks among days that
        were not used for fitting; here they were, which makes p slightly too small.
        """
        missing = self.centre.index.difference(quantities.columns)
        if len(missing):
            raise InputError("quantities", "must have the columns fitted on", ", ".join(missing))
        away = (quantities[self.centre.index] - self.centre) / self.unit
        told = away.notna().any(axis=1)
        standard = away.fillna(0.0)
        distance = pd.Series(_distances(standard.to_numpy(), self.precision), away.index)
        as_far = len(self.known) - np.searchsorted(self.known, distance, side="left")
        found = pd.DataFrame(
            {
                "distance": distance,
                "p": (1 + as_far) / (1 + len(self.known)),
                "beyond": distance / self.threshold(level),
            }
        ).where(told, axis=0)
        found["farthest"] = standard.abs().idxmax(axis=1).where(told, "").astype("str")
        return found


def stretch(scores: pd.DataFrame, most: float = MOST) -> pd.Series:
    """Factor, by date, that `lowered` widens sigma by: `beyond`, from 1 to `most`.

    A day whose quantities all lie c times as far from usual has c times the distance. If what
    follows is as much wilder as the day was, sigma must be c times as large; below the threshold
    nothing is known to be different. NaN counts as 1.
    """
    if not most >= 1:
        raise InputError("most", "must be 1 or more", most)
    return scores["beyond"].fillna(1.0).clip(1.0, most).rename("stretch")


def lowered(forecasts: pd.DataFrame, scores: pd.DataFrame, most: float = MOST) -> pd.DataFrame:
    """The forecasts with less confidence on surprising days, and untouched on all others.

    With k the day's `stretch`, and m the middle of the interval::

        sigma'      = k sigma
        interval'   = m ± k (interval - m)
        prob_up'    = 1/2 + (prob_up - 1/2) / k
        sigma_prob' = sqrt(v / k + (1 - 1/k) / 12 + (1/k) (1 - 1/k) (prob_up - 1/2)²),
                      v = sigma_prob², never below sigma_prob

    The last two are mean and standard deviation of one mixture: with weight 1/k the forecast as
    it was, else a chance about which nothing is known (uniform from 0 to 1). Dividing the
    distance from 1/2 by k pulls at least as far as the same mean with k times the sigma would.

    Parameters
    ----------
    forecasts : DataFrame, columns of `stockcast.models.model.COLUMNS`
        NaN stays NaN.
    scores : DataFrame indexed by date, column beyond
        As `Surprise.score` makes it, for every date of the forecasts.
    most
        Largest k.

    Returns
    -------
    DataFrame
        `score` and `mu` are unchanged everywhere: the order of the day stands, only how sure of it
        one may be does not. Rows of days with k = 1 are bit-identical.

    Raises
    ------
    InputError
        When a column, or the score of a day, is missing.

    Notes
    -----
    The mixture is a linear pool with an ignorant second opinion: Stone (1961), "The opinion pool",
    Annals of Mathematical Statistics 32.
    """
    for name in _NEEDED:
        if name not in forecasts:
            raise InputError(f"forecasts, column {name}", "must be there")
    unknown = pd.Index(forecasts["date"].unique()).difference(scores.index)
    if len(unknown):
        raise InputError(
            "scores", "must have every date of the forecasts", f"no {unknown[0]:%Y-%m-%d}"
        )
    k = stretch(scores, most).reindex(forecasts["date"]).to_numpy()
    sigma, prob, doubt, low, high = (forecasts[name].to_numpy(float) for name in _NEEDED[1:])
    trust, off = 1 / k, prob - 0.5
    middle = (low + high) / 2
    mixed = trust * doubt**2 + (1 - trust) * _IGNORANCE + trust * (1 - trust) * off**2
    changed = {
        "sigma": k * sigma,
        "prob_up": 0.5 + trust * off,
        "sigma_prob": np.minimum(np.maximum(np.sqrt(mixed), doubt), 0.5),
        "interval_low": np.minimum(middle + k * (low - middle), low),
        "interval_high": np.maximum(middle + k * (high - middle), high),
    }
    touched = k > 1
    return forecasts.assign(
        **{name: np.where(touched, new, forecasts[name]) for name, new in changed.items()}
    )


def _distances(standard: np.ndarray, precision: np.ndarray) -> np.ndarray:
    """Root of x' P x of each row; one row at a time, so that a day's bits owe nothing to others."""
    return np.array([np.sqrt(max(row @ precision @ row, 0.0)) for row in standard])
