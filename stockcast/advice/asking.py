"""Ask a run's kept model about one evening, from data up to that day's close only.

The path is the one that made the run's own forecasts: tables cut at the close, features, samples,
forecast, one batch a day. That it gives the same bits is what `tests/advice` checks.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files

import numpy as np
import pandas as pd

from stockcast import paths
from stockcast.advice.evening import Evening, stored
from stockcast.advice.kept import Kept, kept
from stockcast.advice.readers import RankReader, Reader, SetReader, reads
from stockcast.advice.terms import Terms
from stockcast.data.universe import been_members, members
from stockcast.determinism import settle_torch
from stockcast.errors import InputError
from stockcast.features import catalogue
from stockcast.features.choice import creation
from stockcast.features.compute import compute
from stockcast.models.classical.fitted import Classical
from stockcast.models.committee.committee import Committee
from stockcast.models.model import check_later
from stockcast.samples.scale import return_scale


@dataclass(frozen=True, eq=False)
class Asked:
    """The forecasts of one evening and what they rest on.

    Attributes
    ----------
    evening : Evening
    forecasts : DataFrame
        As `stockcast.models.model.COLUMNS`, one row a member.
    reader : Reader
        By which the model can be asked again with features moved.
    data_hash, model_version, rules_hash, params_hash : str
    information_until : Timestamp
        Last date that any label the model learned from used.
    """

    evening: Evening
    forecasts: pd.DataFrame
    reader: Reader
    data_hash: str
    model_version: str
    rules_hash: str
    params_hash: str
    information_until: pd.Timestamp

    @property
    def features_of_day(self) -> pd.DataFrame:
        """Values that the model read of the day, by code."""
        return self.reader.features


class Desk:
    """A run's kept model and its tables, opened once for any number of evenings.

    Parameters
    ----------
    params
        Of the run, `stockcast.params.Params`, or what a notebook declares of them; `headline`
        names the model.
    tables
        The panel and the other tables by name; None: those that 01_data wrote.
    fresh
        Compute the features anew even where 03_features has the day's. They are the same, bit for
        bit: no row knows what came after it.
    """

    def __init__(
        self,
        params: object,
        tables: tuple[pd.DataFrame, dict[str, pd.DataFrame]] | None = None,
        *,
        fresh: bool = False,
    ) -> None:
        self.params, self.fresh = Terms.of(params), fresh
        self._last: Asked | None = None
        self.kept: Kept = kept(params.run, params.headline)
        self.panel, self.tables = stored(params.run) if tables is None else tables
        if self.kept.record.horizon != params.horizon:
            raise InputError(
                "horizon", "must be the kept model's", params.horizon,
                f"it holds {self.kept.record.horizon} trading days",
            )  # fmt: skip

    @property
    def information_until(self) -> pd.Timestamp:
        """Last date that the model knows a label of; it forecasts later days only."""
        return pd.Timestamp(self.kept.fitted.information_until)

    def evening(self, date: str | pd.Timestamp | None = None) -> Evening:
        """The tables as they stood at the close of `date`; None: the panel's last day.

        Raises
        ------
        InputError
            When `date` is no day of the panel.
        """
        last = self.panel["date"].max()
        return Evening.of(self.panel, self.tables, last if date is None else date)

    def ask(self, evening: Evening) -> Asked:
        """The model's forecasts of an evening; asked twice in a row about the same one, once made.

        Raises
        ------
        InputError
            When the day does not come after `information_until`, or nothing can be ranked on it.
        """
        if self._last is not None and self._last.evening is evening:
            return self._last
        check_later([evening.date], self.information_until)
        settle_torch(self.params.seed)
        reader = self._reader(evening)
        self._last = Asked(
            evening,
            reader.forecasts,
            reader,
            evening.data_hash,
            self.kept.version,
            rules_hash(),
            self.params.hash(),
            self.information_until,
        )
        return self._last

    def _reader(self, evening: Evening) -> Reader:
        fitted, names = self.kept.fitted, reads(self.kept)
        committee = isinstance(fitted, Committee)
        one_day = isinstance(fitted, Committee | Classical)
        days = evening.days[-1 if one_day else -self.kept.record.lookback :]
        whole = getattr(fitted, "experts", "") == "own"  # those need every stock there ever was
        rows = evening.panel["date"].isin(evening.days if whole else days).to_numpy()
        table = evening.panel.loc[rows, ["date", "code"]].reset_index(drop=True)
        table["trainable"] = been_members(evening.panel)[rows].to_numpy()
        table["member"] = members(evening.panel)[rows].to_numpy()
        table["scale"] = _scale(evening, self.params.horizon, table)
        table["label"] = np.nan
        table["split"] = np.where(table["date"] == evening.date, "test", "")
        features = self._features(evening, names, rows)
        read_by = (table, features, self.params.horizon, self.params.run)
        if committee:
            return RankReader.of(fitted, *read_by)
        return SetReader.of(fitted, *read_by, lookback=self.kept.record.lookback)

    def _features(self, evening: Evening, names: Sequence[str], rows: np.ndarray) -> pd.DataFrame:
        """The features of some rows of the evening's panel: from 03_features, or made here."""
        wanted = evening.panel.loc[rows, ["date", "code"]].reset_index(drop=True)
        read: list[str] = []
        path = paths.stage(self.params.run, "03_features") / "features.parquet"
        if not (self.fresh or evening.provisional) and path.is_file():
            read = [name for name in self._held(path) if name in names]
        tables = []
        if read:
            held = pd.read_parquet(
                path, columns=["date", "code", *read],
                filters=[("date", ">=", wanted["date"].min()), ("date", "<=", evening.date)],
            )  # fmt: skip
            held = wanted.merge(held, on=["date", "code"], how="left", indicator="found")
            if (held.pop("found") == "both").all():
                tables.append(held)
            else:
                read = []  # the features are older than the panel
        known = [name for name in names if name not in read and name in catalogue.BY_NAME]
        made = [name for name in names if name not in read and name not in catalogue.BY_NAME]
        if known:
            tables.append(compute(evening.panel, evening.tables, names=known, keep=rows))
        if made:
            tables.append(creation.create(evening.panel, rows, wanted=made))
        columns = [table.drop(columns=["date", "code"]) for table in tables]
        return pd.concat([wanted, *columns], axis=1)[["date", "code", *names]]

    @staticmethod
    def _held(path: object) -> list[str]:
        import pyarrow.parquet as pq

        return pq.read_schema(path).names


def forecast_day(
    params: object, date: str | pd.Timestamp | None = None, *, desk: Desk | None = None
) -> Asked:
    """Forecasts of one evening by the run's kept headline model.

    Parameters
    ----------
    params
        Of the run, as for `Desk`.
    date
        Trading day at whose close the forecast is made; None: the last day of the run's data.
    desk
        Opened before, for many evenings.

    Raises
    ------
    InputError
        For a date that is none, is in the future, is no trading day, or does not come after all
        that the model knows.
    MissingArtifact
        When the run has not been executed.
    """
    desk = Desk(params) if desk is None else desk
    return desk.ask(desk.evening(date))


def rules_hash() -> str:
    """First 16 digits of the SHA-256 of the dated table of the exchange's rules."""
    text = (files("stockcast.market") / "rules.csv").read_bytes()
    return hashlib.sha256(text).hexdigest()[:16]


def _scale(evening: Evening, horizon: int, table: pd.DataFrame) -> np.ndarray:
    """Trailing volatility of the rows, which lie at the panel's end."""
    scale = return_scale(evening.panel, horizon)
    return table.merge(scale, on=["date", "code"], how="left")["scale"].to_numpy()
