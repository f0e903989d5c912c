"""Past evenings lived through one after the other, each with what was known on it alone.

A replay has a ledger of its own: its evenings take place on a clock that is turned back, and
nothing that was written with hindsight belongs beside what was said in time.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from stockcast import paths
from stockcast.advice import paper
from stockcast.advice.asking import Desk
from stockcast.advice.daily import MOMENT, ZONE, Lived, live
from stockcast.advice.ledger import Ledger
from stockcast.advice.ledger.place import FILE, REPLAY, inside
from stockcast.advice.words import Language
from stockcast.errors import InputError
from stockcast.models.model import COLUMNS
from stockcast.samples.labels import label


@dataclass(frozen=True)
class Check:
    """One comparison of what the evenings left with the same computed directly.

    Attributes
    ----------
    what : str
    compared : int
        Values.
    differing : int
    """

    what: str
    compared: int
    differing: int


@dataclass(frozen=True)
class Replay:
    """What a replay left.

    Attributes
    ----------
    evenings : DataFrame
        One row an evening: date, again, issued, ordered, filled, scored, equity.
    checks : tuple of Check
    folder : Path
        Lists, reports and the ledger.
    """

    evenings: pd.DataFrame
    checks: tuple[Check, ...]
    folder: Path


def place(run: str) -> Path:
    """Folder of a run's replay."""
    return paths.stage(run, REPLAY)


def forget(folder: Path) -> None:
    """Remove an earlier replay, its ledger included."""
    folder = Path(folder)
    if folder.exists() and not (folder / FILE).exists():
        raise InputError(paths.shown(folder), "must be the folder of a replay")
    shutil.rmtree(folder, ignore_errors=True)


def dates(desk: Desk, days: int, first: str | pd.Timestamp | None = None) -> pd.DatetimeIndex:
    """The evenings of a replay: so many trading days, by default the first that the model may see.

    Raises
    ------
    InputError
        When the data hold fewer.
    """
    known = pd.DatetimeIndex(np.sort(desk.panel["date"].unique()))
    known = known[known > desk.information_until]
    if first is not None:
        known = known[known >= desk.evening(first).date]
    if len(known) < days:
        raise InputError(
            "days", "must be in the run's data after all that the model knows", days,
            f"there are {len(known)}",
        )  # fmt: skip
    return known[:days]


def replay(
    desk: Desk,
    wanted: pd.DatetimeIndex,
    folder: Path,
    *,
    language: Language = "en",
    explained: bool = False,
    told: Callable[[Lived], None] | None = None,
) -> Replay:
    """Live through some evenings, then compute everything once more, directly, and compare.

    Parameters
    ----------
    desk
        The run's model and data, the evenings still to come included; each evening is given its
        own past only.
    wanted
        As `dates` gives them.
    folder
        Takes the ledger, and lists and reports in a folder a day.
    language
        Of the lists.
    explained
        With reasons in the lists, which takes several times longer.
    told
        Called after every evening.

    Raises
    ------
    InputError
        When a date is none of the panel's, or the folder has a ledger that went on further.
    """
    folder, now = Path(folder), _Clock()
    lived = []
    where = inside(folder)
    with Ledger.open(where.url, where.anchor, clock=now.read) as ledger:
        for date in wanted:
            now.moment = (date + MOMENT).tz_localize(ZONE)
            one = live(
                desk, date, ledger, moment=now.moment, folder=folder, language=language,
                explained=explained,
            )  # fmt: skip
            lived.append(one)
            if told:
                told(one)
        checks = tuple(_checks(desk, ledger, wanted))
    return Replay(_table(lived), checks, folder)


@dataclass
class _Clock:
    """Tells the replay's time."""

    moment: pd.Timestamp | None = None

    def read(self) -> pd.Timestamp:
        return self.moment


def _table(lived: list[Lived]) -> pd.DataFrame:
    counts = ("date", "again", "issued", "ordered", "filled", "scored")
    rows = [{name: getattr(one, name) for name in counts} for one in lived]
    return pd.DataFrame(rows).assign(equity=[one.report.get("equity", np.nan) for one in lived])


def _checks(desk: Desk, ledger: Ledger, wanted: pd.DatetimeIndex) -> Iterator[Check]:
    """What the evenings left, against one pass over all days at once."""
    faults = ledger.verify()
    yield Check("entries of the ledger", len(ledger.entries()), len(faults))
    said = ledger.forecasts()
    said = said[said["date"].isin(wanted)]
    own = _own(desk, wanted)
    if own is not None:
        yield _compared("forecasts of the run", said, own, ["score", "mu", "sigma", "prob_up"])
    last = desk.evening(wanted[-1])
    panel = last.panel
    result = paper.traded(last, said[list(COLUMNS)], desk.params)
    once = result.orders[result.orders["date"].isin(wanted)]
    yield _compared("fills of one backtest", _entries(ledger, "fill", "date"), once, FILL, SIDE)
    decided = result.orders.rename(columns={"date": "on"}).rename(columns={"decided": "date"})
    decided = decided[decided["date"].isin(wanted[:-1])]
    ordered = _entries(ledger, "order", "decided").rename(columns={"decided": "date"})
    ordered = ordered[ordered["date"].isin(wanted[:-1])]
    yield _compared("orders of one backtest", ordered, decided, ["asked"], SIDE)
    truth = label(panel, desk.params.horizon)[["date", "code", "label"]]
    days = pd.DatetimeIndex(np.sort(panel["date"].unique()))
    over = days[: len(days) - desk.params.horizon - 1]
    due = said[said["date"].isin(over)][["date", "code"]].merge(truth, on=["date", "code"])
    yield _compared("labels of one pass", ledger.scores(), due, ["label"])


KEYS = ["date", "code"]
SIDE = ["date", "code", "side"]
FILL = ["asked", "shares", "price", "value", "commission", "stamp_tax", "transfer_fee", "slippage"]


def _compared(
    what: str, kept: pd.DataFrame, direct: pd.DataFrame, columns: list[str], keys: list[str] = KEYS
) -> Check:
    """Rows, and values of `columns` bit by bit; a row that only one side has differs in all."""
    both = kept[[*keys, *columns]].merge(
        direct[[*keys, *columns]], on=keys, how="outer", suffixes=("", "_direct"), indicator="side_"
    )
    alone = (both["side_"] != "both").to_numpy()
    differ = int(alone.sum())
    for name in columns:
        one, other = both[name].to_numpy(float), both[f"{name}_direct"].to_numpy(float)
        same = (one == other) | (np.isnan(one) & np.isnan(other))
        differ += int((~same | alone).sum())
    return Check(what, len(both) * (1 + len(columns)), differ)


def _entries(ledger: Ledger, kind: str, day: str) -> pd.DataFrame:
    """Entries of a kind as a table; what JSON could not hold, "all of it", is infinite again."""
    rows = ledger.entries(kind)["payload"].tolist()
    found = pd.DataFrame(rows, columns=["code", "side", day, *FILL])
    found["asked"] = found["asked"].astype(float).fillna(np.inf)
    return found.assign(**{day: pd.to_datetime(found[day]).astype("datetime64[us]")})


def _own(desk: Desk, wanted: pd.DatetimeIndex) -> pd.DataFrame | None:
    """What the run itself forecast for those days, if it did."""
    path = paths.stage(desk.params.run, "10_judgement") / "forecasts.parquet"
    if not path.is_file():
        return None
    found = pd.read_parquet(path)
    found = found[(found["model"] == desk.kept.fitted.name) & found["date"].isin(wanted)]
    return found if found["date"].nunique() == len(wanted) else None
