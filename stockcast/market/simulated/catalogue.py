"""Which function makes which table of the simulated market."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from stockcast.errors import InputError, nearest
from stockcast.market.simulated import (
    companies,
    flows,
    macro,
    news,
    options,
    quotes,
    reference,
    seats,
    statements,
    valuation,
)
from stockcast.market.simulated.world import World

_CERTAIN: dict[str, Callable[[World], pd.DataFrame]] = {
    "calendar": reference.calendar,
    "stocks": reference.stocks,
    "names": companies.names,
    "bars": quotes.bars_table,
    "factors": quotes.factors,
    "limits": quotes.limits,
    "suspensions": quotes.suspensions,
    "valuation": valuation.valuation,
    "index_bars": quotes.index_bars,
    "index_weights": reference.index_weights,
    "sectors": reference.sectors,
    "sector_members": reference.sector_members,
    "income": statements.income,
    "balance": statements.balance,
    "cash_flow": statements.cash_flow,
    "indicators": statements.indicators,
    "dividends": reference.dividends,
    "option_contracts": options.contracts,
    "news": news.news,
}
"""Tables that follow from the world alone."""

_DRAWN: dict[str, Callable[[World, np.random.Generator], pd.DataFrame]] = {
    "money_flow": flows.money_flow,
    "northbound": flows.northbound,
    "northbound_holdings": flows.northbound_holdings,
    "margin": flows.margin,
    "top_list": seats.top_list,
    "top_seats": seats.top_seats,
    "option_bars": options.bars,
    "macro": lambda world, rng: macro.macro(world.days, rng),
    "rates": lambda world, rng: macro.rates(world.days, rng),
}
"""Tables that add chance of their own."""

_SHARED = {"northbound_holdings": "northbound", "top_seats": "top_list"}
"""Tables that tell the same draws as another one."""


def make(name: str, world: World, seed: np.random.SeedSequence) -> pd.DataFrame:
    """The table `name`; one that draws has a stream of its own under `seed`.

    Raises
    ------
    InputError
        For a name that is no table's.
    """
    if name in _CERTAIN:
        return _CERTAIN[name](world)
    if name not in _DRAWN:
        known = [*_CERTAIN, *_DRAWN]
        raise InputError("table", "is not known", name, nearest(name, known))
    words = _SHARED.get(name, name).encode()
    own = np.random.SeedSequence(seed.entropy, spawn_key=(*seed.spawn_key, *words))
    return _DRAWN[name](world, np.random.default_rng(own))
