"""All features of a panel in one pass."""

from __future__ import annotations

import pandas as pd
import polars as pl

from stockcast.features import lead_lag, market, policy, technical
from stockcast.features.catalogue import available

_COLUMNS = (
    "date", "code", "open", "high", "low", "close", "pre_close", "volume", "amount", "adj_factor",
    "limit_up", "limit_down", "suspended", "in_universe",
)  # fmt: skip


def compute(
    panel: pd.DataFrame,
    *,
    links: pd.DataFrame | None = None,
    events: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Features of every row of a complete panel.

    Parameters
    ----------
    panel
        As `stockcast.data.sources.load` gives it.
    links, events
        Tables of `stockcast.data.sources.Tables`; without one its family is left out.

    Returns
    -------
    DataFrame
        `date`, `code`, then one float32 column per feature of `catalogue.available` (`sector_5`
        where the panel has a column `sector`), sorted by
        date and code. NaN: not enough history yet, or undefined (no trade in the window, a missing
        amount); never infinite. Suspended days have features too: their returns are zero.

    Notes
    -----
    A row dated t uses rows dated up to t only: dropping every later row leaves it bit-identical.
    Recursive features (rsi_14, macd_histogram) start from the stock's first row, so a panel that
    starts on another day gives other values for them.
    """
    sector = "sector" in panel
    columns = [*_COLUMNS, "sector"] if sector else list(_COLUMNS)
    rows = pl.from_pandas(panel[columns], nan_to_null=True).sort("code", "date")
    rows = market.prepare(technical.prepare(rows))
    if events is not None:
        rows = policy.prepare(rows, events)
    if links is not None:
        rows = lead_lag.prepare(rows, links)
    features = available(links=links is not None, events=events is not None, sector=sector)
    # Single precision only at the end: price x factor overflows its 24 bits.
    table = rows.select(
        "date", "code", *(f.expr.over("code").cast(pl.Float64).alias(f.name) for f in features)
    )
    finite = (
        pl.when(pl.col(f.name).is_finite()).then(pl.col(f.name)).cast(pl.Float32).alias(f.name)
        for f in features
    )
    return table.select("date", "code", *finite).sort("date", "code").to_pandas()
