"""Every figure a forecast is judged by, one definition each.

Figures by day (`daily_ic`, `relative_accuracy`, `recommendation_precision`, ...) are series by
date: their mean and its interval come from `stockcast.judge.intervals`. Figures that pool all
rows come with intervals of their own that resample whole days.
"""

from stockcast.judge._cross_section import (
    daily_ic,
    expected_sign_accuracy,
    icir,
    quantile_spread,
    recommendation_precision,
    relative,
    relative_accuracy,
)
from stockcast.judge._probability import (
    calibration_table,
    classification,
    classification_intervals,
    coverage_curve,
    interval_coverage,
    regression,
)

__all__ = [
    "calibration_table",
    "classification",
    "classification_intervals",
    "coverage_curve",
    "daily_ic",
    "expected_sign_accuracy",
    "icir",
    "interval_coverage",
    "quantile_spread",
    "recommendation_precision",
    "regression",
    "relative",
    "relative_accuracy",
]
