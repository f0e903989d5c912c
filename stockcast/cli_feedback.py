"""`stockcast feedback`: what users, experts and trades say about forecasts in the ledger."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from stockcast.cli_ledger import BOOK, Replayed, opened

feedback_app = typer.Typer(help="Feedback on forecasts in the ledger: add, import, report.")


class Kind(StrEnum):
    """What a CSV file holds."""

    experts = "experts"
    fills = "fills"


ParamsFile = Annotated[Path, typer.Option("--params", help="Flat YAML; it names the run.")]
ModelName = Annotated[str, typer.Option("--model", help="Where there are several.")]
HorizonDays = Annotated[int, typer.Option("--horizon", min=0, help="Where there are several.")]


@feedback_app.command()
def add(
    date: Annotated[str, typer.Option("--date", help="Evening of the forecast, as 2017-12-29.")],
    code: Annotated[str, typer.Option("--code", help="The stock, such as 600519.SH.")],
    rating: Annotated[int, typer.Option("--rating", help="1 (not at all satisfied) to 5 (very).")],
    who: Annotated[str, typer.Option("--who", help="Your name.")],
    note: Annotated[str, typer.Option("--note", help="A remark.")] = "",
    model: ModelName = "",
    horizon: HorizonDays = 0,
    params: ParamsFile = BOOK,
    replayed: Replayed = False,
) -> None:
    """Say how satisfied you are with a forecast; once a person and forecast."""
    from stockcast.advice.feedback.satisfaction import rate

    with opened(params, replayed) as (ledger, run):
        number = rate(
            ledger, date, code, rating, who, note, run=run, model=model, horizon=horizon
        )  # fmt: skip
    print(f"recorded: {who.strip()} rates {code} of {date} (forecast {number}) with {rating}")


@feedback_app.command("import")
def import_file(
    kind: Annotated[Kind, typer.Argument(help="experts or fills.")],
    file: Annotated[Path, typer.Argument(help="A CSV file; see the columns above.")],
    who: Annotated[str, typer.Option("--who", help="Whose fills these are.")] = "",
    model: ModelName = "",
    horizon: HorizonDays = 0,
    params: ParamsFile = BOOK,
    replayed: Replayed = False,
) -> None:
    """Import a whole CSV file, or nothing of it.

    experts: date, code, label (down, flat, up or -1, 0, 1), expert.
    fills: date, code, side (buy, sell), shares, price, fees; --who says whose.
    """
    from stockcast.advice.feedback import experts, trades

    with opened(params, replayed) as (ledger, run):
        meant = {"run": run, "model": model, "horizon": horizon}
        if kind is Kind.experts:
            rows = experts.import_labels(ledger, file, **meant)
        else:
            rows = trades.import_fills(ledger, file, who, **meant)
    print(f"{file}: {rows} {'labels' if kind is Kind.experts else 'fills'} recorded")


@feedback_app.command()
def report(
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
    params: ParamsFile = BOOK,
    replayed: Replayed = False,
) -> None:
    """Who said how much, since when, what it comes to, and how far it agrees with the market."""
    from stockcast.advice.feedback import reports
    from stockcast.determinism import stream

    with opened(params, replayed) as (ledger, _):
        table = reports.by_source(ledger)
        agreed = reports.agreements(ledger, stream(0, "feedback", "report"))
    print(reports.as_json(table, agreed) if as_json else reports.as_text(table, agreed))
