"""The same past with another future, and a market in which nothing can be forecast."""

from __future__ import annotations

import numpy as np
import pandas as pd

from stockcast.judge.leaks.pipeline import Tables

PRICES = ["open", "high", "low", "close"]
CLOSE = PRICES.index("close")


def changed(tables: Tables, day: pd.Timestamp, rng: np.random.Generator) -> dict[str, pd.DataFrame]:
    """Everything public by the close of `day` as it was, every later quote another.

    Later prices follow another random walk, volumes are shuffled, one stock-day in ten is
    suspended or resumed, half the stocks split. Rows and codes stay.
    """
    quotes = tables["quotes"].copy()
    late = (quotes.date > day).to_numpy()
    part = quotes[late]
    shock = pd.Series(rng.normal(0, 0.05, len(part)), part.index)
    walk = np.exp(shock.groupby(part.code).cumsum())
    quotes.loc[late, PRICES] = part[PRICES].mul(walk, axis=0)
    shuffled = part[["volume", "amount"]].to_numpy()[rng.permutation(len(part))]
    quotes.loc[late, ["volume", "amount"]] = shuffled
    quotes.loc[late, "suspended"] = part.suspended ^ (rng.random(len(part)) < 0.1)
    names = np.sort(quotes.code.unique())
    halves = pd.Series(1.0 + (rng.random(len(names)) < 0.5), names)
    quotes.loc[late, "adj_factor"] = part.adj_factor * part.code.map(halves)
    return {**tables, "quotes": quotes}


def left(tables: Tables, day: pd.Timestamp, rng: np.random.Generator) -> dict[str, pd.DataFrame]:
    """After `day` a third of the stocks is delisted, and of the rest other ones are members."""
    quotes, stocks, weights = (tables[name] for name in ("quotes", "stocks", "index_weights"))
    days = np.sort(quotes.date.unique())
    following = days[days > np.datetime64(day)]
    if not len(following):
        return dict(tables)
    names = np.sort(quotes.code[quotes.date == day].unique())
    gone = rng.choice(names, max(1, len(names) // 3), replace=False)
    rest = np.setdiff1d(names, gone)
    joined = rng.choice(rest, max(1, len(rest) // 2), replace=False)
    end = pd.Timestamp(following[0])
    kept = (quotes.date <= day) | ~quotes.code.isin(gone)
    out = stocks.delist_date.mask(stocks.code.isin(gone), end)
    roll = weights[weights.date <= day]
    snapshot = pd.DataFrame({"date": end, "code": joined}).assign(
        index=weights["index"].iloc[0], weight=1 / len(joined)
    )
    roll = pd.concat([roll, snapshot[roll.columns].astype(roll.dtypes)], ignore_index=True)
    return {
        **tables, "quotes": quotes[kept].reset_index(drop=True),
        "stocks": stocks.assign(delist_date=out), "index_weights": roll,
    }  # fmt: skip


def revised(tables: Tables, day: pd.Timestamp, rng: np.random.Generator) -> dict[str, pd.DataFrame]:
    """The evening of `day` every statement known before is restated, with other figures."""
    income = tables["income"]
    before = income[income.first_announced < day]
    again = before.drop_duplicates(["code", "period"], keep="last")
    again = again.assign(
        report="4", first_announced=day, announced=day,
        net_profit_parent=again.net_profit_parent * rng.normal(1, 2, len(again)),
    )  # fmt: skip
    after = income[income.first_announced >= day]
    found = pd.concat([before, again.astype(income.dtypes), after], ignore_index=True)
    return {**tables, "income": found.sort_values("code", kind="stable", ignore_index=True)}


def empty(tables: Tables, rng: np.random.Generator) -> dict[str, pd.DataFrame]:
    """Quotes in which each stock's returns are drawn from its own, at random and without drift.

    Drawn with replacement and less their mean: neither a day's neighbours nor what is left of a
    fixed sum tells the next return. The whole row is drawn, with its range and volume; days
    without a price stay where they were.
    """
    quotes = tables["quotes"]
    bars = quotes[[*PRICES, "volume", "amount"]].to_numpy(float)
    factor, trades = quotes.adj_factor.to_numpy(float), ~quotes.suspended.to_numpy()
    made = bars.copy()
    for rows in quotes.groupby("code").indices.values():
        rows = rows[trades[rows]]
        if len(rows) < 2:
            continue
        close = bars[rows, CLOSE] * factor[rows]
        change = np.diff(np.log(close))
        drawn = rng.integers(1, len(rows), len(rows) - 1)
        path = np.r_[0.0, np.cumsum((change - change.mean())[drawn - 1])]
        source = rows[np.r_[0, drawn]]
        ratio = close[0] * np.exp(path) / factor[rows] / bars[source, CLOSE]
        made[rows] = bars[source]
        made[rows, : len(PRICES)] *= ratio[:, None]
    columns = dict(zip([*PRICES, "volume", "amount"], made.T, strict=True))
    return {**tables, "quotes": quotes.assign(**columns)}
