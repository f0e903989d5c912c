"""What every source is: a function that takes an order and gives tables, and a list of codes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import pandas as pd

from stockcast.market.simulated import Strengths


@dataclass(frozen=True)
class Tables:
    """What the first stage hands on.

    Attributes
    ----------
    panel : DataFrame
        Every column of `stockcast.data.schema.PANEL`, sorted by date and code.
    benchmark : DataFrame or None
        `date`, `close` of one index, over the panel's days.
    links : DataFrame or None
        `leader`, `follower`, `lag` (trading days), `public`: who supplies whom.
    events : DataFrame or None
        `date` (public by that day's close), `event`, `code`, `strength`: policy events.
    oracle : DataFrame or None
        `date`, `code`, `horizon`, `oracle`, `omniscient`: the true expected label.
    side : mapping of DataFrame
        Whatever else the source has, by the names of `stockcast.market.tables.TABLES`.
    """

    panel: pd.DataFrame
    benchmark: pd.DataFrame | None = None
    links: pd.DataFrame | None = None
    events: pd.DataFrame | None = None
    oracle: pd.DataFrame | None = None
    side: Mapping[str, pd.DataFrame] = field(default_factory=dict)


class Lazy(Mapping[str, pd.DataFrame]):
    """Tables that are made when they are first asked for.

    Parameters
    ----------
    names
        Tables there are.
    make
        Gives a table by its name.
    """

    def __init__(self, names: Iterable[str], make: Callable[[str], pd.DataFrame]) -> None:
        self._names, self._make = tuple(names), make
        self._made: dict[str, pd.DataFrame] = {}

    def __getitem__(self, name: str) -> pd.DataFrame:
        if name not in self._names:
            raise KeyError(name)
        if name not in self._made:
            self._made[name] = self._make(name)
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


@dataclass(frozen=True)
class Order:
    """What is asked of a source; `load` documents the fields."""

    panel: str
    columns: str
    benchmark: str
    benchmark_code: str
    start: str
    end: str
    stocks: tuple[str, ...]
    seed: int
    horizon: int
    simulated_stocks: int
    strengths: Strengths


@dataclass(frozen=True)
class Source:
    """A place that quotes come from.

    Attributes
    ----------
    tables
        Gives the tables of an order. Checking, completing, cutting and the universe are shared by
        all sources, see `stockcast.data.sources.load`.
    codes
        Lists the codes that the source can give, from the parameters `panel`, `columns` and
        `simulated_stocks`, given by name; reads as little as it can.
    from_files
        Whether `panel` has to name a file or folder.
    """

    tables: Callable[[Order], Tables]
    codes: Callable[..., list[str]]
    from_files: bool = True
