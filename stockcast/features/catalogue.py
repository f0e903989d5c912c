"""Every feature there is, by family."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from types import ModuleType

from stockcast.errors import InputError, nearest
from stockcast.features import calendar, fundamental, lead_lag, market, policy, technical
from stockcast.features.alpha158 import features as alpha158
from stockcast.features.feature import Feature
from stockcast.features.text import features as text

MODULES: tuple[ModuleType, ...] = (
    *technical.MODULES,
    *fundamental.MODULES,
    *market.MODULES,
    *calendar.MODULES,
    policy,
    lead_lag,
    text,
    alpha158,
)
"""Each has `FEATURES`, and `prepare(rows, tables)` where it needs more than one stock's rows: it
returns the columns to add. Modules whose columns others read come first."""

CATALOGUE: tuple[Feature, ...] = tuple(feature for module in MODULES for feature in module.FEATURES)

BY_NAME = {feature.name: feature for feature in CATALOGUE}

FAMILIES = tuple(dict.fromkeys(feature.family for feature in CATALOGUE))

PEER = "alpha158"
"""The family that is another project's, computed where it is asked for by name."""


def available(columns: Iterable[str], tables: Collection[str]) -> tuple[Feature, ...]:
    """Features whose inputs are there: columns of the panel, and tables by name."""
    there = {*columns, *tables}
    return tuple(feature for feature in CATALOGUE if there.issuperset(feature.inputs))


def chosen(
    names: Sequence[str] | None, columns: Iterable[str], tables: Collection[str]
) -> tuple[Feature, ...]:
    """The features of these names; for None every available one but the peer's.

    Raises
    ------
    InputError
        For a name that is no feature, or whose inputs are not there.
    """
    columns = list(columns)
    if names is None:
        return tuple(f for f in available(columns, tables) if f.family != PEER)
    out = tuple(find(name) for name in names)
    for feature in out:
        missing = [i for i in feature.inputs if i not in columns and i not in tables]
        if missing:
            raise InputError(
                f"feature {feature.name}", "needs its inputs", hint=f"missing: {missing}"
            )
    return out


def find(name: str) -> Feature:
    """The feature of a name.

    Raises
    ------
    InputError
        For an unknown name.
    """
    if name not in BY_NAME:
        raise InputError("feature", "is not known", name, nearest(name, BY_NAME))
    return BY_NAME[name]


def modules_of(features: Collection[Feature]) -> tuple[ModuleType, ...]:
    """The modules that the features come from, in the order in which they prepare."""
    wanted = {feature.name for feature in features}
    return tuple(m for m in MODULES if any(f.name in wanted for f in m.FEATURES))


def family(name: str) -> tuple[Feature, ...]:
    """Features of one family.

    Raises
    ------
    InputError
        For an unknown family.
    """
    if name not in FAMILIES:
        raise InputError("feature family", "is not known", name, nearest(name, FAMILIES))
    return tuple(feature for feature in CATALOGUE if feature.family == name)


def described() -> list[dict[str, object]]:
    """The catalogue as plain records, without the functions."""
    keys = ("name", "family", "group", "formula", "inputs", "lookback", "units", "source")
    return [{key: getattr(feature, key) for key in keys} for feature in CATALOGUE]
