"""Networks that read one stock's window and see no other stock.

All share one body: every window of a batch goes through the same weights, whichever stock and day
it is of, and the head judges what was read. They differ in `read` alone.

Shapes: B days, S stocks, T days back, F features, N windows (B times S), H hidden units.
"""

from __future__ import annotations

import itertools

import torch
from torch import Tensor, nn
from torch.nn import functional

from stockcast.models.networks.architecture import Architecture
from stockcast.models.networks.head import StudentHead


class PerStock(nn.Module):
    """A reader of windows, dropout and the head.

    Parameters
    ----------
    architecture
        `features`, `width`, `depth` and `dropout` are used.
    size
        Units that `read` returns.
    """

    def __init__(self, architecture: Architecture, size: int) -> None:
        super().__init__()
        self.dropout = nn.Dropout(architecture.dropout)
        self.head = StudentHead(size)

    def read(self, x: Tensor) -> Tensor:
        """What is made of windows (N, T, F), as (N, size)."""
        raise NotImplementedError

    def forward(self, x: Tensor, stock: Tensor, present: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Student-t of the scaled return of each stock.

        Parameters
        ----------
        x : Tensor of shape (B, S, T, F)
            Windows; the last day of each is the day of the forecast.
        stock, present : Tensor of shape (B, S)
            Not read: no window knows whose it is, and padding is left to the loss.

        Returns
        -------
        location, scale : Tensor of shape (B, S)
            In units of the trailing volatility over the horizon.
        freedom : Tensor of shape ()
        """
        read = self.read(x.flatten(0, 1))
        return self.head(self.dropout(read).unflatten(0, x.shape[:2]))


class MLP(PerStock):
    """Dense layers over the last day and the means of the last 5, 20 and all days.

    The flattened window would give sixty times as many inputs as a day has, nearly all of them
    repeated: the features of a day already sum up the days before it.
    """

    SPANS = (5, 20)

    def __init__(self, architecture: Architecture) -> None:
        a = architecture
        super().__init__(a, a.width)
        sizes = [(2 + len(self.SPANS)) * a.features] + [a.width] * a.depth
        self.layers = nn.ModuleList(nn.Linear(into, out) for into, out in itertools.pairwise(sizes))

    def read(self, x: Tensor) -> Tensor:
        """The last hidden layer, (N, H)."""
        spans = [x[:, -days:].mean(dim=1) for days in (*self.SPANS, x.shape[1])]
        read = torch.cat([x[:, -1], *spans], dim=1)
        for number, layer in enumerate(self.layers):
            read = functional.gelu(layer(read if number == 0 else self.dropout(read)))
        return read


class Recurrent(PerStock):
    """Stacked LSTMs or GRUs; the last day's state is what was read.

    Hochreiter and Schmidhuber (1997), "Long short-term memory", Neural Computation 9; Cho et al.
    (2014), "Learning phrase representations using RNN encoder-decoder", arXiv:1406.1078.
    """

    CELL: type[nn.RNNBase] = nn.LSTM

    def __init__(self, architecture: Architecture) -> None:
        a = architecture
        super().__init__(a, a.width)
        between = a.dropout if a.depth > 1 else 0.0
        self.cell = self.CELL(a.features, a.width, a.depth, batch_first=True, dropout=between)

    def read(self, x: Tensor) -> Tensor:
        """The last day's state, (N, H)."""
        return self.cell(x)[0][:, -1]


class LSTM(Recurrent):
    """Long short-term memory."""


class GRU(Recurrent):
    """Gated recurrent units: an LSTM's work with three quarters of its weights."""

    CELL = nn.GRU


class AttentionLSTM(PerStock):
    """An LSTM, the last day's state beside an average of all days' weighted by attention.

    The attention of Feng et al. (2019), "Enhancing stock movement prediction with adversarial
    training", arXiv:1810.09936 (their ALSTM), without the adversary.
    """

    def __init__(self, architecture: Architecture) -> None:
        a = architecture
        super().__init__(a, 2 * a.width)
        between = a.dropout if a.depth > 1 else 0.0
        self.cell = nn.LSTM(a.features, a.width, a.depth, batch_first=True, dropout=between)
        self.look = nn.Linear(a.width, a.width)
        self.heed = nn.Linear(a.width, 1, bias=False)

    def weights(self, states: Tensor) -> Tensor:
        """Weight (N, T, 1) of each day, summing to 1, of states (N, T, H)."""
        return self.heed(torch.tanh(self.look(states))).softmax(dim=1)

    def read(self, x: Tensor) -> Tensor:
        """The weighted average and the last day's state, (N, 2 H)."""
        states, _ = self.cell(x)
        return torch.cat([(self.weights(states) * states).sum(dim=1), states[:, -1]], dim=1)
