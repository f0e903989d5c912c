"""`stockcast features`: what every feature is, as the code tells."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.console import Console

features_app = typer.Typer(help="The catalogue of features: list them, explain one.")

UNLIMITED = 10_000
"""Characters a line may have where nobody looks at it: in a pipe nothing is wrapped or cut."""


@features_app.command("list")
def list_features(
    family: Annotated[
        str | None, typer.Option(help="Only this one, such as technical. [default: all]")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Every fact of each feature, as JSON.")
    ] = False,
) -> None:
    """Name the features, with group, lookback in trading days and formula."""
    from stockcast.features import catalogue

    chosen = catalogue.CATALOGUE if family is None else catalogue.family(family)
    if as_json:
        names = {feature.name for feature in chosen}
        facts = [fact for fact in catalogue.described() if fact["name"] in names]
        print(json.dumps(facts, ensure_ascii=False, indent=1))
        return
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("name", no_wrap=True)
    table.add_column("family", no_wrap=True)
    table.add_column("group", no_wrap=True)
    table.add_column("lookback", justify="right")
    table.add_column("formula", overflow="fold")
    for one in chosen:
        words = (one.name, one.family, one.group, str(one.lookback), one.formula)
        # As text, because [0, 1] in a formula is no mark-up.
        table.add_row(*(Text(word) for word in words))
    _console().print(table)
    print(f"{len(chosen)} features; one of them in full: stockcast features explain NAME")


@features_app.command()
def explain(
    name: Annotated[str, typer.Argument(help="Such as return_5.")],
) -> None:
    """Tell all there is to know about one feature."""
    from rich.table import Table
    from rich.text import Text

    from stockcast.features import catalogue

    one = catalogue.find(name)
    days = "trading day" if one.lookback == 1 else "trading days"
    facts = {
        "name": one.name,
        "family": f"{one.family}, {one.group}",
        "formula": one.formula,
        "inputs": ", ".join(one.inputs),
        "lookback": f"{one.lookback} {days}, its own included",
        "units": one.units,
        "source": one.source,
    }
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for key, value in facts.items():
        table.add_row(key, Text(value))
    _console().print(table)


def _console() -> Console:
    from rich.console import Console

    return Console(highlight=False, width=None if sys.stdout.isatty() else UNLIMITED)
