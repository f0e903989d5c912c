"""Why a stock is on the list: features without whose size it would be lower, each one tried.

A reason is a measured movement, never an attribution: the feature is put into the middle of the
day's stocks, the model is asked again, and the score falls by what is stated.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from stockcast.advice.readers import Reader
from stockcast.advice.words import Language, group_of, phrase

MOST = 3


@dataclass(frozen=True)
class Reason:
    """One feature that lifts a stock's score.

    Attributes
    ----------
    feature, group : str
    value, place : float
        Its value, and the share of the day's stocks that are below.
    score, score_moved, prob_up, prob_up_moved : float
        As forecast, and with the feature in the middle of the day's stocks.
    rank, rank_moved : int
        Place in the list, the first one 1.
    """

    feature: str
    group: str
    value: float
    place: float
    score: float
    score_moved: float
    prob_up: float
    prob_up_moved: float
    rank: int
    rank_moved: int

    @property
    def lost(self) -> float:
        """What the score loses; above zero."""
        return self.score - self.score_moved

    def text(self, language: Language) -> str:
        """One sentence."""
        what = phrase(self.feature, language)
        before, after = _apart(self.score, self.score_moved)
        if language == "zh":
            side = "高于" if self.place >= 0.5 else "低于"
            share = max(self.place, 1 - self.place)
            stays = f"名次仍为 {self.rank}"
            moves = f"名次由 {self.rank} 变为 {self.rank_moved}"
            return (
                f"{what}（{self.feature}）{side}当日 {share:.0%} 的成员；若居中，"
                f"评分由 {before} 降至 {after}，{stays if self.rank == self.rank_moved else moves}"
            )
        side = "above" if self.place >= 0.5 else "below"
        share = max(self.place, 1 - self.place)
        stays = f"the rank would stay {self.rank}"
        falls = f"the rank from {self.rank} to {self.rank_moved}"
        return (
            f"{what[0].upper()}{what[1:]} ({self.feature}): {side} {share:.0%} of the day's "
            f"stocks; in the middle of them, the score would fall from {before} to {after} and "
            f"{stays if self.rank == self.rank_moved else falls}"
        )


def _apart(first: float, second: float) -> tuple[str, str]:
    """Both with as few digits, three or more, as tell them apart."""
    for digits in range(3, 18):
        shown = f"{first:.{digits}g}", f"{second:.{digits}g}"
        if shown[0] != shown[1]:
            break
    return shown


def found(reader: Reader, codes: Sequence[str]) -> dict[str, tuple[Reason, ...]]:
    """Every tried feature whose move lowers the score, by stock, the largest loss first.

    Parameters
    ----------
    reader
        The model with the day's inputs; asked `reader.tried` times a stock.
    codes
        Stocks of the day's forecasts.
    """
    if not len(codes):
        return {}
    rows = reader.forecasts.set_index("code")
    rank = rows["score"].rank(ascending=False, method="min").astype(int)
    moves = [
        (code, (feature,))
        for code, features in reader.candidates(codes, reader.tried).items()
        for feature in features
        if np.isfinite(reader.places.at[code, feature])
    ]
    out: dict[str, list[Reason]] = {code: [] for code in codes}
    for (code, (feature,)), after in zip(
        moves, reader.moved(moves).itertuples(index=False), strict=True
    ):
        row = rows.loc[code]
        if after.score < row["score"]:
            out[code].append(
                Reason(
                    feature=feature,
                    group=group_of(feature),
                    value=float(reader.features.at[code, feature]),
                    place=float(reader.places.at[code, feature]),
                    score=float(row["score"]),
                    score_moved=float(after.score),
                    prob_up=float(row["prob_up"]),
                    prob_up_moved=float(after.prob_up),
                    rank=int(rank[code]),
                    rank_moved=int(after.place),
                )
            )
    return {
        code: tuple(sorted(reasons, key=lambda one: (-one.lost, one.feature)))
        for code, reasons in out.items()
    }


def strongest(reasons: Sequence[Reason], most: int = MOST) -> tuple[Reason, ...]:
    """The largest losses, one of each group first: five lengths of one return are one reason."""
    first: dict[str, Reason] = {}
    for one in reasons:
        first.setdefault(one.group, one)
    others = [one for one in reasons if first[one.group] is not one]
    kept = [*first.values(), *others][:most]
    return tuple(sorted(kept, key=lambda one: (-one.lost, one.feature)))
