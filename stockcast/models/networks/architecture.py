"""What a network is made of: all that is needed, beside its weights, to build it again."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Protocol

from torch import nn


class Buildable(Protocol):
    """What training, saving and loading ask of an architecture.

    The module it builds takes `x` (B, S, T, F), `stock` (B, S) and `present` (B, S) and returns
    location and scale (B, S) and degrees of freedom () of a Student-t.
    """

    def build(self) -> nn.Module:
        """The network with fresh weights, drawn from torch's generator."""
        ...

    def to_dict(self) -> dict[str, object]:
        """Plain values that its class takes as keyword arguments."""
        ...


@dataclass(frozen=True)
class Architecture:
    """A network of one of the kinds of `stockcast.models.networks.kinds`.

    Attributes
    ----------
    features, stocks : int
        Inputs a day, and stocks known in training (number 0, "unknown", comes on top).
    width : int
        Hidden units of an expert or of a layer; the coordinator has twice as many.
    experts : str
        Of the two-level network: "own" or "shared", see `two_level`.
    attention : str
        Of the two-level network. "importance": the story's weight per stock and feature;
        "multihead": `torch.nn.MultiheadAttention` between the stocks of a day instead; "none".
    coordinator : bool
        Of the two-level network. False leaves single LSTMs that do not see each other.
    dropout : float
        Rate before the head, and between layers; also what MC dropout draws from.
    kind : str
        A key of `kinds.KINDS`.
    depth : int
        Layers: hidden ones of the MLP, stacked ones of recurrent networks, convolutions, blocks of
        the Transformer. The two-level network has none to stack.
    """

    features: int
    stocks: int
    width: int = 16
    experts: str = "shared"
    attention: str = "importance"
    coordinator: bool = True
    dropout: float = 0.1
    kind: str = "two_level"
    depth: int = 1

    def build(self) -> nn.Module:
        """The network with fresh weights, drawn from torch's generator.

        Raises
        ------
        InputError
            For an unknown kind, or a width or depth below 1.
        """
        from stockcast.models.networks import kinds  # the kinds need this class

        return kinds.build(self)

    def to_dict(self) -> dict[str, object]:
        """Plain values, as stored beside the weights."""
        return asdict(self)
