"""Seasons in which economic policy is made, by custom: a date of a single year moves none."""

from __future__ import annotations

from functools import partial

import numpy as np

from stockcast.features.feature import Feature
from stockcast.features.rows import Rows

WINDOWS = {
    "two_sessions": ((303, 315),),
    "politburo_season": ((422, 430), (722, 731), (1022, 1031)),
    "work_conference": ((1208, 1221),),
}
"""First and last day of each season, as month x 100 + day."""

_OPENING = "Constitution and rules of procedure; the NPC has opened on 5 March since 1998 but 2020"
_MEETINGS = "readouts of the Politburo's meetings on the economy, late April, July and October"
_CONFERENCE = "readouts of the conference, held between 8 and 21 December from 2010 to 2024"
_CUSTOM = "the three customary seasons above; after Savor and Wilson, JFQA 48 (2013)"


def _inside(rows: Rows, season: str) -> np.ndarray:
    day = (rows.dates.month * 100 + rows.dates.day).to_numpy()
    spans = WINDOWS[season]
    inside = np.any([(day >= first) & (day <= last) for first, last in spans], axis=0)
    return inside.astype(float)[rows.day]


def _ahead(rows: Rows) -> np.ndarray:
    """Calendar days to the start of the next season, 0 inside one."""
    days = rows.dates.to_numpy().astype("datetime64[D]")
    years = np.arange(rows.dates.year.min(), rows.dates.year.max() + 2)
    spans = sorted(span for windows in WINDOWS.values() for span in windows)
    starts, ends = (
        np.array([f"{y}-{d[side] // 100:02d}-{d[side] % 100:02d}" for y in years for d in spans])
        .astype("datetime64[D]")
        for side in (0, 1)
    )  # fmt: skip
    place = np.searchsorted(ends, days)
    return np.maximum((starts[place] - days).astype(int), 0).astype(float)[rows.day]


def _season(name: str, formula: str, source: str) -> Feature:
    return Feature(
        name, "calendar", "policy season", formula, ("date",), 1, "flag", source,
        partial(_inside, season=name),
    )  # fmt: skip


FEATURES = (
    _season("two_sessions", "1 from 3 to 15 March: National People's Congress", _OPENING),
    _season("politburo_season", "1 from the 22nd of April, July and October on", _MEETINGS),
    _season("work_conference", "1 from 8 to 21 December: Central Economic Work", _CONFERENCE),
    Feature(
        "policy_season_ahead", "calendar", "policy season",
        "calendar days to the start of the next such season, 0 within one", ("date",), 1, "days",
        _CUSTOM, _ahead,
    ),
)  # fmt: skip
