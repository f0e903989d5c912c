"""What the news says about a stock and about the market, and how much it is talked about.

A headline counts from the first close that followed it (`data.point_in_time.news`). Its tone is
the lexicon's score; `headline_model_*` is the opinion of a model that learns, at the start of each
calendar year, from the headlines whose outcome was known by then.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import numpy as np
import pandas as pd

from stockcast.features import cross, kernels
from stockcast.features.feature import Feature
from stockcast.features.rows import Rows, ratio, where
from stockcast.features.text import outcome, stories

GROUPS = ("earnings", "contracts", "capital")
"""Groups of the lexicon's words that have a feature of their own; `trouble` joins two more."""

LEXICON = "Loughran and McDonald, Journal of Finance 66 (2011); our own word list"
TONE = "Tetlock, Journal of Finance 62 (2007)"
ATTENTION = "Barber and Odean, Review of Financial Studies 21 (2008)"
LEARNT = "after Ke, Kelly and Xiu, Predicting returns with text data (2019)"

_OWN, _MARKET = ("news", "names"), ("news",)
_COUNTED = ("count", "score", "square", "negative", "timed", "off_hours", "trouble", *GROUPS)


def prepare(rows: Rows, tables: Mapping[str, pd.DataFrame]) -> dict[str, np.ndarray]:
    """Columns `text_*`: sums over each row's headlines, and the market's.

    NaN before the first day of the news; 0 on days without a headline. `text_model` is NaN in
    years that no model could be fitted for.
    """
    news = stories.known(tables["news"], rows)
    columns = _of_market(news, rows)
    if "names" not in tables:
        return columns
    told = stories.of_stocks(news, tables["names"], rows)
    told["masked"] = stories.masked(told["text"], told["names"])
    groups = [*GROUPS, "regulation", "legal"]
    told = told.join(stories.tones(told["masked"].to_list(), groups))
    values = told.assign(
        count=1.0,
        square=told["score"] ** 2,
        negative=told["score"] < 0,
        timed=told["off_hours"].notna(),
        off_hours=told["off_hours"].fillna(0.0),
        trouble=np.minimum(told["regulation"] + told["legal"], 0.0),
    )
    covered = rows.day >= news["day"].min() if len(news) else np.zeros(len(rows), bool)
    for name in _COUNTED:
        columns[f"text_{name}"] = _summed(values, name, len(rows), covered)
    opinion, judged = outcome.opinions(told, rows)
    judged_told = told.assign(opinion=opinion)
    columns["text_model"] = _summed(judged_told, "opinion", len(rows), covered & judged)
    return columns | _beside(rows, columns)


def _summed(told: pd.DataFrame, name: str, size: int, there: np.ndarray) -> np.ndarray:
    """Sum of a column over each row's headlines, one after another in order of time."""
    out = np.zeros(size)
    np.add.at(out, told["row"].to_numpy(), told[name].to_numpy(float))
    return np.where(there, out, np.nan)


def _of_market(news: pd.DataFrame, rows: Rows) -> dict[str, np.ndarray]:
    """Mean tone of all headlines of the last 5 and 20 days, the same for all rows of a day."""
    masked = stories.masked(news["text"], [()] * len(news))
    score = stories.tones(masked, ())["score"].to_numpy()
    days = len(rows.dates)
    total, count = np.zeros(days), np.zeros(days)
    np.add.at(total, news["day"].to_numpy(), score)
    np.add.at(count, news["day"].to_numpy(), 1.0)
    before = np.arange(days) < (news["day"].min() if len(news) else days)
    total[before] = np.nan
    whole = np.array([0, days])
    return {
        f"text_market_{n}": ratio(
            kernels.rolling_sum(total, whole, n, n), kernels.rolling_sum(count, whole, n, n)
        )[rows.day]
        for n in (5, 20)
    }


def _beside(rows: Rows, columns: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Sentiment of the day's members, of the sector, and headlines of all stocks."""
    members = cross.counted(rows)
    tone = {n: rows.ewm(columns["text_score"], _alpha(n)) for n in (5, 20)}
    out = {
        "text_members_5": cross.mean(rows, tone[5], members),
        "text_all_headlines": cross.total(rows, columns["text_count"], members),
    }
    if "sector" in rows:
        out["text_sector_20"] = cross.mean(rows, tone[20], members, rows["sector"])
    return out


def _alpha(days: int) -> float:
    return 2 / (days + 1)


def _sentiment(rows: Rows, days: int) -> np.ndarray:
    return rows.ewm("text_score", _alpha(days))


def _relative(rows: Rows) -> np.ndarray:
    return _sentiment(rows, 5) - rows["text_members_5"]


def _headlines(rows: Rows, days: int) -> np.ndarray:
    return rows.sum("text_count", days)


def _tone(rows: Rows, days: int) -> np.ndarray:
    return ratio(rows.sum("text_score", days), rows.sum("text_count", days))


def _surprise(rows: Rows) -> np.ndarray:
    return _tone(rows, 5) - _tone(rows, 120)


def _share(rows: Rows, name: str, of: str, days: int) -> np.ndarray:
    return ratio(rows.sum(name, days), rows.sum(of, days))


def _dispersion(rows: Rows) -> np.ndarray:
    count = rows.sum("text_count", 250)
    mean = _tone(rows, 250)
    spread = ratio(rows.sum("text_square", 250), count) - mean * mean
    return where(count >= 2, np.sqrt(np.maximum(spread, 0.0)))


def _attention(rows: Rows) -> np.ndarray:
    return np.log((1 + rows.sum("text_count", 5)) / (1 + rows.sum("text_count", 60) / 12))


def _attention_share(rows: Rows) -> np.ndarray:
    return ratio(rows.sum("text_count", 20), rows.sum("text_all_headlines", 20))


def _since(rows: Rows) -> np.ndarray:
    return np.minimum(rows.since(rows["text_count"] > 0), 250.0)


def _group(rows: Rows, name: str) -> np.ndarray:
    return rows.ewm(name, _alpha(20))


def _opinion(rows: Rows, days: int) -> np.ndarray:
    return rows.ewm("text_model", _alpha(days))


FEATURES = (
    *(
        Feature(
            f"sentiment_{n}", "text", "sentiment",
            f"exponential mean (span {n} days) of the day's sum of headline scores",
            _OWN, 1, "score, -1 to 1 a headline", LEXICON, partial(_sentiment, days=n),
        )
        for n in (1, 5, 20)
    ),
    Feature(
        "relative_sentiment_5", "text", "sentiment",
        "sentiment_5 - its mean over the day's members", _OWN, 1,
        "score, -1 to 1 a headline", LEXICON, _relative,
    ),
    Feature(
        "tone_120", "text", "sentiment", "mean score of the headlines of 120 days",
        _OWN, 120, "score, -1 to 1", LEXICON, partial(_tone, days=120),
    ),
    Feature(
        "tone_surprise_5_120", "text", "sentiment",
        "mean score of the headlines of 5 days - mean score of those of 120 days", _OWN, 120,
        "score, -2 to 2", TONE, _surprise,
    ),
    Feature(
        "negative_share_120", "text", "sentiment",
        "share of headlines with a score below 0, 120 days", _OWN, 120, "fraction", TONE,
        partial(_share, name="text_negative", of="text_count", days=120),
    ),
    Feature(
        "sentiment_dispersion_250", "text", "sentiment",
        "standard deviation (n) of the headlines' scores, 250 days, two headlines at least",
        _OWN, 250, "score", TONE, _dispersion,
    ),
    *(
        Feature(
            f"{name}_sentiment_20", "text", "sentiment",
            f"as sentiment_20, of the lexicon's words about {about} alone", _OWN, 1,
            "score, -1 to 1 a headline", LEXICON, partial(_group, name=f"text_{name}"),
        )
        for name, about in (
            ("earnings", "earnings"),
            ("contracts", "orders and projects"),
            ("capital", "shareholders, buy-backs and takeovers"),
            ("trouble", "regulators, courts and debts, where they are bad,"),
        )
    ),
    Feature(
        "sector_sentiment_20", "text", "sentiment",
        "mean of sentiment_20 over the sector's members of the day", (*_OWN, "sector"), 1,
        "score, -1 to 1 a headline", LEXICON, partial(Rows.__getitem__, name="text_sector_20"),
    ),
    *(
        Feature(
            f"market_sentiment_{n}", "text", "sentiment",
            f"mean score of all headlines of {n} days", _MARKET, n, "score, -1 to 1", TONE,
            partial(Rows.__getitem__, name=f"text_market_{n}"),
        )
        for n in (5, 20)
    ),
    *(
        Feature(
            f"headline_model_{n}", "text", "sentiment",
            f"exponential mean (span {n} days) of the day's sum of p - p0: p from TF-IDF and "
            "logistic regression refitted each year on sign(5-day return - market) after earlier "
            "headlines, p0 the share of good ones", _OWN, 1, "probability", LEARNT,
            partial(_opinion, days=n),
        )
        for n in (1, 5, 20)
    ),
    *(
        Feature(
            f"headlines_{n}", "text", "attention", f"headlines of {n} days", _OWN, n,
            "headlines", ATTENTION, partial(_headlines, days=n),
        )
        for n in (5, 60)
    ),
    Feature(
        "abnormal_attention_5_60", "text", "attention",
        "log((1 + headlines of 5 days) / (1 + headlines of 60 days / 12))", _OWN, 60, "log ratio",
        ATTENTION, _attention,
    ),
    Feature(
        "attention_share_20", "text", "attention",
        "headlines of 20 days / those of the day's members in sum", _OWN, 20, "fraction",
        ATTENTION, _attention_share,
    ),
    Feature(
        "off_hours_share_120", "text", "attention",
        "share of headlines published outside trading hours, of those whose hour is told, 120 days",
        _OWN, 120, "fraction",
        "DellaVigna and Pollet, Journal of Finance 64 (2009)",
        partial(_share, name="text_off_hours", of="text_timed", days=120),
    ),
    Feature(
        "days_since_headline", "text", "attention",
        "trading days since the last headline, at most 250", _OWN, 1, "trading days", ATTENTION,
        _since,
    ),
)  # fmt: skip
