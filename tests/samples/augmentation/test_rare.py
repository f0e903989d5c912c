"""Resampling: rare classes more often, from what is given and nothing else."""

from __future__ import annotations

import numpy as np
import pytest

from stockcast.errors import InputError
from stockcast.samples.augmentation import move_class, resample

CLASSES = np.repeat([-3, 0, 1, 3], [10, 700, 200, 90])


def shares(drawn):
    return np.bincount(CLASSES[drawn] + 3, minlength=7)[[0, 3, 4, 6]] / len(drawn)


def test_classes_are_the_plans_levels_in_order():
    """±3, ±5 and ±10 % make seven classes from the deepest fall to the highest rise."""
    label = np.array([-0.2, -0.10, -0.06, -0.03, 0.0, 0.029, 0.03, 0.07, 0.10])
    assert move_class(label).tolist() == [-3, -3, -2, -1, 0, 0, 1, 2, 3]


@pytest.mark.parametrize("evenness", [0.0, 0.5, 1.0])
def test_evenness_sets_how_often_a_class_comes(evenness):
    """From as often as it is (0) to equally often (1), by a power of its share."""
    found = shares(resample(CLASSES, 40_000, np.random.default_rng(0), evenness=evenness))
    weight = np.array([0.01, 0.70, 0.20, 0.09]) ** (1 - evenness)
    np.testing.assert_allclose(found, weight / weight.sum(), atol=0.01)


def test_every_member_of_a_class_is_equally_likely():
    """Within a class no sample is preferred."""
    drawn = resample(CLASSES, 100_000, np.random.default_rng(1))
    counts = np.bincount(drawn, minlength=len(CLASSES))[:10]
    assert (np.abs(counts / counts.mean() - 1) < 0.1).all()


def test_same_generator_same_draw():
    """The generator's state alone decides."""
    first, again = (resample(CLASSES, 50, np.random.default_rng(2)) for _ in range(2))
    np.testing.assert_array_equal(first, again)


def test_unknown_labels_and_empty_classes_are_refused():
    """A label that is not known has no class, and nothing cannot be drawn from."""
    with pytest.raises(InputError, match="label"):
        move_class(np.array([0.1, np.nan]))
    with pytest.raises(InputError, match="classes"):
        resample(np.array([], int), 3, np.random.default_rng(0))
