import pandas as pd
import pytest

from stockcast.data.point_in_time import dated, link
from stockcast.market.tables import TABLES


def news(*rows: tuple) -> pd.DataFrame:
    """Canonical news of (time, title[, content])."""
    made = [
        {"time": pd.Timestamp(time), "title": title, "content": "".join(more), "source": "test"}
        for time, title, *more in rows
    ]
    return TABLES["news"].typed(pd.DataFrame(made))


def names(*rows: tuple) -> pd.DataFrame:
    """Canonical names of (code, name[, start[, end]])."""
    made = [
        {
            "code": code, "name": name, "start": more[0] if more else "2000-01-01",
            "end": more[1] if len(more) > 1 else None, "announced": None, "reason": "",
        }
        for code, name, *more in rows
    ]  # fmt: skip
    frame = pd.DataFrame(made)
    days = ["start", "end", "announced"]
    frame[days] = frame[days].apply(pd.to_datetime)
    return TABLES["names"].typed(frame)


@pytest.mark.parametrize(
    ("time", "day"),
    [
        ("2017-03-31", "2017-04-05"),
        ("2017-03-31 00:00:01", "2017-03-31"),
        ("2017-03-31 15:00", "2017-03-31"),
        ("2017-03-31 15:01", "2017-04-05"),
        ("2017-04-02 10:00", "2017-04-05"),
    ],
)
def test_news_counts_from_the_close_after_it(time, day):
    """A date without a time counts from the next session, a time from the next close."""
    assert dated(news((time, "x")))["known"].tolist() == [pd.Timestamp(day)]


@pytest.mark.parametrize(
    ("title", "codes"),
    [
        ("冀东水泥：签下大单", ["000401.SZ"]),
        ("中国石油化工中标", ["600028.SH"]),
        ("中国石油与中国石油化工合作", ["600028.SH", "601857.SH"]),
        ("京东方获补助", ["000725.SZ"]),
        ("ST 冀东水泥摘帽", ["000401.SZ"]),
        ("ＴＣＬ集团增持", ["000100.SZ"]),
        ("寒武纪大涨", ["688256.SH"]),
        ("机器人行业景气", []),
        ("机器人：签下大单", ["300024.SZ"]),
        ("今日大盘震荡", []),
    ],
)
def test_headlines_link_to_the_stocks_they_name(title, codes):
    """Marks, blanks and full-width letters do not matter; the longest name wins."""
    table = names(
        ("000401.SZ", "*ST冀东水泥"), ("600028.SH", "中国石油化工"), ("601857.SH", "中国石油"),
        ("000725.SZ", "京东方Ａ"), ("000100.SZ", "TCL集团"), ("688256.SH", "寒武纪-U"),
        ("300024.SZ", "机器人"),
    )  # fmt: skip
    assert link(news(("2017-04-05 10:00", title)), table)["code"].tolist() == codes


def test_names_count_while_they_are_in_force():
    """After a change of name the old one links no more, and the new one not before."""
    table = names(
        ("000623.SZ", "吉林敖东", "2000-01-01", "2017-06-30"),
        ("000623.SZ", "敖东药业", "2017-07-01"),
    )
    rows = news(
        ("2017-06-30 10:00", "吉林敖东分红"), ("2017-06-30 11:00", "敖东药业分红"),
        ("2017-07-03 10:00", "吉林敖东增持"), ("2017-07-03 11:00", "敖东药业增持"),
    )  # fmt: skip
    found = link(rows, table)
    assert rows.loc[found["row"], "title"].tolist() == ["吉林敖东分红", "敖东药业增持"]


def test_a_name_of_two_stocks_links_to_neither():
    """An ambiguous name gives no link on the days on which it is one."""
    table = names(
        ("600001.SH", "东方明珠", "2000-01-01"),
        ("600002.SH", "ST东方明珠", "2015-01-01", "2016-12-31"),
    )
    rows = news(("2016-05-05 10:00", "东方明珠停牌"), ("2017-05-05 10:00", "东方明珠复牌"))
    found = link(rows, table)
    assert found["code"].tolist() == ["600001.SH"]
    assert rows.loc[found["row"], "title"].tolist() == ["东方明珠复牌"]


def test_a_stock_is_linked_once_and_contents_count():
    """Two mentions are one link; a name in the content links too."""
    rows = news(("2017-04-05 10:00", "冀东水泥与冀东水泥", "海螺水泥参股"))
    table = names(("000401.SZ", "冀东水泥"), ("600585.SH", "海螺水泥"))
    assert link(rows, table)["code"].tolist() == ["000401.SZ", "600585.SH"]


def test_links_look_at_nothing_later():
    """Names of later days change no earlier link, not even one that contains today's name."""
    table = names(
        ("601857.SH", "中国石油"),
        ("600028.SH", "中国石油化工", "2018-01-02"),
        ("600099.SH", "中国石油", "2018-01-02"),
    )
    rows = news(("2017-04-05 10:00", "中国石油化工中标"))
    early = link(rows, table[table["start"] < "2018"])
    pd.testing.assert_frame_equal(link(rows, table), early)
    assert early["code"].tolist() == ["601857.SH"]


def test_nothing_to_link():
    """No names or no news give an empty table of the same form."""
    empty = link(news(("2017-04-05", "x")), TABLES["names"].empty())
    assert empty.columns.tolist() == ["row", "code"]
    assert link(TABLES["news"].empty(), names(("600001.SH", "冀东水泥"))).empty
