"""From a raw score to the forecast's columns: a Student-t whose location rises with the score.

Classical models give a score: an expected rank, a margin, log-odds. What a score of 0.1 is worth in
returns, and how wide the returns scatter around it, is learned on validation rows, on which no
model was fitted.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
from scipy import optimize, special, stats

from stockcast.errors import InputError

INTERVAL = 0.9  # coverage that interval_low and interval_high claim
FEWEST = 30
"""Validation rows below which no head is fitted."""

_FREEDOM = 2.05, 200.0  # the variance is finite above 2; beyond 200 a Student-t is a normal


@dataclass(frozen=True)
class ScoreHead:
    """y / unit = location + slope x score + scale x t, with t Student's of `freedom` degrees.

    Attributes
    ----------
    location : float
        What all stocks share, in units of a stock's trailing volatility over the horizon.
    slope : float
        What one unit of score is worth, at least 0: a score that ranked the validation rows the
        wrong way round is taken as worth nothing, and is not turned over.
    scale, freedom : float
        Of the Student-t; freedom above 2.
    gain : float
        Log likelihood of a validation row, in nats, above that of a head whose slope is 0.
    """

    location: float
    slope: float
    scale: float
    freedom: float
    gain: float = 0.0

    @classmethod
    def fit(
        cls, score: np.ndarray, outcome: np.ndarray, location: float | None = None
    ) -> ScoreHead:
        """By maximum likelihood.

        Parameters
        ----------
        score : ndarray of shape (n_rows,)
            Of rows on which the model was not fitted, less its mean over the day.
        outcome : ndarray of shape (n_rows,)
            Return over the horizon in units of trailing volatility.
        location
            Known from elsewhere, such as the mean outcome of a longer time: in half a year of
            validation the market's own luck is larger than its drift. None: fitted too.

        Raises
        ------
        InputError
            For fewer than `FEWEST` rows, outcomes that are all equal, or a score that is not
            finite.

        Notes
        -----
        The rows of a day share its luck, so the likelihood is larger than it should be; the
        estimates remain consistent. Of the slope they say as much as some hundred days can.
        """
        score, outcome = np.asarray(score, float), np.asarray(outcome, float)
        _check(score, outcome)
        size = float(score.std())
        unit = size if size > 0 else 1.0
        middle = float(np.median(outcome)) if location is None else location
        start = np.array([middle, 0.0, np.log(outcome.std()), np.log(6.0 - 2.0)])
        shared = (None, None) if location is None else (middle, middle)
        limits = [shared, (0.0, None), (None, None), tuple(np.log(np.array(_FREEDOM) - 2))]
        flat, knowing = (
            optimize.minimize(
                _loss,
                start,
                args=(score / unit, outcome),
                jac=True,
                method="L-BFGS-B",
                bounds=[limits[0], slope, *limits[2:]],
            )
            for slope in ((0.0, 0.0), limits[1])
        )
        better = knowing if size > 0 and knowing.fun < flat.fun else flat
        location, slope, scale, freedom = better.x
        return cls(
            location=float(location),
            slope=float(slope / unit),
            scale=float(np.exp(scale)),
            freedom=float(2 + np.exp(freedom)),
            gain=float(flat.fun - better.fun),
        )

    def log_likelihood(self, score: np.ndarray, outcome: np.ndarray) -> np.ndarray:
        """Of each row, in nats; arguments as in `fit`."""
        z = (outcome - self.location - self.slope * score) / self.scale
        return stats.t.logpdf(z, self.freedom) - np.log(self.scale)

    def read(
        self, draws: np.ndarray, unit: np.ndarray, *, relative: bool = True
    ) -> dict[str, np.ndarray]:
        """Forecast columns of one day.

        Parameters
        ----------
        draws : ndarray of shape (n_draws, n_stocks)
            Raw scores of each member.
        unit : ndarray of shape (n_stocks,)
            Trailing volatility over the horizon, as a fraction.
        relative
            Take off each draw's mean over the day first.

        Returns
        -------
        dict of ndarray of shape (n_stocks,)
            score, mu, sigma, prob_up, sigma_prob, interval_low, interval_high; see
            `stockcast.models.model.COLUMNS`. The forecast is the equal mixture of the draws;
            interval ends are means of the draws' quantiles. `score` is the mean draw times `unit`:
            it ranks the day also where the slope is 0.
        """
        score = centred(draws) if relative else np.asarray(draws, float)
        place = self.location + self.slope * score  # (n_draws, n_stocks), in units
        prob_up = special.stdtr(self.freedom, place / self.scale)
        variance = self.scale**2 * self.freedom / (self.freedom - 2) + place.var(axis=0)
        reach = self.scale * special.stdtrit(self.freedom, (1 + INTERVAL) / 2)
        middle = place.mean(axis=0)
        return {
            "score": score.mean(axis=0) * unit,
            "mu": middle * unit,
            "sigma": np.sqrt(variance) * unit,
            "prob_up": prob_up.mean(axis=0),
            "sigma_prob": prob_up.std(axis=0),
            "interval_low": (middle - reach) * unit,
            "interval_high": (middle + reach) * unit,
        }

    def to_dict(self) -> dict[str, float]:
        """The five numbers, for JSON; `ScoreHead(**values)` reads them."""
        return asdict(self)


def centred(draws: np.ndarray) -> np.ndarray:
    """Scores of one day, of shape (..., n_stocks), less their mean over its stocks."""
    draws = np.asarray(draws, float)
    return draws - draws.mean(axis=-1, keepdims=True)


def _loss(at: np.ndarray, score: np.ndarray, outcome: np.ndarray) -> tuple[float, np.ndarray]:
    """Mean negative log likelihood and its gradient, at (location, slope, ln scale, ln(ν - 2))."""
    location, slope, log_scale, log_freedom = at
    scale, freedom = np.exp(log_scale), 2 + np.exp(log_freedom)
    z = (outcome - location - slope * score) / scale
    inner = np.log1p(z**2 / freedom)
    constant = special.gammaln((freedom + 1) / 2) - special.gammaln(freedom / 2)
    constant -= 0.5 * np.log(freedom * np.pi) + log_scale
    pull = (freedom + 1) * z / (freedom + z**2)  # d log p / dz, less its sign
    by_freedom = special.digamma((freedom + 1) / 2) - special.digamma(freedom / 2) - 1 / freedom
    by_freedom = 0.5 * (by_freedom - inner.mean() + (pull * z).mean() / freedom)
    gradient = [
        pull.mean() / scale,
        (pull * score).mean() / scale,
        (pull * z).mean() - 1,
        by_freedom * np.exp(log_freedom),
    ]
    return float((freedom + 1) / 2 * inner.mean() - constant), -np.array(gradient)


def _check(score: np.ndarray, outcome: np.ndarray) -> None:
    if len(outcome) < FEWEST:
        raise InputError(
            "validation rows", f"must be at least {FEWEST}", len(outcome), "lengthen validation"
        )
    if not np.isfinite(score).all():
        raise InputError("score", "must be finite on the validation rows", hint="training diverged")
    if not np.isfinite(outcome).all() or not outcome.std() > 0:
        raise InputError("validation outcomes", "must be finite and not all equal")
