"""Masked headlines as sparse rows: TF-IDF of their words, and of their runs of characters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from stockcast.features.text import words

if TYPE_CHECKING:
    from scipy import sparse

BLOCKS = ("words", "characters")


def terms(text: str, block: str, longest: int) -> list[str]:
    """A masked headline's words, or its runs of up to `longest` characters."""
    if block == "words":
        return list(words.cut(text))
    sizes = range(1, longest + 1)
    return [text[i : i + n] for n in sizes for i in range(len(text) - n + 1)]


def vocabulary(texts: Sequence[str], block: str, longest: int) -> list[str]:
    """Every term of the texts, ascending."""
    return sorted({term for text in texts for term in terms(text, block, longest)})


def counts(
    texts: Sequence[str], block: str, places: dict[str, int], longest: int
) -> sparse.csr_array:
    """How often each term is in each text, (n_texts, n_terms)."""
    from scipy import sparse

    ends, at = [0], []
    for text in texts:
        found = (places.get(term, -1) for term in terms(text, block, longest))
        at.extend(place for place in found if place >= 0)
        ends.append(len(at))
    shape = (len(texts), len(places))
    out = sparse.csr_array((np.ones(len(at)), np.array(at, np.int32), np.array(ends)), shape=shape)
    out.sum_duplicates()
    return out


def known(
    counts: Sequence[sparse.csr_array], train: np.ndarray, least: int
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Of each block: the terms that enough training rows have, and their idf."""
    kept, idf = [], []
    for block in counts:
        there = np.bincount(block[train].indices, minlength=block.shape[1])
        at = np.flatnonzero(there >= least)
        kept.append(at)
        idf.append(np.log((1 + len(train)) / (1 + there[at])) + 1)
    return kept, idf


def joined(
    counts: Sequence[sparse.csr_array], idf: Sequence[np.ndarray], scores: np.ndarray | None
) -> sparse.csr_array:
    """TF-IDF of each block at unit length, side by side, the lexicon's score behind."""
    from scipy import sparse
    from sklearn.preprocessing import normalize

    blocks = []
    for block, of in zip(counts, idf, strict=True):
        weighed = block.copy()
        weighed.data = (1 + np.log(weighed.data)) * of[weighed.indices]
        # scikit-learn refuses a matrix without columns: no term was common enough.
        blocks.append(normalize(weighed, copy=False) if weighed.shape[1] else weighed)
    if scores is not None:
        blocks.append(sparse.csr_array(scores[:, None]))
    out = sparse.csr_array(sparse.hstack(blocks, format="csr"))
    out.indices, out.indptr = out.indices.astype(np.int32), out.indptr.astype(np.int32)
    return out
