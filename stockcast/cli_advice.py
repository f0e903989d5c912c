"""`stockcast recommend`, `daily` and `replay`: tomorrow's list, the evening, and both once more."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stockcast.determinism import ENVIRONMENT

if TYPE_CHECKING:
    import pandas as pd

    from stockcast.advice.asking import Desk
    from stockcast.advice.daily import Lived
    from stockcast.advice.recommendation import Recommendation
    from stockcast.params import Params

BOOK = Path("params/book.yml")
ParamsFile = Annotated[Path, typer.Option("--params", help="Flat YAML, such as params/book.yml.")]
LanguageWord = Annotated[str, typer.Option("--language", help="en or zh.")]
LIVE = ("tushare", "akshare")
"""Sources that go on by themselves; of others the data's last day is the present one."""


def recommend(
    params: ParamsFile = BOOK,
    date: Annotated[
        str | None,
        typer.Option(
            help="Evening, YYYY-MM-DD. [default: the data's last day]", show_default=False
        ),
    ] = None,
    language: LanguageWord = "en",
    form: Annotated[str, typer.Option("--format", help="table, json, parquet or html.")] = "table",
    out: Annotated[
        Path | None, typer.Option(help="Write there. [default: the screen]", show_default=False)
    ] = None,
    stock: Annotated[
        list[str] | None, typer.Option(help="Show this one, too; may be given again.")
    ] = None,
    now: Annotated[
        bool, typer.Option("--now", help="Provisional, from bars that still form.")
    ] = False,
) -> None:
    """Make tomorrow's list from the run's kept model and the data up to one close.

    Writes runs/RUN/advice/DATE with the list as JSON, Parquet and a page, and a record of each
    decision. No investment advice.
    """
    _settle()
    from stockcast.advice.render import FORMATS
    from stockcast.advice.words import checked
    from stockcast.errors import InputError, nearest
    from stockcast.params import read

    spoken = checked(language)
    if form not in FORMATS:
        raise InputError(
            "format", f"must be one of {', '.join(FORMATS)}", form, nearest(form, FORMATS)
        )
    if now and date:
        raise InputError("date", "must not be given beside --now", date)
    wanted = read(params)

    from stockcast.advice.publishing import publish

    made = _made(wanted, date, tuple(stock or ()), now)
    target = publish(made, spoken)
    if form == "table":
        _show(made, out, spoken)
    else:
        _hand_over(made, target, form, out, spoken)
    if form != "json" or out is not None:
        here = Path.cwd()
        print(f"The list: {target.relative_to(here) if target.is_relative_to(here) else target}")


def daily(
    params: ParamsFile = BOOK,
    date: Annotated[
        str | None,
        typer.Option(help="Evening, YYYY-MM-DD. [default: of the last close]", show_default=False),
    ] = None,
    language: LanguageWord = "en",
) -> None:
    """Live through the evening: update, forecast, list, ledger, fills, scores, report.

    Safe to run twice: an evening that was cut off goes on, one that is complete changes nothing.
    """
    _settle()
    from stockcast.advice.words import checked
    from stockcast.params import read

    spoken, wanted = checked(language), read(params)

    import pandas as pd

    from stockcast import paths
    from stockcast.advice import daily as evenings
    from stockcast.advice.ledger import Ledger, place

    now = pd.Timestamp.now(evenings.ZONE)
    day = evenings.due(wanted, now, date)
    desk = evenings.updated(wanted, day)
    where = place(wanted.run)
    with Ledger.open(where.url, where.anchor) as ledger:
        folder = paths.stage(wanted.run, evenings.FOLDER)
        lived = evenings.live(desk, day, ledger, moment=now, folder=folder, language=spoken)
    _tell(lived)
    for line in evenings.told(lived.report or {}):
        print(line)
    if lived.recommendation is not None:
        _show(lived.recommendation, None, spoken)
    print(f"The evening: {paths.shown(folder / f'{day:%Y-%m-%d}')}")


def replay(
    record: Annotated[
        str, typer.Option(help="Ask one decision again: its id, as the list tells.")
    ] = "",
    days: Annotated[int, typer.Option(min=0, help="Or live through so many past evenings.")] = 0,
    first: Annotated[
        str | None,
        typer.Option(
            "--from", help="The first of them. [default: the first of the test]", show_default=False
        ),
    ] = None,
    params: ParamsFile = BOOK,
    explain: Annotated[
        bool, typer.Option("--explain", help="With reasons in the lists, which takes longer.")
    ] = False,
    anew: Annotated[
        bool, typer.Option("--anew", help="Forget an earlier replay of the run.")
    ] = False,
    language: LanguageWord = "en",
) -> None:
    """Ask a decision again, or live through past evenings with a ledger of their own.

    A record gives the same forecast, or tells which hash differs. Evenings are compared, when all
    are over, with everything computed at once; exit status 1 when a value differs.
    """
    if bool(record) == bool(days):
        from stockcast.errors import InputError

        raise InputError("replay", "must be told either --record or --days")
    _settle()
    same = (
        _record_again(record, params)
        if record
        else _evenings(params, days, first, explain, anew, language)
    )
    if not same:
        raise typer.Exit(1)


def _record_again(record: str, params: Path) -> bool:
    from stockcast.advice import records
    from stockcast.params import read

    kept = records.read(record)
    wanted = None if params == BOOK and not params.is_file() else read(params)
    mine = wanted is not None and wanted.run == kept["run"]
    found = records.replay(kept, _desk(wanted, kept["date"]) if mine else None)
    print(found.text())
    return found.same


def _evenings(
    params: Path, days: int, first: str | None, explain: bool, anew: bool, language: str
) -> bool:
    from stockcast import paths
    from stockcast.advice import replay as past
    from stockcast.advice.asking import Desk
    from stockcast.advice.words import checked
    from stockcast.params import read

    spoken, wanted = checked(language), read(params)
    desk = Desk(wanted)
    evenings = past.dates(desk, days, first)
    folder = past.place(wanted.run)
    if anew:
        past.forget(folder)
    made = past.replay(desk, evenings, folder, language=spoken, explained=explain, told=_tell)
    for check in made.checks:
        mark = "ok" if not check.differing else "FAILED"
        print(f"{mark:7}{check.what}: {check.compared:,d} compared, {check.differing:,d} differ")
    print(f"The evenings: {paths.shown(folder)}")
    return not any(check.differing for check in made.checks)


def _tell(lived: Lived) -> None:
    """One line an evening."""
    if lived.again:
        print(f"{lived.date:%Y-%m-%d}  was lived through before; nothing is changed")
        return
    equity = lived.report["equity"]
    print(
        f"{lived.date:%Y-%m-%d}  {lived.issued} forecasts, {lived.filled} orders met the market, "
        f"{lived.ordered} for tomorrow, {lived.scored} scored; account {equity:,.2f} yuan"
        + "".join(f"; {one['rule']}!" for one in lived.report["anomalies"])
    )


def _settle() -> None:
    """Begin again in the environment that the run's own forecasts were made in.

    Numerical libraries read it as they load, and the last bits of a forecast depend on it. Only a
    process that was started as `stockcast` is replaced.
    """
    if all(os.environ.get(name) == value for name, value in ENVIRONMENT.items()):
        return
    if len(sys.orig_argv) > 1 and Path(sys.orig_argv[1]).name == "stockcast":
        sys.stdout.flush()
        os.execve(sys.executable, sys.orig_argv, os.environ | ENVIRONMENT)


def _made(wanted: Params, date: str | None, stocks: tuple[str, ...], now: bool) -> Recommendation:
    from stockcast.advice.past import said_before
    from stockcast.advice.recommendation import recommend as make
    from stockcast.data.tushare.watch import Shanghai
    from stockcast.market import calendar

    clock = Shanghai().now() if now or (date is None and wanted.source in LIVE) else None
    last = date
    if clock is not None:  # bars that still form follow the close of the trading day before
        last = calendar.last_session(clock.normalize() if now else clock)
    desk = _desk(wanted, last)
    if now:
        from stockcast.advice.provisional import evening_now
        from stockcast.data.tushare.client import Client

        evening, clock = evening_now(desk, Client(), clock), None
    else:
        evening = desk.evening(date)
    past = said_before(desk, evening.date)
    return make(desk, evening=evening, past=past, stocks=stocks, now=clock)


def _desk(wanted: Params, date: str | pd.Timestamp | None) -> Desk:
    """The run's model with the data that the run has, or, of later days, with its source's."""
    import pandas as pd

    from stockcast.advice.asking import Desk
    from stockcast.advice.daily import ZONE, fetched
    from stockcast.advice.evening import day
    from stockcast.market import calendar

    desk = Desk(wanted)
    if date is None or wanted.source == "simulated":
        return desk
    asked, closed = day(date), calendar.last_session(pd.Timestamp.now(ZONE))
    later = desk.panel["date"].max() < asked <= closed
    return fetched(wanted, asked) if later else desk


def _show(made: Recommendation, out: Path | None, language: str) -> None:
    from rich.console import Console

    from stockcast import paths
    from stockcast.advice import render

    if out is None:
        render.show(made, Console(), language)
        return
    with paths.replacing(out) as scratch, scratch.open("w", encoding="utf-8") as file:
        render.show(made, Console(file=file, width=200), language)


def _hand_over(
    made: Recommendation, target: Path, form: str, out: Path | None, language: str
) -> None:
    """The list in one format: into a file, or JSON onto the screen."""
    from stockcast import paths
    from stockcast.advice import render

    if out is None:
        if form == "json":
            print(render.as_json(made), end="")
        return
    content = (target / f"list.{form}").read_bytes()
    with paths.replacing(out) as scratch:
        scratch.write_bytes(content)
