"""Timeliness: does the panel reach today, and does it still move?"""

from __future__ import annotations

import numpy as np
import pandas as pd

from stockcast.data.quality.check import FAIL, Finding, check
from stockcast.data.quality.subject import PRICES, Subject
from stockcast.market import calendar

STALE = 10
"""Trading days with one and the same close that are called stale. The longest such run of 751
CSI 300 members from 2010 to 2020 is 6 days."""


@check(
    "days behind", FAIL, "sessions after the panel's last day, up to the day stated", needs="today"
)
def behind(subject: Subject) -> Finding:
    """Sessions that have closed by `today` and that the panel does not reach."""
    last = subject.rows.date.max()
    reached = calendar.sessions(subject.rows.date.min(), max(last, subject.today))
    return Finding.days(reached[reached > last], len(reached))


@check("stale prices", FAIL, "the same close, or the same bar, day after day, while trading")
def stale(subject: Subject) -> Finding:
    """Rows that repeat: ten closes alike in a row while trading, or a bar with the volume as well.

    Found are the repetitions, not the first of them. Fewer than ten closes repeated, with other
    prices and volumes, look like a quiet week and are not found.
    """
    rows, traded = subject.rows, subject.traded
    again = subject.same & traded & rows.close.eq(rows.close.shift()).to_numpy()
    run = np.cumsum(~again)
    length = np.bincount(run)[run]  # the first of the run counts, it is no repetition
    bar = again & rows.volume.gt(0).to_numpy() & rows.volume.eq(rows.volume.shift()).to_numpy()
    for name in PRICES:
        bar &= rows[name].eq(rows[name].shift()).to_numpy()
    return Finding.rows(subject, bar | (again & (length >= STALE)))


def last_close(now: pd.Timestamp, published: str = "17:00") -> pd.Timestamp:
    """The last session whose closing data can be expected.

    Parameters
    ----------
    now
        Shanghai time, naive.
    published
        From when on a session's own data are there.
    """
    day = now.normalize()
    done = now >= day + pd.Timedelta(f"{published}:00")
    days = calendar.sessions(day - pd.Timedelta(days=30), day)
    return days[days < day + pd.Timedelta(days=int(done))][-1]


CHECKS = (behind, stale)
