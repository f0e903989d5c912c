"""The commands. Exit status 2: what was asked for breaks a rule; 1: it failed; each in one line."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from stockcast import __version__
from stockcast.cli_advice import daily, recommend, replay
from stockcast.cli_data import data_app
from stockcast.cli_features import features_app
from stockcast.cli_feedback import feedback_app
from stockcast.cli_holdout import holdout_app
from stockcast.cli_ledger import ledger_app
from stockcast.cli_models import pretrain
from stockcast.errors import InputError, MissingArtifact, StockcastError

app = typer.Typer(
    add_completion=False,
    help="Execute the book's notebooks, for the default run or your own, and publish the pages.",
)

app.add_typer(data_app, name="data")
app.add_typer(features_app, name="features")
app.add_typer(feedback_app, name="feedback")
app.add_typer(holdout_app, name="holdout")
app.add_typer(ledger_app, name="ledger")
app.command()(pretrain)
app.command()(recommend)
app.command()(daily)
app.command()(replay)

ParamsFile = Annotated[Path, typer.Option("--params", help="Flat YAML, such as params/book.yml.")]


def _show_version(wanted: bool) -> None:
    if wanted:
        print(f"stockcast {__version__}")
        raise typer.Exit


@app.callback()
def _common(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show it.")
    ] = False,
) -> None:
    pass


@app.command()
def execute(
    notebook: Annotated[
        Path, typer.Argument(help="Source notebook, such as notebooks/01_data.ipynb.")
    ],
    params: ParamsFile,
    page: Annotated[
        Path | None, typer.Option(help="The executed page. [default: runs/RUN/pages/NOTEBOOK]")
    ] = None,
) -> None:
    """Execute one notebook: one stage of one run."""
    from stockcast.book.execute import execute as execute_stage

    made = execute_stage(notebook, params, page)
    print(f"{notebook.stem} took {made.seconds:.0f} s and {made.peak_memory_mb:.0f} MB")


@app.command()
def run(
    params: Annotated[
        Path, typer.Argument(metavar="FILE", help="Parameters file, such as params/mine.yml.")
    ],
    publish: Annotated[bool, typer.Option("--publish", help="Build a site of its own.")] = False,
    pages: Annotated[
        Path | None, typer.Option(help="Folder for the pages. [default: runs/RUN/pages]")
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Execute what is up to date, too.")
    ] = False,
) -> None:
    """Execute all stages with one parameters file, leaving out what is up to date."""
    from stockcast.book.run import run as run_stages

    folder = run_stages(params, pages=pages, force=force)
    print(f"The pages: {_where(folder)}")
    if publish:
        from stockcast.book.publish import publish_run

        print(f"The site: {_where(publish_run(params, folder) / 'index.html')}")


@app.command()
def publish() -> None:
    """Build the book's site into _build/html; executes nothing."""
    from stockcast.book.publish import publish as publish_book

    print(f"The site: {_where(publish_book() / 'index.html')}")


@app.command()
def pipeline(
    write: Annotated[bool, typer.Option("--write", help="Bring dvc.yaml up to date.")] = False,
) -> None:
    """Show what each stage depends on, as its notebook tells; or write it into dvc.yaml."""
    from stockcast.book import pipeline as stages

    if write:
        print("dvc.yaml is brought up to date" if stages.write() else "dvc.yaml is up to date")
    else:
        print(stages.rendered(), end="")


@app.command()
def sandbox(
    params: ParamsFile = Path("params/book.yml"),
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: any free one.")] = 8765,
    now: Annotated[
        str | None,
        typer.Option(help="Its time, as 2017-12-29T18:00. [default: after the last day]"),
    ] = None,
    speed: Annotated[float, typer.Option(help="Its seconds in a second; 0 stands still.")] = 1.0,
    faults: Annotated[bool, typer.Option(help="Fail now and then, as networks do.")] = False,
    token: Annotated[str, typer.Option(help="The token that may do everything.")] = "sandbox",
) -> None:
    """Serve the simulated market as Tushare Pro does, on this machine, until Ctrl-C."""
    from stockcast.market.sandbox.command import sandbox as serve

    serve(params, port, now, speed, faults, token)


def main() -> None:
    """Run the command line; every error a user can act on is one line on stderr."""
    try:
        status = app(standalone_mode=False)
    except typer.TyperException as error:
        _end(2, f"{error.format_message()} See: stockcast --help")
    except (typer.Abort, KeyboardInterrupt):
        _end(130, "interrupted")
    except StockcastError as error:
        _end(getattr(error, "status", 2 if _asked_wrongly(error) else 1), str(error))
    sys.exit(status if isinstance(status, int) else 0)


def _where(path: Path) -> str:
    """`path` as one would type it here."""
    path = path.absolute()
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def _asked_wrongly(error: StockcastError) -> bool:
    """Whether the user can mend it; also for an error that a notebook's kernel reported."""
    return isinstance(error, InputError | MissingArtifact) or getattr(error, "users_fault", False)


def _end(status: int, message: str) -> NoReturn:
    print(f"stockcast: {' '.join(message.split())}", file=sys.stderr)
    sys.exit(status)
