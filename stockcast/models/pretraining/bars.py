"""What pre-training reads: the daily bars of every stock of a panel, as scale-free channels."""

from __future__ import annotations

import hashlib

import numpy as np
import pandas as pd

from stockcast.errors import InputError

BARS = (
    "return_1",
    "gap",
    "intraday_1",
    "range_1",
    "close_position",
    "volume_surge_20",
)
"""Features of the catalogue that together say what a day's bar says: close, open, range, volume.

None reads the volume-weighted price, which some panels have for some stocks only.
"""


def bars(panel: pd.DataFrame) -> pd.DataFrame:
    """The bars of a panel as channels.

    Parameters
    ----------
    panel
        As `stockcast.data.sources.load` gives it: members of the index or not, every stock counts.

    Returns
    -------
    DataFrame
        date, code, then one float32 column for each of `BARS`; NaN where undefined. A row uses its
        own day and earlier ones only.
    """
    from stockcast.features.compute import compute  # heavy, and trainings need only the names

    return compute(panel, names=BARS)


def up_to(table: pd.DataFrame, last: pd.Timestamp) -> pd.DataFrame:
    """The rows of `table` dated up to `last`, all of whose features are float columns.

    Raises
    ------
    InputError
        When there are none.
    """
    kept = table[table["date"] <= last]
    if kept.empty:
        hint = "end the training span later"
        raise InputError("bars", f"must have days up to {last:%Y-%m-%d}", hint=hint)
    return kept


def data_hash(table: pd.DataFrame) -> str:
    """First 16 hexadecimal digits of the SHA-256 of a table's names, keys and float32 values."""
    found = hashlib.sha256()
    names = [name for name in table.columns if name not in ("date", "code")]
    found.update("\n".join(["date", "code", *names]).encode())
    found.update(table["date"].to_numpy("datetime64[D]").astype(np.int64).tobytes())
    found.update("\n".join(table["code"]).encode())
    for name in names:
        found.update(table[name].to_numpy(np.float32).tobytes())
    return found.hexdigest()[:16]
