"""A Parquet panel and the public collections beside it."""

import pandas as pd
import pytest

from stockcast.data import sources
from stockcast.data.sources.parquet import beside
from stockcast.errors import InputError
from stockcast.market.tables import TABLES

SPAN = {"source": "parquet", "panel": "panel.parquet", "start": "2015-01-05", "end": "2015-06-30"}


@pytest.fixture
def collections(folder):
    """The folder of the panel with a file of each kind in it."""
    (folder / "macro").mkdir()
    shibor = ("O/N", "1W", "2W", "1M", "3M", "6M", "9M", "1Y")
    written = {
        "macro/cpi.csv": "月份,全国-同比增长,全国-环比增长\n"
        "2015年04月份,1.5,-0.2\n2015年05月份,1.2,-0.2\n2015年06月份,1.4,0\n",
        "macro/shibor.csv": "日期," + ",".join(f"{span}-定价" for span in shibor) + "\n"
        "2015-06-30,1,2,3,4,5,6,7,8\n2015-07-01,1,2,3,4,5,6,7,8\n",
        "news_a.csv": "date,company,code,title\n2015-06-29,浦发银行,600000,浦发银行：甲\n"
        "2015-07-01,浦发银行,600000,浦发银行：乙\n",
        "stock_basic_2023.csv": "ts_code,name,industry,list_date\n"
        "600000.SH,浦发银行,银行,19991110\n688001.SH,华兴源创,专用机械,20190722\n",
    }
    for name, text in written.items():
        (folder / name).write_text(text, encoding="utf-8-sig")
    profit = pd.DataFrame({"code": "600000", "period": ["2014_4", "2015_1", "2015_2"]})
    profit = profit.assign(eps=1.0, roe=10.0, gross_profit_rate=30.0, net_profit_ratio=20.0)
    profit.to_parquet(folder / "fund_profit_2015.parquet")
    days = pd.to_datetime(["2015-06-30", "2015-07-01"])
    values = {"close": 10.0, "turn": 1.0, "peTTM": 9.0, "pbMRQ": 1.0, "psTTM": 2.0}
    values = pd.DataFrame({"date": days, "code": "600000.SH", "tradestatus": 1, **values})
    values.to_parquet(folder / "valuation_2015.parquet")
    return folder


def test_a_panel_alone_has_no_side_tables(folder):
    """Where no collection lies beside the panel there is no table, and no error."""
    assert not list(sources.load(**SPAN).side)


def test_every_collection_beside_the_panel_is_a_table(collections):
    """Each kind of file gives its canonical table, and nothing that it cannot know."""
    assert set(beside(collections)) == {
        "macro", "rates", "indicators", "valuation", "news", "names", "stocks",
    }  # fmt: skip
    found = sources.load(**SPAN)
    for name, table in found.side.items():
        assert list(table.columns) == list(TABLES[name].columns), name
    assert "sector" not in found.panel
    assert "sector_members" not in found.side


def test_tables_end_with_the_run(collections):
    """What came out after the last day, by release, deadline or date, is not handed on."""
    side = sources.load(**SPAN).side
    assert side["macro"]["period"].max() == pd.Timestamp("2015-05-31")
    assert side["rates"]["date"].max() == pd.Timestamp("2015-06-30")
    assert side["valuation"]["date"].tolist() == [pd.Timestamp("2015-06-30")]
    assert side["news"]["title"].tolist() == ["浦发银行：甲"]
    assert side["stocks"]["code"].tolist() == ["600000.SH"]
    # Without announcements: the half-year's deadline is 31 August.
    periods = side["indicators"]["period"].dt.strftime("%F").tolist()
    assert periods == ["2014-12-31", "2015-03-31"]


def test_an_end_before_the_deadline_knows_no_indicator(collections):
    """On 29 April neither the year nor the first quarter has to be out."""
    side = sources.load(**(SPAN | {"end": "2015-04-29"})).side
    assert side["indicators"].empty


def test_a_file_is_only_read_when_its_table_is(collections):
    """A broken file stops whoever asks for its table, and nobody else."""
    (collections / "news_a.csv").write_text("day,words\n2015-06-29,x\n")
    found = sources.load(**SPAN)
    assert "names" not in found.side
    assert len(found.side["rates"]) == 8
    with pytest.raises(InputError, match="column date"):
        found.side["news"]
