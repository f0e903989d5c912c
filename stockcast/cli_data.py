"""`stockcast data`: fetch, look at, check and hand on the store."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from stockcast.data.store import Outcome, Store

data_app = typer.Typer(help="The store of market data: update, look at, check, export.")

StoreFolder = Annotated[
    Path | None, typer.Option("--store", help="[default: $STOCKCAST_STORE or ./store]")
]
Start = Annotated[str | None, typer.Option(help="First day, as 2015-01-05.")]
End = Annotated[str | None, typer.Option(help="Last day. [default: the last that is complete]")]


@data_app.command()
def update(
    start: Start = None,
    end: End = None,
    tables: Annotated[
        str, typer.Option(help="Names with commas between. [default: all]", show_default=False)
    ] = "",
    recheck: Annotated[int, typer.Option(help="Covered days fetched again to find revisions.")] = 5,
    refresh: Annotated[
        bool, typer.Option("--refresh", help="Also whole tables fetched today.")
    ] = False,
    index: Annotated[str, typer.Option(help="Indexes to add, commas between.")] = "000300.SH",
    store: StoreFolder = None,
) -> None:
    """Fetch the days that are missing; can be stopped at any moment and given again."""
    from stockcast.data.tushare.client import Client
    from stockcast.data.tushare.watch import settle

    with _bar() as progress:
        outcomes = _open(store).update(
            Client(), start, end, _split(tables) or None,
            recheck=recheck, refresh=refresh, indexes=_split(index), progress=progress,
        )  # fmt: skip
    for outcome in outcomes:
        print(_told(outcome))
    settle(_open(store))
    raise typer.Exit(1 if any(outcome.refused for outcome in outcomes) else 0)


@data_app.command()
def status(store: StoreFolder = None) -> None:
    """What the store holds: rows, days, missing days, revisions, size, last update."""
    opened = _open(store)
    held = opened.status()
    if held.empty:
        print(f"{opened.folder}: empty; fill it with: stockcast data update --start 2015-01-05")
        return
    print(held.to_string(index=False, na_rep="", formatters=_DAYS))


@data_app.command()
def export(
    table: Annotated[str, typer.Argument(help="Such as bars.")],
    to: Annotated[Path, typer.Option("--to", help="A .csv or .parquet file.")],
    start: Start = None,
    end: End = None,
    codes: Annotated[str, typer.Option(help="Stocks, with commas between.")] = "",
    as_of: Annotated[str | None, typer.Option(help="As the store held it that day.")] = None,
    store: StoreFolder = None,
) -> None:
    """Write rows of one table into a file of your own."""
    rows = _open(store).export(table, to, start, end, _split(codes) or None, as_of)
    print(f"{to}: {rows} rows")


@data_app.command()
def check(
    as_json: Annotated[bool, typer.Option("--json", help="The report as JSON.")] = False,
    index: Annotated[str, typer.Option(help="The index whose members are the universe.")] = (
        "000300.SH"
    ),
    today: Annotated[
        str | None, typer.Option(help="Day it should reach. [default: the last that is complete]")
    ] = None,
    store: StoreFolder = None,
) -> None:
    """Check what the store holds; exit status 1 when a check fails."""
    from stockcast.data import quality

    report = quality.check_store(_open(store), index=index, today=today)
    if as_json:
        print(quality.summary_json(report))
    else:
        for line in report[(report.rows > 0) | ~report.passed].itertuples():
            mark = "ok" if line.passed else line.severity
            print(f"{mark:4}  {line.check:36} {line.rows:8,d} {line.share:8.3%}  {line.note}")
        print(f"{report.passed.sum()} of {len(report)} checks passed")
    raise typer.Exit(0 if quality.passed(report) else 1)


@data_app.command()
def watch(
    every: Annotated[float, typer.Option(min=1, help="Seconds from one poll to the next.")] = 60,
    until: Annotated[str, typer.Option(help="Time of the last poll, in Shanghai.")] = "15:05",
    codes: Annotated[
        str, typer.Option(help="Stocks or patterns such as 6*.SH, commas between. [default: all]")
    ] = "",
    store: StoreFolder = None,
) -> None:
    """Keep provisional bars of today while the market is open, apart from the closing data."""
    from stockcast.data.tushare.watch import run_watch

    run_watch(every, until, _split(codes), store)


_DAYS: dict[str, Callable[..., str]] = {
    "first": lambda day: f"{day:%Y-%m-%d}" if day == day else "",
    "last": lambda day: f"{day:%Y-%m-%d}" if day == day else "",
    "updated": lambda time: f"{time:%Y-%m-%d %H:%M}" if time == time else "",
}


def _open(folder: Path | None) -> Store:
    from stockcast.data.store import Store

    return Store(folder)


def _split(words: str) -> list[str]:
    return [word.strip() for word in words.split(",") if word.strip()]


def _told(outcome: Outcome) -> str:
    """One table's outcome in a line."""
    if outcome.refused:
        return f"{outcome.table:20} left out: {outcome.refused}"
    counts = outcome.counts
    line = (
        f"{outcome.table:20} {outcome.calls:6} calls {outcome.fetched:9} rows: {counts.added} new, "
        f"{counts.changed} changed, {counts.withdrawn} withdrawn"
    )
    if len(outcome.late):
        line += f"; {len(outcome.late)} days not there yet, the first {outcome.late[0]:%Y-%m-%d}"
    return line


@contextmanager
def _bar() -> Iterator[Callable[[str, int, int], None] | None]:
    """A progress bar a table on a terminal; nothing elsewhere."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True)) as bars:
        tasks = {}

        def show(table: str, done: int, total: int) -> None:
            if table not in tasks:
                tasks[table] = bars.add_task(table, total=total)
            bars.update(tasks[table], completed=done)

        yield show
