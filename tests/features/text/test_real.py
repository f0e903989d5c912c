"""The model on real labelled headlines of a year it has not seen."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from stockcast import paths
from stockcast.features.text import classifier, lexicon, words
from stockcast.judge.intervals import resampled_days
from stockcast.judge.metrics import classification_intervals

UNTIL = "2017-12-31"


@pytest.fixture(scope="module")
def labelled() -> pd.DataFrame:
    folder = paths.real_data()
    if folder is None or not (folder / "news_labelled.csv").is_file():
        pytest.skip("STOCKCAST_REAL_DATA names no folder with labelled headlines")
    table = pd.read_csv(folder / "news_labelled.csv", dtype={"code": "str"})
    names = [tuple(each.split(",")) for each in table["company"]]
    wording = [words.masked(t, n) for t, n in zip(table["title"], names, strict=True)]
    return table.assign(time=pd.to_datetime(table["date"]), names=names, wording=wording)


@pytest.fixture(scope="module")
def later(labelled) -> pd.DataFrame:
    """Headlines after the training, with the model's probability and the lexicon's score."""
    model = classifier.fit(labelled, UNTIL)
    later = labelled[labelled["time"] > UNTIL].reset_index(drop=True)
    return later.assign(
        prob=model.predict(later["title"], later["names"]),
        score=[lexicon.score(words.cut(text)) for text in later["wording"]],
    )


@pytest.mark.real
def test_accuracy_is_above_the_majority(labelled, later):
    """The lower end of its interval is, over all headlines and over wordings never trained on."""
    seen = set(labelled["wording"][labelled["time"] <= UNTIL])
    for part in (later, later[~later["wording"].isin(seen)]):
        rng = np.random.default_rng(1)
        found = classification_intervals(part, rng, prob="prob", block=5, n=300)
        majority = max(part["label"].mean(), 1 - part["label"].mean())
        assert found.loc["accuracy", "low"] > majority + 0.05
        assert found.loc["auc", "low"] > 0.9


@pytest.mark.real
def test_auc_is_above_the_lexicon(later):
    """The lower end of the interval of the difference, days resampled, is above zero."""
    day, days = pd.factorize(later["time"], sort=True)
    weights = resampled_days(len(days), np.random.default_rng(2), 5, 200)[:, day]
    lead = [
        roc_auc_score(later["label"], later["prob"], sample_weight=weight)
        - roc_auc_score(later["label"], later["score"], sample_weight=weight)
        for weight in weights
    ]
    assert np.quantile(lead, 0.025) > 0


@pytest.mark.real
def test_probabilities_are_calibrated(later):
    """Said and seen shares of good headlines differ by less than .04 in the mean over ten bins."""
    place = np.minimum((later["prob"] * 10).astype(int), 9)
    gap = (later["prob"] - later["label"]).groupby(place).sum().abs().sum() / len(later)
    assert gap < 0.04
