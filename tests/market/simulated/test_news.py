"""Headlines: when they come, what they mean, and what their words say."""

import numpy as np
import pandas as pd
import pytest
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from stockcast.determinism import stream
from stockcast.market.calendar import sessions
from stockcast.market.simulated import news
from stockcast.market.simulated.draws import Stocks


@pytest.fixture(scope="module")
def told(market):
    """The table with the grade behind each headline about a stock."""
    table = market.table("news")
    code = table["content"].str.extract(r"（(\d{6}\.S[HZ])）", expand=False)
    made = market.world.headlines
    own = made.stock != news.MARKET
    hidden = pd.DataFrame(
        {
            "time": made.time[own].astype("datetime64[us]"),
            "code": market.world.stocks.codes[made.stock[own]],
            "grade": made.grade[own],
            "day": made.day[own],
        }
    )
    return table.assign(code=code).merge(hidden, on=["time", "code"], validate="one_to_one")


@pytest.fixture(scope="module")
def many(market):
    """Ten years of headlines, without words."""
    days, stocks = sessions("2010-01-04", "2019-12-31"), market.world.stocks
    return news.Headlines.draw(days, stocks, stream(1, "many")), days


def test_headlines_belong_to_the_next_close(many):
    """A headline's day is the first trading day whose close at 15:00 comes after it."""
    made, days = many
    closes = days.to_numpy().astype("datetime64[s]") + np.timedelta64(15, "h")
    np.testing.assert_array_equal(made.day, np.searchsorted(closes, made.time, side="right"))
    assert (np.diff(made.time) >= np.timedelta64(0)).all()


def test_headlines_come_at_plausible_times(many):
    """Most come before the opening and after the close, few at night, some on weekends."""
    made, _ = many
    time = pd.DatetimeIndex(made.time)
    by_hour = np.bincount(time.hour, minlength=24) / len(time)
    assert by_hour[1:5].sum() < 0.03 < 0.4 < by_hour[[7, 8, *range(15, 21)]].sum()
    assert 0.03 < (time.day_of_week >= 5).mean() < 0.12
    per_stock = (made.stock != news.MARKET).sum() / len(many[1]) / (made.stock.max() + 1)
    assert 0.025 < per_stock < 0.035


def test_tone_given_the_words_is_the_published_constant(many):
    """The mean tone of each grade is `expected_tone`, and tones have about unit variance."""
    made, _ = many
    own = made.stock != news.MARKET
    for grade in news.GRADES:
        tone = made.tone[own & (made.grade == grade)]
        error = tone.std() / np.sqrt(len(tone))
        assert abs(tone.mean() - news.expected_tone(grade)) < 4 * error
    assert made.tone[own].std() == pytest.approx(1, abs=0.05)
    assert not made.tone[~own].any()


@pytest.mark.parametrize("grade", news.GRADES)
def test_some_words_mislead(grade):
    """15 % of headlines are meant as another grade, whatever their words say."""
    moods = news._moods(np.full(40_000, grade), stream(2))
    assert (moods != grade).mean() == pytest.approx(news.MISLEADING, abs=0.007)
    assert set(moods) == set(news.GRADES)
    assert news.MOOD * moods.mean() == pytest.approx(news.expected_tone(grade), abs=0.02)


def test_later_days_change_no_headline(market, days):
    """The headlines of the first days are those of a longer draw, to the bit."""
    long = news.Headlines.draw(days, market.world.stocks, stream(3))
    short = news.Headlines.draw(days[:300], market.world.stocks, stream(3))
    for name in ("time", "day", "stock", "grade", "tone", "wording"):
        np.testing.assert_array_equal(getattr(short, name), getattr(long, name)[: len(short.time)])
    assert (long.day[len(short.time) :] >= 300).all()


def test_grades_can_be_read_from_the_words(told):
    """A bag of characters learnt on the first half reads grades of the second half."""
    half = len(told) // 2
    model = make_pipeline(
        CountVectorizer(analyzer="char", ngram_range=(1, 3), min_df=2),
        LogisticRegression(max_iter=300),
    )
    text = told["title"] + told["content"]
    model.fit(text[:half], told["grade"][:half])
    right = model.predict(text[half:]) == told["grade"][half:]
    assert right.mean() > 0.9


@pytest.mark.parametrize(
    "word",
    ["增长", "下降", "亏损", "盈利", "避免", "未能", "停产", "上升", "终止", "拐点", "违", "续签"],
)
def test_no_word_decides_alone(word):
    """Words of one polarity also occur in the other one's templates, turned round."""
    texts = {
        sign: "".join(
            text
            for grade in (sign, 2 * sign)
            for part in ("title", "detail")
            for text in news.templates(grade, part)
        )
        for sign in (1, -1)
    }
    assert word in texts[1]
    assert word in texts[-1]


def test_there_are_many_ways_to_say_it():
    """Each grade has at least 25 titles, no two alike, and so has the market."""
    for grade in (*news.GRADES, "market"):
        titles = news.templates(grade, "title")
        assert len(set(titles)) == len(titles) >= 25
        assert all(("{name}" in title) == (grade != "market") for title in titles)


def test_titles_name_the_company_as_of_the_day(market, told):
    """A headline's title has the name that `names` gives for its date; titles differ in time."""
    names = market.table("names")
    held = told.merge(names[["code", "start", "end", "name"]], on="code")
    date = held["time"].dt.normalize()
    now = (date >= held["start"]) & ~(date > held["end"])
    held = held[now]
    assert len(held) > 0.99 * len(told)
    assert all(name in title for name, title in zip(held["name"], held["title"], strict=True))
    assert not market.table("news").duplicated(["time", "title"]).any()
    assert not market.table("news")["title"].str.contains(r"[{}]").any()


def test_only_listed_stocks_have_news(market, told):
    """No headline is about a stock that was not listed on the day it counts for."""
    stock = pd.Index(market.world.stocks.codes).get_indexer(told["code"])
    assert market.world.listed[told["day"], stock].all()


def test_sums_are_by_day_and_stock(many):
    """`Headlines.sum` adds up what belongs to one day and stock, and leaves the market out."""
    made, days = many
    total = made.sum(np.ones(len(made.time)), (len(days), made.stock.max() + 1))
    assert total.sum() == (made.stock != news.MARKET).sum()
    one = np.flatnonzero(made.stock != news.MARKET)[7]
    assert total[made.day[one], made.stock[one]] == 1


def test_a_stock_not_listed_yet_is_not_drawn(market, days):
    """Headlines begin with the listing."""
    stocks: Stocks = market.world.stocks
    made = news.Headlines.draw(days, stocks, stream(4))
    own = made.stock != news.MARKET
    assert (made.day[own] >= stocks.first_day[made.stock[own]]).all()
