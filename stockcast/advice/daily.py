"""One evening after the close: say tomorrow, write it down, fill and score what is due, report.

Whatever stands in the ledger stays as it is. An evening that was cut off goes on where it ended,
one that is complete changes nothing, so it may be begun as often as a timer likes.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from stockcast import paths
from stockcast.advice import anomalies, evaluation
from stockcast.advice.asking import Desk
from stockcast.advice.evening import TABLES, day
from stockcast.advice.ledger import Ledger
from stockcast.advice.past import mine
from stockcast.advice.publishing import publish
from stockcast.advice.recommendation import Recommendation, recommend
from stockcast.advice.terms import Terms
from stockcast.advice.words import Language
from stockcast.data import sources
from stockcast.errors import InputError
from stockcast.market import calendar
from stockcast.params import Params

LIVED = "evening"
"""Kind of the entry that ends an evening in the ledger."""
FOLDER = "evenings"
"""Of a run: what its evenings leave, a folder a day."""
REPORT = "report.json"
MOMENT = pd.Timedelta("18h30min")
"""When an evening of a replay takes place, after midnight of its day in Shanghai."""
ZONE = "Asia/Shanghai"


@dataclass(frozen=True, eq=False)
class Lived:
    """What an evening added.

    Attributes
    ----------
    date : Timestamp
    again : bool
        It was complete before; nothing was added.
    issued, ordered, filled, scored : int
        New entries: forecasts, orders for the next day, what became of the orders of the evening
        before, and outcomes of forecasts whose horizon is over.
    recommendation : Recommendation or None
    report : dict
        Of `stockcast.advice.evaluation`, with the paper account's equity.
    """

    date: pd.Timestamp
    again: bool = False
    issued: int = 0
    ordered: int = 0
    filled: int = 0
    scored: int = 0
    recommendation: Recommendation | None = None
    report: Mapping[str, Any] | None = None


class NotYet(InputError):
    """The source has not got the day's tables; the same command may succeed later."""

    status = 75
    """Exit status, `EX_TEMPFAIL` of sysexits.h: what a timer tries again."""


def due(params: Params, now: pd.Timestamp, date: str | pd.Timestamp | None = None) -> pd.Timestamp:
    """The trading day whose evening it is, or that was asked for.

    Raises
    ------
    InputError
        When `date` is no trading day or has not closed yet, or the run's data cannot reach the day.
    """
    last = calendar.last_session(now)
    asked = last if date is None else day(date)
    try:
        trading = asked in calendar.sessions(asked, asked)
    except InputError as error:  # which speaks of a span
        if asked < last:
            raise InputError("date", error.rule, f"{asked:%F}", error.hint) from None
        trading = True
    if not trading:
        raise InputError("date", "must be a trading day of the exchange", f"{asked:%F}")
    if asked > last:
        raise InputError("date", "must be a day that has closed", f"{asked:%F}", f"last: {last:%F}")
    if params.source == "simulated" and asked > pd.Timestamp(params.end):
        raise InputError(
            "date", "must be in the simulated market's days", f"{asked:%F}",
            f"it ends on {params.end}; its evenings are lived through with: stockcast replay",
        )  # fmt: skip
    return asked.as_unit("us")


def updated(params: Params, date: pd.Timestamp) -> Desk:
    """The run's model with the run's data up to a day, fetched where the store lacks them.

    Raises
    ------
    NotYet
        When the source has no such day yet.
    """
    desk = fetched(params, date)
    last = desk.panel["date"].max()
    if last < date:
        raise NotYet(
            "date", "must be in the source's data", f"{date:%F}",
            f"they end on {last:%F}; try again later in the evening",
        )  # fmt: skip
    return desk


def fetched(params: Params, date: pd.Timestamp) -> Desk:
    """The run's model with what the run's source has up to a day, be it less."""
    wanted = params.model_dump(include={*_ASKED_FOR})
    found = sources.load(**wanted, end=f"{date:%Y-%m-%d}")
    own = {"links": found.links, "events": found.events}
    tables = {name: own.get(name, found.side.get(name)) for name in TABLES}
    tables = {name: table for name, table in tables.items() if table is not None}
    return Desk(params, (found.panel, tables), fresh=True)


def live(
    desk: Desk,
    date: pd.Timestamp | str,
    ledger: Ledger,
    *,
    moment: pd.Timestamp,
    folder: Path,
    language: Language = "en",
    explained: bool = True,
) -> Lived:
    """Live through one evening.

    Parameters
    ----------
    desk
        The run's model and data; days after `date` are cut off.
    date
        Trading day whose close has passed.
    ledger
        Open. Its earlier forecasts of this run and model are what the paper account trades.
    moment
        When it takes place; the ledger refuses one after the next trading day's close.
    folder
        Where `DATE/` with list and report goes.
    language
        Of the list, "en" or "zh".
    explained
        With reasons in the list.

    Raises
    ------
    InputError
        For a date that is no trading day, in the future or before the model; nothing is written.
    LedgerError
        When the ledger cannot be written.
    """
    params, evening = desk.params, desk.evening(date)
    date, target = evening.date, Path(folder) / f"{evening.date:%Y-%m-%d}"
    model = desk.kept.fitted.name
    whose = f"{params.run}|{model}|"
    name = f"{whose}{date:%Y-%m-%d}"
    lived = {one["key"] for one in ledger.entries(LIVED)["payload"]}
    if name in lived:
        return Lived(date, again=True, report=_read(target / REPORT))
    past = mine(ledger.forecasts(), params.run, model)
    made = recommend(desk, evening=evening, past=past, explained=explained)
    asked = made.asked
    listed = asked.forecasts["score"].rank(ascending=False, method="first")
    today = asked.forecasts.assign(rank=listed.where(listed <= params.top_k))
    issued = ledger.issue(
        today,
        issued_at=moment,
        data_hash=asked.data_hash,
        model_version=asked.model_version,
        information_until=asked.information_until,
    )
    publish(made, language, target)
    account = made.account.result
    # An evening that was missed ordered nothing, but the orders before it met their market.
    seen = max((one.removeprefix(whose) for one in lived if one.startswith(whose)), default=None)
    on = account.orders["date"]
    met = on == date if seen is None else on > seen
    ordered = _record(ledger, "order", account.pending.assign(decided=date), whose, moment)
    filled = _record(ledger, "fill", account.orders[met], whose, moment)
    scored = ledger.score(evening.panel)
    report = _report(ledger, evening.days, params, model)
    report["equity"] = float(account.equity["equity"].iloc[-1])
    with paths.replacing(target / REPORT) as scratch:
        scratch.write_text(json.dumps(report, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    counts = {"issued": issued, "ordered": ordered, "filled": filled, "scored": scored}
    ended = {"run": params.run, "model": model, "date": f"{date:%Y-%m-%d}", **counts}
    ledger.record(LIVED, ended, keys=name, issued_at=moment, twice="same")
    return Lived(date, False, **counts, recommendation=made, report=report)


def told(report: Mapping[str, Any]) -> list[str]:
    """What an evening's report comes to, a line each: the rolling figures, then the anomalies."""
    figures = {
        name: value for name, value in report.get("figures", {}).items() if value is not None
    }
    said = [words.format(figures[name]) for name, words in _FIGURES.items() if name in figures]
    begin = f"last {report['window']} evenings with an outcome: " if said else ""
    lines = [begin + ", ".join(said)] if said else []
    says = {rule.name: rule.says for rule in anomalies.RULES}
    for one in report.get("anomalies", ()):
        told_of = f"{one['value']:.4g}, threshold {one['threshold']:.4g}"
        lines.append(f"anomaly {one['rule']}: {told_of}; {says[one['rule']]}")
    return lines


_FIGURES = {
    "rank_ic": "Rank IC {:+.4f}", "ic": "IC {:+.4f}", "accuracy": "right side {:.1%}",
    "coverage": "inside the interval {:.1%}", "brier": "Brier {:.4f}",
    "ece": "calibration error {:.4f}", "listed_excess": "the list against all {:+.2%}",
    "scored": "scored of what was due {:.0%}",
}  # fmt: skip
_ASKED_FOR = (
    "source", "panel", "columns", "benchmark", "benchmark_code", "start", "stocks", "universe",
    "seed", "lookback", "horizon", "simulated_stocks", "strength_reversal", "strength_lead_lag",
    "strength_policy", "strength_value", "strength_flow", "strength_news",
)  # fmt: skip


def _report(ledger: Ledger, days: pd.DatetimeIndex, params: Terms, model: str) -> dict[str, Any]:
    """Online evaluation as of the last of `days`, from the ledger alone."""
    said = mine(ledger.forecasts(), params.run, model)
    ended = mine(ledger.scores(), params.run, model)
    days = days[days >= said["date"].min()]
    figures = evaluation.rolling(said, ended, days, params.horizon).iloc[-1]
    alarms = anomalies.anomalies(said, ended, days, params.horizon, params.seed)
    alarms = alarms[alarms["date"] == days[-1]].drop(columns="date")
    return {
        "forecasts": len(said),
        "scored": len(ended),
        "window": evaluation.WINDOW,
        "figures": {name: _plain(float(value)) for name, value in figures.items()},
        "anomalies": alarms.to_dict("records"),
    }


def _record(ledger: Ledger, kind: str, rows: pd.DataFrame, whose: str, moment: pd.Timestamp) -> int:
    """Rows as entries of a kind, one a day, stock and side; those that are there count 0."""
    payloads = [
        {key: _plain(value) for key, value in row.items()} for row in rows.to_dict("records")
    ]
    day = {"order": "decided", "fill": "date"}[kind]
    keys = [f"{whose}{one[day]}|{one['code']}|{one['side']}" for one in payloads]
    if not keys:
        return 0
    return ledger.record(kind, payloads, keys=keys, issued_at=moment, twice="same")


def _plain(value: Any) -> Any:
    """As JSON has it: a day as its date; nothing for "all of it", which is infinite."""
    if isinstance(value, pd.Timestamp):
        return f"{value:%Y-%m-%d}"
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _read(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
