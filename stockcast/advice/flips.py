"""What would change the view: the fewest reasons without which a stock is off the list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from stockcast.advice.readers import Reader
from stockcast.advice.reasons import Reason
from stockcast.advice.words import Language, phrase

MOST = 6
"""Features moved together at most."""


@dataclass(frozen=True)
class Flip:
    """Features moved together to the middle of the day's stocks, and where that leaves the stock.

    Attributes
    ----------
    features : tuple of str
    rank : int
        Place in the list afterwards.
    prob_up : float
    off : bool
        It is no longer on the list.
    """

    features: tuple[str, ...]
    rank: int
    prob_up: float
    off: bool

    def text(self, language: Language) -> str:
        """One sentence."""
        if not self.features:
            return {"en": "No single feature holds it up", "zh": "没有单一特征支撑该判断"}[language]
        about = list(dict.fromkeys(phrase(name, language) for name in self.features))
        names = ", ".join(self.features)
        if language == "zh":
            both = "同时" if len(self.features) > 1 else ""
            then = "跌出清单" if self.off else "仍在清单内"
            return (
                f"若{'、'.join(about)}（{names}）{both}居中，名次将为 {self.rank}，{then}；"
                f"上涨概率为 {self.prob_up:.1%}"
            )
        then = "off the list" if self.off else "still on the list"
        even = "If" if self.off else "Even if"
        listed = " and ".join([", ".join(about[:-1]), about[-1]] if about[1:] else about)
        return (
            f"{even} {listed} ({names}) were in the middle of the day's stocks, it "
            f"would be at rank {self.rank}, {then}, with P(rise) {self.prob_up:.1%}"
        )


def flips(reader: Reader, reasons: Mapping[str, Sequence[Reason]], listed: int) -> dict[str, Flip]:
    """For each stock, its strongest reasons moved together, one more at a time, until it is off.

    Parameters
    ----------
    reasons
        By stock, as `stockcast.advice.reasons.found` gives them.
    listed
        Length of the list.
    """
    out = {code: _nothing(reader, code, listed) for code in reasons}
    for count in range(1, MOST + 1):
        moves = [
            (code, tuple(one.feature for one in of[:count]))
            for code, of in reasons.items()
            if len(of) >= count and not (out[code].features and out[code].off)
        ]
        if not moves:
            break
        for (code, features), row in zip(
            moves, reader.moved(moves).itertuples(index=False), strict=True
        ):
            place = int(row.place)
            out[code] = Flip(features, place, float(row.prob_up), place > listed)
    return out


def _nothing(reader: Reader, code: str, listed: int) -> Flip:
    rows = reader.forecasts.set_index("code")
    place = int((rows["score"] > rows.at[code, "score"]).sum()) + 1
    return Flip((), place, float(rows.at[code, "prob_up"]), place > listed)
