"""`stockcast ledger`: is it whole, what became of the forecasts, how did the models do?"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stockcast.errors import MissingArtifact

if TYPE_CHECKING:
    import pandas as pd

    from stockcast.advice.ledger import Ledger

ledger_app = typer.Typer(help="The ledger of what was forecast: verify it, score it, report on it.")

ParamsFile = Annotated[Path, typer.Option("--params", help="Flat YAML, such as params/book.yml.")]
Replayed = Annotated[
    bool, typer.Option("--replay", help="The ledger that stockcast replay left, not the run's own.")
]
BOOK = Path("params/book.yml")
UNLIMITED = 10_000
"""Characters a line may have where nobody looks at it: in a pipe nothing is wrapped or cut."""
FORMS = {
    "rank_ic": "{:+.4f}", "hit_rate": "{:.1%}", "coverage": "{:.1%}", "brier": "{:.4f}",
    "log_loss": "{:.4f}",
}  # fmt: skip


@ledger_app.command()
def verify(
    params: ParamsFile = BOOK,
    strict: Annotated[
        bool,
        typer.Option(
            "--strict/--trusting",
            help="Refuse forecasts that were written after their time, or trust what they say.",
        ),
    ] = True,
    replayed: Replayed = False,
) -> None:
    """Check every entry, every link and the anchor; status 1 when the past was changed."""
    from stockcast.advice.ledger import LedgerError

    with opened(params, replayed) as (ledger, _):
        faults = ledger.verify(strict=strict)
        if not faults:
            head = ledger.head()
            print(f"the ledger is whole: {head.count} entries agree with their anchor")
            print(f"its last hash is {head.hash}")
            return
    for fault in faults:
        print(fault)
    count = f"{len(faults)} faults, the first" if len(faults) > 1 else "one fault"
    raise LedgerError(f"the ledger is not whole: {count}: {faults[0]}")


@ledger_app.command()
def score(
    params: ParamsFile = BOOK,
    until: Annotated[
        str | None, typer.Option(help="Last day whose close counts. [default: the panel's last]")
    ] = None,
    date: Annotated[
        str | None, typer.Option(help="Only forecasts of that day. [default: all]")
    ] = None,
    replayed: Replayed = False,
) -> None:
    """Score the forecasts whose horizon is over; each once, whatever the panel says later."""
    with opened(params, replayed) as (ledger, _):
        panel = _panel(params)
        new = ledger.score(panel, until, date=date)
        revised, waiting = ledger.revised(panel), ledger.unscored()
    print(f"{new} forecasts scored; {len(waiting)} wait for their outcome")
    if len(revised):
        one = revised.iloc[0]
        print(
            f"{_stay(len(revised))}, though this panel's history was revised: of {one.code} on "
            f"{one.date:%F} it was {one.label:+.2%}, now {one.now:+.2%}"
        )


@ledger_app.command()
def report(params: ParamsFile = BOOK, replayed: Replayed = False) -> None:
    """Count the entries and tell, model by model, how the forecasts did."""
    from stockcast.advice.ledger.report import by_model

    with opened(params, replayed) as (ledger, _):
        entries, head = ledger.entries(), ledger.head()
        table = by_model(ledger.forecasts(), ledger.scores())
    counts = ", ".join(f"{n} {kind}" for kind, n in entries["kind"].value_counts().items())
    print(f"{head.count} entries: {counts}")
    print(f"the last was issued {head.issued}; its hash is {head.hash}")
    if len(table):
        _show(table)


def _stay(count: int) -> str:
    return (
        f"{count} older scores stay as they were" if count > 1 else "1 older score stays as it was"
    )


def _show(table: pd.DataFrame) -> None:
    """The figures, one line a model; a dash where nothing can be told yet."""
    from rich.console import Console
    from rich.table import Table

    shown = Table(box=None, pad_edge=False, header_style="bold")
    for name in (*table.index.names, *table.columns):
        words = name.replace("_", " ")
        shown.add_column(words, justify="left" if name in ("run", "model") else "right")
    for place, row in table.iterrows():
        figures = [FORMS.get(name, "{:.0f}").format(value) for name, value in row.items()]
        shown.add_row(*map(str, place), *("-" if "nan" in one else one for one in figures))
    width = None if sys.stdout.isatty() else UNLIMITED
    Console(highlight=False, width=width).print(shown)


@contextmanager
def opened(file: Path, replayed: bool) -> Iterator[tuple[Ledger, str]]:
    """The ledger of the run that a parameters file names, or of its replay, and the run's name.

    Raises
    ------
    MissingArtifact
        When it was never written to.
    """
    from stockcast.advice.ledger import Ledger, place
    from stockcast.params import read

    params = read(file)
    where = place(params.run, replayed=replayed)
    with Ledger.open(where.url, where.anchor) as ledger:
        if not ledger.begun():
            again = f"stockcast replay --days 60 --params {file}"
            own = "'s replay" if replayed else ""
            what = f"the ledger of {params.run}{own}"
            if replayed:
                raise MissingArtifact(what, again)
            if params.source == "simulated":  # its evenings are over: it never has its own
                raise MissingArtifact(what, f"{again}; then add --replay")
            raise MissingArtifact(what, f"stockcast daily --params {file}")
        yield ledger, params.run


def _panel(params: Path) -> pd.DataFrame:
    """The run's panel."""
    import pandas as pd

    from stockcast import paths
    from stockcast.params import read

    file = paths.stage(read(params).run, "01_data") / "panel.parquet"
    if not file.is_file():
        raise MissingArtifact(paths.shown(file), f"stockcast run {params}")
    return pd.read_parquet(file)
