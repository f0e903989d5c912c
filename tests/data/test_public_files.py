import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from stockcast.data import point_in_time, public_files
from stockcast.errors import InputError
from stockcast.market.calendar import sessions
from stockcast.market.tables import RATES, TABLES


def written(path: Path, text: str) -> Path:
    """A file with a byte order mark, as these collections have."""
    path.write_text(text, encoding="utf-8-sig")
    return path.parent


def test_macro_files_become_series(tmp_path):
    """Chinese headers and periods are read; percent become fractions and 亿元 yuan."""
    written(tmp_path / "cpi.csv", "月份,全国-同比增长,全国-环比增长\n2017年09月份,1.6,0.5\n")
    written(
        tmp_path / "gdp.csv",
        "季度,国内生产总值-绝对值,国内生产总值-同比增长\n2017年第1-3季度,593288,6.9\n2017年第1季度,,6.9\n",
    )
    found = public_files.macro(tmp_path).set_index(["series", "period"])["value"]
    assert found.to_dict() == pytest.approx(
        {
            ("cpi_growth", pd.Timestamp("2017-09-30")): 0.016,
            ("cpi_monthly", pd.Timestamp("2017-09-30")): 0.005,
            ("gdp", pd.Timestamp("2017-09-30")): 59328800000000.0,
            ("gdp_growth", pd.Timestamp("2017-03-31")): 0.069,
            ("gdp_growth", pd.Timestamp("2017-09-30")): 0.069,
        }
    )


def test_rate_files_become_rates(tmp_path):
    """Rates are fractions a year; days without one have no row."""
    written(
        tmp_path / "lpr.csv", "TRADE_DATE,LPR1Y,LPR5Y\n2013-10-25,5.71,\n2019-08-20,4.25,4.85\n"
    )
    found = public_files.rates(tmp_path)
    assert found.to_numpy().tolist() == [
        [pd.Timestamp("2013-10-25"), "lpr_1y", pytest.approx(0.0571)],
        [pd.Timestamp("2019-08-20"), "lpr_1y", pytest.approx(0.0425)],
        [pd.Timestamp("2019-08-20"), "lpr_5y", pytest.approx(0.0485)],
    ]


def test_fund_files_become_indicators(tmp_path):
    """Kinds of files are joined by stock and quarter; what none has is missing."""
    for kind, columns in public_files.INDICATOR_FILES.items():
        frame = pd.DataFrame({name: [10.0, 20.0] for name in columns})
        frame = frame.assign(code=["000001", "600000"], period=["2014_1", "2014_4"])
        frame.to_parquet(tmp_path / f"fund_{kind}_2014.parquet")
    found = public_files.indicators(tmp_path)
    assert found["code"].tolist() == ["000001.SZ", "600000.SH"]
    assert found["period"].dt.strftime("%F").tolist() == ["2014-03-31", "2014-12-31"]
    assert found["roe"].tolist() == pytest.approx([0.1, 0.2])
    assert found["current_ratio"].tolist() == [10.0, 20.0]
    assert found["announced"].isna().all()
    assert found["roa"].isna().all()


def test_news_and_stocks(tmp_path):
    """Headlines keep their date as midnight; companies get their board."""
    written(tmp_path / "n.csv", "date,title,label\n2017-04-05,甲：乙,1\n2017-04-05,甲：乙,0\n")
    assert public_files.news(tmp_path / "n.csv")["time"].tolist() == [pd.Timestamp("2017-04-05")]
    written(
        tmp_path / "s.csv", "ts_code,name,industry,list_date\n302132.SZ,中航成飞,航空,20100827\n"
    )
    found = public_files.stocks(tmp_path / "s.csv")
    assert found[["board", "list_date"]].to_numpy().tolist() == [
        ["chinext", pd.Timestamp("2010-08-27")]
    ]


def test_headlines_say_whom_they_are_about(tmp_path):
    """Codes go into the content in brackets, as the simulated market's news has them."""
    written(
        tmp_path / "n.csv",
        'date,company,code,title\n2016-03-30,"风华高科,奥普光电","000636,002338",风华高科拟减持\n'
        "2016-03-31,某基金,510050,某基金：分红\n2017-05-02,风华新材,000636,风华新材：更名\n",
    )
    found = public_files.news(tmp_path / "n.csv")
    assert found["content"].tolist() == [
        "风华高科拟减持（000636.SZ）（002338.SZ）。",
        "",
        "风华新材：更名（000636.SZ）。",
    ]
    names = public_files.names(tmp_path / "n.csv")
    assert names[["code", "name"]].to_numpy().tolist() == [
        ["000636.SZ", "风华高科"],
        ["000636.SZ", "风华新材"],
        ["002338.SZ", "奥普光电"],
    ]
    assert names["start"].dt.strftime("%F").tolist() == ["2016-03-30", "2017-05-02", "2016-03-30"]
    linked = point_in_time.link(found, names)
    assert linked["code"].tolist() == ["000636.SZ", "000636.SZ"]


def test_valuation_files_become_valuation(tmp_path):
    """Percent of turnover become fractions; losses and halted days have no multiple."""
    frame = pd.DataFrame(
        {
            "date": pd.to_datetime(["2020-01-02", "2020-01-03", "2020-01-02"]),
            "code": ["sh.600000", "sh.600000", "sz.000001"], "close": [12.47, 12.6, 17.0],
            "turn": [0.5, np.nan, 2.0], "tradestatus": [1, 0, 1], "peTTM": [6.0, 6.0, -8.0],
            "pbMRQ": [0.8, 0.8, -1.0], "psTTM": [1.9, 1.9, 2.0],
        }
    )  # fmt: skip
    frame.to_parquet(tmp_path / "valuation_2020.parquet")
    found = public_files.valuation(tmp_path)
    assert list(found.columns) == list(TABLES["valuation"].columns)
    assert found["code"].tolist() == ["000001.SZ", "600000.SH"]
    assert found["turnover"].tolist() == pytest.approx([0.02, 0.005])
    assert found[["pe_ttm", "pb"]].isna().all(axis=1).tolist() == [True, False]
    assert found[["market_cap", "pe", "dividend_yield"]].isna().all(axis=None)
    with pytest.raises(InputError, match="valuation_2020"):
        public_files.valuation(tmp_path / "nowhere")
    frame.drop(columns="peTTM").to_parquet(tmp_path / "valuation_2020.parquet")
    with pytest.raises(InputError, match="column peTTM"):
        public_files.valuation(tmp_path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("月份,全国-同比增,全国-环比增长\n2017年09月份,1,1\n", "did you mean '全国-同比增'"),
        ("月份,全国-同比增长,全国-环比增长\nSeptember,1,1\n", "September"),
    ],
)
def test_what_is_not_understood_is_named(tmp_path, text, message):
    """A missing header, a strange period, an empty folder: the file and the fault are told."""
    with pytest.raises(InputError, match=r"cpi\.csv"):
        public_files.macro(tmp_path)
    written(tmp_path / "cpi.csv", text)
    with pytest.raises(InputError, match=message):
        public_files.macro(tmp_path)


@pytest.fixture
def folder() -> Path:
    """The folder of the real files."""
    return Path(os.environ["STOCKCAST_REAL_DATA"])


@pytest.mark.real
def test_real_statements_count_from_their_deadlines(folder):
    """Without announcement dates every quarter is known on the session after its deadline."""
    table = public_files.indicators(folder)
    assert len(table) > 28_000
    known = point_in_time.versions(table).groupby("period")["known"].agg(["min", "max"])
    assert (known["min"] == known["max"]).all()
    assert known["min"].dt.strftime("%F").tolist() == [
        "2014-05-05", "2014-09-01", "2014-11-03", "2015-05-04", "2015-05-04",
        "2015-09-01", "2015-11-02", "2016-05-03", "2016-05-03", "2016-09-01",
    ]  # fmt: skip
    days = sessions("2015-04-30", "2015-05-04")
    found = point_in_time.statements_asof(table, days, codes=["600585.SH"])
    assert found["period"].dt.strftime("%F").tolist() == ["2014-09-30", "2015-03-31"]


@pytest.mark.real
def test_real_macro_counts_from_its_usual_lag(folder):
    """Every series of the real files has periods, a lag, and no figure before its time."""
    table = public_files.macro(folder / "macro")
    found = point_in_time.released(table)
    assert found["assumed"].all()
    assert found["series"].nunique() == 15
    assert (found["known"] > found["period"]).all()
    days = sessions("2017-10-16", "2017-10-18")
    latest = point_in_time.macro_asof(found, days).query("series == 'cpi_growth'")
    assert latest["period"].dt.month.tolist() == [8, 8, 9]
    assert latest["value"].tolist() == pytest.approx([0.018, 0.018, 0.016])


@pytest.mark.real
def test_real_rates_are_fractions(folder):
    """Shibor and LPR of the real files lie between 0 and 10 % a year, all ten of them."""
    found = public_files.rates(folder / "macro")
    assert set(found["rate"]) == set(RATES)
    assert found["value"].between(0, 0.1).all()


@pytest.mark.real
def test_real_headlines_link_to_their_stocks(folder):
    """Of 6,400 labelled headlines nearly all link to the labelled stock by its name then."""
    labelled = pd.read_csv(folder / "news_labelled.csv", dtype="str")
    labelled = labelled[labelled["code"].str.fullmatch(r"(00[0-4]|30[01]|60[0135])\d{3}")]
    suffix = np.where(labelled["code"].str.startswith("6"), ".SH", ".SZ")
    labelled = labelled.assign(code=labelled["code"] + suffix, time=labelled["date"])
    names = labelled[["code", "company"]].drop_duplicates().rename(columns={"company": "name"})
    names = TABLES["names"].typed(
        names.assign(start=pd.NaT, end=pd.NaT, announced=pd.NaT, reason="")
    )
    news = public_files.news(folder / "news_labelled.csv")
    assert (point_in_time.dated(news)["known"] > news["time"]).all()
    linked = point_in_time.link(news, names).join(news[["time", "title"]], on="row")
    found = set(zip(linked["time"].dt.strftime("%F"), linked["title"], linked["code"], strict=True))
    wanted = set(zip(labelled["time"], labelled["title"], labelled["code"], strict=True))
    assert len(found & wanted) / len(wanted) > 0.99
    assert len(found & wanted) / len(found) > 0.95


@pytest.mark.real
def test_real_valuation_is_plausible(folder):
    """Its closes are the panel's, its turnover volume over shares, its multiples of usual size."""
    table = public_files.valuation(folder)
    panel = pd.read_parquet(
        folder / "panel_csi300.parquet", columns=["date", "code", "close", "turn", "volume"]
    )
    both = table.merge(panel, on=["date", "code"], suffixes=("", "_panel"))
    assert len(both) == len(table) > 60_000
    np.testing.assert_allclose(both["close"], both["close_panel"], rtol=1e-5)
    assert both["turnover"].between(0, 1).all()
    floats = (both["volume"] / both["turnover"]).groupby(both["code"])
    assert (floats.max() / floats.min()).median() < 1.5
    assert 10 < table["pe_ttm"].median() < 50
    assert 1 < table["pb"].median() < 5
    assert (table[["pe_ttm", "pb", "ps_ttm"]] > 0).sum().min() > 50_000
    assert not (table[["pe_ttm", "pb", "ps_ttm"]] <= 0).any(axis=None)


@pytest.mark.real
def test_real_codes_in_contents_are_those_of_the_names(folder):
    """Headlines link by name to the very stocks whose codes their contents hold."""
    path = folder / "news_labelled.csv"
    news = public_files.news(path)
    coded = news["content"].str.extractall(r"（(\d{6}\.[A-Z]{2})）")[0].droplevel(1)
    wanted = set(zip(coded.index, coded, strict=True))
    linked = point_in_time.link(news, public_files.names(path))
    found = set(zip(linked["row"], linked["code"], strict=True))
    assert len(wanted) > 6_000
    assert len(found & wanted) / len(wanted) > 0.98
    assert len(found & wanted) / len(found) > 0.95
