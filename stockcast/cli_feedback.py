"""`stockcast feedback`: what users, experts and trades say about forecasts in the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from stockcast.advice.ledger import Ledger

feedback_app = typer.Typer(help="Feedback on forecasts in the ledger: add, import, report.")


class Kind(StrEnum):
    """What a CSV file holds."""

    experts = "experts"
    fills = "fills"


ParamsFile = Annotated[Path, typer.Option("--params", help="Flat YAML; it names the run.")]
ModelName = Annotated[str, typer.Option("--model", help="Where there are several.")]
HorizonDays = Annotated[int, typer.Option("--horizon", min=0, help="Where there are several.")]
_BOOK = Path("params/book.yml")


@feedback_app.command()
def add(
    date: Annotated[str, typer.Option("--date", help="Evening of the forecast, as 2017-12-29.")],
    code: Annotated[str, typer.Option("--code", help="The stock, such as 600519.SH.")],
    rating: Annotated[int, typer.Option("--rating", help="1 (not at all satisfied) to 5 (very).")],
    who: Annotated[str, typer.Option("--who", help="Your name.")],
    note: Annotated[str, typer.Option("--note", help="A remark.")] = "",
    model: ModelName = "",
    horizon: HorizonDays = 0,
    params: ParamsFile = _BOOK,
) -> None:
    """Say how satisfied you are with a forecast; once a person and forecast."""
    from stockcast.advice.feedback.satisfaction import rate

    with _ledger(params) as (ledger, run):
        number = rate(
            ledger, date, code, rating, who, note, run=run, model=model, horizon=horizon
        )  # fmt: skip
    print(f"recorded: {code} of {date}, entry {number}, rated {rating} by {who.strip()}")


@feedback_app.command("import")
def import_file(
    kind: Annotated[Kind, typer.Argument(help="experts or fills.")],
    file: Annotated[Path, typer.Argument(help="A CSV file; see the columns above.")],
    who: Annotated[str, typer.Option("--who", help="Whose fills these are.")] = "",
    model: ModelName = "",
    horizon: HorizonDays = 0,
    params: ParamsFile = _BOOK,
) -> None:
    """Import a whole CSV file, or nothing of it.

    experts: date, code, label (down, flat, up or -1, 0, 1), expert.
    fills: date, code, side (buy, sell), shares, price, fees; --who says whose.
    """
    from stockcast.advice.feedback import experts, trades

    with _ledger(params) as (ledger, run):
        meant = {"run": run, "model": model, "horizon": horizon}
        if kind is Kind.experts:
            rows = experts.import_labels(ledger, file, **meant)
        else:
            rows = trades.import_fills(ledger, file, who, **meant)
    print(f"{file}: {rows} {'labels' if kind is Kind.experts else 'fills'} recorded")


@feedback_app.command()
def report(
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
    params: ParamsFile = _BOOK,
) -> None:
    """Who said how much, since when, what it comes to, and how far it agrees with the market."""
    from stockcast.advice.feedback import reports
    from stockcast.determinism import stream

    with _ledger(params) as (ledger, _):
        table = reports.by_source(ledger)
        agreed = reports.agreements(ledger, stream(0, "feedback", "report"))
    print(reports.as_json(table, agreed) if as_json else reports.as_text(table, agreed))


@contextmanager
def _ledger(file: Path) -> Iterator[tuple[Ledger, str]]:
    """The ledger of the run that a parameters file names, and the run's name."""
    from stockcast.advice.ledger import Ledger, place
    from stockcast.params import read

    run = read(file).run
    where = place(run)
    with Ledger.open(where.url, where.anchor) as opened:
        yield opened, run
