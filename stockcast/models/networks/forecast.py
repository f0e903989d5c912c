"""From trained networks to the forecast table, and to files and back.

Inference is one batch per day: the last bits of a matrix product depend on the batch, and a
forecast must not depend on which other days were asked for.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from safetensors.torch import save_file
from torch import nn

from stockcast.models import files
from stockcast.models.model import check_later
from stockcast.models.networks.architecture import Architecture, Buildable
from stockcast.models.networks.days import Days
from stockcast.models.networks.losses import Student
from stockcast.models.networks.training import Trained
from stockcast.paths import replacing

_HEADER = "stockcast"
INTERVAL = 0.9  # coverage that interval_low and interval_high claim


@dataclass(frozen=True)
class Ensemble:
    """Networks that forecast together, with what they know.

    Attributes
    ----------
    name : str
        The forecast table's `model`.
    members : tuple of Trained
    codes : tuple of str
        Stocks known in training; the n-th has number n + 1.
    information_until : Timestamp
        Last date that any training or validation label used.
    """

    name: str
    members: tuple[Trained, ...]
    codes: tuple[str, ...]
    information_until: pd.Timestamp


def forecast(
    ensemble: Ensemble,
    days: Days,
    scale: np.ndarray,
    *,
    horizon: int,
    run: str,
    draws: str = "ensemble",
    dropout_draws: int = 16,
    seed: int = 0,
) -> pd.DataFrame:
    """Forecasts for `days`, one row a stock and day.

    Parameters
    ----------
    ensemble
        All of whose knowledge must precede the first day.
    days
        Targets are not looked at.
    scale
        (n_stocks, n_days): trailing volatility over the horizon, as a fraction; NaN, no forecast.
    horizon, run
        Copied into the table.
    draws
        `sigma_prob` is the standard deviation of `prob_up` over the networks ("ensemble") or over
        `dropout_draws` passes of each with dropout on ("dropout").
    seed
        Of the dropout masks; a day's masks depend on it and the date alone.

    Raises
    ------
    InputError
        When a day is not after `information_until`.

    Notes
    -----
    The forecast is the equal mixture of all draws: `mu` and `prob_up` are means, `sigma` is the
    standard deviation of the mixture. Interval ends are means of the draws' quantiles.

    `score` is `mu` less the part that the day's stocks share: the location, in units of a stock's
    volatility, less its mean over the day, times that volatility. Ranking by `mu` itself would
    mostly sort by volatility on days when all stocks are expected to fall, a bet on the market
    dressed up as stock picking; networks trained on shuffled labels ranked well that way.
    """
    check_later(days.windows.dates[days.days], ensemble.information_until)
    tables = []
    for position, day in enumerate(days.days):
        date = days.windows.dates[day]
        inputs, _ = days.batch(np.array([position]))
        stocks = days.stocks_of(day)
        here = inputs["present"][0].numpy()
        unit = scale[stocks, day]
        passes = [
            _read(draw, here, unit)
            for number, member in enumerate(ensemble.members)
            for draw in _draws(member, inputs, draws, dropout_draws, (seed, number, date))
        ]
        of_day = _mixture(passes)
        of_day.insert(0, "date", date)
        of_day.insert(1, "code", np.asarray(days.windows.codes)[stocks])
        tables.append(of_day[np.isfinite(unit)])
    out = pd.concat(tables, ignore_index=True)
    for column, value in (("run", run), ("model", ensemble.name), ("horizon", horizon)):
        out.insert(2, column, value)
    return out


def _draws(
    member: Trained, inputs: dict, draws: str, count: int, seed: tuple[int, int, pd.Timestamp]
) -> Iterator[tuple]:
    """Outputs of one network: one, or `count` with dropout on."""
    module = member.module
    where = next(module.parameters()).device
    inputs = {name: value.to(where) for name, value in inputs.items()}
    with torch.inference_mode():
        if draws == "ensemble":
            yield module(**inputs)
            return
        number, day = seed[1], int(seed[2].strftime("%Y%m%d"))
        torch.manual_seed(int(np.random.SeedSequence([seed[0], number, day]).generate_state(1)[0]))
        with _dropping(module):
            for _ in range(count):
                yield module(**inputs)


@contextmanager
def _dropping(module: nn.Module) -> Iterator[None]:
    """Dropout on in every layer that has it; all else as in evaluation."""
    layers = [layer for layer in module.modules() if isinstance(layer, nn.Dropout)]
    for layer in layers:
        layer.train()
    try:
        yield
    finally:
        for layer in layers:
            layer.eval()


def _read(draw: tuple, here: np.ndarray, unit: np.ndarray) -> dict[str, np.ndarray]:
    """One draw in units of return."""
    location, scale, freedom = (value.cpu().double().numpy() for value in draw)
    location, scale = location[0, here], scale[0, here]
    shared = location[np.isfinite(unit)].mean() if np.isfinite(unit).any() else 0.0
    fitted = Student(location * unit, scale * unit, float(freedom))
    tail = (1 - INTERVAL) / 2
    return {
        "score": (location - shared) * unit,
        "mu": fitted.location,
        "sigma": fitted.sigma(),
        "prob_up": fitted.prob_up(),
        "interval_low": fitted.quantile(tail),
        "interval_high": fitted.quantile(1 - tail),
    }


def _mixture(passes: Sequence[dict]) -> pd.DataFrame:
    """Equal mixture of the draws, one row a stock."""
    stacked = {name: np.stack([each[name] for each in passes]) for name in passes[0]}
    mean = {name: values.mean(axis=0) for name, values in stacked.items()}
    sigma = np.sqrt((stacked["sigma"] ** 2).mean(axis=0) + stacked["mu"].var(axis=0))
    return pd.DataFrame(
        {
            "score": mean["score"],
            "mu": mean["mu"],
            "sigma": sigma,
            "prob_up": mean["prob_up"],
            "sigma_prob": stacked["prob_up"].std(axis=0),
            "interval_low": mean["interval_low"],
            "interval_high": mean["interval_high"],
        }
    )


def save(ensemble: Ensemble, path: Path) -> None:
    """Write weights and description as one safetensors file."""
    tensors = {
        f"{number}.{name}": value.detach().cpu().clone().contiguous()
        for number, member in enumerate(ensemble.members)
        for name, value in member.module.state_dict().items()
    }
    about = {
        "name": ensemble.name,
        "codes": ensemble.codes,
        "information_until": f"{ensemble.information_until:%Y-%m-%d}",
        "members": [
            {"architecture": m.architecture.to_dict(), "down_weight": m.down_weight}
            for m in ensemble.members
        ],
    }
    with replacing(path) as scratch:
        save_file(tensors, scratch, {_HEADER: json.dumps(about, sort_keys=True)})


def load(path: Path, architecture: Callable[..., Buildable] = Architecture) -> Ensemble:
    """Read what `save` wrote; the histories are not kept.

    `architecture` is called with what its `to_dict` gave.

    Raises
    ------
    InputError
        When the file is missing, cut short, or something else's.
    """
    about, tensors = files.tensors(path, _HEADER)
    members = []
    for number, described in enumerate(about["members"]):
        made_of = architecture(**described["architecture"])
        module = made_of.build()
        mine = f"{number}."
        module.load_state_dict(
            {name.removeprefix(mine): t for name, t in tensors.items() if name.startswith(mine)}
        )
        members.append(Trained(module.eval(), made_of, described["down_weight"], []))
    return Ensemble(
        about["name"],
        tuple(members),
        tuple(about["codes"]),
        pd.Timestamp(about["information_until"]),
    )
