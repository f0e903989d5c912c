"""Expected gradients of networks that read windows: which feature, and how many days back."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from stockcast.determinism import stream
from stockcast.errors import InputError
from stockcast.judge.explanation import library
from stockcast.judge.explanation.attributions import Attributions
from stockcast.models.networks.training import Days
from stockcast.models.networks.two_level import TwoLevel


@dataclass(frozen=True)
class WindowAttributions(Attributions):
    """Attributions of networks, day by day of the window.

    Attributes
    ----------
    lags : ndarray of shape (n_rows, lookback, n_features)
        Their sum over the window is `values`; the last day is the day of the forecast.
    """

    lags: np.ndarray

    def by_lag(self) -> pd.DataFrame:
        """Mean absolute value over rows, by days back (0: the day itself) and feature."""
        mean = np.abs(self.lags).mean(axis=0)[::-1]
        index = pd.RangeIndex(len(mean), name="days back")
        return pd.DataFrame(mean, index=index, columns=list(self.names))


def gradient_shap(
    modules: Sequence[nn.Module],
    days: Days,
    names: Sequence[str],
    *,
    seed: int,
    each: int = 4,
    draws: int = 64,
) -> WindowAttributions:
    """Expected gradients of the stocks' standing in their day.

    What is explained is the location of a stock's Student-t less its mean over the day, in units of
    the stock's volatility, mean over the networks: what `score` ranks by. Other stocks stay as they
    are; its window is compared with theirs, so that a row's attributions sum to its standing less
    the mean standing it would have with their windows, up to the draws' noise. What a network knows
    of the stock by its number is in neither.

    Parameters
    ----------
    modules
        Networks with the forward signature of `TwoLevel`, in evaluation mode.
    days
        Days to explain; targets are not looked at.
    names
        Of the features.
    seed
        Chooses stocks and draws; a day's depend on it and the date alone.
    each
        Stocks a day.
    draws
        Points between the window and another stock's, a row and network.

    Returns
    -------
    WindowAttributions

    Raises
    ------
    InputError
        For no networks, no days, or a gradient that is not finite.

    Notes
    -----
    Erion et al. (2021), "Improving performance of deep learning models with axiomatic attribution
    priors and expected gradients", Nature Machine Intelligence 3; Sundararajan, Taly and Yan
    (2017), "Axiomatic attribution for deep networks", ICML. shap's other explainer for networks,
    DeepLIFT, has no rule for the products inside an LSTM.
    """
    if not len(modules) or not len(days):
        raise InputError("networks and days", "must not be empty")
    copies = [copy.deepcopy(module).cpu().float().eval() for module in modules]
    date, code, lags = [], [], []
    for position, day in enumerate(days.days):
        stocks = days.stocks_of(day)
        when = days.windows.dates[day]
        rng = stream(seed, "gradients", f"{when:%Y%m%d}")
        chosen = np.sort(rng.choice(len(stocks), min(each, len(stocks)), replace=False))
        inputs, _ = days.batch(np.array([position]))
        places = stocks[chosen] if days.fixed else chosen
        drawn = int(rng.integers(2**31))
        lags.append(
            np.mean([_of_day(module, inputs, places, draws, drawn) for module in copies], axis=0)
        )
        date.extend([when.to_datetime64()] * len(chosen))
        code.extend(np.asarray(days.windows.codes)[stocks[chosen]])
    found = np.concatenate(lags)
    return WindowAttributions(
        tuple(names), np.array(date), np.array(code), found.sum(axis=1), found
    )


def standing(module: nn.Module, inputs: dict[str, Tensor]) -> Tensor:
    """Location of each stock less its mean over the stocks present: (B, S)."""
    location = module(**inputs)[0]
    present = inputs["present"]
    mean = (location * present).sum(1, keepdim=True) / present.sum(1, keepdim=True)
    return location - mean


def _of_day(
    module: nn.Module, inputs: dict[str, Tensor], places: np.ndarray, draws: int, seed: int
) -> np.ndarray:
    """(len(places), T, F) of one network and day."""
    shap = library.imported()
    present = inputs["present"][0].numpy()
    windows = inputs["x"][0][present]  # what a stock is compared with: all of its day
    wrapped = _alone_or_among(module, inputs)
    out = []
    for place in places:
        wrapped.place = int(place)
        explainer = shap.GradientExplainer(wrapped, windows, batch_size=draws)
        one = inputs["x"][0][place : place + 1]
        out.append(np.asarray(explainer.shap_values(one, nsamples=draws, rseed=seed))[0, ..., 0])
    return np.stack(out)


def _alone_or_among(module: nn.Module, inputs: dict[str, Tensor]) -> _Alone | _Among:
    """The cheaper of two ways to ask for one stock's standing, where it gives the same.

    Most networks read each stock by itself, or hear of the others from a coordinator; what that
    said is then held as it was. A stock's own part in it is one in as many as the day has stocks,
    and is left out: with it, each draw would read the whole day again.
    """
    if type(module) is TwoLevel and module.committee is not None:
        alone = _Alone(_with_counsel_as_it_was(module, inputs), inputs)
    else:
        alone = _Alone(module, inputs)
    with torch.no_grad():
        among = standing(module, inputs)[inputs["present"]]
        try:
            single = alone.all()[inputs["present"][0]]
        except (RuntimeError, IndexError):  # experts of their own ask for every stock
            return _Among(module, inputs)
    close = torch.allclose(single - single.mean(), among, rtol=1e-4, atol=1e-5)
    return alone if close else _Among(module, inputs)


class _Alone(nn.Module):
    """Location of the stock at `place`, read without the others."""

    def __init__(self, module: nn.Module, inputs: dict[str, Tensor]) -> None:
        super().__init__()
        self.module, self.inputs, self.place = module, inputs, 0
        # The stock's own share in the mean it is compared with.
        self.share = 1 - 1 / int(inputs["present"].sum())

    def forward(self, x: Tensor) -> Tensor:
        """(n, 1) of windows (n, T, F)."""
        stock = self.inputs["stock"][0, self.place].expand(len(x), 1)
        return self._read(x, stock) * self.share

    def all(self) -> Tensor:
        """Location of each stock of the day, each by itself: (S,)."""
        return self._read(self.inputs["x"][0], self.inputs["stock"][0][:, None])[:, 0]

    def _read(self, x: Tensor, stock: Tensor) -> Tensor:
        present = torch.ones_like(stock, dtype=torch.bool)
        return self.module(x[:, None], stock, present)[0]


class _Among(nn.Module):
    """Standing of the stock at `place`, with the day's other stocks as they are."""

    def __init__(self, module: nn.Module, inputs: dict[str, Tensor]) -> None:
        super().__init__()
        self.module, self.inputs, self.place = module, inputs, 0

    def forward(self, x: Tensor) -> Tensor:
        """(n, 1) of windows (n, T, F)."""
        stocks = self.inputs["x"].shape[1]
        here = torch.zeros(stocks, dtype=torch.bool)
        here[self.place] = True
        day = torch.where(here[:, None, None], x[:, None], self.inputs["x"])
        rest = {name: self.inputs[name].expand(len(x), -1) for name in ("stock", "present")}
        return standing(self.module, {"x": day, **rest})[:, self.place, None]


def _with_counsel_as_it_was(module: TwoLevel, inputs: dict[str, Tensor]) -> TwoLevel:
    """A copy that reads one stock, and hears from the coordinator what it said that day."""
    kept = copy.deepcopy(module)
    said: list[Tensor] = []
    handle = kept.coordinator.register_forward_hook(lambda _, given, out: said.append(out[0]))
    with torch.no_grad():
        kept(**inputs)
    handle.remove()
    kept.committee, kept.coordinator = _Silent(), _AsItWas(said[0][:, -1:])
    return kept.eval()


class _Silent(nn.Module):
    """A committee that tells the coordinator nothing but how many samples there are."""

    def forward(self, said: Tensor, present: Tensor) -> Tensor:
        """(n, 1, 0) of (n, S, T, H)."""
        return said.new_zeros(len(said), 1, 0)


class _AsItWas(nn.Module):
    """A coordinator that says the same whatever it reads."""

    def __init__(self, said: Tensor) -> None:
        super().__init__()
        self.said = said

    def forward(self, heard: Tensor) -> tuple[Tensor, None]:
        """(n, 1, size), once for each of the n samples."""
        return self.said.expand(len(heard), -1, -1), None
