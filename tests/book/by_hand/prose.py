"""The numbers that the chapter's sentences show."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from tests.book.by_hand import board, classes, means, order
from tests.book.by_hand.page import Page

ENDS = ("mean", "low", "high")


def numbers(page: Page, rows: dict[str, dict[str, float]]) -> dict[str, float]:
    """By the names under which results.json keeps them; `rows` as `board.scoreboard` gives them."""
    asked, listed = page.asked, f"precision of the first {page.asked.top_k}"
    card, months = page.scorecard, page.periods("%Y-%m").values()
    apart = page.differences
    days = page.judged["date"].nunique()
    out = {
        "per_day": page.per_day, "horizon": asked.horizon, "top_k": asked.top_k,
        "sigma_gate": asked.sigma_gate, "lag": asked.lag, "nw_lags": means.lags(days, asked.lag),
        "days": card["Rank IC"]["days"], "days_without": days - card["Rank IC"]["days"],
        "ic_mean": card["IC"]["mean"], "rank_ic_t": card["Rank IC"]["t"],
        "icir": page.ic.mean() / page.ic.std(),
        "rank_icir": page.rank_ic.mean() / page.rank_ic.std(),
        "relative_accuracy": card["market-relative accuracy"]["mean"],
        "expected_accuracy": 0.5 + math.asin(card["IC"]["mean"]) / math.pi,
        "months": sum(month["days"] > 0 for month in months),
        "months_up": sum(month["mean"] > 0 for month in months),
        "quintiles": 5 if page.per_day >= 25 else 3, "blind": card[listed]["blind"],
        "adjusted": 1 - page.judged["as_traded"].mean(),
        "unbuyable": 1 - page.judged["buyable_close"].mean(),
        "as_traded_ic": page.subsets["as traded only"]["mean"],
        "buyable_ic": page.subsets["could be bought at the next close"]["mean"],
        "persistence": min(page.persistence, 0.99),
    }  # fmt: skip
    three = {
        "rank_ic": card["Rank IC"], "precision": card[listed],
        "spread": card["top minus bottom group"], "over_reversal": apart["reversal"],
        "over_momentum": apart["momentum"], "accuracy_gain": page.gains["accuracy"],
        "brier_gain": page.gains["Brier"],
    }  # fmt: skip
    out |= {f"{name}_{end}": row[end] for name, row in three.items() for end in ENDS}
    claims = ("naive_claims", "nw_claims", "spaced_claims")
    out |= dict(zip(claims, page.false_claims.values(), strict=True))
    return out | of_models(page, rows) | of_directions(page) | of_brakes(page)


def of_one_day(forecasts: pd.DataFrame, outcomes: pd.DataFrame) -> dict[str, float]:
    """The committee's forecasts of the next day, against what came."""
    keys = ["date", "code", "horizon"]
    rows = forecasts.merge(outcomes[[*keys, "label"]], on=keys)
    found = means.newey_west(order.rank_ic(rows[rows["horizon"] == 1]), 10, 0.95)
    return {f"one_day_{end}": found[end] for end in ENDS}


def of_models(page: Page, rows: dict[str, dict[str, float]]) -> dict[str, float]:
    models = {name: row for name, row in rows.items() if "auc" in row}
    best, tied = board.tied(page.all, page.asked)
    label = board.common_rows(page.all).drop_duplicates(["date", "code"])["label"]
    out = {
        "models": len(models), "tied": len(tied), "best_ic": rows[best]["rank_ic"],
        "skilled": sum(row["rank_ic_low"] > 0 for row in models.values()),
        "best_low": rows[best]["rank_ic_low"], "best_high": rows[best]["rank_ic_high"],
    }  # fmt: skip
    for level in classes.LEVELS:
        name = f"f1_{100 * level:g}"
        out[f"{name}_best"] = max(row[name] for row in models.values())
        out[f"{name}_calm"] = rows[board.VOLATILITY][name]
        out[f"{name}_blind"] = classes.blind_f1(label, level)
    return out


def of_directions(page: Page) -> dict[str, float]:
    raw, known = page.raw, page.known
    accuracy = raw["accuracy"]
    half = (accuracy["high"] - accuracy["low"]) / 2
    naive = 1.96 * math.sqrt(accuracy["value"] * (1 - accuracy["value"]) / len(known))
    inside = known["label"].between(known["interval_low"], known["interval_high"]).astype(float)
    covered = page.sure(inside.groupby(known["date"]).mean())
    mcc = {end: 0.0 if math.isnan(value) else value for end, value in raw["mcc"].items()}
    return {
        "always": page.always, "up_share": page.up.mean(), "accuracy": accuracy["value"],
        "accuracy_low": accuracy["low"], "accuracy_high": accuracy["high"],
        "mcc_value": mcc["value"], "mcc_low": mcc["low"], "mcc_high": mcc["high"],
        "said_up": (known["prob_up"] > 0.5).mean(), "half": half, "naive_half": naive,
        "naive_times": half / naive, "covered": inside.mean(), "covered_low": covered["low"],
        "covered_high": covered["high"],
    }  # fmt: skip


def of_brakes(page: Page) -> dict[str, float]:
    gate = min(page.by_gate, key=lambda row: abs(row["threshold"] - page.asked.sigma_gate))
    out = {f"gate_{part}": gate[part] for part in ("coverage", "accuracy", "low", "high")}
    tenths = {"sigma_prob": "surest", "sigma": "calmest", "closeness to one half": "boldest"}
    for brake, word in tenths.items():
        row = page.brakes[brake]["0.1"]
        out |= {f"{word}_{part}": row[part] for part in ("accuracy", "low", "high")}
    for word, curve in (
        ("tightly", page.by_gate),
        ("boldly", list(page.brakes["closeness to one half"].values())),
    ):
        complete = [row for row in curve if not any(map(math.isnan, row.values()))]
        reached = [row["coverage"] for row in complete if row["accuracy"] >= 0.65]
        out[f"reached_{word}"] = max(reached, default=0.0)
    return out | {"wavering_median": float(np.median(page.known["sigma_prob"]))}


def of_empty_markets(empty: pd.DataFrame) -> dict[str, float]:
    """How often a method claims something where nothing is, from empty_markets.parquet."""
    claims = (empty["low"] > 0) | (empty["high"] < 0)
    markets = empty["seed"].nunique()
    out = {
        "empty_markets": markets, "empty_best": empty["rank_ic"].max(),
        "empty_allowed": 0.05 + 2 * math.sqrt(0.05 * 0.95 / markets),
    }  # fmt: skip
    for name, part in empty.groupby("model"):
        out[f"empty_{name}"] = claims[part.index].mean()
        for kind in ("naive", "customary"):
            out[f"empty_{name}_{kind}"] = part[kind].mean()
    return out
