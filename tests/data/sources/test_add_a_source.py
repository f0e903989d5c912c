"""The how-to page's own example is a source that works."""

import re
import sys
from pathlib import Path
from types import ModuleType

import duckdb
import pandas as pd

from stockcast.data import sources
from stockcast.determinism import stream
from stockcast.market.calendar import sessions
from stockcast.market.simulated import Strengths, simulate

PAGE = Path(__file__).resolve().parents[3] / "book" / "add_a_source.md"


def test_the_pages_example_reads_a_panel(tmp_path, monkeypatch):
    """The page's one Python block, put in as it says, loads the same rows as a Parquet file."""
    [code] = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    module = ModuleType("database")
    monkeypatch.setitem(sys.modules, "database", module)
    exec(compile(code, PAGE.name, "exec"), vars(module))
    monkeypatch.setitem(sources.SOURCES, "database", module.database)
    market = simulate(sessions("2014-01-02", "2014-06-30"), 6, Strengths(), stream(8, "market"))
    market.panel.to_parquet(tmp_path / "quotes.parquet")
    with duckdb.connect(str(tmp_path / "quotes.duckdb")) as connection:
        connection.register("frame", market.panel)
        connection.execute("create table quotes as select * from frame")
    monkeypatch.setenv("STOCKCAST_REAL_DATA", str(tmp_path))
    span = {"start": "2014-01-02", "end": "2014-06-30"}
    found = sources.load("database", panel="quotes.duckdb", **span).panel
    expected = sources.load("parquet", panel="quotes.parquet", **span).panel
    pd.testing.assert_frame_equal(found, expected)
    assert sources.codes("database", panel="quotes.duckdb") == sorted(market.panel.code.unique())
