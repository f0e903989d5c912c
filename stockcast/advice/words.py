"""What the list says, in English and in Chinese."""

from __future__ import annotations

from typing import Literal

from stockcast.errors import InputError, nearest
from stockcast.features import catalogue

Language = Literal["en", "zh"]
LANGUAGES = ("en", "zh")

NOTICE = {
    "en": "Not investment advice. A model's output for research and teaching; it may be wrong, "
    "and past results promise nothing.",
    "zh": "本清单不构成投资建议。内容为模型输出，仅供研究与教学，可能有误；"
    "过往表现不预示未来结果。",
}
"""Stands in every output, in both languages."""

PROVISIONAL = {
    "en": "PROVISIONAL: made from bars that still form; the day's volume and close are not final.",
    "zh": "临时清单：依据盘中尚未收盘的行情生成，当日成交量与收盘价并非最终值。",
}

SAID = {
    "title": ("Tomorrow's list", "明日清单"),
    "made": ("made at the close of", "生成于收盘日"),
    "model": ("model", "模型"),
    "rank": ("rank", "名次"),
    "code": ("code", "代码"),
    "name": ("name", "名称"),
    "direction": ("direction", "方向"),
    "up": ("up", "涨"),
    "down": ("down", "跌"),
    "prob_up": ("P(rise)", "上涨概率"),
    "interval": ("90 % interval", "90 % 区间"),
    "mu": ("expected", "期望收益"),
    "sigma": ("sigma", "收益标准差"),
    "sigma_prob": ("sigma of P", "概率标准差"),
    "holding": ("days (mean held)", "交易日（平均持有）"),
    "weight": ("weight", "建议权重"),
    "action": ("action", "操作"),
    "flags": ("flags", "提示"),
    "reasons": ("reasons", "理由"),
    "flip": ("what would change the view", "何种变化会改变判断"),
    "similar": ("similar past calls", "相似的历史判断"),
    "orders": ("orders of the paper account, by its rule", "模拟账户按规则的委托"),
    "abstained": ("No list today", "今日不荐股"),
    "side": ("side", "方向"),
    "asked": ("yuan", "金额（元）"),
    "buy": ("buy", "买入"),
    "sell": ("sell", "卖出"),
    "hold": ("hold", "持有"),
    "watch": ("watch", "观望"),
    "none": ("none", "无"),
    "whole": ("all", "全部"),
    "record": ("record", "决策记录"),
}

FLAGS = {
    "limit_up": ("closed at limit-up", "收盘涨停"),
    "limit_down": ("closed at limit-down", "收盘跌停"),
    "suspended": ("suspended", "停牌"),
    "st": ("special treatment", "ST"),
    "adjusted": ("prices not as traded", "价格非原始成交价"),
    "illiquid": ("order is large for its turnover", "委托额相对成交额偏大"),
    "no_turnover": ("turnover unknown", "成交额未知"),
    "new": ("listed less than 60 days ago", "上市不足 60 个交易日"),
    "outside": ("no longer ranked", "已不在评选范围"),
}

GROUPS = {
    "returns": ("its recent return", "近期涨跌幅"),
    "trend": ("its distance from its trend", "相对均线趋势的位置"),
    "extremes": ("its distance from recent highs and lows", "距近期高低点的距离"),
    "oscillators": ("its overbought or oversold reading", "超买超卖指标"),
    "volatility": ("its volatility", "波动率"),
    "ranges": ("its daily price range", "日内振幅"),
    "bars": ("the shape of its daily bars", "K 线形态"),
    "nights": ("its overnight moves", "隔夜跳空"),
    "volume": ("its trading volume", "成交量"),
    "volume and price": ("how its volume follows its price", "量价关系"),
    "liquidity": ("how easily it trades", "流动性"),
    "rules": ("its limit days and suspensions", "涨跌停与停牌记录"),
    "profitability": ("its profitability", "盈利能力"),
    "solvency": ("its solvency", "偿债能力"),
    "efficiency": ("how it uses its assets", "营运效率"),
    "growth": ("the growth of its business", "成长性"),
    "quality": ("the quality of its earnings", "盈利质量"),
    "valuation": ("its valuation", "估值"),
    "payout": ("its dividends", "分红"),
    "size": ("its size", "市值规模"),
    "market share": ("its market share", "市场份额"),
    "timeliness": ("the age of its statements", "财报时效"),
    "reported": ("the figures it reported", "已披露财务指标"),
    "relative strength": ("its strength against the market", "相对大盘强弱"),
    "market model": ("how it moves with the market", "与大盘的联动"),
    "rank": ("its rank among the members", "在成员中的排名"),
    "sector": ("its strength within its sector", "行业内相对强弱"),
    "sector heat": ("the heat of its sector", "行业热度"),
    "money flow": ("large orders in it", "主力资金流向"),
    "foreign money": ("its holdings from Hong Kong", "北向资金"),
    "margin": ("purchases on margin", "融资融券"),
    "top list": ("its appearances on the top list", "龙虎榜"),
    "momentum": ("its momentum", "动量"),
    "reversal": ("its earlier losses or gains", "反转"),
    "to date": ("its return this month or quarter", "本期累计涨跌"),
    "seasonality": ("its return at this season in the past", "季节性表现"),
    "events": ("policy news that names it", "相关政策事件"),
    "theme": ("its policy theme", "政策主题"),
    "under way": ("moves of its partners that are under way", "产业链伙伴的待传导涨跌"),
    "leaders' returns": ("returns of its partners", "产业链伙伴的涨跌"),
    "leaders' trade": ("trade in its partners", "产业链伙伴的成交"),
    "web": ("its place in the supply chain", "产业链位置"),
    "sentiment": ("the tone of its headlines", "新闻情绪"),
    "attention": ("how much is written about it", "新闻关注度"),
    "candle": ("the shape of its last bar", "当日 K 线"),
    "price": ("today's prices against the close", "当日价位"),
    "rolling price": ("its price some days ago", "近期价格水平"),
    "rolling trend": ("the slope of its price", "价格斜率"),
    "rolling range": ("its recent price range", "近期价格区间"),
    "rolling rank": ("its place in its recent prices", "在近期价格中的位置"),
    "rolling volume": ("its recent volume", "近期成交量变化"),
    "rolling moves": ("its recent rises and falls", "近期涨跌天数"),
    "breadth": ("how many stocks rise", "市场宽度"),
    "fear": ("the market's fear", "市场恐慌程度"),
    "implied volatility": ("implied volatility", "隐含波动率"),
    "options": ("the prices of options", "期权定价"),
    "rates": ("interest rates", "利率"),
    "season of the year": ("the season of the year", "年内季节"),
    "day of the week": ("the day of the week", "星期几"),
    "turn of the month": ("the turn of the month", "月初月末"),
    "season of the quarter": ("the season of the quarter", "季度内时点"),
    "holiday": ("the holidays", "节假日"),
    "policy season": ("the policy season", "政策会议季"),
    "earnings season": ("when it reports", "财报披露时点"),
    "economic cycle": ("the economic cycle", "经济周期"),
    "created": ("the statistics of its recent bars", "近期行情统计量"),
}
"""Phrases by group of the catalogue."""

STEMS = {
    "ROC": ("its price some days ago, by today's", "此前价格与现价之比"),
    "MA": ("its average price of late, by today's", "近期均价与现价之比"),
    "STD": ("how much its price varied of late", "近期价格波动幅度"),
    "BETA": ("the slope of its price", "价格斜率"),
    "RSQR": ("how straight its price has run", "价格走势的线性程度"),
    "RESI": ("its distance from the line of its recent prices", "现价偏离近期趋势线的程度"),
    "MAX": ("its recent high, by today's price", "近期最高价与现价之比"),
    "MIN": ("its recent low, by today's price", "近期最低价与现价之比"),
    "QTLU": ("the upper fifth of its recent prices, by today's", "近期价格八成分位与现价之比"),
    "QTLD": ("the lower fifth of its recent prices, by today's", "近期价格两成分位与现价之比"),
    "RANK": ("its place among its recent prices", "现价在近期价格中的排位"),
    "RSV": ("where it stands between its recent low and high", "现价在近期高低点之间的位置"),
    "IMAX": ("how long after the window's start its high came", "近期最高点出现的先后"),
    "IMIN": ("how long after the window's start its low came", "近期最低点出现的先后"),
    "IMXD": ("how much later its high came than its low", "近期高点晚于低点的天数"),
    "CORR": ("how its price and its volume go together", "价量相关性"),
    "CORD": ("how changes of its price and volume go together", "价量变动的相关性"),
    "CNTP": ("the share of days on which it rose", "上涨天数占比"),
    "CNTN": ("the share of days on which it fell", "下跌天数占比"),
    "CNTD": ("days on which it rose less those on which it fell", "涨跌天数之差"),
    "SUMP": ("the share of gains in its moves", "涨幅在波动中的占比"),
    "SUMN": ("the share of losses in its moves", "跌幅在波动中的占比"),
    "SUMD": ("its gains less its losses", "涨幅与跌幅之差"),
    "VMA": ("its average volume of late, by today's", "近期均量与今日成交量之比"),
    "VSTD": ("how much its volume varied of late", "近期成交量波动"),
    "WVMA": ("how much its moves, weighed by volume, varied", "量加权涨跌幅的波动"),
    "VSUMP": ("the share of increases in its volume's changes", "放量在成交量变化中的占比"),
    "VSUMN": ("the share of decreases in its volume's changes", "缩量在成交量变化中的占比"),
    "VSUMD": ("increases of its volume less decreases", "放量与缩量之差"),
}
"""Phrases of Alpha158's rolling features, by the name without its days: a group has several."""
SINGLE = {
    "policy_themed": ("whether policy news names it", "是否为政策主题股"),
    "policy_recency": ("how recent policy news that names it is", "相关政策事件的新近程度"),
    "policy_age": ("the time since policy news named it", "距相关政策事件的时间"),
    "policy_count_60": ("how often policy news named it", "相关政策事件的次数"),
    "policy_count_250": ("how often policy news named it", "相关政策事件的次数"),
}
"""Phrases of features that their group's does not fit."""


def checked(language: str) -> Language:
    """`language`, if it is one.

    Raises
    ------
    InputError
        Otherwise, naming the nearest.
    """
    if language not in LANGUAGES:
        raise InputError(
            "language", "must be en or zh", language, nearest(str(language), LANGUAGES)
        )
    return language


def say(key: str, language: Language) -> str:
    """A word of the list; a flag's too."""
    return (SAID | FLAGS)[key][LANGUAGES.index(language)]


def group_of(feature: str) -> str:
    """The catalogue's group of a feature; "created" for those that are in no catalogue."""
    known = catalogue.BY_NAME.get(feature)
    return known.group if known is not None else "created"


def phrase(feature: str, language: Language) -> str:
    """What a feature is about, in plain words."""
    group = group_of(feature)
    words = SINGLE.get(feature) or STEMS.get(feature.rstrip("0123456789"))
    return (words or GROUPS.get(group, (group, group)))[LANGUAGES.index(language)]
