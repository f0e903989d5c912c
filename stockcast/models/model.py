"""The one small interface of all models: fit on a sample set, forecast, save and load."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import pandas as pd

from stockcast.errors import InputError
from stockcast.models.sample_set import SampleSet

COLUMNS = (
    "date",
    "code",
    "run",
    "model",
    "horizon",
    "score",
    "mu",
    "sigma",
    "prob_up",
    "sigma_prob",
    "interval_low",
    "interval_high",
)
"""Of a forecast table.

`score` ranks the stocks of a day; `mu` and `sigma` are mean and standard deviation of the return
over the horizon, as fractions; `prob_up` the probability of a rise and `sigma_prob` its standard
deviation over the draws, in [0, .5]; `interval_low` and `interval_high` hold 90 % of outcomes.
"""


class Fitted(Protocol):
    """A model that has been fitted.

    Attributes
    ----------
    name : str
        The forecast table's `model`.
    information_until : Timestamp
        Last date that any label it learned from used; its first forecast must come later.
    """

    name: str
    information_until: pd.Timestamp

    def forecast(self, samples: SampleSet, part: str = "test") -> pd.DataFrame:
        """Forecasts (`COLUMNS`) for the members on the days of `part`, one batch a day.

        Raises
        ------
        InputError
            When a day does not come after `information_until`.
        """
        ...

    def save(self, folder: Path) -> None:
        """Write it to `folder`: safetensors, skops or the library's own format, and JSON."""
        ...


@dataclass(frozen=True)
class Model:
    """A kind of model, before fitting.

    Attributes
    ----------
    name : str
    level : int
        Of the plan: 1 classical, 2 networks, 3 fusion.
    described : str
        One sentence for the pages, what it does when rows are many included.
    fit : callable
        `fit(samples, seed)` learns from the splits "train" and "valid" of a `SampleSet`.
    load : callable
        `load(folder)` reads what `Fitted.save` wrote; nothing is unpickled.
    """

    name: str
    level: int
    described: str
    fit: Callable[[SampleSet, int], Fitted]
    load: Callable[[Path], Fitted]


def check_later(dates: pd.Series | np.ndarray, information_until: pd.Timestamp) -> None:
    """Refuse to forecast days that the model has learned from.

    Raises
    ------
    InputError
        When the first date does not come after `information_until`.
    """
    first = pd.Timestamp(np.min(np.asarray(dates)))
    if first <= information_until:
        raise InputError(
            "days",
            f"must come after {information_until:%Y-%m-%d}, the last date the model knows",
            f"{first:%Y-%m-%d}",
            "forecast later days",
        )
