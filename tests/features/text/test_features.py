"""Text features count headlines from the right day and never look ahead."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from stockcast.data.point_in_time.news import dated
from stockcast.features.feature import Feature
from stockcast.features.rows import Rows
from stockcast.features.text import features as module
from stockcast.features.text import outcome, stories


def made(panel: pd.DataFrame, tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Every text feature that the tables allow, as float32 by date and code."""
    rows, _ = Rows.of(panel)
    rows.columns.update(module.prepare(rows, tables))
    there = {*panel.columns, *tables}
    wanted: list[Feature] = [f for f in module.FEATURES if there.issuperset(f.inputs)]
    with np.errstate(all="ignore"):
        columns = {f.name: f.make(rows).astype(np.float32) for f in wanted}
    keys = {"date": rows.dates[rows.day], "code": np.array(rows.codes)[rows.stock()]}
    return pd.DataFrame(keys | columns)


def bits(table: pd.DataFrame) -> np.ndarray:
    return table.drop(columns=["date", "code"]).to_numpy(np.float32).view(np.uint32)


@pytest.fixture(scope="module")
def side(tables) -> dict[str, pd.DataFrame]:
    return {name: tables.side[name] for name in ("news", "names")}


@pytest.fixture(scope="module")
def whole(tables, side) -> pd.DataFrame:
    return made(tables.panel, side)


def small(days: int = 12, codes: tuple[str, ...] = ("000001.SZ", "000002.SZ")) -> pd.DataFrame:
    """A panel of a few trading days from 2016-03-01 whose prices stand still."""
    from stockcast.market import calendar

    dates = calendar.sessions("2016-03-01", "2016-12-30")[:days]
    index = pd.MultiIndex.from_product([dates, codes], names=["date", "code"])
    panel = index.to_frame(index=False)
    for column in ("open", "high", "low", "close", "pre_close", "volume", "amount"):
        panel[column] = 10.0
    return panel.assign(
        adj_factor=1.0, limit_up=11.0, limit_down=9.0, suspended=False, in_universe=True
    )


def told(*headlines: tuple[str, str]) -> dict[str, pd.DataFrame]:
    """Tables with these (time, title), and the names of two stocks."""
    time, title = zip(*headlines, strict=True) if headlines else ((), ())
    news = pd.DataFrame({"time": pd.to_datetime(list(time)), "title": list(title)})
    news = news.assign(source="", content="").astype({"title": "str", "time": "datetime64[us]"})
    names = pd.DataFrame({"code": ["000001.SZ", "000002.SZ"], "name": ["云岭科技", "海川电力"]})
    names["start"] = pd.Timestamp("2010-01-04")
    return {"news": news, "names": names.assign(reason="", end=pd.NaT, announced=pd.NaT)}


def of(table: pd.DataFrame, code: str, name: str) -> list[float]:
    return table.loc[table["code"] == code, name].tolist()


def test_a_headline_counts_from_the_close_that_followed():
    """Before and at 15:00 the same day, later the next trading day, date alone the day after."""
    tables = told(
        ("2016-03-01 09:00", "市场综述"),
        ("2016-03-02 15:00", "云岭科技：中标大单"),
        ("2016-03-03 15:01", "海川电力：被立案调查"),
        ("2016-03-05 12:00", "云岭科技：中标大单"),  # a Saturday
        ("2016-03-09 00:00", "海川电力：被立案调查"),
    )
    found = made(small(), tables)
    first, second = (np.sign(of(found, code, "sentiment_1")) for code in found["code"].unique())
    assert first.tolist() == [0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]
    assert second.tolist() == [0, 0, 0, -1, 0, 0, 0, -1, 0, 0, 0, 0]


def test_counts_and_means_by_hand():
    """Two headlines of one day add up; counts, means and days since follow."""
    tables = told(
        ("2016-03-01 10:00", "市场综述"),
        ("2016-03-02 10:00", "云岭科技：中标大单"),
        ("2016-03-02 11:00", "云岭科技：签下大单"),
        ("2016-03-04 20:00", "云岭科技：股东减持"),
    )
    found = made(small(130), tables)
    count = of(found, "000001.SZ", "headlines_5")
    assert np.isnan(count[:4]).all()
    assert count[4:10] == [3.0, 3.0, 1.0, 1.0, 1.0, 0.0]
    assert of(found, "000001.SZ", "days_since_headline")[:8] == pytest.approx(
        [np.nan, 0, 1, 2, 0, 1, 2, 3], nan_ok=True
    )
    assert of(found, "000001.SZ", "negative_share_120")[119] == pytest.approx(1 / 3)
    assert of(found, "000001.SZ", "off_hours_share_120")[119] == pytest.approx(1 / 3)
    assert np.isnan(of(found, "000002.SZ", "negative_share_120")[119])


def test_sentiment_decays_by_its_span():
    """After one headline sentiment_5 falls by a third a day."""
    tables = told(("2016-03-01 10:00", "市场综述"), ("2016-03-03 10:00", "云岭科技：中标大单"))
    found = of(made(small(), tables), "000001.SZ", "sentiment_5")
    assert found[:2] == [0, 0]
    np.testing.assert_allclose(np.divide(found[3:7], found[2:6]), 2 / 3, rtol=1e-6)


def test_before_the_news_begin_nothing_is_known():
    """Days before the table's first headline are NaN, not days without news."""
    found = made(small(), told(("2016-03-04 10:00", "云岭科技：中标大单")))
    assert np.isnan(of(found, "000001.SZ", "sentiment_5")[:3]).all()
    assert np.isfinite(of(found, "000001.SZ", "sentiment_5")[3:]).all()


def test_a_headline_before_the_listing_is_left_out():
    """News of a stock that has no row yet does not fall upon its first row."""
    panel = small()
    listed = (panel["code"] == "000001.SZ") | (panel["date"] >= "2016-03-07")
    tables = told(("2016-03-01 10:00", "市场综述"), ("2016-03-02 10:00", "海川电力：中标大单"))
    found = made(panel[listed], tables)
    assert of(found, "000002.SZ", "sentiment_1") == [0.0] * 8


def test_an_untitled_story_is_read_from_its_content():
    """Where the title is empty the content's first characters are the headline."""
    tables = told(("2016-03-02 10:00", ""))
    tables["news"]["content"] = "云岭科技：中标大单" + "。其他" * 100
    found = made(small(), tables)
    assert of(found, "000001.SZ", "sentiment_1")[1] > 0


def test_empty_news_and_absent_tables_are_no_error(tables, side):
    """No headline gives NaN; without names the market's features are made alone."""
    empty = made(small(), told())
    assert empty.drop(columns=["date", "code"]).isna().all().all()
    alone = made(tables.panel, {"news": side["news"]})
    assert set(alone.columns[2:]) == {"market_sentiment_5", "market_sentiment_20"}
    odd = side | {"names": side["names"].iloc[:0]}
    assert (made(tables.panel, odd)["headlines_5"].dropna() == 0).all()


def test_no_headlines_of_a_market_without_stocks_named(tables, side):
    """News that names nobody counts for the market alone."""
    news = side["news"].assign(title="大宗商品涨跌互现", content="")
    news = news.drop_duplicates(["time", "title"])
    found = made(tables.panel, side | {"news": news})
    assert (found["sentiment_5"].dropna() == 0).all()
    assert found["headline_model_5"].isna().all()


def test_each_feature_has_values_and_none_is_infinite(whole):
    """A thousand finite values, two of them different, on 24 stocks over two years."""
    for feature in module.FEATURES:
        values = whole[feature.name]
        assert not np.isinf(values).any(), feature.name
        assert np.isfinite(values).sum() >= 1000, feature.name
        assert values.nunique() >= 2, feature.name


def test_dropping_later_rows_changes_no_bit(tables, side, whole):
    """At 20 days, around the year's end too, later rows and headlines leave no trace."""
    days = pd.DatetimeIndex(tables.panel["date"].unique()).sort_values()
    new_year = days.searchsorted(pd.Timestamp("2015-01-01"))
    rng = np.random.default_rng(4)
    at = {*range(new_year - 3, new_year + 3), *rng.choice(len(days), 14, replace=False)}
    known = dated(side["news"])["known"]
    for cut in days[sorted(at)]:
        names = side["names"]
        seen = names["announced"].fillna(names["start"]) <= cut
        news = side["news"][known <= cut]
        found = made(
            tables.panel[tables.panel["date"] <= cut], {"news": news, "names": names[seen]}
        )
        before = whole[whole["date"] <= cut].reset_index(drop=True)
        pd.testing.assert_frame_equal(found[["date", "code"]], before[["date", "code"]])
        np.testing.assert_array_equal(bits(found), bits(before), str(cut.date()))


def test_changing_later_prices_changes_no_earlier_model(tables, side, whole):
    """Other prices in 2015's second half change no bit before, nor any opinion of that year."""
    later = tables.panel["date"] > "2015-06-30"
    panel = tables.panel.copy()
    panel.loc[later, "close"] *= np.random.default_rng(0).uniform(0.5, 2.0, later.sum())
    found = made(panel, side)
    np.testing.assert_array_equal(bits(found[["date", "code", "headline_model_5"]]),
                                  bits(whole[["date", "code", "headline_model_5"]]))  # fmt: skip


def test_earlier_prices_do_teach_the_model(tables, side, whole):
    """Other prices in 2014 change 2015's opinions: the test above can fail."""
    panel = tables.panel.copy()
    early = panel["date"] < "2014-12-01"
    panel.loc[early, "close"] *= np.random.default_rng(0).uniform(0.9, 1.1, early.sum())
    found = made(panel, side)
    assert (found["headline_model_5"] != whole["headline_model_5"]).sum() > 1000


def test_the_first_year_has_no_model(whole):
    """Nothing was known before the first year; after it every covered row has an opinion."""
    first = whole["date"] < "2015-01-01"
    assert whole.loc[first, "headline_model_5"].isna().all()
    assert whole.loc[~first, "headline_model_5"].notna().all()


def test_too_few_labels_give_no_model(tables, side, monkeypatch):
    """Below the least number of labels the year is NaN."""
    monkeypatch.setattr(outcome, "LEAST", 10_000)
    assert made(tables.panel, side)["headline_model_1"].isna().all()


def test_labels_are_the_relative_return_and_its_last_day(tables, side):
    """By hand: return less the members' mean, summed over five rows from the news on."""
    rows, _ = Rows.of(tables.panel)
    heard = stories.of_stocks(stories.known(side["news"], rows), side["names"], rows)
    found = outcome.labels(heard, rows)
    panel = tables.panel.sort_values(["code", "date"])
    price = panel["close"] * panel["adj_factor"]
    own = price.groupby(panel["code"]).pct_change()
    member = panel["in_universe"] & ~panel["suspended"]
    market = own[member].groupby(panel["date"][member]).mean()
    excess = (own - panel["date"].map(market)).where(~panel["suspended"]).to_numpy()
    codes, dates = panel["code"].to_numpy(), panel["date"].to_numpy()
    checked = 0
    for row, label, known in zip(heard["row"], found["label"], found["known"], strict=True):
        span = slice(row, row + 5)
        if len(set(codes[span])) > 1 or len(codes[span]) < 5:
            assert np.isnan(label)
            continue
        moved = excess[span].sum()
        assert known == dates[span][-1]
        assert np.isnan(label) if np.isnan(moved) else label == (moved > 0)
        checked += not np.isnan(moved)
    assert checked > 250


def test_factor_level_changes_no_feature(tables, side, whole):
    """A constant times a stock's factor leaves every feature."""
    stock = pd.factorize(tables.panel["code"])[0]
    for multiple in (2.0 ** (stock % 7 - 3), 0.37 + 1.7 * stock):
        panel = tables.panel.assign(adj_factor=tables.panel["adj_factor"] * multiple)
        np.testing.assert_array_equal(bits(made(panel, side)), bits(whole))


def test_order_of_the_tables_does_not_matter(tables, side, whole):
    """Shuffled news and names give the same bits."""
    shuffled = {name: table.sample(frac=1.0, random_state=5) for name, table in side.items()}
    np.testing.assert_array_equal(bits(made(tables.panel, shuffled)), bits(whole))


def test_features_are_described():
    """Each has a one-line formula, a source and an owner's inputs."""
    for feature in module.FEATURES:
        assert dataclasses.is_dataclass(feature)
        assert feature.family == "text"
        assert "\n" not in feature.formula
        assert feature.inputs[0] == "news"
    assert len({feature.name for feature in module.FEATURES}) == len(module.FEATURES) >= 20
