"""`stockcast pretrain`: an encoder of the daily bars, for all runs that come after."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

FILE = "pretrained.safetensors"


def pretrain(
    params: Annotated[
        Path, typer.Argument(metavar="FILE", help="Parameters file, such as params/mine.yml.")
    ],
    out: Annotated[
        Path | None,
        typer.Option(help=f"Where to. [default: runs/RUN/{FILE}]", show_default=False),
    ] = None,
    steps: Annotated[int, typer.Option(min=1, help="Optimiser's steps.")] = 1000,
) -> None:
    """Pre-train an encoder on the bars of every stock up to the training span's end.

    Reads the panel that 01_data wrote. The checkpoint holds weights, parameters, the data's hash
    and the last day it has seen; see `stockcast.models.pretraining`.
    """
    import pandas as pd

    from stockcast import paths
    from stockcast.errors import MissingArtifact
    from stockcast.models.networks.device import choose
    from stockcast.models.pretraining.bars import bars
    from stockcast.models.pretraining.tasks import Recipe
    from stockcast.models.pretraining.tasks import pretrain as train
    from stockcast.params import read

    wanted = read(params)
    panel = paths.stage(wanted.run, "01_data") / "panel.parquet"
    if not panel.is_file():
        raise MissingArtifact(paths.shown(panel), f"stockcast run {params}")
    last = pd.Timestamp(wanted.train_end)
    table = pd.read_parquet(panel, filters=[("date", "<=", last)])
    where = choose(wanted.device, wanted.mixed_precision)
    print(f"pre-training {where.reason}")
    made = train(
        bars(table),
        last,
        lookback=wanted.lookback,
        seed=wanted.seed,
        recipe=Recipe(steps=steps),
        device=where,
    )
    target = out or paths.runs() / wanted.run / FILE
    made.save(target)
    end, seen, known = made.history[-1], made.seen, f"{made.information_until:%Y-%m-%d}"
    print(f"{seen['windows']} windows of {seen['stocks']} stocks up to {known}")
    print(
        f"explained of the last days, held out: {end['patches']:.1%} of the hidden patches, "
        f"{end['next_day']:.1%} of the next day"
    )
    print(f"The checkpoint: {paths.shown(target)}")
