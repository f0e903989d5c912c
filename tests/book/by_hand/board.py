"""The scoreboard of all models, and who is tied with the first."""

from __future__ import annotations

import pandas as pd

from tests.book.by_hand import classes, means, order, signs
from tests.book.by_hand.page import Asked

VOLATILITY = "trailing volatility"


def has_oracle(table: pd.DataFrame) -> bool:
    return "oracle" in table and bool(table["oracle"].notna().any())


def common_rows(forecasts: pd.DataFrame) -> pd.DataFrame:
    """The rows that every model forecasts and that have an outcome, and an oracle if any has."""
    models = forecasts["model"].nunique()
    needed = ["label", "oracle"] if has_oracle(forecasts) else ["label"]
    kept = forecasts.dropna(subset=needed)
    said = kept.groupby(["date", "code"])["model"].transform("nunique")
    return kept[said == models].sort_values(["date", "code"])


def scoreboard(
    forecasts: pd.DataFrame, taught: pd.Series, asked: Asked, resamples: int = 500
) -> dict[str, dict[str, float]]:
    """scoreboard.parquet by model, but for what training cost."""
    level = common_rows(forecasts)
    parts = dict(iter(level.groupby("model", sort=False)))
    out = {}
    for name, part in parts.items():
        row = _of_order(part, asked, resamples)
        beside = means.newey_west(order.relative_accuracy(part), asked.lag)
        row |= _named("relative_accuracy", beside)
        rng = means.stream(asked.seed, "scoreboard")
        found = signs.with_intervals(part, rng, block=asked.lag, n=resamples)
        for figure in ("accuracy", "auc"):
            row |= _named(figure, found[figure] | {"mean": found[figure]["value"]})
        out[name] = row | _f1(part, taught)
    first = next(iter(parts.values()))
    if has_oracle(forecasts):
        out["oracle"] = _of_order(first.assign(score=first["oracle"]), asked, resamples)
    out[VOLATILITY] = _f1(first.assign(mu=0.0, sigma=first["scale"]), taught)
    return out


def tied(forecasts: pd.DataFrame, asked: Asked) -> tuple[str, list[str]]:
    """The model with the highest mean Rank IC, and those that cannot be told from it."""
    parts = common_rows(forecasts).groupby("model", sort=False)
    daily = {name: order.rank_ic(part) for name, part in parts}
    best = max(daily, key=lambda name: daily[name].mean())
    level = 1 - 0.05 / max(1, len(daily) - 1)
    sure = {
        name: means.newey_west(daily[best] - series, asked.lag, level)
        for name, series in daily.items()
        if name != best
    }
    return best, [name for name, one in sure.items() if not one["low"] > 0]


def _of_order(part: pd.DataFrame, asked: Asked, resamples: int) -> dict[str, float]:
    out: dict[str, float] = {}
    rank_ic = order.rank_ic(part)
    for name, daily in (("ic", order.ic(part)), ("rank_ic", rank_ic)):
        sure, spread = means.newey_west(daily, asked.lag), daily.std(ddof=1)
        out |= _named(name, sure)
        ratio = {end: sure[end] / spread for end in ("mean", "low", "high")}
        out |= _named(name.removesuffix("ic") + "icir", ratio)
        out |= {"t": sure["t"], "days": sure["days"]}
    if has_oracle(part):
        rng = means.stream(asked.seed, "share")
        whole = order.rank_ic(part, "oracle")
        out |= _named("share", means.share(rank_ic, whole, rng, asked.lag, resamples))
    return out


def _named(name: str, found: means.Means) -> dict[str, float]:
    return {name: found["mean"], f"{name}_low": found["low"], f"{name}_high": found["high"]}


def _f1(part: pd.DataFrame, taught: pd.Series) -> dict[str, float]:
    return {f"f1_{100 * a:g}": classes.f1(part, taught.dropna(), a) for a in classes.LEVELS}
