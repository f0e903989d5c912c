"""Every feature there is, by family."""

from __future__ import annotations

from stockcast.errors import InputError, nearest
from stockcast.features import lead_lag, market, policy, technical
from stockcast.features.feature import Feature

CATALOGUE: tuple[Feature, ...] = (
    *technical.FEATURES,
    *market.FEATURES,
    *policy.FEATURES,
    *lead_lag.FEATURES,
)

FAMILIES = tuple(dict.fromkeys(feature.family for feature in CATALOGUE))


def available(
    *, links: bool = False, events: bool = False, sector: bool = False
) -> tuple[Feature, ...]:
    """Features whose inputs are there: prices always, the tables and the sector where said."""
    optional = {"links": links, "events": events, "sector": sector}
    absent = {name for name, there in optional.items() if not there}
    return tuple(feature for feature in CATALOGUE if not absent & set(feature.inputs))


def names(*, links: bool = False, events: bool = False, sector: bool = False) -> tuple[str, ...]:
    """Names of the features whose inputs are there, in the catalogue's order."""
    return tuple(f.name for f in available(links=links, events=events, sector=sector))


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
    """The catalogue as plain records, without the expressions."""
    keys = ("name", "family", "formula", "inputs", "lookback", "units", "source")
    return [{key: getattr(feature, key) for key in keys} for feature in CATALOGUE]
