"""Past calls like today's, and how they ended, of those whose outcome was known by the evening."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from stockcast.advice.words import Language
from stockcast.judge.metrics import relative
from stockcast.judge.scorecard import relative_rank
from stockcast.samples.labels import label

MOST = 30
SHOWN = 3
_LIKE = ("rank", "prob_up", "sigma", "sigma_prob")


@dataclass(frozen=True)
class Similar:
    """Calls nearest to one of today.

    Attributes
    ----------
    count : int
    rose, beat : float
        Share that rose, and that beat the day's median of the ranked stocks; NaN without calls.
    mean : float
        Mean return over the horizon, as a fraction.
    examples : tuple of (date, code, return)
        The nearest, first.
    """

    count: int
    rose: float
    beat: float
    mean: float
    examples: tuple[tuple[str, str, float], ...] = ()

    def text(self, language: Language) -> str:
        """One sentence."""
        if not self.count:
            return {"en": "No past call has ended yet", "zh": "尚无已到期的历史判断"}[language]
        shown = "; ".join(f"{date} {code} {back:+.1%}" for date, code, back in self.examples)
        if language == "zh":
            return (
                f"最相近的 {self.count} 次判断中，{self.rose:.0%} 上涨，{self.beat:.0%} 跑赢当日"
                f"中位数，平均收益 {self.mean:+.2%}（如 {shown}）"
            )
        return (
            f"Of the {self.count} most similar past calls {self.rose:.0%} rose and {self.beat:.0%} "
            f"beat the day's median, {self.mean:+.2%} on average (such as {shown})"
        )


NONE = Similar(0, np.nan, np.nan, np.nan)


def ended(past: pd.DataFrame, panel: pd.DataFrame, horizon: int) -> pd.DataFrame:
    """Past calls with their outcomes, of those that had ended by the panel's last day.

    Parameters
    ----------
    past
        Forecasts, `stockcast.models.model.COLUMNS`; those of the panel's last day do not count.
    panel
        Up to the evening's close: what came later cannot enter.
    horizon
        Trading days held.

    Returns
    -------
    DataFrame
        `past` with `label` (fraction), `beat` (whether it exceeds the median of that day's calls),
        `rank` (place in the day's order of score, from 0 to 1) and `day` (number of the trading
        day). A call whose stock was suspended at either end has no outcome, and is left out.
    """
    if past.empty:
        return past.assign(label=np.nan, beat=False, rank=np.nan, day=0)
    since = panel[panel["date"] >= past["date"].min()]
    days = pd.DatetimeIndex(np.sort(since["date"].unique()))
    past = past.assign(day=days.searchsorted(past["date"]))
    outcome = label(since, horizon)[["date", "code", "label"]]
    calls = past.assign(rank=relative_rank(past)).merge(outcome, on=["date", "code"], how="left")
    calls = calls.assign(beat=relative(calls) > 0)
    return calls[np.isfinite(calls["label"])].reset_index(drop=True)


def nearest(
    today: pd.DataFrame, calls: pd.DataFrame, horizon: int, most: int = MOST
) -> dict[str, Similar]:
    """For each of today's calls, what became of the most similar ones.

    Similar are calls near in rank, probability, sigma and the probability's sigma, each in its
    standard deviations over the past calls. Two calls on one stock whose holding times overlap
    have nearly one outcome; of such the nearer one counts.

    Parameters
    ----------
    today
        Forecasts with `rank`, as `ended` makes it.
    calls
        As `ended` gives them.
    horizon
        Trading days held.
    most
        Calls to be found.
    """
    if calls.empty:
        return dict.fromkeys(today["code"], NONE)
    past = calls[list(_LIKE)].to_numpy(float)
    unit = past.std(axis=0)
    unit = np.where(unit > 0, unit, 1.0)
    stocks, days = pd.factorize(calls["code"])[0].tolist(), calls["day"].tolist()
    out = {}
    for row in today.itertuples():
        mine = np.array([getattr(row, name) for name in _LIKE])
        away = (((past - mine) / unit) ** 2).sum(axis=1)
        found = calls.iloc[_apart(np.argsort(away, kind="stable"), stocks, days, horizon, most)]
        examples = tuple(
            (f"{one.date:%Y-%m-%d}", one.code, float(one.label))
            for one in found.head(SHOWN).itertuples()
        )
        out[row.code] = Similar(
            len(found),
            float((found["label"] > 0).mean()),
            float(found["beat"].mean()),
            float(found["label"].mean()),
            examples,
        )
    return out


def _apart(
    order: np.ndarray, stocks: list[int], days: list[int], horizon: int, most: int
) -> list[int]:
    """The first of `order` whose stocks' holding times do not overlap."""
    taken: dict[int, list[int]] = {}
    found: list[int] = []
    for place in order.tolist():
        before = taken.setdefault(stocks[place], [])
        if all(abs(days[place] - other) >= horizon for other in before):
            before.append(days[place])
            found.append(place)
            if len(found) == most:
                break
    return found
