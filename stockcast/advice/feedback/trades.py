"""Feedback from trades, simulated or imported: what was bought on a forecast and brought in."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from stockcast.advice.feedback import csv_file, entries
from stockcast.advice.ledger import Ledger
from stockcast.errors import InputError

COLUMNS = ("date", "code", "side", "shares", "price", "fees")
SIMULATED = "backtest"
"""Who trades when the backtest does."""
PAID = "paid"
_FEES = ["commission", "stamp_tax", "transfer_fee", "dividend_tax"]
_LEFT = 1e-9  # of a lot's shares: rounding, where splits make fractions


def import_fills(
    ledger: Ledger,
    path: Path,
    who: str,
    *,
    run: str = "",
    model: str = "",
    horizon: int = 0,
    issued_at: pd.Timestamp | str | None = None,
) -> int:
    """Write the fills of a CSV file down, all of them or none.

    Parameters
    ----------
    ledger
    path
        Columns date, code, side (buy or sell), shares, price (yuan a share) and fees (yuan).
    who
        Whose trades they are.
    run, model, horizon
        Of the forecasts that were traded on; needed where the ledger holds several.
    issued_at
        [default: now]

    Returns
    -------
    int
        New entries.

    Raises
    ------
    InputError
        At the first line that breaks a rule, follows no forecast of its stock in the ledger, or was
        imported before. Nothing is written then.
    """
    who = entries.spelt(ledger, entries.person(who))
    now = None if issued_at is None else entries.shanghai(issued_at)
    readers = {
        "date": lambda text: entries.trading_day(text, now),
        "code": str,
        "side": _side,
        "shares": _shares,
        "price": lambda text: _yuan(text, "price", above=True),
        "fees": lambda text: _yuan(text, "fees"),
    }
    rows = csv_file.read(path, readers)
    asked = {"run": run, "model": model, "horizon": horizon}
    return _record(ledger, rows, who, asked, Path(path), issued_at)


def record_orders(
    ledger: Ledger,
    orders: pd.DataFrame,
    *,
    run: str = "",
    model: str = "",
    horizon: int = 0,
    issued_at: pd.Timestamp | str | None = None,
) -> int:
    """Write down what a backtest filled, as trades of `SIMULATED`.

    Parameters
    ----------
    orders
        `stockcast.trading.backtest.Result.orders`; those that did not fill are left out. Fees are
        commission, stamp tax, transfer fee and dividend tax; slippage is in the price.

    Others, and what is raised, as `import_fills`; the line is the order's place in the table.
    """
    filled = fills_of(orders)
    rows = [(place + 1, row) for place, row in enumerate(filled.to_dict("records"))]
    asked = {"run": run, "model": model, "horizon": horizon}
    return _record(ledger, rows, SIMULATED, asked, "orders", issued_at)


def fills_of(orders: pd.DataFrame) -> pd.DataFrame:
    """The orders that filled, with the columns `COLUMNS`."""
    filled = orders[orders["shares"] > 0]
    return filled.assign(fees=filled[_FEES].sum(axis=1))[list(COLUMNS)].reset_index(drop=True)


def fills(ledger: Ledger) -> pd.DataFrame:
    """Every fill: the columns of `entries.table`, traded (the day), side, shares, price, fees."""
    found = entries.table(ledger, entries.TRADE, ["traded", "side", "shares", "price", "fees"])
    found["traded"] = pd.to_datetime(found["traded"], format="%Y-%m-%d").astype("datetime64[us]")
    return found.astype({"shares": float, "price": float, "fees": float})


def realised(
    fills: pd.DataFrame,
    panel: pd.DataFrame | None = None,
    dividends: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """What each purchase has brought, sold first in, first out.

    Parameters
    ----------
    fills
        As `fills` gives them.
    panel : DataFrame with the columns date, code, adj_factor, optional
        With it shares bought before a split are as many more as they became, and dividends were
        reinvested; without it a share stays a share.
    dividends : DataFrame with the columns code, ex_date, cash, bonus, optional
        In place of the panel's factor: bonus shares come on their ex-date, and cash (yuan a share)
        is received by whoever holds into it. What is withheld of it is left out.

    Returns
    -------
    DataFrame, one row a purchase, in order
        who, forecast (on which it was bought), date (of the forecast), code, bought (day), shares,
        paid (yuan, fees included), sold (share of them that is sold), received (yuan, less fees,
        dividends of the sold part included),
        held (trading days are not known here: calendar days to the last sale) and
        realised_return: received less what the sold part was paid, over that, a fraction; NaN while
        nothing is sold. Shares sold that were never bought here are left out.
    """
    paid = None if dividends is None else _payouts(dividends, fills)
    factor = _factors(fills, panel) if paid is None else _growth(fills, paid)
    ordered = fills.assign(units=fills["shares"] / factor, place=(fills["side"] == "sell") + 1)
    if paid is not None:
        ordered = pd.concat([ordered, paid], ignore_index=True)
    ordered = ordered.sort_values(["traded", "place", "number"], kind="stable")
    rows = []
    for _, trades in ordered.groupby(["who", "code"], sort=False):
        rows += _matched(trades.to_dict("records"))
    names = ["who", "forecast", "date", "code", "bought", "shares", "paid", "sold", "received"]
    found = pd.DataFrame(rows, columns=[*names, "held", "realised_return"])
    return found.sort_values(["bought", "code", "who"], ignore_index=True)


def by_forecast(realised: pd.DataFrame) -> pd.DataFrame:
    """Realised returns against the forecasts they were bought on: one row a forecast and person.

    Returns
    -------
    DataFrame
        forecast, who, date, code, paid, received, sold (share, weighted by what was paid) and
        realised_return of the part that is sold.
    """
    gone = realised.assign(cost=realised["paid"] * realised["sold"])
    found = gone.groupby(["forecast", "who", "date", "code"], as_index=False)[
        ["paid", "received", "cost"]
    ].sum()
    cost = found["cost"].where(found["cost"] > 0)
    found["sold"] = found["cost"] / found["paid"]
    found["realised_return"] = found["received"] / cost - 1
    return found.drop(columns="cost")


def _matched(trades: Iterable[dict]) -> list[tuple]:
    """Purchases of one stock by one person, with what their sales brought."""
    bought: list[dict] = []
    open_: deque[dict] = deque()
    for trade in trades:
        if trade["side"] == PAID:
            for lot in open_:
                lot["each"] += trade["price"]
            continue
        value = trade["shares"] * trade["price"]
        if trade["side"] == "buy":
            lot = trade | {"paid": value + trade["fees"], "left": trade["units"], "received": 0.0}
            bought.append(lot | {"last": pd.NaT, "each": 0.0})
            open_.append(bought[-1])
            continue
        wanted, each = trade["units"], (value - trade["fees"]) / trade["units"]
        while open_ and wanted > _LEFT * trade["units"]:
            lot = open_[0]
            taken = min(lot["left"], wanted)
            lot["left"] -= taken
            lot["received"] += taken * (each + lot["each"])
            lot["last"] = trade["traded"]
            wanted -= taken
            if lot["left"] <= _LEFT * lot["units"]:
                lot["left"] = 0.0
                open_.popleft()
    return [_row(lot) for lot in bought]


def _row(lot: dict) -> tuple:
    sold = 1 - lot["left"] / lot["units"]
    cost = lot["paid"] * sold
    gained = lot["received"] / cost - 1 if sold > 0 else np.nan
    held = (lot["last"] - lot["traded"]).days if sold > 0 else np.nan
    about = (lot["who"], lot["forecast"], lot["date"], lot["code"], lot["traded"], lot["shares"])
    return (*about, lot["paid"], sold, lot["received"], held, gained)


def _payouts(dividends: pd.DataFrame, fills: pd.DataFrame) -> pd.DataFrame:
    """Rows of `PAID`, one a payout and holder, before the trades of their day.

    `price` is the cash on one unit, a share of before all bonuses; `growth` what shares become.
    """
    known = dividends.dropna(subset=["ex_date"]).fillna({"cash": 0.0, "bonus": 0.0})
    known = known.drop_duplicates(["code", "ex_date", "cash", "bonus"])
    known = known.groupby(["code", "ex_date"], as_index=False)[["cash", "bonus"]].sum()
    after = (1 + known["bonus"]).groupby(known["code"]).cumprod()
    table = pd.DataFrame(
        {
            "code": known["code"], "traded": known["ex_date"], "growth": after, "side": PAID,
            "price": known["cash"] * after / (1 + known["bonus"]), "place": 0, "number": 0,
        }
    )  # fmt: skip
    return table.merge(fills[["who", "code"]].drop_duplicates(), on="code")


def _growth(fills: pd.DataFrame, paid: pd.DataFrame) -> np.ndarray:
    """Shares at each fill for one of before all bonuses."""
    known = paid[["code", "traded", "growth"]].drop_duplicates(["code", "traded"])
    rows = fills[["code", "traded"]].assign(row=np.arange(len(fills))).sort_values("traded")
    found = pd.merge_asof(rows, known.sort_values("traded"), on="traded", by="code")
    return found.sort_values("row")["growth"].fillna(1.0).to_numpy(float)


def _factors(fills: pd.DataFrame, panel: pd.DataFrame | None) -> np.ndarray:
    """How many shares of today one share of the first day has become, by fill."""
    if panel is None:
        return np.ones(len(fills))
    known = panel[["date", "code", "adj_factor"]].rename(columns={"date": "traded"})
    return fills.merge(known, "left", ["traded", "code"])["adj_factor"].fillna(1.0).to_numpy(float)


def _record(
    ledger: Ledger,
    rows: list[tuple[int, csv_file.Row]],
    who: str,
    asked: dict[str, object],
    path: Path | str,
    issued_at: pd.Timestamp | str | None,
) -> int:
    forecasts = ledger.forecasts()
    by_code = {code: part.sort_values("date") for code, part in forecasts.groupby("code")}
    known = entries.keys(ledger)
    said = {}
    for line, row in rows:
        try:
            found = _traded_on(forecasts, by_code, row, asked)
            parts = (f"{row['date']:%F}", row["side"], row["shares"], row["price"])
            key = entries.key(entries.TRADE, who, found["number"], *parts)
            if key in known or key in said:
                rule = "is there already" if path == "orders" else "is there twice, or was imported"
                raise InputError("fill", rule, "; ".join(map(str, (row["code"], *parts))))
        except InputError as error:
            raise csv_file.at_line(path, line, error) from None
        told = {name: row[name] for name in ("side", "shares", "price", "fees")}
        traded = f"{row['date']:%F}"
        said[key] = entries.payload(entries.TRADE, who, found, traded=traded, **told)
    return entries.record(ledger, said, issued_at)


def _traded_on(
    forecasts: pd.DataFrame, by_code: dict, row: csv_file.Row, asked: dict[str, object]
) -> pd.Series:
    """The newest forecast of the stock from before the day of the fill."""
    mine = by_code.get(row["code"])
    if mine is None:
        return entries.find(forecasts, row["date"], row["code"])
    earlier = mine[mine["date"] < row["date"]]
    if earlier.empty:
        told = f"{row['code']} on {row['date']:%F}"
        raise InputError("fill", "must follow a forecast of its stock in the ledger", told)
    return entries.find(earlier, earlier["date"].iloc[-1], row["code"], **asked)


def _side(text: str) -> str:
    if text not in ("buy", "sell"):
        raise InputError("side", "must be buy or sell", text)
    return text


def _shares(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or int(text) == 0:
        raise InputError("shares", "must be a whole number above zero", text)
    return int(text)


def _yuan(text: str, what: str, above: bool = False) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or value < 0 or (above and value == 0):
        rule = "must be yuan above zero" if above else "must be yuan, zero or more"
        raise InputError(what, rule, text)
    return value
