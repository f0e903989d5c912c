"""What the chapter on judgement publishes, in the places where it publishes it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from tests.book.by_hand import means, order, signs


@dataclass(frozen=True)
class Asked:
    """What a run asked of the chapter."""

    seed: int
    horizon: int
    top_k: int
    sigma_gate: float
    own: str = "two_level"

    @property
    def lag(self) -> int:
        return max(10, self.horizon)


class Page:
    """The chapter's forecasts, and its figures as properties; `taught`: the training labels."""

    def __init__(self, forecasts: pd.DataFrame, taught: pd.Series, asked: Asked) -> None:
        forecasts = forecasts[forecasts["member"]] if "member" in forecasts else forecasts
        self.asked, self.taught, self.all = asked, taught.dropna(), forecasts
        self.judged = forecasts[forecasts["model"] == asked.own].reset_index(drop=True)
        self.known = self.judged.dropna(subset=["label"])
        self.rivals = [
            name
            for name in ("reversal", "momentum", "oracle", "omniscient")
            if name in forecasts and forecasts[name].notna().any()
        ]
        self.per_day = int(self.judged.groupby("date").size().median())
        self.rank_ic = order.rank_ic(self.judged)
        self.ic = order.ic(self.judged)
        self.up = self.known["label"] > 0
        self.always = float((self.taught > 0).mean())
        self.correct = ((self.known["prob_up"] > 0.5) == self.up).astype(float)

    def sure(self, daily: pd.Series, level: float = 0.95) -> means.Means:
        return means.newey_west(daily, self.asked.lag, level)

    def metrics(self) -> dict[str, object]:
        """metrics.json, but for what does not come from forecasts."""
        own, theirs = self.rival_ics
        lined_up = {"forecast": own, **theirs}
        return {
            "scorecard": self.scorecard,
            "rivals": {name: self.sure(one) for name, one in lined_up.items()},
            "differences": self.differences,
            "share_of_oracle": {
                name: means.share(own, theirs[name], self.stream("share", name))
                for name in ("oracle", "omniscient")
                if name in theirs
            },
            "years": self.periods("%Y"),
            "months": self.periods("%Y-%m"),
            "raw": self.raw,
            "market_relative": self.market_relative(),
            "losses": self.losses(),
            "gains": self.gains,
            "coverage_by_sigma_prob": self.by_gate,
            "brakes": self.brakes,
            "precision": self.precision(),
            "rows": self.subsets,
            "promises": self.promises(),
            "false_claims": self.false_claims,
        }

    def stream(self, *purpose: str) -> np.random.Generator:
        return means.stream(self.asked.seed, *purpose)

    @cached_property
    def rival_ics(self) -> tuple[pd.Series, dict[str, pd.Series]]:
        """Daily Rank IC of the forecast and of its rivals, on the rows that all of them rank."""
        same = self.judged.dropna(subset=["label", *self.rivals])
        theirs = {name: order.rank_ic(same, name) for name in self.rivals}
        return order.rank_ic(same), theirs

    @cached_property
    def differences(self) -> dict[str, means.Means]:
        own, theirs = self.rival_ics
        return {name: self.sure(own - one) for name, one in theirs.items()}

    @cached_property
    def scorecard(self) -> dict[str, means.Means]:
        lag, rng, out = self.asked.lag, self.stream("judgement"), {}
        for name, (daily, blind) in self.daily().items():
            low, high = means.resampled(daily, rng, lag, 2000)
            spaced = means.newey_west(daily.iloc[:: self.asked.horizon], 0)
            out[name] = self.sure(daily) | {
                "blind": blind, "t": self.sure(daily - blind)["t"],
                "boot_low": low, "boot_high": high, "spaced": spaced["mean"],
                "spaced_low": spaced["low"], "spaced_high": spaced["high"],
            }  # fmt: skip
        return out

    def daily(self) -> dict[str, tuple[pd.Series, float]]:
        """Daily figures, each with what a forecast without knowledge has."""
        k, everyone = self.asked.top_k, order.precision(self.judged, len(self.judged))
        groups = 5 if self.per_day >= 25 else 3
        return {
            "IC": (self.ic, 0.0),
            "Rank IC": (self.rank_ic, 0.0),
            "market-relative accuracy": (order.relative_accuracy(self.judged), 0.5),
            f"precision of the first {k}": (order.precision(self.judged, k), everyone.mean()),
            "top minus bottom group": (order.spread(self.judged, groups), 0.0),
        }

    def periods(self, pattern: str) -> dict[str, means.Means]:
        return {name: self.sure(x) for name, x in order.by_period(self.rank_ic, pattern).items()}

    @cached_property
    def raw(self) -> dict[str, means.Means]:
        return signs.with_intervals(self.judged, self.stream("raw"))

    def market_relative(self) -> dict[str, means.Means]:
        """The side of the day's median, for a probability the place in the day's list."""
        day = self.judged.groupby("date")
        margin = self.judged["label"] - day["label"].transform("median")
        place = (day["score"].rank() - 0.5) / day["score"].transform("count")
        table = self.judged.assign(margin=margin.where(margin != 0), place=place)
        return signs.with_intervals(table, self.stream("relative"), "place", "margin")

    def losses(self) -> dict[str, dict[str, float]]:
        label = self.known["label"].to_numpy()
        constant = np.full(len(label), self.always)
        said = {"forecast": self.known["prob_up"].to_numpy(), "training share": constant}
        return {who: signs.losses(prob, label) for who, prob in said.items()}

    @cached_property
    def gains(self) -> dict[str, means.Means]:
        said, up = self.known["prob_up"], self.up.astype(float)
        gain = {
            "accuracy": self.correct - (up == float(self.always > 0.5)),
            "Brier": (self.always - up) ** 2 - (said - up) ** 2,
        }
        return {name: self.sure(x.groupby(self.known["date"]).mean()) for name, x in gain.items()}

    @cached_property
    def by_gate(self) -> list[dict[str, float]]:
        doubt = self.known["sigma_prob"]
        steps = np.quantile(doubt, np.linspace(0.04, 1, 25)) + 1e-12
        thresholds = np.unique(np.append(steps, self.asked.sigma_gate))
        rng = self.stream("gate")
        return signs.coverage(doubt, self.correct, self.known["date"], rng, thresholds)

    @cached_property
    def brakes(self) -> dict[str, dict[str, dict[str, float]]]:
        doubts = {
            "sigma_prob": self.known["sigma_prob"],
            "sigma": self.known["sigma"],
            "closeness to one half": -(self.known["prob_up"] - 0.5).abs(),
        }
        kept = np.round(np.arange(0.05, 1.001, 0.05), 2)
        out = {}
        for name, doubt in doubts.items():
            above = np.nextafter(np.quantile(doubt, kept), math.inf)  # a quantile keeps its own row
            rng = self.stream("brakes")
            rows = signs.coverage(doubt, self.correct, self.known["date"], rng, above)
            out[name] = {str(one): row for one, row in zip(kept, rows, strict=True)}
        return out

    def precision(self) -> dict[str, means.Means]:
        lengths = {k for k in (1, 3, 5, 10, 20, 50, self.asked.top_k) if k < self.per_day}
        return {f"first {k}": self.sure(order.precision(self.judged, k)) for k in sorted(lengths)}

    @cached_property
    def subsets(self) -> dict[str, means.Means]:
        parts = {
            "all members": self.judged,
            "as traded only": self.judged[self.judged["as_traded"]],
            "could be bought at the next close": self.judged[self.judged["buyable_close"]],
        }
        return {name: self.sure(order.rank_ic(part)) for name, part in parts.items()}

    def promises(self) -> dict[str, dict[str, object]]:
        raw, card, k = self.raw["accuracy"], self.scorecard, self.asked.top_k
        beside, listed = card["market-relative accuracy"], card[f"precision of the first {k}"]
        rows = {
            "accuracy, raw (plan)": (0.65, raw),
            "accuracy, raw (story, validation)": (0.683, raw),
            "accuracy, market-relative (plan)": (0.65, beside | {"value": beside["mean"]}),
            f"precision of the first {k} (plan)": (0.70, listed | {"value": listed["mean"]}),
        }
        out = {}
        for name, (promised, row) in rows.items():
            word = "open" if row["high"] >= promised else "broken"
            word = "kept" if row["low"] >= promised else word
            ends = {end: row[end] for end in ("value", "low", "high")}
            out[name] = {"promised": promised, **ends, "verdict": word}
        return out

    @cached_property
    def persistence(self) -> float:
        return order.persistence(self.judged)

    @cached_property
    def false_claims(self) -> dict[str, float]:
        return self.claims_of_noise(100)

    def claims_of_noise(self, trials: int) -> dict[str, float]:
        """Share of forecasts of noise, as persistent as ours, whose interval misses zero."""
        persistent, rng = min(self.persistence, 0.99), self.stream("placebo")
        labels = self.judged.pivot(index="date", columns="code", values="label")
        spaced = f"every {self.asked.horizon}th day"
        wrong = {"days taken as independent": 0, "Newey-West": 0, spaced: 0}
        for _ in range(trials):
            noise = rng.normal(size=labels.shape)
            noise[1:] *= math.sqrt(1 - persistent**2)
            for day in range(1, len(noise)):
                noise[day] += persistent * noise[day - 1]
            daily = rank_ic_of(noise, labels)
            tried = ((daily, 0), (daily, self.asked.lag), (daily.iloc[:: self.asked.horizon], 0))
            for name, (series, lag) in zip(wrong, tried, strict=True):
                found = means.newey_west(series, lag)
                wrong[name] += found["low"] > 0 or found["high"] < 0
        return {name: count / trials for name, count in wrong.items()}


def rank_ic_of(noise: np.ndarray, labels: pd.DataFrame) -> pd.Series:
    """As `order.rank_ic`, of tables of days by stocks."""
    ranks = labels.rank(axis=1)
    theirs = pd.DataFrame(noise, labels.index, labels.columns).where(labels.notna()).rank(axis=1)
    return theirs.corrwith(ranks, axis=1).where(labels.notna().sum(axis=1) >= order.FEWEST)
