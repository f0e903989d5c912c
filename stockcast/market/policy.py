"""Policy events of the real market: dated announcements and the stocks they concern."""

from __future__ import annotations

from importlib.resources import files

import pandas as pd

COLUMNS = ["date", "event", "code", "strength"]


def real_events() -> pd.DataFrame:
    """Announcements that really happened, one row per event and stock.

    Returns
    -------
    DataFrame
        `date` (first trading day whose close follows publication; the Xiong'an announcement came
        on a Saturday before a holiday and counts from 2017-04-05), `event`, `code` and `strength`
        (1 for all), sorted by date and code. The file beside this module adds why a stock is
        there (its trade and its seat, known beforehand) and the announcement's source.

    Notes
    -----
    The stocks are those whose trade and seat leave no doubt, not those that rose afterwards.
    """
    with (files(__package__) / "policy_events.csv").open(encoding="utf-8") as lines:
        table = pd.read_csv(lines, parse_dates=["date"])
    table["date"] = table["date"].astype("datetime64[us]")
    return table[COLUMNS].sort_values(["date", "code"], ignore_index=True)
