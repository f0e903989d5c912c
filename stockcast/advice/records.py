"""Decision records: what an item of the list rested on, and the same question asked again.

A record names everything that decided a forecast by its hash: data, model, features of the stock,
rules and parameters. `replay` asks the model again, and says which of them are no longer the same.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from stockcast import paths
from stockcast.advice.asking import Asked, Desk
from stockcast.advice.terms import Terms
from stockcast.advice.words import NOTICE
from stockcast.errors import InputError, nearest
from stockcast.models.model import COLUMNS
from stockcast.params import digest

if TYPE_CHECKING:
    from stockcast.advice.recommendation import Recommendation

ADVICE = "advice"
"""Folder of a run's lists; those of evenings and of replays are beside it."""
HASHES = ("data", "model", "features", "rules", "parameters")
_FORECAST = COLUMNS[5:]  # the figures


def recorded(made: Recommendation, desk: Desk) -> Recommendation:
    """The recommendation with one record an item."""
    commit = _commit()
    records = tuple(record(made, item.code, desk.params, commit) for item in made.items)
    return dataclasses.replace(made, records=records)


def record(made: Recommendation, code: str, params: Terms, commit: str | None) -> dict:
    """The decision record of one stock, in what JSON holds; `id` is made of all the rest."""
    found = _found(made.asked, code)
    about = {
        "date": f"{made.date:%Y-%m-%d}",
        "code": code,
        "run": made.run,
        "model": made.model,
        "horizon": params.horizon,
        "information_until": f"{made.asked.information_until:%Y-%m-%d}",
        "provisional": made.provisional,
        **found,
        "commit": commit,
        "parameters": params.to_dict(),
        "notice": dict(NOTICE),
    }
    # The commit is told, but the same decision made from another commit is the same decision.
    unique = digest({name: value for name, value in about.items() if name != "commit"})
    return {"id": f"{made.date:%Y%m%d}-{code}-{unique[:8]}", **about}


def _found(asked: Asked, code: str) -> dict:
    """Hashes and forecast of a stock."""
    row = asked.forecasts.set_index("code").loc[code]
    values = asked.features_of_day.loc[code]
    hashed = hashlib.sha256("\n".join(values.index).encode())
    hashed.update(np.ascontiguousarray(values.to_numpy(np.float64)).tobytes())
    hashes = (
        asked.data_hash, asked.model_version, hashed.hexdigest()[:16], asked.rules_hash,
        asked.params_hash,
    )  # fmt: skip
    return {
        "hashes": dict(zip(HASHES, hashes, strict=True)),
        "forecast": {name: float(row[name]) for name in _FORECAST},
    }


@dataclass(frozen=True)
class Replayed:
    """What asking again gave.

    Attributes
    ----------
    record : dict
    same : bool
        The forecast is bit-equal.
    differ : tuple of str
        Hashes that are no longer those of the record: data, model, features, rules, parameters.
    forecast : dict of float
        The forecast now.
    """

    record: dict
    same: bool
    differ: tuple[str, ...]
    forecast: dict[str, float]

    def text(self) -> str:
        """One line."""
        name = self.record["id"]
        if self.same and not self.differ:
            return f"{name}: bit-equal, and so are {', '.join(HASHES)}"
        what = f"other {', '.join(self.differ)}" if self.differ else "all hashes as they were"
        if self.same:
            return f"{name}: bit-equal; {what}"
        old, new = self.record["forecast"]["score"], self.forecast["score"]
        return f"{name}: differs, score {old:.6g} then and {new:.6g} now; {what}"


def replay(record: str | Mapping, desk: Desk | None = None) -> Replayed:
    """Ask again what a record tells.

    Parameters
    ----------
    record
        A record's id, or what `read` gave of it.
    desk
        Open already; None: the record's run is opened.

    Raises
    ------
    InputError
        For an unknown id, a damaged or a provisional record, or a stock no longer ranked.
    """
    kept = read(record) if isinstance(record, str) else record
    named = kept["id"]
    if kept["provisional"]:
        raise InputError("record", "must not be provisional: its bars are gone", named)
    params = Terms.read(kept["parameters"], f"record {named}")
    desk = Desk(params) if desk is None else desk
    asked = desk.ask(desk.evening(kept["date"]))
    if kept["code"] not in set(asked.forecasts["code"]):
        raise InputError("record", "must be of a stock that is still ranked that day", named)
    now = _found(asked, kept["code"])
    differ = tuple(name for name in HASHES if kept["hashes"].get(name) != now["hashes"][name])
    return Replayed(kept, kept["forecast"] == now["forecast"], differ, now["forecast"])


def read(named: str) -> dict:
    """A record by its id.

    Raises
    ------
    InputError
        When there is none, naming the nearest, or it is not what was written.
    """
    files = sorted(paths.runs().glob("*/*/**/records/*.json"))  # of lists, evenings and replays
    known = {path.stem: path for path in files}
    if not re.fullmatch(r"[\w.-]+", named) or named not in known:
        raise InputError("record", "must be the id of a list's item", named, nearest(named, known))
    try:
        kept = json.loads(known[named].read_text(encoding="utf-8"))
        rest = {name: value for name, value in kept.items() if name not in ("id", "commit")}
        whole = kept["id"] == named and digest(rest)[:8] == named[-8:]
    except (ValueError, TypeError, KeyError, AttributeError):
        whole = False
    if not whole:
        raise InputError(paths.shown(known[named]), "must be as it was written")
    return kept


def folder_of(made: Recommendation) -> Path:
    """Where a list is written: runs/RUN/advice/DATE, provisional ones apart."""
    apart = ("provisional",) if made.provisional else ()
    return paths.stage(made.run, ADVICE).joinpath(*apart, f"{made.date:%Y-%m-%d}")


def _commit() -> str | None:
    """The project's commit, if git tells; `-dirty` with changes."""
    if told := os.environ.get("STOCKCAST_COMMIT"):
        return told
    try:
        done = subprocess.run(
            ["git", "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"],
            cwd=paths.root(), capture_output=True, text=True, timeout=10, check=True,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip() or None
