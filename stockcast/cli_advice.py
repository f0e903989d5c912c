"""`stockcast recommend` and `stockcast replay`: tomorrow's list, and one of its decisions again."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stockcast.determinism import ENVIRONMENT

if TYPE_CHECKING:
    from stockcast.advice.asking import Desk
    from stockcast.advice.recommendation import Recommendation

LIVE = ("tushare", "akshare")
"""Sources whose data can be behind; a file's or a simulation's last day is its present."""


def recommend(
    params: Annotated[Path, typer.Option(help="Flat YAML, such as params/book.yml.")] = Path(
        "params/book.yml"
    ),
    date: Annotated[
        str | None,
        typer.Option(
            help="Evening, YYYY-MM-DD. [default: the data's last day]", show_default=False
        ),
    ] = None,
    language: Annotated[str, typer.Option(help="en or zh.")] = "en",
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

    from stockcast.advice.asking import Desk
    from stockcast.advice.publishing import publish

    desk = Desk(wanted)
    made = _made(desk, date, tuple(stock or ()), now)
    target = publish(made, spoken)
    if form == "table":
        _show(made, out, spoken)
    else:
        _hand_over(made, target, form, out, spoken)
    if form != "json" or out is not None:
        here = Path.cwd()
        print(f"The list: {target.relative_to(here) if target.is_relative_to(here) else target}")


def replay(
    record: Annotated[str, typer.Option(help="Id of a decision, as the list tells.")],
) -> None:
    """Ask again what a decision record tells: the same forecast, or which hash differs."""
    _settle()
    from stockcast.advice import records

    found = records.replay(record)
    print(found.text())
    if not found.same:
        raise typer.Exit(1)


def _settle() -> None:
    """The environment that the run's own forecasts were made in; libraries read it as they load."""
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)


def _made(desk: Desk, date: str | None, stocks: tuple[str, ...], now: bool) -> Recommendation:
    from stockcast.advice.past import issued
    from stockcast.advice.recommendation import recommend as make

    past = issued(desk.kept)
    if now:
        from stockcast.advice.provisional import evening_now
        from stockcast.data.tushare.client import Client
        from stockcast.data.tushare.watch import Shanghai

        forming = evening_now(desk, Client(), Shanghai().now())
        return make(desk, past=past, stocks=stocks, evening=forming)
    clock = None
    if date is None and desk.params.source in LIVE:
        from stockcast.data.tushare.watch import Shanghai

        clock = Shanghai().now()
    return make(desk, date, past=past, stocks=stocks, now=clock)


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
