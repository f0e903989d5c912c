"""Simulated people have the skill that is said of them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from stockcast.advice.feedback.simulated_people import expert, satisfied


def test_skill_is_what_it_is_said_to_be():
    """The label's rank correlation with the outcome follows the skill; none is none."""
    rng = np.random.default_rng(3)
    keys = pd.MultiIndex.from_product([pd.bdate_range("2016-01-04", periods=200), range(40)])
    outcomes = keys.to_frame(index=False, name=["date", "code"])
    outcomes["label"] = rng.normal(size=len(outcomes))
    found = {}
    for skill in (0.0, 0.3):
        said = expert(outcomes, "Ada", skill, 10, rng)
        assert (said.groupby("date").size() == 10).all()
        both = said.merge(outcomes, on=["date", "code"], suffixes=("", "_seen"))
        found[skill] = both["label"].corr(both["label_seen"])
    assert abs(found[0.0]) < 0.05
    assert 0.2 < found[0.3] < 0.35


def test_who_has_gained_is_satisfied():
    """Far above the spread a 5, far below a 1."""
    rng = np.random.default_rng(3)
    assert (satisfied(9.0, 0.05, rng), satisfied(-9.0, 0.05, rng)) == (5, 1)
    assert satisfied(np.nan, 0.05, rng) in (1, 2, 3, 4, 5)
