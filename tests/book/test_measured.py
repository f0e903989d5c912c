"""Tables of what was measured."""

from __future__ import annotations

import pytest

from stockcast.book import measured
from stockcast.errors import InputError

LINES = [
    {"benchmark": "race", "figure": "all", "model": "first_one", "ic": 0.0512, "ic_low": 0.01,
     "ic_high": 0.09, "seconds": 123.4, "rows": 1200},
    {"benchmark": "race", "figure": "all", "model": "second", "ic": None, "seconds": 12.34},
    {"benchmark": "race", "figure": "each", "model": "first_one", "year": 2013},
    {"benchmark": "other", "figure": "all"},
]  # fmt: skip


def test_a_row_a_line_with_intervals_where_they_are_known():
    """What was measured must be shown, to a fitting number of digits, and nothing else."""
    heads = {"model": "model", "ic": "Rank IC", "seconds": "s", "rows": "rows"}
    assert measured.table(LINES, "race", heads, figure="all").splitlines() == [
        "|model|Rank IC|s|rows|",
        "|---|--:|--:|--:|",
        "|first one|0.051 (0.010 to 0.090)|123|1,200|",
        "|second||12.3||",
    ]


def test_years_are_no_quantities():
    """2013 is a name: nothing divides its thousands."""
    told = measured.table(LINES, "race", {"model": "model", "year": "year"}, figure="each")
    assert told.splitlines()[-1] == "|first one|2013|"


def test_what_was_not_measured_is_refused():
    """A table must not silently be empty, of a benchmark or of a column."""
    with pytest.raises(InputError, match="must have been measured"):
        measured.table(LINES, "rase", {"model": "model"})
    with pytest.raises(InputError, match="column minutes"):
        measured.table(LINES, "race", {"minutes": "minutes"})


def test_the_lines_kept_can_be_read():
    """Every line of the file names its benchmark and its figure or what it was measured on."""
    found = measured.lines()
    assert found
    assert all("benchmark" in line and len(line) > 2 for line in found)
