"""Headlines into words: names and numbers masked, then cut by jieba.

A model that reads names learns which companies did well in its training years, and one that reads
numbers as they stand meets each only once. Names, numbers and percentages therefore become signs
of one character each, before the text is cut.
"""

from __future__ import annotations

import re
import threading
import unicodedata
import warnings
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from stockcast.features.text import lexicon

if TYPE_CHECKING:
    import jieba

NAME, NUMBER = "◆", "◇"
"""Signs of a stock's name and of a number."""

PERCENT, BELOW = "①②③④", "⑤⑥⑦⑧"
"""Signs of percentages up to 10, 50, 100 and above; `BELOW` where a minus stands before."""

_SPELT = {NAME: "公司", NUMBER: "数", **dict.fromkeys(PERCENT, "百分比")}
_SPELT |= dict.fromkeys(BELOW, "负百分比")
_EDGES = (10.0, 50.0, 100.0)
_MARKS = re.compile(r"^(?:XD|XR|DR|S?\*?ST|N)+|(?:退|-[A-Z]+|(?<=[^A-Z])[AB])$")
_CODES = re.compile(r"\((?:[^()]*\.(?:SH|SZ|BJ|HK|O|N)[^()]*|\d{5,6})\)")
_BYLINE = re.compile(rf"^[\w*\-{NAME}]{{2,9}}:")
# A hyphen after a digit or a percent sign is a range's ("10%-20%"), not a minus.
_NUMBER = re.compile(r"((?<![\d%])[-−+])?(\d[\d,]*(?:\.\d+)?)\s*(%|个百分点)?")
_lock = threading.Lock()


@lru_cache(maxsize=65_536)
def masked(title: str, names: tuple[str, ...] = ()) -> str:
    """A headline with its names, codes, numbers and percentages replaced by signs.

    Parameters
    ----------
    title
        A headline; full-width forms become half-width, blanks go.
    names
        Names of stocks that it may contain, with or without the exchange's marks (ST, XD, -U).
        What stands before a first colon, where it is short and holds no word of the lexicon that
        has a tone, is taken for a name too.

    Returns
    -------
    str
        Such as "◆:上半年净利增③" of "海螺水泥：上半年净利增60.5%".
    """
    text = plain(title)
    for name in sorted(_shown(names), key=lambda name: (-len(name), name)):
        text = text.replace(name, NAME)
    text = _CODES.sub("", text)
    byline = _BYLINE.match(text)
    if byline and not lexicon.toned(byline.group()):
        text = NAME + text[byline.end() - 1 :]
    text = re.sub(rf"(?:\*?ST)?{NAME}+", NAME, text)
    return _NUMBER.sub(_sign, text)


def unsigned(text: str) -> str:
    """A masked headline with plain words for its signs, for readers trained on ordinary text."""
    for sign, word in _SPELT.items():
        text = text.replace(sign, word)
    return text


def plain(text: str) -> str:
    """Half-width forms without blanks (NFKC turns ： into : and Ａ into A)."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))


@lru_cache(maxsize=65_536)
def cut(text: str) -> tuple[str, ...]:
    """The words of a text, the lexicon's kept whole; signs and punctuation are words too.

    By jieba's dictionary alone: words outside it fall into characters, and none is guessed.
    """
    return tuple(_tokenizer().cut(text, HMM=False))


def cut_all(titles: Iterable[str], names: Iterable[Sequence[str]]) -> list[tuple[str, ...]]:
    """Words of each masked headline."""
    return [cut(masked(title, tuple(of))) for title, of in zip(titles, names, strict=True)]


def _shown(names: Sequence[str]) -> set[str]:
    """Names as headlines may show them: whole, and without the exchange's marks."""
    whole = {plain(name) for name in names}
    return {name for name in whole | {_MARKS.sub("", name) for name in whole} if len(name) > 1}


def _sign(match: re.Match) -> str:
    minus, number, percent = match.groups()
    if not percent:
        return NUMBER
    size = float(number.replace(",", ""))
    return (BELOW if minus in ("-", "−") else PERCENT)[sum(size > edge for edge in _EDGES)]


@cache
def _made() -> jieba.Tokenizer:
    with warnings.catch_warnings():
        # jieba asks for pkg_resources and has escapes that newer Pythons warn of.
        warnings.filterwarnings("ignore", category=SyntaxWarning)
        warnings.filterwarnings("ignore", "pkg_resources is deprecated", UserWarning)
        warnings.filterwarnings("ignore", category=DeprecationWarning)
        import jieba
    tokenizer = jieba.Tokenizer()
    # Not by `initialize`, which loads whatever jieba.cache lies in the shared temporary folder,
    # writes one there, and tells of it on stderr.
    tokenizer.FREQ, tokenizer.total = tokenizer.gen_pfdict(tokenizer.get_dict_file())
    tokenizer.initialized = True
    for word in lexicon.words():
        tokenizer.add_word(word)
    # What rises and that it rises are read apart: 成本上升 is two words here.
    for compound in lexicon.compounds():
        if tokenizer.FREQ.get(compound):
            tokenizer.FREQ[compound] = 0
    return tokenizer


def _tokenizer() -> jieba.Tokenizer:
    """One tokenizer a process, however many threads ask for it first."""
    with _lock:
        return _made()
