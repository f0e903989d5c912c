"""The simulated market's news: Chinese headlines whose words tell a grade, and a tone behind them.

What the words of a headline say is its `grade`, from -2 (very bad) to 2; what moves the price is
its `tone`. Most headlines are worded as they are meant; a share `MISLEADING` is not, and its words
were made for another mood. The texts are our own, in `headlines.csv`: no word decides a grade
alone, because good and bad headlines share words and turn them round (未能, 避免, 不再, 收窄).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from string import Formatter
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.stats import poisson

from stockcast.market.simulated.companies import names_at
from stockcast.market.simulated.draws import Stocks
from stockcast.market.tables import TABLES

if TYPE_CHECKING:
    from stockcast.market.simulated.world import World

A_DAY, MARKET_A_DAY = 0.027, 2.5
"""Headlines of a stock, and of the market as a whole, in 24 hours that end on a trading day."""
REST = 0.25
"""News of a day without trading, as a share of a trading day's."""
HOURS = (
    1, 1, 0, 0, 0, 1, 3, 8, 14, 12, 9, 8, 5, 6, 8, 12, 14, 15, 16, 14, 11, 8, 5, 2,
)  # fmt: skip
"""News by the hour: most of it before the opening and after the close, as announcements are."""

GRADES = np.arange(-2, 3)
GRADE_SHARES = np.array([0.10, 0.20, 0.40, 0.20, 0.10])
"""How often each grade occurs."""
MISLEADING = 0.15
"""Share of headlines whose mood is another grade's than their words'."""
MOOD, MOOD_NOISE = 0.8, 0.5
"""Tone per grade of the mood, and the standard deviation around it: in sum about unit variance."""
EXPECTED_TONE = MOOD * GRADES * (1 - MISLEADING / (1 - GRADE_SHARES))
"""E[tone | grade] for grades -2 to 2. A misleading headline's mood is drawn from the other grades
in proportion to their shares, which are symmetric: its mean is -share x grade / (1 - share)."""

MARKET = -1
"""`stock` of a headline about the market as a whole."""

OUTLETS = ("证券早知道", "财讯社", "华东财经", "上市公司观察", "资本日报")
_SLOTS = {
    "product": (
        "锂电池", "光伏组件", "创新药", "特种钢", "机器人", "芯片", "白酒", "水泥", "液晶面板",
        "化肥", "乳制品", "工程机械", "软件", "高压电缆", "汽车零部件", "智能家电",
    ),
    "partner": ("远山集团", "北辰实业", "鼎元控股", "瑞和国际", "天玑科技", "长汀投资", "博望股份"),
    "place": ("广东", "江苏", "四川", "湖北", "东北", "欧洲", "东南亚", "浙江", "雄安", "西北"),
    "broker": ("华澜证券", "东岳证券", "中泓证券", "九鼎山证券", "长陵证券"),
}  # fmt: skip
_RANGES = {
    "n": (1, 10, 2), "big": (10, 60, 1), "p": (8, 40, 1), "q": (60, 280, 0),
    "s": (0.5, 5, 2), "small": (0.5, 4, 1), "count": (2, 10, 0),
}  # fmt: skip
"""Numbers in headlines: smallest, beyond the largest, decimals."""
_PERIODS = ("年度", "年度", "一季度", "一季度", "上半年", "上半年", "上半年", "上半年",
            "前三季度", "前三季度", "年度", "年度")  # fmt: skip
_CHOICES = ("outlet", "title", "detail", *_SLOTS, *_RANGES)


@dataclass(frozen=True)
class Headlines:
    """Headlines before they have words; arrays of shape (n_headlines,), sorted by time.

    Attributes
    ----------
    time
        Moment of publication, datetime64[s]; evenings, weekends and holidays too.
    day
        Position of the first trading day whose close (15:00) is later than the moment.
    stock
        Position of the stock, or `MARKET`. A stock may have left the market before: such a
        headline does not get into the table.
    grade
        What the words say, -2 to 2; 0 for the market.
    tone
        What is meant; about unit variance, E[tone | grade] = `expected_tone(grade)`; 0 for the
        market. Never public.
    wording
        (n_headlines, n_choices) uniform draws that choose words and numbers.
    """

    time: np.ndarray
    day: np.ndarray
    stock: np.ndarray
    grade: np.ndarray
    tone: np.ndarray
    wording: np.ndarray

    @classmethod
    def draw(cls, days: pd.DatetimeIndex, stocks: Stocks, rng: np.random.Generator) -> Headlines:
        """Headlines from the close before the first day until the last day's close.

        Each listed stock has at most one a day. With generators in the same state the headlines
        of the first k days do not depend on how many days follow.
        """
        happens, market, when, grades, moods, noises, words = rng.spawn(7)
        rest = _rest_days(days)
        weight = 1 + REST * rest
        about = happens.random((len(days), len(stocks.codes))) < A_DAY * weight[:, None]
        about &= np.arange(len(days))[:, None] >= stocks.first_day
        day, stock = np.nonzero(about)
        general = np.repeat(np.arange(len(days)), _counts(market, MARKET_A_DAY * weight))
        day = np.concatenate([day, general])
        stock = np.concatenate([stock, np.full(len(general), MARKET)])
        # Day by day, so that every stream below serves the first days first.
        order = np.lexsort([stock, day])
        day, stock = day[order], stock[order]
        time = _moments(days, rest, day, when.random(len(day)))
        grade = GRADES[_chosen(GRADE_SHARES, grades.random(len(day)))]
        tone = MOOD * _moods(grade, moods) + MOOD_NOISE * noises.standard_normal(len(day))
        wording = words.random((len(day), len(_CHOICES)))
        grade, tone = np.where(stock == MARKET, 0, grade), np.where(stock == MARKET, 0.0, tone)
        order = np.lexsort([stock, time])
        return cls(*(values[order] for values in (time, day, stock, grade, tone, wording)))

    def sum(self, values: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
        """Sums of a value per headline by day and stock, (n_days, n_stocks) = `shape`.

        Headlines about the market as a whole do not count.
        """
        total = np.zeros(shape)
        own = self.stock != MARKET
        np.add.at(total, (self.day[own], self.stock[own]), values[own])
        return total


def expected_tone(grade: np.ndarray) -> np.ndarray:
    """E[tone | grade]: what a reader who understands every word knows of the tone."""
    return EXPECTED_TONE[np.asarray(grade) + 2]


def news(world: World) -> pd.DataFrame:
    """The table `news`: what was published, without grades and tones.

    A headline about a stock has the company's name of that day in its title, and the code in its
    content. A title repeated within one second is dropped.
    """
    told = world.headlines
    there = (told.stock == MARKET) | world.listed[told.day, told.stock]
    time, stock, wording = told.time[there], told.stock[there], told.wording[there]
    kind = np.where(stock == MARKET, "market", told.grade[there].astype(str))
    words = _words(time, wording)
    words["name"] = np.full(len(stock), "", dtype=object)
    own = stock != MARKET
    words["name"][own] = names_at(world, stock[own], time[own])
    title = _filled("title", kind, wording, words)
    code = np.where(stock == MARKET, "", "（" + world.stocks.codes[stock] + "）")
    table = pd.DataFrame(
        {
            "time": time.astype("datetime64[us]"),
            "source": _picked(wording, "outlet", OUTLETS),
            "title": title,
            "content": title + code + "。" + _filled("detail", kind, wording, words),
        }
    )
    return TABLES["news"].typed(table.drop_duplicates(["time", "title"]))


def templates(grade: int | str, part: str) -> tuple[str, ...]:
    """The texts of one grade (or `market`); `part` is `title` or `detail`."""
    rows = _templates()
    return tuple(rows.loc[(rows["grade"] == str(grade)) & (rows["part"] == part), "text"])


@cache
def _templates() -> pd.DataFrame:
    with (files(__package__) / "headlines.csv").open(encoding="utf-8") as lines:
        return pd.read_csv(lines, dtype=str)


def _filled(part: str, kind: np.ndarray, wording: np.ndarray, words: dict) -> np.ndarray:
    """One text for each headline, its slots filled from `words`."""
    filled = np.empty(len(kind), dtype=object)
    for grade in np.unique(kind):
        here = np.flatnonzero(kind == grade)
        chosen = _picked(wording[here], part, templates(grade, part))
        for template in np.unique(chosen):
            rows, text = here[chosen == template], ""
            for literal, slot, _, _ in Formatter().parse(template):
                text = text + literal + (words[slot][rows] if slot else "")
            filled[rows] = text
    return filled


def _words(time: np.ndarray, wording: np.ndarray) -> dict[str, np.ndarray]:
    """What each headline would put into every slot."""
    words = {slot: _picked(wording, slot, options) for slot, options in _SLOTS.items()}
    for slot, (low, high, digits) in _RANGES.items():
        steps = range(round(low * 10**digits), round(high * 10**digits))
        options = [f"{step / 10**digits:.{digits}f}" for step in steps]
        words[slot] = _picked(wording, slot, options)
    month = time.astype("datetime64[M]").astype(int)
    words["period"] = np.array(_PERIODS, dtype=object)[month % 12]
    words["year"] = (1970 + month // 12).astype(str).astype(object)
    return words


def _picked(wording: np.ndarray, choice: str, options: Sequence[str]) -> np.ndarray:
    draws = wording[:, _CHOICES.index(choice)]
    return np.array(options, dtype=object)[(draws * len(options)).astype(int)]


def _rest_days(days: pd.DatetimeIndex) -> np.ndarray:
    """Days without trading since the trading day before; none are assumed before the first."""
    gaps = np.diff(days.to_numpy().astype("datetime64[D]")).astype(int) - 1
    return np.concatenate([[0], gaps])


def _counts(rng: np.random.Generator, mean: np.ndarray) -> np.ndarray:
    # One draw a day whatever the mean: a Poisson generator uses up a varying number of them.
    return poisson.ppf(rng.random(len(mean)), mean).astype(int)


def _chosen(shares: np.ndarray, draws: np.ndarray) -> np.ndarray:
    return np.searchsorted(np.cumsum(shares)[:-1], draws, side="right")


def _moods(grade: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The grade itself, or with chance `MISLEADING` one of the others by their shares."""
    draws = rng.random((len(grade), 2))
    own = GRADE_SHARES[grade + 2]
    before = np.cumsum(GRADE_SHARES)[grade + 2] - own
    other = draws[:, 1] * (1 - own)  # a point on the line of shares with the own one cut out
    other = np.where(other >= before, other + own, other)
    return np.where(draws[:, 0] < MISLEADING, GRADES[_chosen(GRADE_SHARES, other)], grade)


def _moments(
    days: pd.DatetimeIndex, rest: np.ndarray, day: np.ndarray, draw: np.ndarray
) -> np.ndarray:
    """Seconds between the close of the day before and the day's own, by the hours' profile.

    Time's course is the day before from 15:00, the days of rest, and the day until 15:00.
    """
    hours = np.concatenate([[0], np.cumsum(HOURS)]) / np.sum(HOURS)
    rest = rest[day]
    passed = hours[15] + draw * (1 + REST * rest)  # in working days' news, from the first midnight
    evening, morning = passed < 1, passed >= 1 + REST * rest
    resting, share = np.divmod(passed - 1, REST)
    date = np.select([evening, morning], [0, 1 + rest], 1 + resting.astype(int))
    share = np.select([evening, morning], [passed, passed - 1 - REST * rest], share / REST)
    second = np.floor(3600 * np.interp(share, hours, np.arange(25))).astype(int)
    # Rounding must not carry a moment over midnight or beyond either close.
    second = np.clip(second, np.where(evening, 15 * 3600, 0), np.where(morning, 15, 24) * 3600 - 1)
    start = days.to_numpy().astype("datetime64[D]")[day] - 1 - rest
    return (start + date).astype("datetime64[s]") + second
