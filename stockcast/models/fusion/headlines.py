"""The words of a stock's headlines as a few numbers a day, for networks that read numbers.

The catalogue's text features ask a word list how a headline sounds. Here nobody says what matters:
headlines become points whose axes are the commonest ways in which words go together (latent
semantic analysis), and the network finds out which of them move prices.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from stockcast.errors import InputError
from stockcast.features.rows import Rows
from stockcast.features.text import stories, terms
from stockcast.models.fusion.modalities import WORDS

LEAST = 5
"""Training headlines that must have a word before it counts."""


def words(
    panel: pd.DataFrame,
    news: pd.DataFrame,
    names: pd.DataFrame,
    *,
    until: pd.Timestamp,
    size: int = 12,
    days: int = 5,
) -> pd.DataFrame:
    """Columns `words_01` to `words_SIZE` for every row of the panel.

    Parameters
    ----------
    panel
        Canonical panel.
    news, names
        Canonical tables; a headline counts from the first close that followed it.
    until
        Last day whose headlines say which words count, how rare they are and how they go
        together. After the last training day it would look ahead.
    size
        Numbers a headline becomes.
    days
        Span of the exponential average in which a stock's headlines fade.

    Returns
    -------
    DataFrame
        `date`, `code`, then float columns, in no unit; the rows of the panel in its order. NaN
        before the first day of the news; days without a headline fade towards 0.

    Raises
    ------
    InputError
        When too few headlines up to `until` name a stock.

    Notes
    -----
    Deerwester et al. (1990), "Indexing by latent semantic analysis", Journal of the American
    Society for Information Science 41: TF-IDF, then a truncated singular value decomposition.
    Headlines are masked first (no company's name, no number is a word).
    """
    rows, place = Rows.of(panel)
    told = stories.known(news, rows)
    covered = rows.day >= (told["day"].min() if len(told) else len(rows.dates))
    told = stories.of_stocks(told, names, rows)
    early = rows.dates[rows.day[told["row"].to_numpy()]] <= until
    points = _points(stories.masked(told["text"], told["names"]), np.asarray(early), size)
    out = {"date": panel["date"].to_numpy(), "code": panel["code"].to_numpy()}
    for number in range(size):
        total = np.zeros(len(rows))
        np.add.at(total, told["row"].to_numpy(), points[:, number])
        faded = rows.ewm(np.where(covered, total, np.nan), 2 / (days + 1))
        column = np.empty(len(rows))
        column[place] = faded
        out[f"{WORDS}{number + 1:02d}"] = column
    return pd.DataFrame(out)


def _points(texts: list[str], early: np.ndarray, size: int) -> np.ndarray:
    """Coordinates of each text, (n_texts, size), on axes found in the early ones."""
    from sklearn.decomposition import TruncatedSVD

    learnt = [text for text, counts in zip(texts, early, strict=True) if counts]
    found = terms.vocabulary(learnt, "words", 1)
    counted = terms.counts(texts, "words", {word: at for at, word in enumerate(found)}, 1)
    train = np.flatnonzero(early)
    kept, idf = terms.known([counted], train, LEAST)
    if len(kept[0]) <= size or len(train) <= size:
        raise InputError(
            "headlines", f"must have more than {size} words in use by then", len(kept[0]),
            "take fewer numbers or a later training span",
        )  # fmt: skip
    weighed = terms.joined([counted[:, kept[0]]], idf, None)
    # The default solver draws at random; this one starts from a fixed vector.
    axes = TruncatedSVD(size, algorithm="arpack", random_state=0).fit(weighed[train])
    return np.asarray(weighed @ axes.components_.T)
