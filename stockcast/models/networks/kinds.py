"""The kinds of networks by name."""

from __future__ import annotations

from collections.abc import Callable

from torch import nn

from stockcast.errors import InputError, nearest
from stockcast.models.networks.architecture import Architecture
from stockcast.models.networks.convolution import CNN
from stockcast.models.networks.per_stock import GRU, LSTM, MLP, AttentionLSTM
from stockcast.models.networks.transformer import Transformer
from stockcast.models.networks.two_level import TwoLevel

KINDS: dict[str, Callable[[Architecture], nn.Module]] = {
    "mlp": MLP,
    "lstm": LSTM,
    "gru": GRU,
    "cnn": CNN,
    "transformer": Transformer,
    "attention_lstm": AttentionLSTM,
    "two_level": TwoLevel,
}

DESCRIBED = {
    "mlp": "dense layers over the last day and the means of 5, 20 and all days",
    "lstm": "an LSTM over each stock's days",
    "gru": "gated recurrent units over each stock's days",
    "cnn": "causal convolutions, dilated 1, 4 and 16 days",
    "transformer": "a Transformer encoder over each stock's weeks",
    "attention_lstm": "an LSTM and an average of its days weighted by attention",
    "two_level": "experts, one for all stocks, and a coordinator that reads what they say",
}


def build(architecture: Architecture) -> nn.Module:
    """The network with fresh weights, drawn from torch's generator.

    Raises
    ------
    InputError
        For an unknown kind, or a width or depth below 1.
    """
    a = architecture
    if a.kind not in KINDS:
        raise InputError("kind", "must be a kind of network", a.kind, nearest(a.kind, KINDS))
    for name, value in (("width", a.width), ("depth", a.depth), ("features", a.features)):
        if value < 1:
            raise InputError(name, "must be at least 1", value)
    return KINDS[a.kind](a)
