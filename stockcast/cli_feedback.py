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
def weights(
    strength: Annotated[
        float, typer.Option(help="How far votes may tilt the weights, 0 (off) to 1.")
    ] = 0.0,
    out: Annotated[
        Path | None,
        typer.Option(help="Write the ensemble's forecasts here, as Parquet.", show_default=False),
    ] = None,
    params: ParamsFile = BOOK,
    replayed: Replayed = False,
) -> None:
    """Weigh the run's models, listening to the votes in the ledger if asked to; say what it does.

    Votes are expert labels and ratings. They count as far as earlier ones were worth something
    against outcomes known by then, and not at all at strength 0.
    """
    from stockcast.advice.feedback.listening import listen
    from stockcast.advice.terms import Terms
    from stockcast.params import read
    from stockcast.paths import replacing

    with opened(params, replayed) as (ledger, _):
        found = listen(Terms.of(read(params)), ledger, strength)
    given = ", ".join(f"{count} of {name}" for name, count in found.votes.items())
    print(f"votes given in time: {given}; worth {found.worth:.2f} of what they seem to know")
    print((found.weights * 100).round(1).add_suffix(" votes, %").to_string())
    row = found.ablation.loc["difference"]
    print(
        f"Rank IC with the votes at strength {strength:g} less without: {row['mean']:+.4f} "
        f"({row['low']:+.4f} to {row['high']:+.4f}) on {row['days']:.0f} days"
    )
    if strength == 0:
        print("the votes are off; --strength 0.5 lets them speak")
    if out is not None:
        with replacing(out) as scratch:
            found.forecasts.to_parquet(scratch, index=False)
        print(f"{len(found.forecasts)} forecasts of the ensemble in {out}")


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
