"""Words for numbers."""

import math

import pytest

from stockcast.book.words import against_zero, compared, on_promise

NAN = math.nan


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (0.01, 0.02, "excludes zero"),
        (-0.01, 0.02, "includes zero"),
        (0.0, 0.0, "includes zero"),
        (-0.02, -0.01, "lies below zero"),
        (NAN, NAN, "cannot be told"),
    ],
)
def test_against_zero(low, high, said):
    """Prose must not claim more than the interval, which may be a point or unknown."""
    assert against_zero(low, high) == said


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [(0.7, 0.8, "kept"), (0.6, 0.7, "open"), (0.5, 0.6, "broken"), (NAN, 0.6, "not")],
)
def test_on_promise(low, high, said):
    """A promise of .65 is named by where the interval lies."""
    assert on_promise(low, high, 0.65).startswith(said)


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [(0.6, 0.7, "surely above"), (0.4, 0.6, "not surely"), (0.3, 0.4, "surely below")],
)
def test_compared(low, high, said):
    """An interval that holds the value decides nothing."""
    assert compared(low, high, 0.5).startswith(said)
    assert compared(NAN, NAN, 0.5).startswith("not surely")
