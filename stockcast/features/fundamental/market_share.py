"""A company's part of its industry, and the industry's own course, as known that day.

The industry is the stocks of the panel that have a row that day and belong to the sector then: its
listed total, as far as the run holds its stocks.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from stockcast.features import cross
from stockcast.features.fundamental.line import STATEMENTS, as_columns, feature
from stockcast.features.fundamental.sectors import sector_of
from stockcast.features.fundamental.statements import YEAR, growth, known, per
from stockcast.features.rows import Rows

INPUTS = ("income", "sector_members")
BUZZELL = "Buzzell, Gale and Sultan, Harvard Business Review 53 (1975)"
HOU = "Hou and Robinson, Journal of Finance 61 (2006)"
MOSKOWITZ = "Moskowitz and Grinblatt, Journal of Finance 54 (1999)"


def prepare(rows: Rows, tables: Mapping[str, pd.DataFrame]) -> dict[str, np.ndarray]:
    """The features as columns, from the latest statements known of all stocks of a sector."""
    if not tables.keys() >= set(INPUTS):
        return {}
    statements = known(rows, tables, STATEMENTS).latest("income")
    sector = sector_of(rows, tables["sector_members"])
    with np.errstate(all="ignore"):
        revenue, before = (statements.spread(statements.year("revenue", q)) for q in (0, YEAR))
        both = np.isfinite(revenue) & np.isfinite(before)
        share = _share(rows, revenue, sector)
        # Compared among those that have both, so that a listing is no loss of the others.
        now, then = (_share(rows, np.where(both, of, np.nan), sector) for of in (revenue, before))
        sales, sales_before = (cross.total(rows, of, both, sector) for of in (revenue, before))
        grown = growth(sales, sales_before)
        columns = {
            "market_share": share,
            "market_share_change": now - then,
            "sector_concentration": cross.total(rows, share * share, None, sector),
            "sector_revenue_growth": grown,
            "revenue_growth_above_sector": growth(revenue, before) - grown,
        }
    return as_columns(columns)


def _share(rows: Rows, revenue: np.ndarray, sector: np.ndarray) -> np.ndarray:
    sold = np.where(revenue > 0, revenue, np.nan)
    return per(sold, cross.total(rows, sold, None, sector))


FEATURES = (
    feature("market_share", "market share", "revenue of the trailing year / the sum over the "
            "sector's listed stocks", INPUTS, "fraction", BUZZELL),
    feature("market_share_change", "market share", "market_share - the same of a year before, "
            "among the stocks that have both", INPUTS, "fraction", BUZZELL),
    feature("sector_concentration", "market share", "sum over the sector of market_share squared",
            INPUTS, "fraction", HOU),
    feature("sector_revenue_growth", "market share", "revenue of the sector's trailing year / the "
            "year before - 1, of stocks that have both", INPUTS, "fraction", MOSKOWITZ),
    feature("revenue_growth_above_sector", "market share", "revenue_growth - "
            "sector_revenue_growth", INPUTS, "fraction", MOSKOWITZ),
)  # fmt: skip
