"""One small simulated market with all its tables, and every feature of it, whole and cut short."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from stockcast import paths
from stockcast.data import sources
from stockcast.features import catalogue
from stockcast.features.compute import compute
from tests.features.known import all_tables, known_by

CUTS = 24
REAL_SPANS = [("2013-01-04", "2018-06-29"), ("2019-01-02", "2020-12-31")]
"""Years with dated news, the New Area and statements; and with daily valuation."""

FAULTY = ["000046.SZ", "600270.SH", "600837.SH", "302132.SZ", "000001.SZ", "600633.SH",
          "000401.SZ", "600340.SH", "601992.SH"]  # fmt: skip
"""Not as traded with gaps, amounts missing, a factor that falls; and stocks of the New Area."""
TALKED_OF = ["300104.SZ", "000002.SZ", "600050.SH", "002594.SZ", "002310.SZ", "002739.SZ",
             "001979.SZ", "002431.SZ", "601668.SH", "000063.SZ", "000927.SZ", "600309.SH",
             "601186.SH", "600048.SH", "600079.SH", "002230.SZ", "601688.SH", "002352.SZ",
             "601318.SH", "601628.SH", "600177.SH", "000488.SZ", "601800.SH", "600418.SH",
             "002146.SZ", "000961.SZ"]  # fmt: skip
"""Those named most often in the real headlines to June 2018, of the stocks of the panel."""


def names_for(tables: Mapping[str, pd.DataFrame]) -> list[str]:
    """Every feature of the catalogue that these tables allow, the peer's set included."""
    return [f.name for f in catalogue.available(tables["panel"].columns, list(tables))]


def every_feature(tables: Mapping[str, pd.DataFrame], **more: object) -> pd.DataFrame:
    """All of them, computed."""
    return compute(tables["panel"], tables, names=names_for(tables), **more)


@pytest.fixture(scope="session")
def tables() -> sources.Tables:
    """24 simulated stocks over two years; some amounts are missing, one factor is far from 1."""
    found = sources.load(
        "simulated", start="2014-01-02", end="2015-12-31", simulated_stocks=24, seed=7, horizon=5
    )
    panel = found.panel.copy()
    rng = np.random.default_rng(11)
    panel.loc[rng.random(len(panel)) < 0.01, "amount"] = np.nan
    panel.loc[panel.code == panel.code.iloc[3], "adj_factor"] *= 5000.0
    return replace(found, panel=panel)


@pytest.fixture(scope="session")
def everything(tables) -> dict[str, pd.DataFrame]:
    """The panel and every other table of that market, by name."""
    return all_tables(tables)


@pytest.fixture(scope="session")
def features(everything) -> pd.DataFrame:
    """Every feature of the simulated market."""
    return every_feature(everything)


@pytest.fixture(scope="session")
def cuts(everything) -> list[pd.Timestamp]:
    """24 days: around events, statements, top lists and suspensions, early ones, and at random."""
    panel = everything["panel"]
    days = pd.DatetimeIndex(panel.date.unique()).sort_values()
    rng = np.random.default_rng(5)

    def some(dates: pd.Series, count: int) -> np.ndarray:
        """Places of a few of these days that are trading days."""
        held = days.get_indexer(pd.DatetimeIndex(dates.dropna().unique()).sort_values())
        return rng.choice(held[(held > 0) & (held < len(days) - 2)], count, replace=False)

    event = some(everything["events"].date, 3)
    statement = some(everything["income"].first_announced, 2)
    listed = some(everything["top_list"].date, 1)
    halted = some(panel.date[panel.suspended], 2)
    chosen = {0, 5, 20, 61, len(days) - 2, *event, *(event - 1), *(event + 1), *statement}
    chosen |= {*(statement + 1), *listed, *(listed + 1), *halted}
    others = rng.permutation(sorted(set(range(len(days))) - chosen))
    return list(days[sorted([*chosen, *others[: max(0, CUTS - len(chosen))]])])


@pytest.fixture(scope="session")
def truncated(everything, cuts) -> dict[pd.Timestamp, pd.DataFrame]:
    """Every feature, computed from what was public by the close of each cut."""
    return {cut: every_feature(known_by(everything, cut)) for cut in cuts}


@pytest.fixture(scope="session", params=REAL_SPANS, ids=["statements", "valuation"])
def real_everything(request) -> dict[str, pd.DataFrame]:
    """Forty real stocks over some years: some with faults, themed ones, those often in the news.

    Tables that have no row by then are left out.
    """
    if paths.real_data() is None:
        pytest.skip("STOCKCAST_REAL_DATA names no folder with a real panel")
    named = {"panel": "panel_csi300.parquet"}
    held = sources.codes("parquet", **named)
    stocks = sorted({*FAULTY, *TALKED_OF, *held[:: len(held) // 5]})
    start, end = request.param
    found = all_tables(
        sources.load("parquet", **named, start=start, end=end, stocks=stocks, sealed_quotes=True)
    )
    return {name: table for name, table in found.items() if len(table)}
