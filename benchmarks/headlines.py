"""Does the headline model tell good news from bad on headlines of a later year?

One JSON line a figure, on the real labelled headlines that `STOCKCAST_REAL_DATA` holds: fitted on
what was labelled by the end of 2017, tested on 2018, beside the majority class and the lexicon
alone (its score through a logistic curve fitted on the same training headlines). Intervals come
from resampling whole days; differences are paired. `new` are the headlines whose masked wording
never occurred in training.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import expit
from sklearn.metrics import roc_auc_score

from stockcast import determinism, paths
from stockcast.features.text import classifier, lexicon, training, words
from stockcast.judge.intervals import resampled_days
from stockcast.judge.metrics import calibration_table

UNTIL, END = "2017-12-31", "2018-12-31"
DRAWS, BLOCK = 1000, 5
BINS = 10

Measure = Callable[[np.ndarray, np.ndarray, np.ndarray], float]


def told(**figures: object) -> None:
    print(json.dumps({"benchmark": "headlines", **figures}), flush=True)


def headlines(path: Path) -> pd.DataFrame:
    """The labelled headlines with time, title, names, label and the masked wording."""
    table = pd.read_csv(path, dtype={"code": "str"})
    names = [tuple(each.split(",")) for each in table["company"].fillna("")]
    wording = [words.masked(t, n) for t, n in zip(table["title"], names, strict=True)]
    return pd.DataFrame(
        {
            "time": pd.to_datetime(table["date"]),
            "title": table["title"],
            "names": names,
            "label": table["label"],
            "wording": wording,
        }
    )


def by_lexicon(train: pd.DataFrame, test: pd.DataFrame) -> np.ndarray:
    """Probability from the lexicon's score alone, its curve fitted on the training headlines."""
    scored, asked = (
        np.array([[lexicon.score(words.cut(text))] for text in part["wording"]])
        for part in (train, test)
    )
    weights, offset = training.logistic(scored, train["label"].to_numpy(), 1e4)
    return expit(asked @ weights + offset)


def accuracy(good: np.ndarray, prob: np.ndarray, weight: np.ndarray) -> float:
    return float(np.average((prob > 0.5) == good, weights=weight))


def auc(good: np.ndarray, prob: np.ndarray, weight: np.ndarray) -> float:
    return float(roc_auc_score(good, prob, sample_weight=weight))


def brier(good: np.ndarray, prob: np.ndarray, weight: np.ndarray) -> float:
    return float(np.average((prob - good) ** 2, weights=weight))


def log_loss(good: np.ndarray, prob: np.ndarray, weight: np.ndarray) -> float:
    return float(np.average(-np.log(np.where(good, prob, 1 - prob)), weights=weight))


def calibration_error(good: np.ndarray, prob: np.ndarray, weight: np.ndarray) -> float:
    """Expected calibration error over equally wide bins (Naeini et al. 2015, AAAI)."""
    place = np.minimum((prob * BINS).astype(int), BINS - 1)
    gap = np.bincount(place, weight * (prob - good), minlength=BINS)
    return float(np.abs(gap).sum() / weight.sum())


MEASURES: dict[str, Measure] = {
    f.__name__: f for f in (accuracy, auc, brier, log_loss, calibration_error)
}


def drawn(test: pd.DataFrame) -> np.ndarray:
    """Weight of each headline in the sample itself, and in each resample of whole days."""
    day, days = pd.factorize(test["time"], sort=True)
    rng = determinism.stream(2017, "headlines")
    counts = resampled_days(len(days), rng, BLOCK, DRAWS)
    return np.vstack([np.ones(len(test)), counts[:, day]])


def interval(values: np.ndarray) -> dict[str, float]:
    """The sample's value and the 95 % interval of the resamples'."""
    low, high = np.quantile(values[1:], [0.025, 0.975])
    return {"value": round(values[0], 4), "low": round(low, 4), "high": round(high, 4)}


def compare(test: pd.DataFrame, probs: dict[str, np.ndarray], among: str) -> None:
    """Every measure of every forecaster, and the model's lead over the lexicon."""
    good, weights = test["label"].to_numpy() == 1, drawn(test)
    found = {
        (who, name): np.array([of(good, prob, weight) for weight in weights])
        for who, prob in probs.items()
        for name, of in MEASURES.items()
    }
    share = {"headlines": len(test), "good_share": round(good.mean(), 4)}
    for (who, name), values in found.items():
        told(figure=name, of=who, among=among, **share, **interval(values))
    for name in MEASURES:
        lead = found["model", name] - found["lexicon", name]
        told(figure=f"{name} model - lexicon", among=among, **share, **interval(lead))


def main(until: str = UNTIL, end: str = END) -> None:
    folder = paths.real_data()
    if folder is None:
        sys.exit("STOCKCAST_REAL_DATA names no folder with news_labelled.csv")
    news = headlines(folder / "news_labelled.csv")
    train = news[news["time"] <= until]
    test = news[(news["time"] > until) & (news["time"] <= end)].reset_index(drop=True)
    began = time.perf_counter()
    model = classifier.fit(train, until)
    seconds = time.perf_counter() - began
    words_alone = classifier.fit(train, until, classifier.Settings(lexicon=0.0))
    began = time.perf_counter()
    probs = {"model": model.predict(test["title"], test["names"])}
    asked = time.perf_counter() - began
    probs["words alone"] = words_alone.predict(test["title"], test["names"])
    probs["lexicon"] = by_lexicon(train, test)
    probs["majority"] = np.full(len(test), train["label"].mean())
    told(
        figure="fit", headlines=len(train), terms=len(model.idf), strength=model.chosen.strength,
        slope=round(model.chosen.slope, 3), offset=round(model.chosen.offset, 3),
        information_until=str(model.information_until.date()), seconds=round(seconds, 2),
        headlines_per_s=round(len(test) / asked),
    )  # fmt: skip
    compare(test, probs, "all")
    new = ~test["wording"].isin(set(train["wording"])).to_numpy()
    compare(
        test[new].reset_index(drop=True), {who: prob[new] for who, prob in probs.items()}, "new"
    )
    table = calibration_table(probs["model"], test["label"], BINS).round(3)
    told(figure="reliability", of="model", bins=table.dropna().to_dict("records"))


if __name__ == "__main__":
    main()
