"""Which rows are explained."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from stockcast.errors import InputError
from stockcast.judge.explanation.rows import Rows, thinned
from stockcast.models.sample_set import SampleSet
from tests.models.conftest import Known


def test_thinned_keeps_every_nth_day_and_the_other_parts(planted: Known) -> None:
    """Every fifth test day stays a test day; training and validation days all stay."""
    whole = SampleSet(planted.features, planted.samples, 5, 10)
    less = thinned(whole, every=5, offset=1)
    days = {
        name: np.sort(each.samples["date"][each.samples["split"] == "test"].unique())
        for name, each in (("whole", whole), ("less", less))
    }
    np.testing.assert_array_equal(days["less"], days["whole"][1::5])
    for part in ("train", "valid"):
        np.testing.assert_array_equal(whole.part(part), less.part(part))
    with pytest.raises(InputError, match="test"):
        thinned(whole, offset=10_000)


def test_rows_hold_what_the_model_forecasts(rows: Rows, boosted: object, samples: object) -> None:
    """The explained score orders the stocks of a day as the forecast's score over its unit does."""
    said = boosted.forecast(samples)
    np.testing.assert_array_equal(said["code"], rows.code)
    np.testing.assert_array_equal(said["date"], rows.date)
    raw = pd.Series(rows.score(rows.x))
    standing = raw - raw.groupby(rows.date).transform("mean")
    np.testing.assert_allclose(said["score"] / 0.02, standing, atol=1e-9)


def test_no_rows_are_refused(rows: Rows, boosted: object, samples: SampleSet) -> None:
    """Without rows, or with keys that do not fit, there is nothing to explain."""
    with pytest.raises(InputError, match="must not be empty"):
        rows.some(np.zeros(len(rows.x), bool))
    with pytest.raises(InputError, match="a row a date"):
        Rows(rows.names, rows.x, rows.date[1:], rows.code, rows.score)
    with pytest.raises(InputError, match="split none"):
        Rows.of(boosted, samples, "none")
