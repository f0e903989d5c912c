"""News: the day from which a headline was known, and the stocks it names."""

from __future__ import annotations

import pandas as pd
import polars as pl

from stockcast.data.point_in_time.public import known_from

_BEFORE = r"^(?:XD|XR|DR|SST|S?\*?ST|退市|N|C|S|G)+"  # without a right, special, new, reformed
_AFTER = r"(?:退|-[A-Z]+|(?<=[^A-Z])[AB])$"  # delisting, STAR's -U and -W, A-shares beside B-shares
_SHORTEST = 2  # characters of a name, marks taken off

ORDINARY = (
    "机器人",
    "新产业",
    "好想你",
    "信息发展",
    "大自然",
    "数据港",
    "新希望",
    "太平洋",
    "未来",
)
"""Names that are everyday words too: they link only where a colon follows, as in a byline."""


def dated(news: pd.DataFrame) -> pd.DataFrame:
    """News with `known`, the first trading day at whose close it was known.

    A time of midnight exactly means that only the date is told: such news counts from the next
    trading day. The rest counts from the close that follows it (15:00 included).

    Parameters
    ----------
    news
        Canonical `news`.
    """
    undated = news["time"].eq(news["time"].dt.normalize())
    known = known_from(news["time"], timed=True).mask(undated, known_from(news["time"]))
    return news.assign(known=known)


def link(news: pd.DataFrame, names: pd.DataFrame) -> pd.DataFrame:
    """Stocks that headlines and their contents name, by the names in force that day.

    Parameters
    ----------
    news
        Canonical `news`.
    names
        Canonical `names`: code, name, start, end (NaT: open), announced.

    Returns
    -------
    DataFrame
        row (the label of the row in `news`) and code, each pair once, sorted. Names are compared
        without the exchange's marks (ST, N, XD, -U, ...), blanks and full-width letters. Where one
        name lies inside another in force, the longer counts (中国石油 in 中国石油化工). A name that
        two stocks bore on the day links to neither, and everyday words (`ORDINARY`) link only
        where a colon follows. Names of later days change nothing.
    """
    known = _spans(names)
    patterns = pl.Series(sorted(set(known["name"]) - {""}), dtype=pl.String)
    if patterns.is_empty() or news.empty:
        return pd.DataFrame({"row": news.index[:0], "code": pd.Series(dtype="str")})
    everyday = patterns.is_in(ORDINARY)
    patterns = (patterns + pl.Series([":" if word else "" for word in everyday])).implode()
    matches = (
        _text(news)
        .with_columns(
            name=pl.col("text").str.extract_many(patterns, overlapping=True),
            first=pl.col("text").str.find_many(patterns, overlapping=True),
        )
        .drop("text")
        .explode("name", "first")
        .drop_nulls("name")
        .with_columns(pl.col("name").str.strip_chars_end(":"))
        .with_columns(last=pl.col("first") + pl.col("name").str.len_bytes())
        .join(known, on="name")
        .filter(pl.col("day").is_between(pl.col("start"), pl.col("end")))
    )
    alone = pl.col("code").n_unique().over("place", "name") == 1
    pairs = _longest(matches).filter(alone).select("place", "code").unique().sort("place", "code")
    rows = news.index.take(pairs["place"].to_numpy())
    return pd.DataFrame({"row": rows, "code": pairs["code"].to_pandas().astype("str")})


def _longest(matches: pl.DataFrame) -> pl.DataFrame:
    """Matches that do not lie inside a longer one of the same text."""
    wider = matches.select("place", pl.col("first").alias("from"), pl.col("last").alias("to"))
    inside = (
        matches.join(wider.unique(), on="place")
        .filter(
            (pl.col("from") <= pl.col("first")) & (pl.col("to") >= pl.col("last")),
            pl.col("to") - pl.col("from") > pl.col("last") - pl.col("first"),
        )
        .select("place", "first", "last")
        .unique()
    )
    return matches.join(inside, on=["place", "first", "last"], how="anti")


def _text(news: pd.DataFrame) -> pl.DataFrame:
    """place, day and the plain text of each headline."""
    text = _plain(news["title"].fillna("") + "\n" + news["content"].fillna(""))
    return pl.DataFrame(
        {
            "place": pl.int_range(len(news), eager=True),
            "day": pl.from_pandas(news["time"].dt.normalize().astype("datetime64[us]")),
            "text": pl.Series(text.tolist(), dtype=pl.String),
        }
    )


def _spans(names: pd.DataFrame) -> pl.DataFrame:
    """Code and plain name over the days on which it was in force, both ends included."""
    plain = _plain(names["name"]).str.replace(_BEFORE, "", regex=True)
    plain = plain.str.replace(_AFTER, "", regex=True)
    long_ago, far = pd.Timestamp("1900-01-01"), pd.Timestamp("2262-01-01")
    frame = pd.DataFrame(
        {
            "code": names["code"],
            "name": plain.where(plain.str.len() >= _SHORTEST, ""),
            "start": names["start"].fillna(long_ago).astype("datetime64[us]"),
            "end": names["end"].fillna(far).astype("datetime64[us]"),
        }
    )
    return pl.from_pandas(frame)


def _plain(text: pd.Series) -> pd.Series:
    """Half-width forms, without blanks (NFKC turns ： into : and Ａ into A)."""
    return text.str.normalize("NFKC").str.replace(r"[^\S\n]+", "", regex=True)
