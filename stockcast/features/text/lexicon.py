"""The tone of a headline by a lexicon: words with weights, and what turns or strengthens them.

General word lists misjudge financial texts, so the field makes its own: Loughran and McDonald
(2011), "When is a liability not a liability?", Journal of Finance 66. Ours is for Chinese
headlines about companies; `lexicon.csv` holds each word with

- kind `tone`: a weight from -3 to 3
- kind `direction`: up (+1) or down (-1); its tone is that of the quantity before it
- kinds `gain` and `cost`: quantities whose rise is good (净利润) or bad (亏损, 费用); the weight is
  their tone where no direction follows
- kind `negator`: turns the tone that follows; the weight (终止: -2) is what it adds unless it turns
  something bad
- kind `intensifier`: multiplies the tone that follows
- kind `plain`: no tone, but one word when texts are cut
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import accumulate

REACH = 4
"""Words over which a negator or an intensifier reaches, within its clause."""

QUANTITY_REACH = 8
"""Words over which a quantity waits for its direction, other clauses included."""

TURNED = -0.75
"""What a negator leaves of a tone: "not bad" is less than good (Hutto and Gilbert 2014)."""

ALPHA = 15.0
"""Curbs the score of many words: a sum of 4 scores .72, of 1 scores .25."""

ENDS = frozenset(",。;!?、:，；！？：|")
"""Words that end a clause."""


@dataclass(frozen=True)
class Entry:
    """A word of the lexicon."""

    kind: str
    weight: float
    group: str


@cache
def entries() -> dict[str, Entry]:
    """The lexicon by word."""
    text = files(__package__).joinpath("lexicon.csv").read_text(encoding="utf-8")
    return {
        row["word"]: Entry(row["kind"], float(row["weight"]), row["group"])
        for row in csv.DictReader(text.splitlines())
    }


def words() -> tuple[str, ...]:
    """Every word, in the file's order."""
    return tuple(entries())


def compounds() -> Iterator[str]:
    """A quantity, or a word without tone, followed by a direction, if no word of its own."""
    held = entries()
    directions = [word for word, entry in held.items() if entry.kind == "direction"]
    for word, entry in held.items():
        if entry.kind in ("gain", "cost", "plain"):
            yield from (word + up for up in directions if word + up not in held)


@cache
def _toned() -> frozenset[str]:
    chinese = (word for word in entries() if len(word) > 1 and not word.isascii())
    return frozenset(word for word in chinese if entries()[word].kind != "plain")


def toned(text: str) -> bool:
    """Whether a short text contains a word of two or more characters that bears on the tone."""
    longest = range(2, max(map(len, _toned())) + 1)
    runs = (text[i : i + n] for n in longest for i in range(len(text) - n + 1))
    return any(run in _toned() for run in runs)


def score(tokens: Sequence[str]) -> float:
    """Tone of a headline, in (-1, 1); 0 where the lexicon says nothing.

    Parameters
    ----------
    tokens
        Its words, as `stockcast.features.text.words.cut` gives them.

    Returns
    -------
    float
        S / sqrt(S^2 + 15) with S the sum of the words' tones: weight x intensifiers x (-0.75 for
        each negator); a direction's weight is its sign x that of its quantity's rise (good where
        none is named). 终止 and its kin turn what is bad (终止减持) and spoil what is good (终止
        合作).

    Notes
    -----
    Sum of weights and its normalisation: VADER, Hutto and Gilbert (2014), ICWSM 8.
    """
    return curbed(sum(tones(tokens).values()))


def curbed(total: float) -> float:
    """A sum of tones in (-1, 1): S / sqrt(S^2 + 15)."""
    return total / (total * total + ALPHA) ** 0.5


def tones(tokens: Sequence[str]) -> dict[str, float]:
    """Sum of the tones of a headline's words by group of the lexicon, as `score` adds them up."""
    read = [entries().get(token) for token in tokens]
    clause = list(accumulate(token in ENDS for token in tokens))
    used: set[int] = set()  # quantities that a direction took, negators that turned something
    found: dict[str, float] = {}
    for at in sorted(range(len(read)), key=lambda at: _ORDER.get(_kind(read[at]), 0)):
        entry = read[at]
        if _kind(entry) not in _ORDER or at in used:
            continue
        weight, group = entry.weight, entry.group
        if entry.kind == "direction":
            quantity = _quantity(read, clause, at)
            if quantity is not None:
                used.add(quantity)
                weight *= 1 if read[quantity].kind == "gain" else -1
                group = read[quantity].group
        if entry.kind != "negator":
            factor, negators = _before(read, clause, at)
            used.update(negator for negator in negators if weight < 0)
            weight *= factor
        if weight:
            found[group] = found.get(group, 0.0) + weight
    return found


_ORDER = {"tone": 1, "direction": 2, "gain": 3, "cost": 4, "negator": 5}
"""Directions take their quantities, and all words their negators, before these speak alone."""


def _kind(entry: Entry | None) -> str:
    return entry.kind if entry else ""


def _quantity(read: list[Entry | None], clause: list[int], at: int) -> int | None:
    """Where the quantity of a direction stands: before it in the clause, after it, or farther."""
    before = range(at - 1, max(at - QUANTITY_REACH, 0) - 1, -1)
    after = range(at + 1, min(at + 3, len(read)))
    own = [place for place in before if clause[place] == clause[at]]
    near = [place for place in after if clause[place] == clause[at]]
    for place in (*own, *near, *before):
        if _kind(read[place]) in ("gain", "cost"):
            return place
    return None


def _before(read: list[Entry | None], clause: list[int], at: int) -> tuple[float, list[int]]:
    """What negators and intensifiers between a word and the toned one before make of it, and the
    negators' places."""
    factor, negators = 1.0, []
    for place in range(at - 1, max(at - REACH, 0) - 1, -1):
        kind = _kind(read[place])
        if clause[place] != clause[at] or kind in ("tone", "direction"):
            break
        if kind == "intensifier":
            factor *= read[place].weight
        elif kind == "negator":
            factor *= TURNED
            negators.append(place)
    return factor, negators
