"""The first trading day at whose close a publication was known."""

from __future__ import annotations

import pandas as pd

from stockcast.market import calendar

_OPENING = pd.Timestamp("1990-12-19")


def known_from(moments: pd.Series, *, timed: bool = False) -> pd.Series:
    """First trading day whose close followed each publication.

    Parameters
    ----------
    moments : Series of datetimes
        Shanghai time.
    timed
        Whether the time of day is told. Then a publication up to 15:00 of a trading day counts
        from that day's close, any other from the next trading day. Otherwise all count from the
        next trading day after the date: the hour is unknown, and most companies publish in the
        evening, under the date of that evening (as Tushare's) or of the next morning.

    Returns
    -------
    Series
        Trading days at midnight, the index of `moments`; NaT where a moment is missing.

    Raises
    ------
    InputError
        For a day outside the calendar.
    """
    # What was published before the exchange opened was known on its first day.
    moments = moments.clip(lower=_OPENING)
    day = moments.dt.normalize()
    if not timed:
        found = calendar.following(day)
    else:
        late = moments - day > calendar.CLOSE
        found = calendar.following(day + pd.to_timedelta(late.astype(int), unit="D"), same_day=True)
    return pd.Series(found, index=moments.index, name="known").astype("datetime64[us]")
