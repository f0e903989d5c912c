"""Tomorrow's list: what the run's model says of one evening, for a reader who may act on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from stockcast.advice import abstain, records, similar
from stockcast.advice.asking import Asked, Desk
from stockcast.advice.evening import Evening
from stockcast.advice.flags import flags
from stockcast.advice.flips import Flip, flips
from stockcast.advice.paper import NO_ORDERS, Account, account
from stockcast.advice.reasons import Reason, found, strongest
from stockcast.advice.similar import Similar
from stockcast.advice.words import NOTICE
from stockcast.errors import InputError, nearest
from stockcast.judge.scorecard import relative_rank
from stockcast.models.model import COLUMNS


@dataclass(frozen=True)
class Item:
    """One stock of the list.

    Attributes
    ----------
    rank : int
        Place in the day's order, the first one 1.
    code, name : str
        The name is empty where it is not known.
    direction : str
        up or down, by `prob_up`.
    prob_up, interval_low, interval_high, mu, sigma, sigma_prob, score : float
        See `stockcast.models.model.COLUMNS`.
    horizon : int
        Trading days that the forecast is about.
    holding : float
        Mean trading days that the paper account held a stock so far; NaN where it closed none.
    weight : float
        Suggested share of the account: equal parts of the strategy's list; 0 below it, and of what
        is sold.
    action : str
        buy, hold, sell or watch, as the paper account does.
    flags : tuple of str
        See `stockcast.advice.flags.flags`.
    reasons : tuple of Reason
    flip : Flip or None
    similar : Similar
    """

    rank: int
    code: str
    name: str
    direction: str
    prob_up: float
    interval_low: float
    interval_high: float
    mu: float
    sigma: float
    sigma_prob: float
    score: float
    horizon: int
    holding: float
    weight: float
    action: str
    flags: tuple[str, ...] = ()
    reasons: tuple[Reason, ...] = ()
    flip: Flip | None = None
    similar: Similar = similar.NONE


@dataclass(frozen=True, eq=False)
class Recommendation:
    """Tomorrow's list with what it rests on.

    Attributes
    ----------
    date : Timestamp
        The evening; orders are for the next trading day.
    run, model : str
    items : tuple of Item
        By rank; empty when there is an abstention.
    orders : DataFrame
        code, side, asked: what the paper account orders, which trades by its rule whatever the
        list says; the backtest's orders of this day, bit for bit.
    account : Account
        The paper account at the close.
    abstentions : tuple of Abstention
        Reasons for having no list.
    asked : Asked
        The day's forecasts and hashes.
    records : tuple of dict
        One decision record an item; see `stockcast.advice.records`.
    surprise : float
        How far the day lies from those of training, over what is ordinary; NaN: unknown.
    provisional : bool
        Made of bars that still form; never given to the ledger.
    notice : mapping
        Not advice, by language.
    """

    date: pd.Timestamp
    run: str
    model: str
    items: tuple[Item, ...]
    orders: pd.DataFrame
    account: Account
    abstentions: tuple[abstain.Abstention, ...]
    asked: Asked
    records: tuple[dict, ...] = ()
    surprise: float = float("nan")
    provisional: bool = False
    notice: Mapping[str, str] = field(default_factory=lambda: dict(NOTICE))


def recommend(
    desk: Desk,
    date: str | pd.Timestamp | None = None,
    *,
    past: pd.DataFrame | None = None,
    stocks: Sequence[str] = (),
    now: pd.Timestamp | None = None,
    evening: Evening | None = None,
    explained: bool = True,
    despite: bool = False,
) -> Recommendation:
    """The list of one evening.

    Parameters
    ----------
    desk
        The run's model and tables.
    date
        None: the last day of the data.
    past
        Forecasts issued on earlier evenings; later ones are not looked at. None: none.
    stocks
        Shown beside the list, wherever they rank.
    now
        Shanghai time by which the data must be complete; None: the evening is the present.
    evening
        In place of `date`: an evening made elsewhere, such as a provisional one.
    explained
        With reasons, what would change the view, and similar calls.
    despite
        List the stocks in spite of abstentions, to look at what is not recommended.

    Raises
    ------
    InputError
        As `stockcast.advice.asking.forecast_day`; for a stock that is not ranked that day; when
        the past holds another model or horizon.
    """
    params = desk.params
    evening = desk.evening(date) if evening is None else evening
    asked = desk.ask(evening)
    today = asked.forecasts
    past = _earlier(past, today)
    ranked = today.assign(rank=today["score"].rank(ascending=False, method="first").astype(int))
    ranked = ranked.sort_values("rank", ignore_index=True)
    for code in stocks:
        if code not in set(ranked["code"]):
            hint = nearest(code, ranked["code"])
            raise InputError("stock", f"must be ranked on {evening.date:%F}", code, hint)
    listed = ranked[(ranked["rank"] <= params.top_k) | ranked["code"].isin(list(stocks))]
    unlike = abstain.surprise(evening, params.train_end)
    abstentions = (
        *abstain.stale(evening, now),
        *abstain.incomplete(evening, asked.features_of_day),
        *abstain.drift(unlike),
        *abstain.unsure(ranked.head(params.top_k), params.sigma_gate),
    )
    paper = account(evening, past, today, params)
    silent = bool(abstentions) and not despite
    items = () if silent else _items(desk, asked, listed, past, paper, explained)
    made = Recommendation(
        date=evening.date,
        run=params.run,
        model=today["model"].iloc[0],
        items=items,
        orders=NO_ORDERS if any(one.kind == "stale" for one in abstentions) else paper.orders,
        account=paper,
        abstentions=abstentions,
        asked=asked,
        surprise=float("nan") if unlike is None else float(unlike["beyond"]),
        provisional=evening.provisional,
    )
    return records.recorded(made, desk)


def _items(
    desk: Desk,
    asked: Asked,
    listed: pd.DataFrame,
    past: pd.DataFrame,
    paper: Account,
    explained: bool,
) -> tuple[Item, ...]:
    params, evening = desk.params, asked.evening
    codes = list(listed["code"])
    share = 1 / params.top_k
    told = flags(evening, dict.fromkeys(codes, share * paper.equity), params.participation)
    why: Mapping[str, Sequence[Reason]] = dict.fromkeys(codes, ())
    flip: Mapping[str, Flip | None] = dict.fromkeys(codes)
    like: Mapping[str, Similar] = dict.fromkeys(codes, similar.NONE)
    if explained:
        why = found(asked.reader, codes)
        flip = flips(asked.reader, why, params.top_k)
        calls = similar.ended(past, evening.panel, params.horizon)
        places = asked.forecasts.assign(rank=relative_rank(asked.forecasts))
        like = similar.nearest(places[places["code"].isin(codes)], calls, params.horizon)
    names = _names(evening)
    sides = dict(zip(paper.orders["code"], paper.orders["side"], strict=True))
    figures = ("prob_up", "interval_low", "interval_high", "mu", "sigma", "sigma_prob", "score")
    return tuple(
        Item(
            rank=int(row["rank"]),
            code=row["code"],
            name=names.get(row["code"], ""),
            direction="up" if row["prob_up"] > 0.5 else "down",
            **{name: float(row[name]) for name in figures},
            horizon=params.horizon,
            holding=paper.holding,
            weight=share
            if row["rank"] <= params.top_k and sides.get(row["code"]) != "sell"
            else 0.0,
            action=sides.get(row["code"], "hold" if row["code"] in paper.held else "watch"),
            flags=told[row["code"]],
            reasons=strongest(why[row["code"]]),
            flip=flip[row["code"]],
            similar=like[row["code"]],
        )
        for row in listed.to_dict("records")
    )


def _earlier(past: pd.DataFrame | None, today: pd.DataFrame) -> pd.DataFrame:
    """Forecasts of the same model issued before today."""
    if past is None:
        return today.iloc[:0]
    same = (past["model"] == today["model"].iloc[0]) & (past["horizon"] == today["horizon"].iloc[0])
    if len(past) and not same.all():
        raise InputError("past", "must be forecasts of the same model and horizon")
    return past.loc[past["date"] < today["date"].iloc[0], list(COLUMNS)].reset_index(drop=True)


def _names(evening: Evening) -> dict[str, str]:
    """Names by code as known that evening; of stocks without a history of names, the listing's."""
    found: dict[str, str] = {}
    for name in ("stocks", "names"):
        table = evening.tables.get(name)
        if table is not None and "name" in table:
            order = table.sort_values("start") if "start" in table else table
            found |= order.groupby("code")["name"].last().to_dict()
    return found
