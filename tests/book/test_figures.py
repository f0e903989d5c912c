"""The shared figures: what is drawn, and that equal input gives equal bytes."""

from __future__ import annotations

import io
from dataclasses import dataclass
from itertools import pairwise

import matplotlib.image
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from stockcast.book import figures
from tests.book.drawing import png

pytestmark = pytest.mark.usefixtures("styled")

DAYS = pd.bdate_range("2017-01-02", periods=60)


@dataclass(frozen=True)
class Parts:
    """Stands for a split."""

    train: pd.DatetimeIndex
    valid: pd.DatetimeIndex
    test: pd.DatetimeIndex


def drawn() -> dict[str, Figure]:
    """One of each figure, from small made-up tables."""
    rng = np.random.default_rng(7)
    walk = pd.DataFrame(rng.normal(0, 0.01, (60, 2)), index=DAYS, columns=["a", "b"])
    bands = pd.DataFrame(
        {"mean": [0.05, np.nan], "low": [0.01, np.nan], "high": [0.09, np.nan]}, index=["x", "y"]
    )
    curve = pd.DataFrame(
        {
            "threshold": [0.05, 0.1, 0.2],
            "coverage": [0.0, 0.4, 1.0],
            "accuracy": [np.nan, 0.6, 0.55],
            "low": [np.nan, 0.5, 0.5],
            "high": [np.nan, 0.7, 0.6],
        }
    )
    seen = pd.DataFrame({"said": [0.3, np.nan, 0.7], "seen": [0.4, np.nan, 0.6], "n": [9, 0, 4]})
    history = [{"epoch": n, "train_loss": 1 / n, "valid_loss": 1.2 / n} for n in (1, 2, 3)]
    split = Parts(DAYS[:30], DAYS[36:45], DAYS[51:])
    return {
        "intervals": figures.intervals(bands, "Rank IC"),
        "daily_and_cumulative": figures.daily_and_cumulative(walk["a"], "Rank IC"),
        "coverage": figures.coverage(curve, base=0.52),
        "equity": figures.equity((1 + walk).cumprod()),
        "calibration": figures.calibration(seen),
        "timeline": figures.timeline(
            {"2016": split, "2017": Parts(DAYS[:40], DAYS[:0], DAYS[46:])}
        ),
        "training": figures.training({"seed 1": history}),
        "by_month": figures.by_month(bands, bands.loc["x"], "Rank IC"),
        "by_size": figures.by_size(
            pd.DataFrame({"cost": [0.02, 0.001]}, index=pd.Index([1e3, 1e6], name="yuan")),
            "cost",
            {"here": 1e4},
        ),
        "luck": figures.luck(walk["b"], {"ours": 0.01}, "return"),
    }


def test_equal_input_gives_equal_bytes():
    """Two drawings of the same tables must be the same file, with no library version inside."""
    once, again = drawn(), drawn()
    for name, figure in once.items():
        first = png(figure)
        assert first == png(again[name]), name
        assert b"Matplotlib" not in first, name


def test_every_figure_is_transparent_and_of_one_width():
    """The page's colour must show through, and letters be as large in one figure as in the next."""
    for name, figure in drawn().items():
        pixels = matplotlib.image.imread(io.BytesIO(png(figure)))
        assert pixels.shape[1] == round(figures.WIDTH * 150), name
        assert pixels[0, 0, 3] == 0, name


def test_no_figure_carries_a_title():
    """Titles belong to the caption: a picture must not hold one."""
    for name, figure in drawn().items():
        assert not any(axes.get_title() for axes in figure.axes), name
        assert figure.get_suptitle() == "", name


def test_every_axis_is_labelled_or_names_its_rows():
    """A reader must be able to tell what each measured axis is."""
    for name in ("coverage", "calibration", "training", "by_size", "luck"):
        (axes,) = drawn()[name].axes
        assert axes.get_xlabel(), name
        assert axes.get_ylabel(), name


def test_coverage_marks_the_nearest_threshold_that_keeps_anything():
    """The diamond must stand at the threshold asked for, not at a row without forecasts."""
    curve = pd.DataFrame(
        {"threshold": [0.09, 0.12], "coverage": [0.0, 0.3], "accuracy": [np.nan, 0.6]}
    ).assign(low=0.5, high=0.7)
    (axes,) = figures.coverage(curve, mark=0.1).axes
    diamond = next(line for line in axes.lines if line.get_marker() == "D")
    assert (diamond.get_xdata()[0], diamond.get_ydata()[0]) == (0.3, 0.6)
    assert "0.12" in diamond.get_label()


def test_drawdown_is_measured_from_the_running_peak():
    """The lower panel must show the loss from the highest value so far."""
    curves = pd.DataFrame({"account": [100.0, 200.0, 150.0, 300.0]}, index=DAYS[:4])
    lower = figures.equity(curves).axes[1]
    np.testing.assert_allclose(lower.lines[0].get_ydata(), [0, 0, -0.25, 0])


def test_calibration_shows_the_diagonal():
    """Dots far from the diagonal must be seen to be far: both axes span the same."""
    far = pd.DataFrame({"said": [0.60, 0.62], "seen": [0.40, 0.41], "n": [5, 5]})
    (axes,) = figures.calibration(far).axes
    assert axes.get_xlim() == axes.get_ylim()
    assert axes.get_xlim()[0] < 0.40 < 0.62 < axes.get_xlim()[1]


def test_colours_differ_in_lightness_and_stand_out_on_white():
    """Lines must be told apart in greyscale, and each must be seen on a white page."""
    light = sorted(luminance(colour) for colour in figures.COLOURS[:3])
    for dark, bright in pairwise(light):
        assert (bright + 0.05) / (dark + 0.05) > 1.4
    assert all(1.05 / (luminance(colour) + 0.05) > 3 for colour in figures.COLOURS)


def luminance(colour: str) -> float:
    """Relative luminance, WCAG 2.2."""
    channels = np.array(to_rgb(colour))
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])
