"""Errors come out of worker processes as they went in."""

from __future__ import annotations

import pickle

import pytest

from stockcast.errors import InputError, MissingArtifact


@pytest.mark.parametrize(
    "error",
    [
        InputError("seed", "must be whole", 1.5, "round it"),
        InputError("panel", "must not be empty"),
        MissingArtifact("artifact x", "stockcast run"),
    ],
)
def test_errors_survive_pickling(error: Exception):
    """An error read back from its pickled form, as joblib hands it on, says the same."""
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert str(again) == str(error)
