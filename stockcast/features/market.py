"""Features of a stock against the market, the market being the universe of that day.

The market's return is the mean over that day's members that traded, so it holds nobody who joins
the index later.
"""

from __future__ import annotations

import polars as pl

from stockcast.features.feature import Feature

SHARPE = "Sharpe, Journal of Finance 19 (1964)"

_return, _market = pl.col("return"), pl.col("market")
_INPUTS = ("close", "adj_factor", "in_universe", "suspended")


def prepare(rows: pl.DataFrame) -> pl.DataFrame:
    """Add each day's market return, its volatility and breadth, and the stock's standing.

    Sums run over a day's rows in order of code, one day at a time (`over`, never a partitioned
    `group_by`), so that no later row and no thread count can change a bit.
    """
    counted = pl.col("in_universe") & pl.col("traded")
    week = (pl.col("adj_close") / pl.col("adj_close").shift(5) - 1).over("code")
    rows = rows.with_columns(counted_return=pl.when(counted).then(_return), week=week)
    rows = rows.with_columns(
        market=pl.col("counted_return").mean().over("date"),
        breadth=(pl.col("counted_return") > 0).mean().over("date"),
    )
    days = rows.select("date", "market").unique("date").sort("date")
    days = days.select("date", market_volatility=_market.rolling_std(20))
    rows = rows.join(days, on="date", how="left", maintain_order="left")
    if "sector" in rows.columns:
        peers = pl.when(counted).then("week").mean().over("date", "sector")
        rows = rows.with_columns(sector_week=pl.col("week") - peers)
    return _ranked(rows)


def _ranked(rows: pl.DataFrame) -> pl.DataFrame:
    """Add `rank`: the share of the day's members whose `week` is lower, ties counted half.

    Every stock is ranked among the members, a member or not.
    """
    member = (pl.col("in_universe") & pl.col("week").is_not_null()).cast(pl.Int32)
    # Equal returns of differently adjusted stocks differ in the last bits: ties are to 1e-9.
    rows = rows.with_columns(member=member, week=pl.col("week").round(9))
    rows = rows.with_columns(
        at_most=pl.col("member").cum_sum().over("date", order_by="week"),
        members=pl.col("member").sum().over("date"),
    )
    same = rows.group_by("date", "week").agg(pl.col("at_most").max(), ties=pl.col("member").sum())
    rows = rows.drop("at_most").join(
        same, on=["date", "week"], how="left", maintain_order="left", nulls_equal=True
    )
    rank = (pl.col("at_most") - pl.col("ties") / 2) / pl.col("members")
    return rows.with_columns(rank=pl.when(pl.col("week").is_not_null()).then(rank))


def _grown(days: int) -> pl.Expr:
    """Compound market return over `days`, as a growth factor."""
    return _market.log1p().rolling_sum(days).exp()


def _relative(days: int) -> pl.Expr:
    if days == 1:
        return (1 + _return) / (1 + _market) - 1
    return pl.col("adj_close") / pl.col("adj_close").shift(days) / _grown(days) - 1


def _beta() -> pl.Expr:
    covariance = pl.rolling_cov(_return, _market, window_size=60, min_samples=60)
    return covariance / _market.rolling_var(60)


FEATURES = (
    *(
        Feature(
            f"relative_{n}", "market", f"(1 + return over {n} days) / (1 + the market's) - 1",
            _INPUTS, n + 1, "fraction", SHARPE, _relative(n),
        )
        for n in (1, 5, 20)
    ),
    Feature(
        "beta_60", "market", "cov(r, m) / var(m) over 60 days, m the market's return", _INPUTS, 61,
        "ratio", SHARPE, _beta(),
    ),
    Feature(
        "market_volatility_20", "market", "standard deviation of the market's return, 20 days",
        _INPUTS, 21, "fraction a day", "Schwert, Journal of Finance 44 (1989)",
        pl.col("market_volatility"),
    ),
    Feature(
        "breadth", "market", "share of the day's traded members with r > 0", _INPUTS, 2,
        "share, 0 to 1", "Zweig, Winning on Wall Street (1986)", pl.col("breadth"),
    ),
    Feature(
        "sector_5", "market", "return over 5 days less the mean of the sector's traded members",
        (*_INPUTS, "sector"), 6, "fraction",
        "Moskowitz and Grinblatt, Journal of Finance 54 (1999)", pl.col("sector_week"),
    ),
    Feature(
        "rank_5", "market", "share of the day's members whose 5-day return is lower, ties halved",
        _INPUTS, 6, "share, 0 to 1", "Jegadeesh, Journal of Finance 45 (1990)", pl.col("rank"),
    ),
)  # fmt: skip
