"""Three ways to bring modalities together: before reading, after judging, or in between.

early
    The features of all modalities side by side, read by one reader.
late
    Each modality is read and judged on its own; the forecasts are averaged with learned weights.
gated
    Each modality is read on its own; a gate, different for every stock and day, weighs what was
    read, and one head judges the mixture.

Each can look across the stocks of the day before it judges (`across`). The first modalities are
read over time, as many as `series` says; of the others the last day is read, since their features
carry their own history (a statement is news once a quarter, not sixty days in a row). Where a
stock lacks a modality on a day, late and gated fusion leave it out and share its weight among the
others; early fusion reads zeros, the mean, and a mark.

Shapes: B days, S stocks, T days back, F features, M modalities, H hidden units.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from stockcast.errors import InputError
from stockcast.models.fusion.encoders import Reader
from stockcast.models.networks.head import StudentHead

KINDS = ("early", "late", "gated")
_NEVER = -1e4  # logit of a modality that is not there; finite, for stocks that have none at all


@dataclass(frozen=True)
class Architecture:
    """What a fusion network is made of; with its weights, all that is needed to rebuild it.

    Attributes
    ----------
    kind : str
        "early", "late" or "gated".
    sizes : tuple of int
        Features of each modality. The inputs of a day hold them one modality after the other, and
        then one mark a modality: 1 where the stock has it, else 0.
    series : int
        Of the modalities the first so many are read over time; 0: none.
    width : int
        Hidden units of a modality's reader, even. Early fusion's one reader gets as many as bring
        it closest to the others' number of parameters.
    across : bool
        Attention between the stocks of a day.
    dropout : float
        Rate before the head; also what MC dropout draws from.
    """

    kind: str
    sizes: tuple[int, ...]
    series: int = 1
    width: int = 12
    across: bool = False
    dropout: float = 0.1

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise InputError("kind", f"must be one of {', '.join(KINDS)}", self.kind)
        if not self.sizes or min(self.sizes) < 1:
            raise InputError("sizes", "must give each modality a feature", self.sizes)
        if not 0 <= self.series <= len(self.sizes):
            raise InputError("series", "must be 0 to the number of modalities", self.series)
        if self.width < 2 or self.width % 2:
            raise InputError("width", "must be even and at least 2", self.width)
        object.__setattr__(self, "sizes", tuple(self.sizes))  # JSON gives lists

    def to_dict(self) -> dict[str, object]:
        """Plain values, as stored beside the weights."""
        return asdict(self)

    def build(self) -> Fused:
        """The network, with fresh weights."""
        return Fused(self)


class Across(nn.Module):
    """Attention between the stocks of a day, added to what each stock is by itself.

    Its last layer starts at zero, so that training starts from the network without it.
    """

    def __init__(self, size: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(size)
        self.attention = nn.MultiheadAttention(size, 2, batch_first=True)
        nn.init.zeros_(self.attention.out_proj.weight)

    def forward(self, state: Tensor, present: Tensor) -> Tensor:
        """States (B, S, H), each having looked at the stocks that are present (B, S)."""
        x = self.norm(state)
        heard, _ = self.attention(x, x, x, key_padding_mask=~present, need_weights=False)
        return state + heard


class Fused(nn.Module):
    """Readers, their fusion and the head; see the module's description.

    Notes
    -----
    The gate is a softmax over modalities of a linear function of all that was read: Arevalo et al.
    (2017), "Gated multimodal units for information fusion", arXiv:1702.01992, with more than two
    modalities. Attention between stocks: Vaswani et al. (2017), arXiv:1706.03762.
    """

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        a = self.architecture = architecture
        count, size = len(a.sizes), a.width
        if a.kind == "early":
            over_time, features = _side_by_side(a)
            self.readers = nn.ModuleList([Reader(over_time, features, _as_many(a), size)])
        else:
            self.readers = nn.ModuleList([Reader(*own, a.width, size) for own in _apart(a)])
        own = count if a.kind == "late" else 1
        self.between = nn.ModuleList([Across(size) for _ in range(own if a.across else 0)])
        self.dropout = nn.Dropout(a.dropout)
        self.heads = nn.ModuleList([StudentHead(size) for _ in range(own)])
        self.weights = nn.Parameter(torch.zeros(count)) if a.kind == "late" else None
        self.gate = nn.Linear(count * size, count) if a.kind == "gated" else None
        if self.gate is not None:
            nn.init.zeros_(self.gate.weight)
            nn.init.zeros_(self.gate.bias)

    def forward(self, x: Tensor, stock: Tensor, present: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Student-t of the scaled return of each stock.

        Parameters
        ----------
        x : Tensor of shape (B, S, T, F + M)
            Windows; the last day of each is the day of the forecast.
        stock : Tensor of shape (B, S), int64
            Not read: fusion does not tell stocks apart but by their data.
        present : Tensor of shape (B, S), bool
            False for padding. At least one stock of each day is present.

        Returns
        -------
        location, scale : Tensor of shape (B, S)
            In units of the trailing volatility over the horizon.
        freedom : Tensor of shape ()
        """
        if self.architecture.kind == "early":
            return self._judge(0, self.readers[0](x), present)
        read, there = self._read(x)
        if self.architecture.kind == "gated":
            weight = self._gates(read, there)
            mixed = (weight.unsqueeze(-1) * torch.stack(read, dim=-2)).sum(dim=-2) * len(read)
            return self._judge(0, mixed, present)
        weight = _share(self.weights.expand(there.shape), there)  # (B, S, M)
        said = [self._judge(m, state, present) for m, state in enumerate(read)]
        location = sum(weight[..., m] * own[0] for m, own in enumerate(said)) * len(said)
        scale = sum(weight[..., m] * own[1] for m, own in enumerate(said))
        return location, scale, torch.stack([own[2] for own in said]).mean()

    def gates(self, x: Tensor) -> Tensor:
        """Weights (B, S, M) of the modalities, each stock's summing to 1.

        Raises
        ------
        InputError
            For early fusion, which has none.
        """
        if self.architecture.kind == "early":
            raise InputError("gates", "must be asked of late or gated fusion", "early")
        read, there = self._read(x)
        if self.architecture.kind == "late":
            return _share(self.weights.expand(there.shape), there)
        return self._gates(read, there)

    def _read(self, x: Tensor) -> tuple[list[Tensor], Tensor]:
        """What each reader makes of its modality (B, S, H), and which are there (B, S, M)."""
        count = len(self.architecture.sizes)
        parts = x[..., :-count].split(self.architecture.sizes, dim=-1)
        read = [reader(part) for reader, part in zip(self.readers, parts, strict=True)]
        return read, x[..., -1, -count:] > 0

    def _gates(self, read: list[Tensor], there: Tensor) -> Tensor:
        return _share(self.gate(torch.cat(read, dim=-1)), there)

    def _judge(self, number: int, state: Tensor, present: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        if self.architecture.across:
            state = self.between[number](state, present)
        return self.heads[number](self.dropout(state))


def _share(logits: Tensor, there: Tensor) -> Tensor:
    """Softmax over the modalities that are there; equal shares for a stock that has none."""
    return functional.softmax(torch.where(there, logits, _NEVER), dim=-1)


def _apart(a: Architecture) -> list[tuple[int, int]]:
    """Features of each modality: read over time, and all."""
    return [(own if number < a.series else 0, own) for number, own in enumerate(a.sizes)]


def _side_by_side(a: Architecture) -> tuple[int, int]:
    """The same of all modalities together; the marks are inputs like any other."""
    return sum(a.sizes[: a.series]), sum(a.sizes) + len(a.sizes)


def _as_many(a: Architecture) -> int:
    """Width that gives one reader of everything as many parameters as the other kinds have.

    Those are one reader for each modality, and half of what a gate and of what a head each take.
    """
    wanted = sum(Reader.parameters_of(*own, a.width, a.width) for own in _apart(a))
    count = len(a.sizes)
    wanted += (count * (count * a.width + 1) + (count - 1) * (2 * a.width + 3) + count) // 2
    together = _side_by_side(a)
    widths = range(2, 4 * a.width * count)
    return min(widths, key=lambda w: abs(Reader.parameters_of(*together, w, a.width) - wanted))
