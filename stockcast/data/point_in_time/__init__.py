"""What was known at the close of a day: statements, macro figures, members, news.

Every function here uses a row from the first trading day on whose close (15:00) followed its
publication. Dropping all that became public after t leaves what they give for days up to t
unchanged, to the bit.
"""

from __future__ import annotations

from stockcast.data.point_in_time.cut import known_by
from stockcast.data.point_in_time.intervals import asof
from stockcast.data.point_in_time.macro import macro_asof, released
from stockcast.data.point_in_time.members import flag_snapshots, members_asof
from stockcast.data.point_in_time.news import dated, link
from stockcast.data.point_in_time.public import known_from
from stockcast.data.point_in_time.statements import deadline, statements_asof, trailing, versions

__all__ = [
    "asof",
    "dated",
    "deadline",
    "flag_snapshots",
    "known_by",
    "known_from",
    "link",
    "macro_asof",
    "members_asof",
    "released",
    "statements_asof",
    "trailing",
    "versions",
]
