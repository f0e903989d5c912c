"""The lexicon reads headlines as a person would."""

import csv
from importlib.resources import files

import pytest

from stockcast.features.text import lexicon, words

GOOD = [
    "云岭科技：上半年净利润同比增长35%",
    "海川电力中标12亿元输电项目",
    "控股股东拟增持不低于2亿元",
    "拟以5亿元回购股份",
    "前三季度扭亏为盈",
    "亏损同比减少四成",
    "财务费用下降，毛利率上升",
    "股东终止减持计划",
    "解除司法冻结",
    "控股股东承诺半年内不减持",
    "上调目标价",
    "债务下降",
]
BAD = [
    "北辰药业：预计全年净利润同比下降60%",
    "涉嫌信息披露违法违规被立案调查",
    "股东拟清仓减持",
    "控股股东所持股份被司法冻结",
    "终止重大资产重组",
    "未能中标地铁项目",
    "亏损扩大",
    "财务费用上升",
    "取消分红",
    "股票或被实施退市风险警示",
    "收到交易所问询函",
    "下调盈利预期",
]


def score(title: str) -> float:
    return lexicon.score(words.cut(words.masked(title)))


@pytest.mark.parametrize("title", GOOD)
def test_good_news_scores_above_zero(title):
    """News that a reader calls good has a positive score."""
    assert 0 < score(title) < 1


@pytest.mark.parametrize("title", BAD)
def test_bad_news_scores_below_zero(title):
    """News that a reader calls bad has a negative score."""
    assert -1 < score(title) < 0


@pytest.mark.parametrize("title", ["", "召开临时股东大会", "变更注册地址", "。，：", "ABC 123"])
def test_silent_headlines_score_zero(title):
    """Where no word of the lexicon has a tone the score is zero."""
    assert score(title) == 0


@pytest.mark.parametrize(
    ("plain", "turned"),
    [
        ("亏损", "不亏损"),
        ("减持", "终止减持"),
        ("影响", "影响"),
        ("亏损", "避免亏损"),
        ("盈利", "未盈利"),
    ],
)
def test_negators_turn_the_tone(plain, turned):
    """A negator leaves -0.75 of what follows, and nothing where there is no tone."""
    before, after = (sum(lexicon.tones(words.cut(text)).values()) for text in (plain, turned))
    assert after == pytest.approx(-0.75 * before)


def test_two_negators_cancel():
    """无法避免亏损 is bad again, and less so than 亏损."""
    assert score("亏损") < score("无法避免亏损") < 0


def test_negators_stay_in_their_clause():
    """A negator before a comma does not reach behind it."""
    assert score("不实，亏损") == score("亏损")


def test_intensifiers_strengthen_and_weaken():
    """大幅增长 is more than 增长, 小幅增长 less."""
    assert score("小幅增长") < score("增长") < score("大幅增长")


def test_what_rises_decides():
    """The same direction is good of profits and bad of losses and costs."""
    assert score("利润增加") == -score("成本增加") > 0
    assert score("利润减少") == -score("成本减少") < 0


def test_score_is_the_curbed_sum():
    """S / sqrt(S^2 + 15), by hand for one word of weight 2 and two of them."""
    assert score("中标") == pytest.approx(2 / 19**0.5)
    assert score("中标，中标") == pytest.approx(4 / 31**0.5)


def test_file_is_sound():
    """Words occur once, kinds and weights are those the reader knows, both tones are there."""
    text = files("stockcast.features.text").joinpath("lexicon.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    assert len({row["word"] for row in rows}) == len(rows) > 700
    kinds = {"tone", "direction", "gain", "cost", "negator", "intensifier", "plain"}
    assert {row["kind"] for row in rows} == kinds
    for row in rows:
        weight = float(row["weight"])
        assert abs(weight) <= 3
        assert row["kind"] != "tone" or weight != 0, row
        assert row["kind"] != "intensifier" or weight > 0, row
        assert row["kind"] != "direction" or abs(weight) == 1, row
        assert row["word"] == words.plain(row["word"]), row
    tones = [float(row["weight"]) for row in rows if row["kind"] == "tone"]
    assert min(sum(t > 0 for t in tones), sum(t < 0 for t in tones)) > 200
