"""The parameters of a run that its advice depends on."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

from stockcast.errors import InputError, nearest
from stockcast.params import check_declared, digest


@dataclass(frozen=True)
class Terms:
    """Those of a run's parameters that decide a list; see `stockcast.params.Params`."""

    run: str
    seed: int
    source: str
    headline: str
    horizon: int
    train_end: str
    cash: float
    top_k: int
    drop: int
    commission: float
    slippage: float
    participation: float
    sigma_gate: float

    @classmethod
    def of(cls, params: object) -> Terms:
        """From a run's parameters, or from what a notebook declares of them."""
        return cls(**{name: getattr(params, name) for name in cls.__dataclass_fields__})

    @classmethod
    def read(cls, values: Mapping[str, object], origin: str) -> Terms:
        """From what `to_dict` gave.

        Raises
        ------
        InputError
            When one is missing, unknown, or breaks its rule.
        """
        names = cls.__dataclass_fields__
        for name in {*names} ^ {*values}:
            rule = "must be set" if name in names else "is no parameter of a list"
            raise InputError(f"{origin}, key {name}", rule, hint=nearest(name, names))
        check_declared(dict(values), origin)
        return cls(**values)

    def to_dict(self) -> dict[str, object]:
        """All of them, for JSON."""
        return dataclasses.asdict(self)

    def hash(self) -> str:
        """Hexadecimal digest of the values."""
        return digest(self.to_dict())
