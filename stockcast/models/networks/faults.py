"""What each fault of the story's code does, measured.

The story's code is `as_told`; the faults are those that reading it suggests, and each is turned
into a number here, beside the same number for the repaired model where it has one.
"""

from __future__ import annotations

import random

import numpy as np
import pandas as pd
import torch
from scipy import integrate, optimize, special, stats
from torch import Tensor, nn

from stockcast.determinism import settle_torch
from stockcast.models.networks import as_told
from stockcast.models.networks.material import Material
from stockcast.models.networks.two_level import OwnExperts

STORY_STOCKS = 5
SAMPLES = 256
STEPS = 60


def measure(material: Material, panel: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Run the code as told on windows of this run and measure its faults.

    Parameters
    ----------
    material
        The five stocks with the most training windows are used.
    panel
        Closes, for the augmentation.
    rng
        Seeds torch and `random`, which the story's code draws from.

    Returns
    -------
    DataFrame
        `fault`, `measured` (what the number is) and `value` (text, rounded).
    """
    seed = int(rng.integers(2**31))
    settle_torch(seed)
    random.seed(seed)
    x, up = _story_samples(material)
    rows = [
        *_network_faults(x, up),
        *_augmentation_faults(panel, material),
    ]
    return pd.DataFrame(rows, columns=["fault", "measured", "value"])


def _story_samples(material: Material) -> tuple[list[Tensor], Tensor]:
    """Windows of five stocks on the last training days, and whether the first of them rose."""
    days = material.days("train").days
    usable = (material.trainable & material.windows.seen)[:, days]
    stocks = np.argsort(-usable.sum(axis=1), kind="stable")[:STORY_STOCKS]
    good = days[usable[stocks].all(axis=0) & np.isfinite(material.target[stocks[0], days])]
    chosen = good[-SAMPLES:]
    x = [
        torch.stack([torch.from_numpy(material.windows.of_day(day)[stock]) for day in chosen])
        for stock in stocks
    ]
    up = torch.from_numpy(material.target[stocks[0], chosen] > 0).float()[:, None]
    return x, up


def _network_faults(x: list[Tensor], up: Tensor) -> list[tuple[str, str, str]]:
    features = x[0].shape[-1]
    model = as_told.TwoLevelAsTold(features, len(x))
    head = as_told.BayesianOutput(64)
    before = head.fc_sigma.weight.clone()
    weights = [*model.parameters(), *head.parameters()]
    optimiser = torch.optim.Adam(weights, lr=0.01)
    loss = as_told.AsymmetricLoss()
    for _ in range(STEPS):
        optimiser.zero_grad()
        loss(head(model(x))[0], up).backward()
        optimiser.step()
    with torch.no_grad():
        mu, sigma = head(model(x))
        order = torch.randperm(len(up))
        shuffled = torch.empty_like(mu)
        shuffled[order] = head(model([stock[order] for stock in x]))[0]
        wrong = (mu - up).abs()
    moved = (shuffled - mu).abs().mean().item()
    knows = stats.spearmanr(sigma[:, 0], wrong[:, 0]).statistic
    negative = (as_told.ManualAttention(features, len(x)).importance_weights < 0).float().mean()
    untouched = torch.equal(before, head.fc_sigma.weight)
    rises = up.mean().item()
    constant = rises / (rises + 1.5 * (1 - rises))
    return [
        ("batch read as time", "mean change of a forecast when the batch is reordered", _r(moved)),
        ("σ outside the loss", "σ's weights unchanged by training", str(untouched)),
        ("σ outside the loss", "rank correlation of σ with the error, in sample", _r(knows)),
        ("randn importances", "share that start negative", _r(negative.item())),
        ("weighted loss", "share of rises in the sample", _r(rises)),
        ("weighted loss", "chance of a rise that it teaches a constant", _r(constant)),
    ]


def _augmentation_faults(panel: pd.DataFrame, material: Material) -> list[tuple[str, str, str]]:
    """Stretching, jitter and shift of every stock's last training window of closes."""
    last = material.windows.dates[material.days("train").days[-1]]
    past = panel[(panel.date <= last) & ~panel.suspended]
    windows = [
        torch.tensor(rows.close.to_numpy(np.float32)[-material.windows.lookback :])
        for _, rows in past.groupby("code")
        if len(rows) >= material.windows.lookback
    ]
    stretched = np.mean([len(as_told.augment(w, "scale")) != len(w) for w in windows])

    def noisy(factor: float) -> float:
        changed = [
            not torch.equal(as_told.augment(w * factor, "jitter"), w * factor) for w in windows
        ]
        return float(np.mean(changed))

    none = as_told.augment(windows[0], "shift") is None
    return [
        ("stretching", "share of windows that come back with another length", _r(stretched)),
        ("jitter by yuan", "share of windows that get noise", _r(noisy(1.0))),
        ("jitter by yuan", "the same prices quoted in units of 100 yuan", _r(noisy(0.01))),
        ("shift elided", "it returns nothing", str(none)),
    ]


def _r(value: float) -> str:
    return f"{value:.2f}"


def averaged_probability(mu: float, sigma: float) -> float:
    """E[sigmoid(z)] for z normal with mean `mu` and standard deviation `sigma`, by quadrature."""
    if sigma == 0:
        return float(special.expit(mu))

    def inside(z: float) -> float:
        return special.expit(mu + sigma * z) * stats.norm.pdf(z)

    return float(integrate.quad(inside, -10, 10, limit=200)[0])


def same_probability(levels: tuple[float, ...], largest: float = 3.5) -> pd.DataFrame:
    """Mean logit that gives each probability in `levels`, by sigma (index)."""
    sigmas = np.linspace(0.0, largest, 29)
    columns = {
        f"{level:.1%}": [
            optimize.brentq(lambda mu, s=s, p=level: averaged_probability(mu, s) - p, -20, 20)
            for s in sigmas
        ]
        for level in levels
    }
    return pd.DataFrame(columns, index=pd.Index(sigmas, name="σ (logits)"))


def batched_against_loop(stocks: int, features: int, width: int, length: int) -> float:
    """Largest difference between batched experts and a loop over `nn.LSTM` with their weights."""
    experts = OwnExperts(stocks, features, width)
    x = torch.randn(2, stocks, length, features)
    looped = []
    with torch.no_grad():
        for s in range(stocks):
            lstm = nn.LSTM(features, width, batch_first=True)
            lstm.weight_ih_l0.copy_(experts.w_input[s].T)
            lstm.weight_hh_l0.copy_(experts.w_hidden[s].T)
            lstm.bias_ih_l0.copy_(experts.bias[s, 0])
            lstm.bias_hh_l0.zero_()
            looped.append(lstm(x[:, s])[0])
        batched = experts(x, torch.arange(1, stocks + 1).expand(2, stocks))
        return (batched - torch.stack(looped, dim=1)).abs().max().item()


def shuffled_within_days(material: Material, rng: np.random.Generator) -> np.ndarray:
    """The targets less the day's mean, dealt at random among the stocks of each day that have one.

    Returns
    -------
    ndarray of shape (n_stocks, n_days)
        There is nothing to learn from it. The day's mean has to go: it is the same however one
        deals, and networks that learn on which days everything rose carry that lesson, by features
        that differ between stocks, into the order of the stocks, all of them the same way.
    """
    out = material.target.copy()
    for day in range(out.shape[1]):
        known = np.flatnonzero(np.isfinite(out[:, day]))
        if len(known):
            dealt = out[rng.permutation(known), day]
            out[known, day] = dealt - dealt.mean()
    return out
