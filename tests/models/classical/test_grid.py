"""The grid: judged on validation, the simplest of those that are as good."""

from __future__ import annotations

import dataclasses

import numpy as np

from stockcast.models.classical.design import Design, design
from stockcast.models.classical.grid import choose, grid_table
from stockcast.models.classical.kind import Kind
from tests.models.classical.conftest import small

PENALTIES = ({"penalty": 1e3}, {"penalty": 1e-3})


def ridge(worth: dict[float, float], noise: float = 0.0) -> Kind:
    """A ridge whose scores count `worth` times, with noise of so many times their own spread."""
    kind = dataclasses.replace(small("ridge"), grid=PENALTIES)

    def raw(estimator: object, x: np.ndarray) -> np.ndarray:
        score = kind.raw(estimator, x)
        large = estimator.alpha > 1e3
        added = np.random.default_rng(1).normal(size=len(x)) * score.std() * noise * large
        return worth[large] * score + added

    return dataclasses.replace(kind, raw=raw)


def test_settings_that_fail_on_validation_are_left(samples):
    """Scores the wrong way round gain nothing, and the setting that orders returns is chosen."""
    settings, tried = choose(ridge({True: -1.0, False: 1.0}), design(samples), seed=0)
    assert settings == PENALTIES[1]
    assert tried[0].gain == 0 < tried[1].gain - tried[0].error
    assert tried[1].error == 0


def test_of_equals_the_most_regularised_is_chosen(samples):
    """Both order validation alike, up to noise a little worse: the first of the grid is taken."""
    settings, tried = choose(ridge({True: 1.0, False: 1.0}, noise=0.02), design(samples), seed=0)
    assert settings == PENALTIES[0]
    assert tried[0].gain > 0.9 * tried[1].gain


def test_validation_alone_decides(samples):
    """Other test outcomes change neither the choice nor a figure of the grid."""
    noise = np.random.default_rng(0).normal(size=len(samples.samples))
    test = (samples.samples["split"] == "test").to_numpy()
    label = samples.samples["label"].mask(test, noise)
    other = dataclasses.replace(samples, samples=samples.samples.assign(label=label))
    kind = ridge({True: 1.0, False: 1.0})
    assert choose(kind, design(other), seed=0) == choose(kind, design(samples), seed=0)


def test_many_rows_are_thinned_by_days(samples, monkeypatch):
    """With more rows than the limit the grid sees whole days, every n-th, and no more than that."""
    seen = []
    kind = ridge({True: 1.0, False: 1.0})

    def fit(train: object, *rest: object) -> object:
        seen.append(train)
        return kind.fit(train, *rest)

    read: Design = design(samples)
    monkeypatch.setattr("stockcast.models.classical.grid.GRID_ROWS", len(read.train.y) // 3)
    choose(dataclasses.replace(kind, fit=fit), read, seed=0)
    days = np.unique(seen[0].day)
    assert set(np.diff(days)) <= {3, 4}
    assert all(len(each.y) <= len(read.train.y) / 2.5 for each in seen)
    assert (np.bincount(seen[0].day)[days] == 20).all()


def test_the_table_names_the_chosen_settings(fitted):
    """One row a point, in thousandths of a nat, and one of them chosen."""
    model = fitted["random_forest"]
    table = grid_table(model.tried, model.settings)
    assert list(table["settings"]) == ["leaf 0.03, features 0.2"]
    assert table["chosen"].sum() == 1
    np.testing.assert_allclose(table["mean"], [1e3 * each.gain for each in model.tried])
