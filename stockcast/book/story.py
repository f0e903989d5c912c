"""The stocks, the clock and the quotes of 李林's chapter 2 (CC BY-NC 4.0), for `18_seventy_two_hours`.

Where the story's stocks are not at hand, six stocks of the run's own panel stand in for them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from stockcast import paths
from stockcast.data import holdout, sources
from stockcast.errors import InputError
from stockcast.features.compute import compute
from stockcast.models.sample_set import SampleSet
from stockcast.samples import splits
from stockcast.samples.table import sample_table

EXPERTS = ("000401.SZ", "601992.SH", "600340.SH", "601668.SH", "600585.SH")
"""Jidong Cement, BBMG, China Fortune Land, China State Construction, Conch Cement."""
OUTSIDER = "000725.SZ"
"""BOE, which is traded and is no expert's."""
QUOTES, INDEX = "seed_stocks.parquet", "index.parquet"

HOLD = 3  # trading days, the story's advice
YEARS = 2  # of training, as told
FEATURES = ("return_1", "return_5", "return_20", "range_1", "volume_ratio", "policy_recency")
"""Six, as told; which, it does not say but for the policy event."""

ASKED, BOUGHT, SOLD = (pd.Timestamp(day) for day in ("2017-11-07", "2017-11-08", "2017-11-09"))
"""Forecast made after the first close, purchase by the second, sale on the third day."""
TRAIN_END, VALID_END = "2016-12-30", "2017-11-06"
FIRST, LAST = "2014-01-02", "2020-12-31"  # of the quotes: windows look back from 2015

OPENS, CLOSES = pd.Timedelta(hours=9, minutes=30), pd.Timedelta(hours=15)


@dataclass(frozen=True)
class Scene:
    """Six stocks, ready to be learned.

    Attributes
    ----------
    experts : tuple of str
    outsider : str
    real : bool
        They are the story's own stocks, on the story's days.
    panel : DataFrame
    samples : SampleSet
        Labels hold for `HOLD` days; the first test day is that on whose evening the story asks.
    why : str
        One sentence on what is played here, and why.
    """

    experts: tuple[str, ...]
    outsider: str
    real: bool
    panel: pd.DataFrame
    samples: SampleSet
    why: str

    @property
    def asked(self) -> pd.Timestamp:
        """The day on whose evening the story asks: the first of the test."""
        table = self.samples.samples
        return table["date"][table["split"] == "test"].min()


def at_hand() -> bool:
    """Whether the story's quotes are there: in the folder that STOCKCAST_REAL_DATA names."""
    folder = paths.real_data()
    return folder is not None and (folder / QUOTES).is_file()


def real_scene(lookback: int) -> Scene:
    """The story's six stocks, up to the last day that no seal withholds."""
    day_before = pd.Timestamp(holdout.find().first) - pd.Timedelta(days=1)
    last = LAST if holdout.is_open() else f"{day_before:%Y-%m-%d}"
    tables = sources.load(
        "parquet", panel=QUOTES, benchmark=INDEX, start=FIRST, end=last,
        stocks=(*EXPERTS, OUTSIDER), universe="listed",
    )  # fmt: skip
    why = f"These are the story's own six stocks, {FIRST} to {tables.panel.date.max():%Y-%m-%d}."
    samples = _samples(tables.panel, tables.events, lookback, TRAIN_END, VALID_END)
    return Scene(EXPERTS, OUTSIDER, True, tables.panel, samples, why)


def stand_in(
    panel: pd.DataFrame,
    events: pd.DataFrame | None,
    lookback: int,
    train_end: str,
    valid_end: str,
    why: str,
) -> Scene:
    """Six stocks of another panel in the story's parts, split as the run is.

    Who plays is settled by what is known on `train_end`.
    """
    known = None if events is None else events[events["date"] <= train_end]
    experts, outsider = cast(panel[panel["date"] <= train_end], known)
    six = panel[panel["code"].isin([*experts, outsider])].assign(in_universe=True)
    six = six.reset_index(drop=True)
    samples = _samples(six, events, lookback, train_end, valid_end)
    return Scene(experts, outsider, False, six, samples, why)


def cast(panel: pd.DataFrame, events: pd.DataFrame | None) -> tuple[tuple[str, ...], str]:
    """Five stocks that policy events name, where there are as many, and one that none names.

    Of the stocks with most days, the first by code; nobody's return decides.

    Raises
    ------
    InputError
        When there are fewer than six stocks.
    """
    days = panel.groupby("code")["date"].size()
    codes = sorted(days.index, key=lambda code: (-days[code], code))
    if len(codes) < len(EXPERTS) + 1:
        raise InputError("panel", f"must hold {len(EXPERTS) + 1} stocks", len(codes))
    named = set() if events is None else set(events["code"])
    experts = tuple(sorted(codes, key=lambda code: code not in named)[: len(EXPERTS)])
    others = [code for code in codes if code not in experts]
    return experts, min(others, key=lambda code: code in named)


def _samples(
    panel: pd.DataFrame, events: pd.DataFrame | None, lookback: int, train_end: str, valid_end: str
) -> SampleSet:
    days = pd.DatetimeIndex(np.sort(panel["date"].unique()))
    start = pd.Timestamp(train_end) - pd.DateOffset(years=YEARS) + pd.Timedelta(days=1)
    split = splits.purged(days, train_end, valid_end, HOLD, train_start=f"{start:%Y-%m-%d}")
    if events is None:
        events = pd.DataFrame({"date": pd.DatetimeIndex([]), "event": [], "code": []})
        events = events.assign(strength=np.zeros(0))
    ordered = panel.sort_values(["date", "code"], ignore_index=True)
    features = compute(ordered, {"events": events}, names=FEATURES)
    return SampleSet(features, sample_table(ordered, split, HOLD), HOLD, lookback)


def hours_between(bought: pd.Timestamp, sold: pd.Timestamp, clock: str = "09:31") -> float:
    """Hours from the close of one day to a time of another.

    >>> hours_between(pd.Timestamp("2017-11-08"), pd.Timestamp("2017-11-09"))
    18.516666666666666
    """
    return (sold + pd.Timedelta(f"{clock}:00") - bought - CLOSES) / pd.Timedelta(hours=1)
