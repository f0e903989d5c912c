"""Reports by source: who said how much, since when, and what it comes to."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pandas as pd

from stockcast.advice.feedback import entries, experts, satisfaction, trades
from stockcast.advice.feedback.outcomes import by_evening
from stockcast.advice.ledger import Ledger
from stockcast.judge.intervals import newey_west

MARKET = "market"


def by_source(ledger: Ledger, horizon: int = 0) -> pd.DataFrame:
    """One row a source and person.

    Parameters
    ----------
    ledger
    horizon
        Only scores of this horizon count for the market. [default: all]

    Returns
    -------
    DataFrame
        source ("market", "satisfaction", "expert", "trade"), who, entries, forecasts (different
        ones), first and last (when it was recorded, Shanghai), says: what it comes to, in words.
    """
    scores = ledger.scores()
    scores = scores[scores["horizon"] == horizon] if horizon else scores
    rows = [
        _row(MARKET, model, part.assign(issued=part["scored"]), _market(part))
        for model, part in scores.groupby("model")
    ]
    for source, said, words in (
        (entries.SATISFACTION, satisfaction.ratings(ledger), _rated),
        (entries.EXPERT, experts.labels(ledger), _labelled),
        (entries.TRADE, trades.fills(ledger), _traded),
    ):
        rows += [_row(source, who, part, words(part)) for who, part in said.groupby("who")]
    names = ["source", "who", "entries", "forecasts", "first", "last", "says"]
    return pd.DataFrame(rows, columns=names)


def agreements(ledger: Ledger, rng: np.random.Generator) -> dict[str, object]:
    """How far people agree with the market and with each other.

    Returns
    -------
    dict
        `satisfaction`: the `Interval` of `satisfaction.against_outcomes`; `experts`: the table of
        `experts.agreement`.
    """
    scores = ledger.scores()
    return {
        "satisfaction": satisfaction.against_outcomes(satisfaction.ratings(ledger), scores, rng),
        "experts": experts.agreement(experts.labels(ledger), scores, rng),
    }


def _row(source: str, who: str, part: pd.DataFrame, says: str) -> tuple:
    when = part["issued"].dt.tz_convert("Asia/Shanghai").dt.tz_localize(None)
    return source, who, len(part), part["forecast"].nunique(), when.min(), when.max(), says


def _market(part: pd.DataFrame) -> str:
    daily = by_evening(part)
    rank_ic = newey_west(daily["rank_ic"])
    told = f"{part['label'].count()} outcomes, {part['hit'].mean():.1%} on the side said"
    return f"{told}, Rank IC {rank_ic.mean:.3f} ({rank_ic.low:.3f} to {rank_ic.high:.3f})"


def _rated(part: pd.DataFrame) -> str:
    return f"mean rating {part['rating'].mean():.2f}, {(part['rating'] <= 2).mean():.0%} below 3"


def _labelled(part: pd.DataFrame) -> str:
    counts = part["label"].value_counts()
    told = ", ".join(
        f"{counts.get(value, 0)} {word}" for word, value in (("down", -1), ("flat", 0), ("up", 1))
    )
    late = int((~part["foresight"]).sum())
    return f"{told}; {late} of them after the outcome had begun" if late else told


def _traded(part: pd.DataFrame) -> str:
    done = trades.realised(part)
    sold = done[done["sold"] > 0]
    told = f"{len(done)} purchases, {len(sold)} sold at least in part"
    unbought = (
        part.loc[part["side"] == "sell", "shares"].sum() - (done["shares"] * done["sold"]).sum()
    )
    if unbought > 0.5:
        told += f"; {unbought:,.0f} shares sold that were never bought here, left out"
    if sold.empty:
        return told
    cost = (sold["paid"] * sold["sold"]).sum()
    return f"{told}, {sold['received'].sum() / cost - 1:+.2%} on what was sold, after fees"


def as_json(table: pd.DataFrame, agreed: dict[str, object]) -> str:
    """`by_source` and `agreements` as JSON; NaN is null."""
    said = dataclasses.asdict(agreed["satisfaction"])
    plain = {
        "sources": json.loads(table.to_json(orient="records", date_format="iso")),
        "satisfaction": {name: None if value != value else value for name, value in said.items()},
        "experts": json.loads(agreed["experts"].to_json(orient="records")),
    }
    return json.dumps(plain, ensure_ascii=False, indent=1)


def as_text(table: pd.DataFrame, agreed: dict[str, object]) -> str:
    """`by_source` and `agreements` as lines for a terminal."""
    if table.empty:
        return "the ledger holds no scores and no feedback yet"
    lines = []
    for row in table.itertuples():
        when = f"{row.first:%F} to {row.last:%F}"
        counts = f"{row.entries} entries on {row.forecasts} forecasts"
        lines += [f"{row.source} {row.who}: {counts}, {when}", f"  {row.says}"]
    satisfied = agreed["satisfaction"]
    if satisfied.n:
        told = f"{satisfied.mean:.2f} ({satisfied.low:.2f} to {satisfied.high:.2f})"
        told = told if np.isfinite(satisfied.mean) else "not to be told yet"
        lines.append(f"ratings and outcomes: rank correlation {told}, {satisfied.n} ratings")
    for row in agreed["experts"].itertuples():
        told = f"kappa {row.kappa:.2f} ({row.low:.2f} to {row.high:.2f})"
        same = f"{row.same:.0%} the same, {row.n} labels"
        lines.append(f"{row.one} and {row.other}: " + (f"{told}, {same}" if row.n else "no label"))
    return "\n".join(lines)
