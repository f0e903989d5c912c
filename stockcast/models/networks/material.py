"""What a network trains on: windows, days and targets, from the feature and sample tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from stockcast.errors import InputError
from stockcast.models.networks.days import Days
from stockcast.samples.windows import Normaliser, Windows


@dataclass(frozen=True)
class Material:
    """Everything the training and the forecast of one run share.

    Attributes
    ----------
    windows : Windows
    normaliser : Normaliser
        Fitted on the training rows.
    numbers : ndarray of shape (n_stocks,)
        Each stock's number in the networks.
    target : ndarray of shape (n_stocks, n_days)
        Return over the horizon in units of the trailing volatility.
    scale : ndarray of shape (n_stocks, n_days)
        That unit, as a fraction.
    trainable, ranked : ndarray of shape (n_stocks, n_days), bool
        Rows that may train, and rows that are ranked and tested.
    split : Series of str indexed by date
        "train", "valid", "test" or "".
    information_until : Timestamp
        Last date that a training or validation label used; NaT where there are none.
    fixed : bool
        The committee is fixed: every stock has an expert of its own.
    """

    windows: Windows
    normaliser: Normaliser
    numbers: np.ndarray
    target: np.ndarray
    scale: np.ndarray
    trainable: np.ndarray
    ranked: np.ndarray
    split: pd.Series
    information_until: pd.Timestamp
    fixed: bool

    @property
    def codes(self) -> tuple[str, ...]:
        """Stocks known in training; the n-th has number n + 1."""
        return tuple(np.asarray(self.windows.codes)[self.numbers > 0])

    def days(
        self, name: str, *, every: int = 1, offset: int = 0, target: np.ndarray | None = None
    ) -> Days:
        """Days of the split `name`, every n-th from `offset`; `target` replaces the run's own.

        Days on which no stock takes part are left out.
        """
        rows = self.trainable if name == "train" else self.ranked
        labelled = self.split.reindex(self.windows.dates, fill_value="").to_numpy() == name
        inside = labelled & (rows & self.windows.seen).any(axis=0)
        days = np.flatnonzero(inside)[offset % every :: every]
        if not len(days):
            raise InputError(
                f"split {name}",
                f"must have a day with a full window of {self.windows.lookback} days",
                hint="start the run earlier or shorten lookback",
            )
        aim = self.target if target is None else target
        return Days(self.windows, days, rows, self.numbers, aim, self.fixed)


def gather(
    features: pd.DataFrame,
    samples: pd.DataFrame,
    *,
    lookback: int,
    horizon: int,
    experts: str = "shared",
    normaliser: Normaliser | None = None,
    codes: Sequence[str] | None = None,
) -> Material:
    """Lay out features and samples for the networks.

    Parameters
    ----------
    features
        date, code, then one float column a feature.
    samples
        date, code, label, scale, trainable, member, split; the same rows as `features`.
    lookback, horizon
        Trading days.
    experts
        "own" gives every stock of the table a number; "shared" those with training rows, and
        features are then taken relative to the day's ranked stocks.
    normaliser, codes
        Of networks that are trained already: their scaling, and the stocks they know in the order
        of their numbers. None: both from the training rows.

    Raises
    ------
    InputError
        When there are no training rows to fit to, or a stock with an expert of its own is missing.
    """
    if len(features) != len(samples):
        raise InputError("samples", "must have the rows of features", len(samples))
    trains = (samples.split == "train").to_numpy() & samples.trainable.to_numpy(bool)
    fixed = experts == "own"
    if normaliser is None:
        if not trains.any():
            raise InputError("samples", "must hold training days")
        normaliser = Normaliser.fit(features, trains, relative=not fixed)
    windows = Windows.build(features, samples.member.to_numpy(bool), lookback, normaliser)
    if codes is None:
        codes = windows.codes if fixed else sorted(samples.code[trains].unique())
    elif fixed and tuple(codes) != windows.codes:
        raise InputError("stocks", "must be those with an expert of their own", ", ".join(codes))
    scale = windows.grid(samples, "scale")
    by_day = samples.groupby("date").split.first()
    used = np.flatnonzero(by_day.isin(["train", "valid"]).to_numpy())
    until = pd.NaT
    if len(used):
        until = by_day.index[min(used[-1] + 1 + horizon, len(by_day) - 1)]
    return Material(
        windows=windows,
        normaliser=normaliser,
        numbers=pd.Index(codes).get_indexer(windows.codes) + 1,
        target=windows.grid(samples, "label") / scale,
        scale=scale,
        trainable=windows.grid(samples, "trainable", fill=False),
        ranked=windows.grid(samples, "member", fill=False),
        split=by_day,
        information_until=until,
        fixed=fixed,
    )
