"""What trained fusion networks say, day by day."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from stockcast.errors import InputError
from stockcast.models.networks.forecast import Ensemble
from stockcast.models.networks.material import Material
from stockcast.models.networks.training import Trained


class Day(NamedTuple):
    """The ranked stocks of a day that have a full window and a volatility.

    Attributes
    ----------
    position : int
        Of the day in `windows.dates`.
    stocks : ndarray of shape (n_stocks,), int
        Places in `windows.codes`.
    unit : ndarray of shape (n_stocks,)
        Trailing volatility over the horizon, as a fraction.
    """

    position: int
    stocks: np.ndarray
    unit: np.ndarray


def batches(material: Material, part: str, every: int = 1) -> Iterator[tuple]:
    """Every n-th day of `part`, one batch a day; days without a stock that counts are left out.

    A batch of its own for each day: the last bits of a matrix product depend on the batch.

    Yields
    ------
    inputs : dict of Tensor
        Of the networks: one day, the ranked stocks that have a full window.
    day : Day
    kept : ndarray of bool
        Which of the inputs' stocks are those of `day`.
    """
    days = dataclasses.replace(material.days(part, every=every), rows=material.ranked, target=None)
    for place, position in enumerate(days.days):
        stocks = days.stocks_of(position)
        unit = material.scale[stocks, position]
        kept = np.isfinite(unit)
        if kept.any():
            inputs, _ = days.batch(np.array([place]))
            yield inputs, Day(int(position), stocks[kept], unit[kept]), kept


def said(ensemble: Ensemble, material: Material, part: str, every: int = 1) -> Iterator[tuple]:
    """What the networks say of every n-th day of `part`.

    Yields
    ------
    day : Day
    location, scale : ndarray of shape (n_networks, n_stocks)
        Of each network, in units of the trailing volatility; locations less their mean over the
        day's stocks.
    """
    for inputs, day, kept in batches(material, part, every):
        found = [_read(member, inputs) for member in ensemble.members]
        location, scale = (np.stack(of)[:, kept] for of in zip(*found, strict=True))
        yield day, location - location.mean(axis=1, keepdims=True), scale


def table(material: Material, days: Sequence[tuple[Day, dict[str, np.ndarray]]]) -> pd.DataFrame:
    """One table of the columns of many days: `date`, `code`, then those of each day.

    Raises
    ------
    InputError
        When there is no day.
    """
    if not days:
        raise InputError("days", "must have a stock with a trailing volatility")
    position = np.concatenate([np.full(len(day.stocks), day.position) for day, _ in days])
    stocks = np.concatenate([day.stocks for day, _ in days])
    keys = {
        "date": material.windows.dates[position],
        "code": np.asarray(material.windows.codes)[stocks],
    }
    names = days[0][1]
    return pd.DataFrame(
        keys | {name: np.concatenate([columns[name] for _, columns in days]) for name in names}
    )


def read_gates(member: Trained, inputs: dict[str, Tensor]) -> np.ndarray:
    """Weights (n_stocks, n_modalities) that a network gives the modalities of one day."""
    with torch.inference_mode():
        return member.module.gates(_where(member, inputs)["x"])[0].cpu().double().numpy()


def _read(member: Trained, inputs: dict[str, Tensor]) -> tuple[np.ndarray, np.ndarray]:
    """Location and scale (n_stocks,) that a network gives the stocks of one day."""
    with torch.inference_mode():
        location, scale, _ = member.module(**_where(member, inputs))
    return location[0].cpu().double().numpy(), scale[0].cpu().double().numpy()


def _where(member: Trained, inputs: dict[str, Tensor]) -> dict[str, Tensor]:
    device = next(member.module.parameters()).device
    return {name: value.to(device) for name, value in inputs.items()}
