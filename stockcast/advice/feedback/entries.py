"""Feedback in the ledger: one kind of entry, each about one forecast, by somebody.

Its payload: `source` ("satisfaction", "expert" or "trade"), `who`, `forecast` (the number of the
forecast's entry), `date`, `code` and `model` of that forecast, and what the source says.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from stockcast.advice.ledger import Ledger
from stockcast.errors import InputError, nearest
from stockcast.market import calendar

KIND = "feedback"
SATISFACTION, EXPERT, TRADE = SOURCES = ("satisfaction", "expert", "trade")
LONGEST_NAME = 80
_COMMON = ["number", "issued", "source", "who", "forecast", "date", "code", "model"]


def table(ledger: Ledger, source: str, columns: list[str]) -> pd.DataFrame:
    """The feedback of one source, as it was recorded.

    Returns
    -------
    DataFrame
        number and issued (UTC) of the entry; source, who; forecast, date, code and model of the
        forecast; `columns` of the source; and `foresight`: it was given before the outcome began,
        at the close of the trading day after the forecast's. Later ones may know what they judge.
    """
    found = ledger.entries(KIND)
    mine = [payload.get("source") == source for payload in found["payload"]]
    found = found[np.array(mine, dtype=bool)]
    names = [*_COMMON[2:], *columns]
    said = pd.DataFrame(found["payload"].tolist(), columns=names, index=found.index)
    said["date"] = pd.to_datetime(said["date"], format="%Y-%m-%d").astype("datetime64[us]")
    said["forecast"] = said["forecast"].astype(np.int64)
    said.insert(0, "number", found["number"].astype(np.int64))
    said.insert(1, "issued", found["issued"])
    said["foresight"] = foresight(said["issued"], said["date"])
    return said.reset_index(drop=True)


def foresight(issued: pd.Series, date: pd.Series) -> pd.Series:
    """Whether something said at `issued` (UTC) about a forecast of `date` came before its outcome.

    The label begins at the close of the trading day after `date`.
    """
    if date.empty:
        return pd.Series(False, index=date.index)
    begins = pd.Series(calendar.following(date) + calendar.CLOSE, index=date.index)
    return issued < begins.dt.tz_localize("Asia/Shanghai").dt.tz_convert("UTC")


def known_on(issued: pd.Series, days: pd.DatetimeIndex) -> pd.DatetimeIndex:
    """First of the trading days `days` at whose close something said at `issued` (UTC) was known.

    NaT where none of them is late enough.
    """
    closes = (days + calendar.CLOSE).tz_localize("Asia/Shanghai").tz_convert("UTC")
    place = closes.searchsorted(pd.DatetimeIndex(issued), side="left")
    found = days[np.minimum(place, len(days) - 1)] if len(days) else days
    return found.where(place < len(days))


def find(
    forecasts: pd.DataFrame,
    day: pd.Timestamp,
    code: str,
    *,
    run: str = "",
    model: str = "",
    horizon: int = 0,
) -> pd.Series:
    """The one forecast of the ledger that is meant.

    Parameters
    ----------
    forecasts
        `Ledger.forecasts()`.
    day, code
        Of the forecast.
    run, model, horizon
        Needed where there are several of that day and stock.

    Raises
    ------
    InputError
        When the ledger has no such forecast, or several.
    """
    codes = forecasts["code"].unique()
    if code not in codes:
        raise InputError("code", "must be a stock of the ledger", code, nearest(str(code), codes))
    wanted = {"code": code, "date": day, "run": run, "model": model, "horizon": horizon}
    found = forecasts
    for name, value in wanted.items():
        if value:
            found = found[found[name] == value]
    if found.empty:
        asked = ", ".join(str(one) for one in (code, f"{day:%F}", run, model, horizon) if one)
        rule = "must be one that the ledger holds"
        raise InputError("forecast", rule, asked, "see: stockcast ledger report")
    if len(found) > 1:
        several = found[["run", "model", "horizon"]].astype(str).agg(" ".join, axis=1)
        raise InputError(
            "forecast", "must be the only one of that day and stock", "; ".join(several),
            "name model and horizon",
        )  # fmt: skip
    return found.iloc[0]


def trading_day(value: str | pd.Timestamp, now: pd.Timestamp | None = None) -> pd.Timestamp:
    """`value` as a day that has traded.

    Parameters
    ----------
    value
        Such as 2017-12-29.
    now
        The time in Shanghai. [default: this machine's]

    Raises
    ------
    InputError
        When it is no date, lies in the future or is no trading day.
    """
    try:
        if isinstance(value, str):
            day = pd.to_datetime(value, format="%Y-%m-%d")
        else:
            day = pd.Timestamp(value)
    except (TypeError, ValueError):
        day = pd.NaT
    if pd.isna(day) or day != day.normalize():
        raise InputError("date", "must be a date written YYYY-MM-DD", str(value))
    today = shanghai(now).normalize()
    if day > today:
        raise InputError("date", "must not lie in the future", f"{day:%F}", f"it is {today:%F}")
    if not len(calendar.sessions(day, day)):
        before = calendar.last_session(day)
        raise InputError("date", "must be a trading day", f"{day:%F}", f"before it: {before:%F}")
    return day.as_unit("us")


def shanghai(moment: pd.Timestamp | str | None = None) -> pd.Timestamp:
    """A moment in Shanghai without its time zone; without a zone it is Shanghai's; None: now."""
    if moment is None:
        return pd.Timestamp.now("Asia/Shanghai").tz_localize(None)
    found = pd.Timestamp(moment)
    return found if found.tzinfo is None else found.tz_convert("Asia/Shanghai").tz_localize(None)


def person(value: str, what: str = "who") -> str:
    """`value` as the name of somebody.

    Raises
    ------
    InputError
        When it is empty, too long or holds what cannot be printed.
    """
    name = value.strip() if isinstance(value, str) else ""
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise InputError(what, f"must be a name of 1 to {LONGEST_NAME} characters", value)
    return name


def payload(source: str, who: str, forecast: pd.Series, **said: object) -> dict[str, object]:
    """What becomes the entry's payload."""
    about = {"date": f"{forecast['date']:%F}", "code": forecast["code"], "model": forecast["model"]}
    return {"source": source, "who": who, "forecast": int(forecast["number"]), **about, **said}


def key(source: str, who: str, forecast: int, *more: object) -> str:
    """What no two feedbacks share: source, who, forecast and what else tells them apart."""
    return "|".join(str(part) for part in (source, forecast, who.casefold(), *more))


def keys(ledger: Ledger) -> set[str]:
    """Keys of the feedback that is there."""
    return {payload["key"] for payload in ledger.entries(KIND)["payload"]}


def spelt(ledger: Ledger, who: str) -> str:
    """Somebody's name as the ledger has it: capitals make no other person."""
    for payload in ledger.entries(KIND)["payload"]:
        if payload["who"].casefold() == who.casefold():
            return payload["who"]
    return who


def record(
    ledger: Ledger, said: Mapping[str, dict], issued_at: pd.Timestamp | str | None = None
) -> int:
    """Write payloads down by their keys, all of them or none; how many there were."""
    if not said:
        return 0
    return ledger.record(KIND, list(said.values()), keys=list(said), issued_at=issued_at)
