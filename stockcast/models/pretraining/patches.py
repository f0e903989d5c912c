"""A small Transformer that reads a window of days in patches, and the two heads put upon it.

Shapes: N windows, T days back, F channels, P patches of D days each, H hidden units.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import torch
from torch import Tensor, nn

from stockcast.errors import InputError
from stockcast.models.networks.head import StudentHead


@dataclass(frozen=True)
class Architecture:
    """What the network is made of; with its weights, all that is needed to rebuild it.

    Attributes
    ----------
    features : int
        Channels a day.
    lookback : int
        Days in a window, at least two patches.
    patch : int
        Days in a patch. The oldest days that fill no whole patch are not read.
    width : int
        Hidden units, a multiple of `heads`.
    depth, heads : int
        Layers, and attention heads of each.
    dropout : float
        Rate before the head of the fine-tuned network; also what MC dropout draws from.
    """

    features: int
    lookback: int
    patch: int = 10
    width: int = 32
    depth: int = 2
    heads: int = 2
    dropout: float = 0.1

    def __post_init__(self) -> None:
        if self.patches < 2:
            raise InputError("lookback", f"must be at least {2 * self.patch} days", self.lookback)
        if self.width % self.heads:
            raise InputError("width", f"must be a multiple of {self.heads}", self.width)

    @property
    def patches(self) -> int:
        """Patches in a window."""
        return self.lookback // self.patch

    def build(self) -> PatchNetwork:
        """The network to fine-tune with fresh weights, drawn from torch's generator."""
        return PatchNetwork(self)

    def to_dict(self) -> dict[str, object]:
        """Plain values, as stored beside the weights."""
        return asdict(self)


class PatchEncoder(nn.Module):
    """States of a window's patches, each having looked at the others.

    Notes
    -----
    Patches as tokens: Nie et al. (2023), "A time series is worth 64 words", ICLR. Here a patch
    holds all channels of its days, because what a day's volume means depends on its return. Layers:
    Vaswani et al. (2017), "Attention is all you need", NeurIPS, normalised before each part.
    """

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        a = self.architecture = architecture
        self.embed = nn.Linear(a.patch * a.features, a.width)
        self.place = nn.Parameter(0.02 * torch.randn(a.patches, a.width))
        self.hidden = nn.Parameter(0.02 * torch.randn(a.width))
        layer = nn.TransformerEncoderLayer(
            a.width, a.heads, 2 * a.width, 0.0, "gelu", batch_first=True, norm_first=True
        )
        self.layers = nn.TransformerEncoder(
            layer, a.depth, nn.LayerNorm(a.width), enable_nested_tensor=False
        )

    def patched(self, x: Tensor) -> Tensor:
        """Patches (N, P, D * F) of windows (N, T, F); the last ends with the last day."""
        a = self.architecture
        return x[:, -a.patches * a.patch :].reshape(len(x), a.patches, a.patch * a.features)

    def forward(self, x: Tensor, masked: Tensor | None = None) -> Tensor:
        """States (N, P, H) of windows (N, T, F).

        `masked`, bool of shape (N, P), marks patches whose days are not shown.
        """
        tokens = self.embed(self.patched(x))
        if masked is not None:
            tokens = torch.where(masked.unsqueeze(-1), self.hidden, tokens)
        return self.layers(tokens + self.place)


def pooled(states: Tensor) -> Tensor:
    """Mean of the patches' states beside the last one: (N, 2 H) from (N, P, H)."""
    return torch.cat([states.mean(dim=1), states[:, -1]], dim=-1)


class PretrainingHeads(nn.Module):
    """What the encoder is asked before there are labels: the hidden patches, and the next day."""

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        a = architecture
        self.patch = nn.Linear(a.width, a.patch * a.features)
        self.next_day = nn.Linear(2 * a.width, a.features)

    def forward(self, states: Tensor) -> tuple[Tensor, Tensor]:
        """All patches (N, P, D * F), and the channels of the next day (N, F)."""
        return self.patch(states), self.next_day(pooled(states))


class PatchNetwork(nn.Module):
    """The encoder under a Student-t head: what is fine-tuned, or trained from scratch."""

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        self.encoder = PatchEncoder(architecture)
        self.dropout = nn.Dropout(architecture.dropout)
        self.head = StudentHead(2 * architecture.width)

    def forward(self, x: Tensor, stock: Tensor, present: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Student-t of the scaled return of each stock.

        Parameters
        ----------
        x : Tensor of shape (B, S, T, F)
            Windows of B days and S stocks; the last day of each is the day of the forecast.
        stock : Tensor of shape (B, S), int64
            Not read: the network does not tell stocks apart but by their bars.
        present : Tensor of shape (B, S), bool
            Not read: stocks do not see each other.

        Returns
        -------
        location, scale : Tensor of shape (B, S)
            In units of the trailing volatility over the horizon.
        freedom : Tensor of shape ()
        """
        states = pooled(self.encoder(x.flatten(0, 1)))
        return self.head(self.dropout(states).unflatten(0, x.shape[:2]))
