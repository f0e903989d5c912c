"""CSV files under foreign names, in foreign units, with or without a factor."""

import numpy as np
import pandas as pd
import pytest

from stockcast.data import columns, sources
from stockcast.data.codes import canonical
from stockcast.data.units import Units, units
from stockcast.determinism import stream
from stockcast.errors import InputError
from stockcast.market.calendar import sessions
from stockcast.market.simulated import Strengths, simulate

CHINESE = {
    "date": "日期", "code": "股票代码", "open": "开盘", "close": "收盘",
    "high": "最高", "low": "最低",
    "volume": "成交量", "amount": "成交额",
}  # fmt: skip
SPAN = {"start": "2014-01-02", "end": "2014-12-31", "universe": "listed"}


@pytest.fixture(scope="module")
def panel():
    """A year of a small market, without the rows of suspended days, which files leave out."""
    table = simulate(
        sessions("2014-01-02", "2014-12-31"), 8, Strengths(), stream(6, "market")
    ).panel
    return table[~table.suspended]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The folder that files are looked for in."""
    monkeypatch.setenv("STOCKCAST_REAL_DATA", str(tmp_path))
    return tmp_path


def chinese(panel: pd.DataFrame, **more: pd.Series) -> pd.DataFrame:
    """A table as Chinese vendors export it: their headers, bare digits, lots."""
    out = panel[list(CHINESE)].rename(columns=CHINESE)
    out["股票代码"] = panel.code.str[:6]
    out["成交量"] = panel.volume / 100
    return out.assign(**more)


def assert_same(found: pd.DataFrame, panel: pd.DataFrame) -> None:
    """Rows that traded carry the panel's numbers; the factor is the panel's up to a constant."""
    both = panel.merge(found, on=["date", "code"], suffixes=("", "_found"))
    assert len(both) == len(panel)
    for name in ("open", "high", "low", "close", "volume", "amount"):
        np.testing.assert_allclose(both[f"{name}_found"], both[name], rtol=1e-12, err_msg=name)
    ratio = both.adj_factor_found / both.adj_factor
    assert (ratio.groupby(both.code).agg(lambda r: r.max() / r.min()) < 1 + 1e-3).all()


def test_chinese_headers_are_known(folder, panel):
    """日期 开盘 收盘 最高 最低 成交量 成交额, lots and bare codes: read without a mapping file."""
    chinese(panel, 昨收=panel.pre_close).to_csv(folder / "quotes.csv", index=False)
    assert_same(sources.load("csv", panel="quotes.csv", **SPAN).panel, panel)
    assert sources.codes("csv", panel="quotes.csv") == sorted(panel.code.unique())


def test_a_folder_holds_a_file_a_stock(folder, panel):
    """A folder of files named by their codes is one panel."""
    (folder / "many").mkdir()
    for code, rows in panel.groupby("code"):
        one = chinese(rows, 昨收=rows.pre_close).drop(columns="股票代码")
        one.to_csv(folder / "many" / f"{code[:6]}.csv", index=False)
    assert_same(sources.load("csv", panel="many", **SPAN).panel, panel)


def test_a_mapping_file_names_the_rest(folder, panel):
    """Headers of any language are read through a file of lines `theirs: ours`."""
    foreign = panel.rename(columns={"close": "Last", "code": "Ticker", "adj_factor": "Faktor"})
    foreign[["date", "Ticker", "open", "high", "low", "Last", "volume", "amount", "Faktor"]].to_csv(
        folder / "quotes.csv", index=False
    )
    (folder / "names.yml").write_text("Last: close\nTicker: code\nFaktor: adj_factor\n")
    found = sources.load("csv", panel="quotes.csv", columns="names.yml", **SPAN).panel
    assert_same(found, panel)
    assert sources.codes("csv", panel="quotes.csv", columns="names.yml") == sorted(
        panel.code.unique()
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Last: colse\n", "Last: colse: is no column of a panel; did you mean 'close'"),
        ("- Last\n", "must be lines such as"),
        ("Lsat: close\n", "column Lsat: must be there: it is mapped; did you mean 'Last'"),
    ],
)
def test_a_wrong_mapping_is_refused(folder, panel, text, message):
    """A mapping that names no column of ours or theirs says which is nearest."""
    panel.rename(columns={"close": "Last"}).to_csv(folder / "quotes.csv", index=False)
    (folder / "names.yml").write_text(text)
    with pytest.raises(InputError, match=message):
        sources.load("csv", panel="quotes.csv", columns="names.yml", **SPAN)


def test_without_anything_to_adjust_by_it_is_refused(folder, panel):
    """No factor, no reference price and no percentage: the line names all three."""
    chinese(panel).to_csv(folder / "quotes.csv", index=False)
    with pytest.raises(InputError, match="adj_factor: must be there; or a column to make it of"):
        sources.load("csv", panel="quotes.csv", **SPAN)


def test_percentages_give_the_factor(panel):
    """A percentage of two decimals gives the factor's steps to within its own rounding."""
    table = panel.sort_values(["code", "date"], ignore_index=True)
    table["pct_chg"] = (100 * (table.close / table.pre_close - 1)).round(2)
    made = columns.factor(table.drop(columns="pre_close"), "quotes")
    own = table.adj_factor / table.groupby("code").adj_factor.transform("first")
    steps = own.groupby(table.code).pct_change().fillna(0) > 0.02
    assert steps.any()
    np.testing.assert_allclose(made, own, rtol=0.02)


@pytest.mark.parametrize(
    ("spelling", "code"),
    [
        ("600519.SH", "600519.SH"), ("SH600519", "600519.SH"), ("sh.600519", "600519.SH"),
        ("600519.XSHG", "600519.SH"), ("600519", "600519.SH"), (1, "000001.SZ"),
        ("300750", "300750.SZ"), ("688981", "688981.SH"), ("430047", "430047.BJ"),
        ("000300.SH", "000300.SH"), ("000001.XSHE", "000001.SZ"),
    ],
)  # fmt: skip
def test_spellings_of_a_code(spelling, code):
    """Every customary spelling is brought to six digits and the exchange."""
    assert canonical(pd.Series([spelling])).tolist() == [code]


@pytest.mark.parametrize("wrong", ["AAPL", "6005191", "600519.NY", "999999"])
def test_what_is_no_code_is_refused(wrong):
    """Foreign tickers, wrong lengths and unused prefixes are named."""
    with pytest.raises(InputError, match=wrong):
        canonical(pd.Series([wrong]))


@pytest.mark.parametrize(
    ("volume", "amount"), [(1, 1), (100, 1), (100, 1e3), (100, 1e4), (1, 1e3), (1, 1e4)]
)
def test_units_are_told_by_the_average_price(panel, volume, amount):
    """Every customary pair of units is recognised."""
    told = units(panel.close, panel.volume / volume, panel.amount / amount, "quotes")
    assert told == Units(volume, amount)


def test_adjusted_prices_have_no_units(panel):
    """Prices that are not as traded give an average price that is no power of ten away."""
    with pytest.raises(InputError, match="must give an average price near the close"):
        units(panel.close * 3, panel.volume, panel.amount, "quotes")


def test_a_split_after_a_suspension_is_not_lost():
    """An empty row for a suspended day hides the last close; the factor must look past it."""
    frame = pd.DataFrame(
        {"code": "600519.SH", "close": [10.0, np.nan, 5.1], "pre_close": [10.0, np.nan, 5.0]}
    )
    assert columns.factor(frame, "quotes").tolist() == [1.0, 1.0, 2.0]


def test_each_file_has_units_of_its_own(folder, panel):
    """In a folder one file may count lots and the others shares."""
    (folder / "many").mkdir()
    first = panel.code.min()
    for code, rows in panel.groupby("code"):
        one = chinese(rows, 昨收=rows.pre_close).drop(columns="股票代码")
        one["成交量"] *= 1 if code == first else 100
        one.to_csv(folder / "many" / f"{code[:6]}.csv", index=False)
    assert_same(sources.load("csv", panel="many", **SPAN).panel, panel)
