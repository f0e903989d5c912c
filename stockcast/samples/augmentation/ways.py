"""The ways of augmentation, their strengths drawn for each stock, day and variant.

A way is made once for a training and then asked for batches: `WAYS["stretch"](ground, seed)` gives
a function of `stock`, `day` and `variant`, each of shape (n,), that returns windows of shape
(n, lookback, n_features). Variant 0 is the window as it was; each later one is another draw. Where
a stock has too few rows before its window to be stretched or shifted, the window stays as it was.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from stockcast.errors import InputError
from stockcast.samples.augmentation import batches
from stockcast.samples.augmentation.draws import normals, uniforms
from stockcast.samples.windows import Normaliser, Windows

VARIANTS = 5  # "inflated fivefold", as the story has it: the window itself and four more
STRETCH = 0.05  # of the window's time, either way; the story's
SHIFT = 3  # days either way; the story's
CALM = 0.02  # volatility a day below which a day is calm; the story's, of returns
SHARE = 0.5  # the jitter's standard deviation in units of the day's volatility
MEMORY = 20  # days over which that volatility looks back
BEND = 0.2  # standard deviation of a warp's logarithmic speed
NOISE = 0.1  # standard deviation of the noise as a share of a value's size

Batch = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Ground:
    """What the ways need to know of the windows they vary.

    Attributes
    ----------
    windows : Windows
        `values` may hold NaN.
    returns : ndarray of shape (n_stocks, n_days)
        Daily returns, fractions; exactly 0 on a day of suspension, NaN where unknown. Neither kind
        of day is ever jittered.
    spans : ndarray of shape (n_features,), int
        Trading days whose return a feature tells, 0 for no return: jitter moves a return over five
        days by the noise of its five days.
    unit : ndarray of shape (n_features,)
        A return of 1 in units of the feature, such as 1 / its spread. Read where `spans` is not 0.
    events : tuple of int
        Features that tell of policy events; they move together.
    until : int
        Last day, a position, on which a window may end; nothing is drawn for later days.
    """

    windows: Windows
    returns: np.ndarray
    spans: np.ndarray
    unit: np.ndarray
    events: tuple[int, ...]
    until: int

    @classmethod
    def of(
        cls, windows: Windows, features: pd.DataFrame, normaliser: Normaliser, until: int
    ) -> Ground:
        """The ground of windows built from `features`.

        Parameters
        ----------
        windows, normaliser
            Of these features.
        features
            date, code, then one column a feature. Names tell which are what: `return_5` is a return
            over five days, `policy_...` tells of events. By `return_1`, the day's return, 0 for a
            suspended day, the jitter knows calm days.
        until
            As the attribute.

        Raises
        ------
        InputError
            When there is no `return_1`.
        """
        if "return_1" not in features:
            raise InputError("features", "must have the column return_1")
        spans = [re.fullmatch(r"return_(\d+)", name) for name in normaliser.names]
        events = (name.startswith("policy_") for name in normaliser.names)
        return cls(
            windows,
            returns=windows.grid(features, "return_1"),
            spans=np.array([int(found[1]) if found else 0 for found in spans]),
            unit=1 / normaliser.spread,
            events=tuple(np.flatnonzero(list(events)).tolist()),
            until=until,
        )

    def __post_init__(self) -> None:
        width = self.windows.values.shape[2]
        if not len(self.spans) == len(self.unit) == width:
            raise InputError("spans and unit", f"must have the windows' {width} features")
        if self.returns.shape != self.windows.seen.shape:
            raise InputError("returns", "must have the windows' stocks and days")

    def reaches(self, stock: np.ndarray, day: np.ndarray, days: int) -> np.ndarray:
        """The stock has its rows on so many `days` before its window, too."""
        earlier = day - days
        return (earlier >= 0) & self.windows.seen[stock, np.maximum(earlier, 0)]

    def volatility(self) -> np.ndarray:
        """Root mean square of the last 20 daily returns, the day's own included, (stocks, days).

        NaN where fewer than ten are known.
        """
        known = np.isfinite(self.returns)
        squares = np.where(known, self.returns, 0.0) ** 2
        total, count = np.zeros(known.shape), np.zeros(known.shape)
        for ago in range(min(MEMORY, known.shape[1])):  # in this order whatever comes later
            total[:, ago:] += squares[:, : known.shape[1] - ago]
            count[:, ago:] += known[:, : known.shape[1] - ago]
        return np.sqrt(np.divide(total, count, np.full(known.shape, np.nan), where=count >= 10))


def as_it_was(ground: Ground, seed: int) -> Batch:
    """No variation: five times the same window."""
    windows = ground.windows
    return lambda stock, day, variant: batches.plain(windows.values, stock, day, windows.lookback)


def stretch(ground: Ground, seed: int) -> Batch:
    """Time up to 5 % faster or slower; see `batches.stretched`."""
    windows = ground.windows
    drawn = _drawn(ground, seed, "stretch", uniforms)
    reach = math.ceil(STRETCH * (windows.lookback - 1))

    def batch(stock: np.ndarray, day: np.ndarray, variant: np.ndarray) -> np.ndarray:
        varied = (variant > 0) & ground.reaches(stock, day, reach)
        factor = np.where(varied, 1 + STRETCH * (2 * drawn[stock, day, variant] - 1), 1.0)
        return batches.stretched(windows.values, stock, day, windows.lookback, factor)

    return batch


def jitter(ground: Ground, seed: int) -> Batch:
    """Noise on the returns of calm days, in proportion to each day's own volatility.

    All windows of a variant share a day's noise: they tell of one other course of events.
    """
    windows, spans = ground.windows, ground.spans
    volatility = ground.volatility()[:, : ground.until + 1]
    moves = np.nan_to_num(ground.returns[:, : ground.until + 1]) != 0
    size = np.where(moves & (volatility < CALM), SHARE * volatility, 0.0)
    noise = size[..., None] * _drawn(ground, seed, "jitter", normals)
    noise[..., 0] = 0.0
    level = np.pad(np.cumsum(noise, axis=1), ((0, 0), (1, 0), (0, 0)))

    def batch(stock: np.ndarray, day: np.ndarray, variant: np.ndarray) -> np.ndarray:
        out = batches.plain(windows.values, stock, day, windows.lookback)
        rows = day[:, None] + np.arange(1 - windows.lookback, 1)
        stock, variant = stock[:, None], variant[:, None]
        for column in np.flatnonzero(spans):
            before = np.maximum(rows + 1 - spans[column], 0)
            moved = level[stock, rows + 1, variant] - level[stock, before, variant]
            out[..., column] += (moved * ground.unit[column]).astype(out.dtype)
        return out

    return batch


def shift(ground: Ground, seed: int) -> Batch:
    """Policy events up to three days earlier or later; see `batches.shifted`."""
    windows = ground.windows
    drawn = _drawn(ground, seed, "shift", uniforms)

    def batch(stock: np.ndarray, day: np.ndarray, variant: np.ndarray) -> np.ndarray:
        varied = (variant > 0) & ground.reaches(stock, day, SHIFT)
        days = np.floor(drawn[stock, day, variant] * (2 * SHIFT + 1)).astype(int) - SHIFT
        days = np.where(varied, days, 0)
        return batches.shifted(windows.values, stock, day, windows.lookback, days, ground.events)

    return batch


def warp(ground: Ground, seed: int) -> Batch:
    """Time now faster, now slower, within the same days; see `batches.warped`."""
    windows = ground.windows
    drawn = _drawn(ground, seed, "warp", normals, batches.KNOTS)

    def batch(stock: np.ndarray, day: np.ndarray, variant: np.ndarray) -> np.ndarray:
        bend = np.where((variant > 0)[:, None], BEND * drawn[stock, day, variant], 0.0)
        return batches.warped(windows.values, stock, day, windows.lookback, bend)

    return batch


def noise(ground: Ground, seed: int) -> Batch:
    """Every value off by about a tenth of its own size; what is zero stays zero."""
    windows = ground.windows
    drawn = _drawn(ground, seed, "noise", normals, windows.values.shape[2])
    drawn[:, :, 0] = 0.0

    def batch(stock: np.ndarray, day: np.ndarray, variant: np.ndarray) -> np.ndarray:
        out = batches.plain(windows.values, stock, day, windows.lookback)
        rows = day[:, None] + np.arange(1 - windows.lookback, 1)
        return out * (1 + np.float32(NOISE) * drawn[stock[:, None], rows, variant[:, None]])

    return batch


def story(ground: Ground, seed: int) -> Batch:
    """The story's own: each variant in one of its three ways, which is drawn.

    Without features that tell of events, in one of the first two.
    """
    names = [name for name in STORY if name != "shift" or ground.events]
    ways = [WAYS[name](ground, seed) for name in names]
    drawn = _drawn(ground, seed, "which", uniforms)

    def batch(stock: np.ndarray, day: np.ndarray, variant: np.ndarray) -> np.ndarray:
        out = batches.plain(ground.windows.values, stock, day, ground.windows.lookback)
        which = np.floor(drawn[stock, day, variant] * len(ways)).astype(int)
        for number, way in enumerate(ways):
            mine = (which == number) & (variant > 0)
            out[mine] = way(stock[mine], day[mine], variant[mine])
        return out

    return batch


STORY = ("stretch", "jitter", "shift")

WAYS: dict[str, Callable[[Ground, int], Batch]] = {
    "none": as_it_was,
    "stretch": stretch,
    "jitter": jitter,
    "shift": shift,
    "warp": warp,
    "noise": noise,
    "story": story,
}
"""By name: a function of the ground and a seed, which makes the function that makes batches."""


def _drawn(
    ground: Ground, seed: int, purpose: str, kind: Callable[..., np.ndarray], *more: int
) -> np.ndarray:
    """Numbers (stocks, days, VARIANTS, *more), none after the ground's last day."""
    return kind(seed, purpose, ground.windows.codes, ground.until + 1, (VARIANTS, *more))
