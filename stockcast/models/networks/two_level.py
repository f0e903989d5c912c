"""The story's network, done right: experts that read stocks, a coordinator that reads experts.

Level one reads each stock's last days with an LSTM, after weighting that stock's features by
learned importances. Level two, an LSTM over *time*, reads what all experts say each day. A head
gives a Student-t for every stock from its expert and the coordinator.

Two arrangements, by `experts`:

own
    One expert's weights per stock, all run as one batched computation, and a coordinator that sees
    the experts side by side: the story's five stocks. The committee is fixed.
shared
    One expert for all stocks, told apart by an embedding, and a coordinator that sees attention
    pools over whichever stocks are there: an index whose members change. Reordering the stocks of
    a day changes nothing, and a stock unknown in training gets the embedding 0.

Shapes: B days, S stocks, T days back, F features, H hidden units.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from stockcast.models.networks.architecture import Architecture
from stockcast.models.networks.head import StudentHead


class ImportanceWeights(nn.Module):
    """Learned weight of each feature for each stock, positive and 1 on average.

    The story draws them from a normal distribution, so that half start by flipping their feature's
    sign; a softmax times the number of features starts at 1 and stays positive.
    """

    def __init__(self, stocks: int, features: int) -> None:
        super().__init__()
        self.logits = nn.Embedding(stocks + 1, features)
        nn.init.zeros_(self.logits.weight)

    def weights(self, stock: Tensor) -> Tensor:
        """Weights (B, S, F) of stocks numbered `stock` (B, S)."""
        logits = self.logits(stock)
        return functional.softmax(logits, dim=-1) * logits.shape[-1]

    def forward(self, x: Tensor, stock: Tensor) -> Tensor:
        """`x` (B, S, T, F), weighted."""
        return x * self.weights(stock).unsqueeze(-2)


class SharedExperts(nn.Module):
    """One LSTM for every stock; the stock's embedding sets the state it starts from."""

    def __init__(self, stocks: int, features: int, width: int) -> None:
        super().__init__()
        self.start = nn.Embedding(stocks + 1, width)
        nn.init.zeros_(self.start.weight)
        self.lstm = nn.LSTM(features, width, batch_first=True)

    def forward(self, x: Tensor, stock: Tensor) -> Tensor:
        """Hidden states (B, S, T, H) of inputs (B, S, T, F)."""
        days, stocks, length, features = x.shape
        hidden = torch.tanh(self.start(stock)).reshape(1, days * stocks, -1)
        # Contiguous, and a cell that is not a view: cuDNN asks for both.
        states = (hidden.contiguous(), torch.zeros_like(hidden))
        out, _ = self.lstm(x.reshape(days * stocks, length, features), states)
        return out.reshape(days, stocks, length, -1)


class OwnExperts(nn.Module):
    """An LSTM of its own for each stock, all stepped at once.

    `torch.nn.LSTM` has no axis for separate weights, and a Python loop over stocks takes one
    kernel launch per stock and day. Here the input products of all stocks and days are one batched
    product, and each day's recurrent products another.
    """

    def __init__(self, stocks: int, features: int, width: int) -> None:
        super().__init__()
        bound = width**-0.5  # torch.nn.LSTM's own initialisation

        def weights(*shape: int) -> nn.Parameter:
            return nn.Parameter(torch.empty(stocks, *shape).uniform_(-bound, bound))

        self.w_input = weights(features, 4 * width)
        self.w_hidden = weights(width, 4 * width)
        self.bias = weights(1, 4 * width)

    def forward(self, x: Tensor, stock: Tensor) -> Tensor:
        """Hidden states (B, S, T, H); stock s of the batch is read by expert s."""
        days, stocks, length, features = x.shape
        by_stock = x.permute(1, 2, 0, 3).reshape(stocks, length * days, features)
        gates = torch.baddbmm(self.bias, by_stock, self.w_input)  # (S, T*B, 4H)
        gates = gates.reshape(stocks, length, days, -1).unbind(1)  # T x (S, B, 4H)
        hidden = cell = x.new_zeros(stocks, days, self.w_hidden.shape[1])
        out = []
        for of_day in gates:
            pre = torch.baddbmm(of_day, hidden, self.w_hidden)
            write, keep, value, show = pre.chunk(4, dim=-1)
            cell = torch.sigmoid(keep) * cell + torch.sigmoid(write) * torch.tanh(value)
            hidden = torch.sigmoid(show) * torch.tanh(cell)
            out.append(hidden)
        return torch.stack(out, dim=2).permute(1, 0, 2, 3)  # (S, B, T, H) -> (B, S, T, H)


class Committee(nn.Module):
    """What the coordinator reads each day: the experts side by side, or attention pools of them."""

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        self.side_by_side = architecture.experts == "own"
        pools = architecture.stocks if self.side_by_side else 2
        self.size = pools * architecture.width
        if not self.side_by_side:
            self.query = nn.Linear(architecture.width, pools, bias=False)

    def forward(self, said: Tensor, present: Tensor) -> Tensor:
        """(B, T, size) from what the experts said (B, S, T, H); `present` is (B, S)."""
        here = present[:, :, None, None]
        if self.side_by_side:
            return (said * here).permute(0, 2, 1, 3).flatten(2)
        heed = self.query(said).masked_fill(~here, float("-inf")).softmax(dim=1)  # (B, S, T, 2)
        return torch.einsum("bstp,bsth->btph", heed, said).flatten(2)


class BetweenStocks(nn.Module):
    """`torch.nn.MultiheadAttention` over the stocks of a day, with a residual."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(width, 2, batch_first=True)
        self.norm = nn.LayerNorm(width)

    def forward(self, last: Tensor, present: Tensor) -> Tensor:
        """Last states (B, S, H), each having looked at the others present."""
        heard, _ = self.attention(last, last, last, key_padding_mask=~present, need_weights=False)
        return self.norm(last + heard)


class TwoLevel(nn.Module):
    """Experts, coordinator and head; see the module's description."""

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        a = architecture
        self.importance = (
            ImportanceWeights(a.stocks, a.features) if a.attention == "importance" else None
        )
        build = OwnExperts if a.experts == "own" else SharedExperts
        self.experts = build(a.stocks, a.features, a.width)
        self.between = BetweenStocks(a.width) if a.attention == "multihead" else None
        self.committee = self.coordinator = None
        if a.coordinator:
            self.committee = Committee(a)
            self.coordinator = nn.LSTM(self.committee.size, 2 * a.width, batch_first=True)
            self.counsel = nn.Linear(3 * a.width, a.width)
        self.dropout = nn.Dropout(a.dropout)
        self.head = StudentHead(a.width)

    def forward(self, x: Tensor, stock: Tensor, present: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Student-t of the scaled return of each stock.

        Parameters
        ----------
        x : Tensor of shape (B, S, T, F)
            Windows; the last day of each is the day of the forecast.
        stock : Tensor of shape (B, S), int64
            Numbers of the stocks, 0 for unknown. With experts of their own, 1..S in order.
        present : Tensor of shape (B, S), bool
            False for padding. At least one stock of each day is present.

        Returns
        -------
        location, scale : Tensor of shape (B, S)
            In units of the trailing volatility over the horizon.
        freedom : Tensor of shape ()
        """
        if self.importance is not None:
            x = self.importance(x, stock)
        said = self.experts(x, stock)  # (B, S, T, H)
        last = said[:, :, -1]  # (B, S, H)
        if self.between is not None:
            last = self.between(last, present)
        if self.coordinator is not None:
            agreed, _ = self.coordinator(self.committee(said, present))
            together = agreed[:, -1:].expand(-1, last.shape[1], -1)  # (B, S, 2H)
            # Bent before it is added: what is the same for all stocks of a day, put straight into
            # a linear head, moves all of them alike and can never change their order.
            last = last + torch.tanh(self.counsel(torch.cat([last, together], dim=-1)))
        return self.head(self.dropout(last))
