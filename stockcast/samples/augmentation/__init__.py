"""More windows out of one: varied, and still without a glance ahead.

A varied window that ends on a day is made of rows up to that day and of random numbers that belong
to its stock and its days, so it is the same whether or not later rows, or other stocks, are there.
Labels stay as they are: those of the day on which the window ends.

`series` varies one series, to look at; `batches` many windows at once, by given strengths; `ways`
draws the strengths for training; `rare` shows rare outcomes more often.
"""

from stockcast.samples.augmentation.rare import move_class, resample
from stockcast.samples.augmentation.series import jitter, shift_events, stretch
from stockcast.samples.augmentation.ways import STORY, VARIANTS, WAYS, Ground

__all__ = [
    "STORY",
    "VARIANTS",
    "WAYS",
    "Ground",
    "jitter",
    "move_class",
    "resample",
    "shift_events",
    "stretch",
]
