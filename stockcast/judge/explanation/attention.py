"""Where networks look: importances, the committee's heed, attention between stocks or days.

A map shows what a network weighs, which is not yet why it forecasts what it does (Jain and Wallace
2019, "Attention is not explanation", NAACL). `flattened` therefore measures what a map decides, and
`unheard` what the coordinator does.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from stockcast.errors import InputError
from stockcast.judge.explanation.gradients import standing
from stockcast.judge.metrics import daily_ic
from stockcast.models.networks.per_stock import AttentionLSTM
from stockcast.models.networks.training import Days
from stockcast.models.networks.transformer import HEADS, Block
from stockcast.models.networks.two_level import TwoLevel


def importances(
    modules: Sequence[TwoLevel], codes: Sequence[str], names: Sequence[str]
) -> pd.DataFrame:
    """Importance weights, mean over the networks: (n_stocks, n_features), each row 1 on average.

    Parameters
    ----------
    codes
        Stocks known in training, the n-th with number n + 1.

    Raises
    ------
    InputError
        When a network has none.
    """
    if not modules or any(getattr(m, "importance", None) is None for m in modules):
        raise InputError("networks", "must have importance weights", hint="attention: importance")
    number = torch.arange(1, len(codes) + 1)[None]
    with torch.no_grad():
        each = [m.importance.weights(number.to(_where(m)))[0].cpu().numpy() for m in modules]
    index = pd.Index(list(codes), name="code")
    return pd.DataFrame(np.mean(each, axis=0, dtype=np.float64), index=index, columns=list(names))


def heed(modules: Sequence[TwoLevel], days: Days) -> pd.DataFrame:
    """How much the coordinator's pools heed each stock on the last day of the window.

    Returns
    -------
    DataFrame of shape (n_days, n_stocks), indexed by date
        Weights of the attention pools, mean over pools and networks; a row sums to 1. NaN: not
        there.

    Raises
    ------
    InputError
        When a network's committee has no attention: experts of their own, or no coordinator.
    """
    if any(not hasattr(m.committee, "query") for m in modules):
        raise InputError("networks", "must have a committee with attention", hint="experts: shared")
    out = np.full((len(days), len(days.windows.codes)), np.nan)
    for position, day in enumerate(days.days):
        inputs, _ = days.batch(np.array([position]))
        each = []
        for module in modules:
            with torch.inference_mode():
                at = {name: value.to(_where(module)) for name, value in inputs.items()}
                x = (
                    at["x"]
                    if module.importance is None
                    else module.importance(at["x"], at["stock"])
                )
                said = module.experts(x, at["stock"])[:, :, -1]
                query = module.committee.query(said)
                query = query.masked_fill(~at["present"][..., None], float("-inf"))
                each.append(query.softmax(dim=1).mean(dim=-1)[0].cpu().double().numpy())
        out[position, days.stocks_of(day)] = np.mean(each, axis=0)[inputs["present"][0].numpy()]
    index = pd.DatetimeIndex(days.windows.dates[days.days], name="date")
    return pd.DataFrame(out, index=index, columns=pd.Index(days.windows.codes, name="code"))


def listened_to(weights: pd.DataFrame) -> pd.Series:
    """Stocks that a row of weights amounts to: exp of its entropy, 1 to the number of stocks."""
    share = weights.fillna(0.0).to_numpy()
    logs = np.log(share, out=np.zeros_like(share), where=share > 0)
    return pd.Series(np.exp(-(share * logs).sum(axis=1)), index=weights.index)


def attention_maps(module: nn.Module, inputs: dict[str, Tensor]) -> dict[str, np.ndarray]:
    """Weights of every layer inside a network that attends, for one batch.

    Parameters
    ----------
    inputs
        As `Days.batch` makes them.

    Returns
    -------
    dict
        Name of the layer to weights whose last axis sums to 1. Of each
        `torch.nn.MultiheadAttention` and each block of a `Transformer` they are (batch, queries,
        keys), mean over heads: queries and keys are the stocks of a day, or the weeks of a window
        (the batch is then stocks by days). Of an `AttentionLSTM` they are (windows, days). Empty
        where nothing attends.
    """
    found, handles = {}, []

    def ask(layer: nn.Module, args: tuple, kw: dict) -> tuple[tuple, dict]:
        return args, kw | {"need_weights": True, "average_attn_weights": True}

    def keep(name: str, read: Callable[[Any], Tensor]) -> Callable[..., None]:
        def hook(layer: nn.Module, args: tuple, out: Any) -> None:
            found[name] = read(out).detach().cpu().double().numpy()

        return hook

    for name, layer in module.named_modules():
        if isinstance(layer, nn.MultiheadAttention):
            handles.append(layer.register_forward_pre_hook(ask, with_kwargs=True))
            handles.append(layer.register_forward_hook(keep(name, lambda out: out[1])))
        elif isinstance(layer, Block):
            handles.append(layer.ask.register_forward_hook(keep(name, _between_tokens)))
        elif isinstance(layer, AttentionLSTM):
            over_days = keep(f"{name}.heed".strip("."), lambda out: out.softmax(dim=1)[..., 0])
            handles.append(layer.heed.register_forward_hook(over_days))
    try:
        with torch.no_grad():
            module(**{name: value.to(_where(module)) for name, value in inputs.items()})
    finally:
        for handle in handles:
            handle.remove()
    return found


def _between_tokens(asked: Tensor) -> Tensor:
    """Attention (N, P, P) of a Transformer's block, from its queries, keys and values."""
    query, key, _ = (
        part.unflatten(2, (HEADS, -1)).transpose(1, 2) for part in asked.chunk(3, dim=-1)
    )
    return (query @ key.transpose(2, 3) / query.shape[-1] ** 0.5).softmax(dim=-1).mean(dim=1)


def flattened(modules: Sequence[TwoLevel], days: Days) -> pd.Series:
    """What the importances decide: rank correlation with the forecast that lacks them, by day.

    Each network forecasts once as it is and once with all importances at 1, the rest unchanged.

    Returns
    -------
    Series indexed by date
        1 where the map changes no stock's place; the lower, the more it decides.
    """
    flat = []
    for module in modules:
        other = copy.deepcopy(module)
        other.importance = None
        flat.append(other)
    return _agreement(modules, flat, days)


def unheard(modules: Sequence[TwoLevel], days: Days) -> pd.Series:
    """What the coordinators decide: rank correlation with forecasts that do not hear them, by day.

    Each network forecasts once as it is and once with a coordinator that says every day the mean
    of what it said over `days`, the rest unchanged.

    Returns
    -------
    Series indexed by date
        1 where the coordinator changes no stock's place; the lower, the more it decides.

    Raises
    ------
    InputError
        When a network has no coordinator.
    """
    if not modules or any(getattr(m, "coordinator", None) is None for m in modules):
        raise InputError("networks", "must have a coordinator")
    deaf = []
    for module in modules:
        mean, other = _said_on_average(module, days), copy.deepcopy(module)
        other.coordinator.register_forward_hook(lambda _, given, out, mean=mean: (mean, None))
        deaf.append(other)
    return _agreement(modules, deaf, days)


def _said_on_average(module: TwoLevel, days: Days) -> Tensor:
    """Mean over the days of what the coordinator says on the last day of the window: (1, 1, 2H)."""
    said: list[Tensor] = []
    hook = module.coordinator.register_forward_hook(lambda _, given, out: said.append(out[0]))
    for position in range(len(days.days)):
        _standings(module, days.batch(np.array([position]))[0])
    hook.remove()
    return torch.cat([each[:, -1:] for each in said]).mean(0, keepdim=True)


def _agreement(modules: Sequence[TwoLevel], others: Sequence[TwoLevel], days: Days) -> pd.Series:
    """Rank correlation of each day's order by `modules` with that by `others`."""
    rows = []
    for position, day in enumerate(days.days):
        inputs, _ = days.batch(np.array([position]))
        here = inputs["present"][0].numpy()
        columns = {
            name: np.mean([_standings(m, inputs)[here] for m in group], axis=0)
            for name, group in (("score", modules), ("other", others))
        }
        rows.append(pd.DataFrame(columns).assign(date=days.windows.dates[day]))
    return daily_ic(pd.concat(rows), label="other", method="spearman").rename("agreement")


def _standings(module: nn.Module, inputs: dict[str, Tensor]) -> np.ndarray:
    with torch.inference_mode():
        moved = {name: value.to(_where(module)) for name, value in inputs.items()}
        return standing(module, moved)[0].cpu().double().numpy()


def _where(module: nn.Module) -> torch.device:
    return next(module.parameters()).device
