"""The figures of the ledger show what they were given."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from stockcast.book import feedback_figures
from tests.book.drawing import png

pytestmark = pytest.mark.usefixtures("styled")

DAYS = pd.bdate_range("2016-01-04", periods=6)
ROLLING = pd.Series([np.nan, 0.02, 0.03, 0.01, -0.02, -0.03], DAYS)
ALARMS = pd.DataFrame(
    {"date": [DAYS[4], DAYS[5], DAYS[5]], "rule": ["rank_ic", "rank_ic", "drift"]}
)
RELIABLE = pd.DataFrame(
    {"said": [0.4, 0.5, 0.6], "seen": [0.45, 0.5, 0.52], "low": [0.4, 0.45, 0.5], "high": 0.6}
)
KAPPA = pd.DataFrame(
    {"one": ["Ada", "Ada"], "other": ["Bo", "the outcome"], "kappa": [0.4, np.nan]}
).assign(low=[0.1, np.nan], high=[0.6, np.nan])


def drawn() -> dict[str, Figure]:
    """One of each figure."""
    return {
        "rolling": feedback_figures.rolling_with_alarms(ROLLING, ALARMS, "Rank IC", ROLLING),
        "quiet": feedback_figures.rolling_with_alarms(ROLLING, ALARMS.head(0), "Rank IC"),
        "coverage": feedback_figures.coverage_over_time(ROLLING + 0.9, 0.9, ROLLING * 0 + 1),
        "reliability": feedback_figures.reliability(RELIABLE),
        "agreement": feedback_figures.agreement(KAPPA),
        "rules": feedback_figures.alarms_by_rule(ALARMS, ["rank_ic", "drift"], DAYS),
    }


def test_figures_are_the_same_bytes_each_time():
    """Drawn twice, every figure is the same picture."""
    one, two = drawn(), drawn()
    for name, figure in one.items():
        assert png(figure) == png(two[name]), name


def test_alarms_are_marked_once_a_day_at_the_line():
    """Two rules on one day are one mark, at the rolling figure's height."""
    lines = drawn()["rolling"].axes[0].lines
    marks = next(line for line in lines if line.get_label() == "a rule speaks")
    np.testing.assert_allclose(marks.get_ydata(), [-0.02, -0.03])
    labels = [line.get_label() for line in drawn()["quiet"].axes[0].lines]
    assert "a rule speaks" not in labels


def test_the_promise_is_drawn():
    """A dashed line at the nominal share."""
    lines = {line.get_label(): line for line in drawn()["coverage"].axes[0].lines}
    assert lines["promised"].get_ydata()[0] == 0.9


def test_agreement_keeps_rows_that_cannot_be_told():
    """Every pair has its name, the first on top."""
    axes = drawn()["agreement"].axes[0]
    assert [text.get_text() for text in axes.get_yticklabels()] == [
        "Ada and Bo",
        "Ada and the outcome",
    ]
    assert axes.get_yticks().tolist() == [1, 0]


def test_rules_have_a_line_each():
    """The first rule on top, its marks on its own line."""
    axes = drawn()["rules"].axes[0]
    assert [text.get_text() for text in axes.get_yticklabels()] == ["drift", "rank ic"]
    heights = [line.get_ydata().tolist() for line in axes.lines if line.get_marker() == "v"]
    assert heights == [[0.0], [1.0, 1.0]]
