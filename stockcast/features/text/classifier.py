"""Is a headline good news? TF-IDF of words and characters, logistic regression, dated labels.

Kept plain on purpose: words, runs of up to three characters and the lexicon's score are the whole
model, and names and numbers are masked (`words.masked`), so that it learns wordings, not companies.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from stockcast import paths
from stockcast.errors import InputError
from stockcast.features.text import lexicon, terms, training, words

if TYPE_CHECKING:
    from scipy import sparse

_FORMAT = b"stockcast headline model"


@dataclass(frozen=True)
class Settings:
    """How a headline becomes numbers, and what walk-forward may choose from.

    Attributes
    ----------
    characters
        Longest run of characters that counts as a term.
    least
        Training headlines that a term must occur in.
    lexicon
        Weight of the lexicon's score as one more column; 0: none.
    strengths
        Inverse penalties to choose from, in order of preference.
    folds
        Of the walk-forward that chooses and calibrates; 0: the first strength, uncalibrated.
    """

    characters: int = 3
    least: int = 2
    lexicon: float = 0.5
    strengths: tuple[float, ...] = (1.0, 3.0)
    folds: int = 5


@dataclass(frozen=True, eq=False)
class HeadlineModel:
    """A fitted model; `fit` makes it.

    Attributes
    ----------
    terms : tuple of two lists
        Words, and runs of characters, in the order of `idf` and `weights`.
    idf, weights : ndarray of shape (n_terms,)
        Of the words, then of the runs; `weights` has the lexicon's as its last.
    offset : float
    chosen : training.Chosen
    settings : Settings
    information_until : Timestamp
        The last day on which one of its labels was known.
    headlines : int
        Headlines it was fitted on.
    """

    terms: tuple[list[str], list[str]]
    idf: np.ndarray
    weights: np.ndarray
    offset: float
    chosen: training.Chosen
    settings: Settings
    information_until: pd.Timestamp
    headlines: int
    _made: dict = field(default_factory=dict, repr=False)

    def predict(
        self, titles: Sequence[str], names: Iterable[Sequence[str]] | None = None
    ) -> np.ndarray:
        """Probability that each headline is good, shape (n,).

        Parameters
        ----------
        titles
            Headlines.
        names
            Names of stocks to mask in each; None: none is known.

        Notes
        -----
        Each headline by itself: no bit depends on what else is asked for.
        """
        from scipy.special import expit

        texts = _texts(titles, names)
        if not texts:
            return np.empty(0)
        score = self._design(texts) @ self.weights + self.offset
        return expit(self.chosen.slope * score + self.chosen.offset)

    def save(self, path: Path) -> None:
        """One Parquet file: a row per term, the rest in its metadata. Nothing is pickled."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        sizes = [len(block) for block in self.terms]
        table = pa.table(
            {
                "block": np.repeat(terms.BLOCKS, sizes).tolist(),
                "term": [term for block in self.terms for term in block],
                "idf": self.idf,
                "weight": self.weights[: sum(sizes)],
            }
        )
        told = {
            "lexicon_weight": float(self.weights[-1]) if self.settings.lexicon else None,
            "offset": self.offset,
            "chosen": asdict(self.chosen),
            "settings": asdict(self.settings),
            "information_until": self.information_until.isoformat(),
            "headlines": self.headlines,
        }
        table = table.replace_schema_metadata({_FORMAT: json.dumps(told).encode()})
        with paths.replacing(path) as scratch:
            pq.write_table(table, scratch)

    @classmethod
    def load(cls, path: Path) -> HeadlineModel:
        """The model of a file that `save` wrote: bit-equal probabilities.

        Raises
        ------
        InputError
            For a file that is missing or no headline model.
        """
        import pyarrow as pa
        import pyarrow.parquet as pq

        try:
            table = pq.read_table(path)
            told = json.loads(table.schema.metadata[_FORMAT])
        except (OSError, pa.ArrowInvalid, KeyError, TypeError) as error:
            why = type(error).__name__
            raise InputError(paths.shown(path), "must be a saved headline model", why) from None
        settings = told["settings"] | {"strengths": tuple(told["settings"]["strengths"])}
        rows = table.to_pandas()
        extra = [] if told["lexicon_weight"] is None else [told["lexicon_weight"]]
        return cls(
            tuple(rows["term"][rows["block"] == block].to_list() for block in terms.BLOCKS),
            rows["idf"].to_numpy(),
            np.concatenate([rows["weight"].to_numpy(), extra]),
            told["offset"],
            training.Chosen(**told["chosen"]),
            Settings(**settings),
            pd.Timestamp(told["information_until"]),
            told["headlines"],
        )

    def _design(self, texts: Sequence[str]) -> sparse.csr_array:
        if not self._made:
            self._made["places"] = tuple(_places(block) for block in self.terms)
        counts = [
            terms.counts(texts, block, places, self.settings.characters)
            for block, places in zip(terms.BLOCKS, self._made["places"], strict=True)
        ]
        idf = np.split(self.idf, [len(self.terms[0])])
        return terms.joined(counts, idf, _scores(texts, self.settings))


def fit(
    news: pd.DataFrame, until: pd.Timestamp | str, settings: Settings | None = None
) -> HeadlineModel:
    """A model of the headlines whose labels were known by `until`.

    Parameters
    ----------
    news
        `time`, `title`, `label` (1 good, 0 bad, NaN unknown), optionally `names` (tuple of names
        to mask) and `known` (when the label was known; the time itself if absent).
    until
        Last day whose labels count: later rows change no bit.
    settings
        None: as `Settings` has them.

    Raises
    ------
    InputError
        For missing columns, other labels, too few headlines, or labels of one kind only.

    Notes
    -----
    TF-IDF with 1 + log tf, smoothed idf and unit length a block (scikit-learn's); penalty and
    Platt calibration by walk-forward inside the training span (`training.chosen`).
    """
    settings = settings or Settings()
    rows = training.labelled(news, until)
    texts, label = _texts(rows["title"], rows["names"]), rows["label"].to_numpy()
    scores = _scores(texts, settings)
    vocabularies = [terms.vocabulary(texts, b, settings.characters) for b in terms.BLOCKS]
    counts = [
        terms.counts(texts, block, _places(vocabulary), settings.characters)
        for block, vocabulary in zip(terms.BLOCKS, vocabularies, strict=True)
    ]

    def designs(train: np.ndarray, test: np.ndarray) -> tuple[object, object]:
        kept, idf = terms.known(counts, train, settings.least)
        blocks = [block[:, place] for block, place in zip(counts, kept, strict=True)]
        made = terms.joined(blocks, idf, scores)
        return made[train], made[test]

    splits = training.walk_forward(rows, settings.folds) if settings.folds else []
    chosen = training.chosen(designs, label, splits, settings.strengths)
    every = np.arange(len(rows))
    kept, idf = terms.known(counts, every, settings.least)
    design = designs(every, every)[0]
    weights, offset = training.logistic(design, label, chosen.strength)
    return HeadlineModel(
        tuple([of[i] for i in at] for of, at in zip(vocabularies, kept, strict=True)),
        np.concatenate(idf),
        weights,
        offset,
        training.levelled(chosen, design @ weights + offset, label),
        settings,
        rows["known"].max(),
        len(rows),
    )


def _texts(titles: Iterable[str], names: Iterable[Sequence[str]] | None) -> list[str]:
    titles = list(titles)
    names = [()] * len(titles) if names is None else names
    return [words.masked(title, tuple(of)) for title, of in zip(titles, names, strict=True)]


def _places(terms: Sequence[str]) -> dict[str, int]:
    return {term: place for place, term in enumerate(terms)}


def _scores(texts: Sequence[str], settings: Settings) -> np.ndarray | None:
    if not settings.lexicon:
        return None
    return settings.lexicon * np.array([lexicon.score(words.cut(text)) for text in texts])
