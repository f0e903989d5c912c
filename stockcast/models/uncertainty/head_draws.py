"""Draws that differ in the network's last layer alone, from one pass through all before it.

Dropout before the head and a posterior over the head's weights leave what the head reads
unchanged. Reading the windows is nearly all of a network's work, so it is done once a day and the
draws cost a matrix product each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn
from torch.nn import functional

from stockcast.errors import InputError
from stockcast.models.model import check_later
from stockcast.models.networks.days import Days
from stockcast.models.networks.forecast import Ensemble, _mixture, _read

Triple = tuple[Tensor, Tensor, Tensor]
Drawer = Callable[[nn.Module, Tensor, int], Iterator[Triple]]
"""From a network, what its head reads (B, S, H) and a number of draws, that many forecasts."""


def read_by_head(module: nn.Module, inputs: dict[str, Tensor]) -> Tensor:
    """What the network's head reads, (B, S, H), without dropout.

    Parameters
    ----------
    module
        In evaluation mode, with the attributes `dropout` and `head`, as all networks here.
    inputs
        `x`, `stock` and `present` of a batch.
    """
    kept: list[Tensor] = []
    hook = module.head.register_forward_pre_hook(lambda _, given: kept.append(given[0]))
    try:
        module(**inputs)
    finally:
        hook.remove()
    return kept[0]


def dropout_draws(module: nn.Module, read: Tensor, count: int) -> Iterator[Triple]:
    """Forecasts under `count` dropout masks before the head, from torch's generator.

    The same masks and bits as `count` passes of the whole network with dropout on.

    Raises
    ------
    InputError
        When the network has other dropout layers too; their draws need whole passes,
        `stockcast.models.networks.forecast.forecast` with draws "dropout".

    Notes
    -----
    Gal and Ghahramani (2016), "Dropout as a Bayesian approximation", ICML.
    """
    layers = [each for each in module.modules() if isinstance(each, nn.Dropout) and each.p > 0]
    if any(each is not module.dropout for each in layers):
        raise InputError(
            "network",
            "must have no dropout but that before its head",
            hint="draw whole passes: forecast(..., draws='dropout')",
        )
    for _ in range(count):
        yield module.head(functional.dropout(read, module.dropout.p, training=True))


def forecast_draws(
    ensemble: Ensemble,
    days: Days,
    scale: np.ndarray,
    drawers: Drawer | Sequence[Drawer] = dropout_draws,
    *,
    horizon: int,
    run: str,
    count: int = 16,
    seed: int = 0,
) -> pd.DataFrame:
    """Forecasts for `days`, one row a stock and day, as equal mixtures of draws of the last layer.

    Parameters
    ----------
    ensemble
        All of whose knowledge must precede the first day.
    days
        Targets are not looked at.
    scale
        (n_stocks, n_days): trailing volatility over the horizon, as a fraction; NaN, no forecast.
    drawers
        `dropout_draws`, or one posterior's `draws` (`stockcast.models.uncertainty.laplace`) for
        each network.
    horizon, run
        Copied into the table.
    count
        Draws of each network.
    seed
        A day's draws depend on it, the network's place and the date alone.

    Returns
    -------
    DataFrame
        The columns of a forecast table; `sigma_prob` is the standard deviation over all draws.

    Raises
    ------
    InputError
        When a day is not after `information_until`, or the drawers are not one a network.
    """
    check_later(days.windows.dates[days.days], ensemble.information_until)
    each = [drawers] * len(ensemble.members) if callable(drawers) else list(drawers)
    if len(each) != len(ensemble.members):
        raise InputError("drawers", "must be one a network", len(each))
    tables = []
    for position, day in enumerate(days.days):
        date, stocks = days.windows.dates[day], days.stocks_of(day)
        inputs, _ = days.batch(np.array([position]))
        here, unit = inputs["present"][0].numpy(), scale[stocks, day]
        passes = []
        for number, (member, drawer) in enumerate(zip(ensemble.members, each, strict=True)):
            where = next(member.module.parameters()).device
            moved = {name: value.to(where) for name, value in inputs.items()}
            with torch.inference_mode():
                read = read_by_head(member.module, moved)
                _settle(seed, number, date)
                drawn = drawer(member.module, read, count)
                passes.extend(_read(draw, here, unit) for draw in drawn)
        of_day = _mixture(passes)
        of_day.insert(0, "date", date)
        of_day.insert(1, "code", np.asarray(days.windows.codes)[stocks])
        tables.append(of_day[np.isfinite(unit)])
    out = pd.concat(tables, ignore_index=True)
    for column, value in (("run", run), ("model", ensemble.name), ("horizon", horizon)):
        out.insert(2, column, value)
    return out


def _settle(seed: int, number: int, date: pd.Timestamp) -> None:
    words = [seed, number, int(date.strftime("%Y%m%d"))]
    torch.manual_seed(int(np.random.SeedSequence(words).generate_state(1)[0]))
