"""Features made by tsfresh out of windows: candidates, of which selection may keep a few.

Nobody chose them: they are what the library's minimal set makes of a window (sum, median, mean,
length, standard deviation, variance, root mean square, maximum, absolute maximum, minimum) of
return, volume and range. Compute them on a sample of training rows, let
`stockcast.features.choice.selection` judge them, and compute those that are kept for all rows. Its
larger set costs 53 ms a window, a hundred times as much.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import pandas as pd

from stockcast.errors import InputError, nearest
from stockcast.features.rows import Rows, ratio

DAYS = 60
AT_ONCE = 20_000
"""Windows given to tsfresh at a time, so that memory is bounded."""


def _log_range(rows: Rows) -> np.ndarray:
    span = ratio(rows["high"], rows["low"])
    return np.log(span, out=np.full(len(rows), np.nan), where=span > 0)


COLUMNS: dict[str, Callable[[Rows], np.ndarray]] = {
    "window_return": lambda rows: rows["return"],
    "window_volume": lambda rows: rows["adj_volume"],
    "window_range": _log_range,
}
"""What is in a window, by day: return; adjusted volume, over its mean in the window; log H/L."""


def names() -> tuple[str, ...]:
    """Names of all candidates, such as `window_return__variance`."""
    from tsfresh.feature_extraction import MinimalFCParameters

    return tuple(f"{column}__{what}" for column in COLUMNS for what in MinimalFCParameters())


def create(
    panel: pd.DataFrame,
    keep: np.ndarray | None = None,
    *,
    wanted: Sequence[str] | None = None,
    days: int = DAYS,
) -> pd.DataFrame:
    """Candidates of some rows of a complete panel.

    Parameters
    ----------
    panel
        As `stockcast.data.sources.load` gives it, rows in any order.
    keep
        Bool per row of the panel: rows wanted; None: all.
    wanted
        Names out of `names()`; None: all. About 0.1 ms a window and column, whatever is wanted of
        it.
    days
        Rows of a window, which ends on its own date.

    Returns
    -------
    DataFrame
        `date`, `code`, and one float32 column per candidate, sorted by date and code. NaN where the
        stock has fewer rows, one of the window is not known, or nothing was traded in it.

    Raises
    ------
    InputError
        For a name that is no candidate.

    Notes
    -----
    A row dated t uses the stock's rows up to t. Christ, Braun, Neuffer and Kempa-Liehr (2018),
    Neurocomputing 307 (tsfresh).
    """
    wanted = names() if wanted is None else tuple(wanted)
    for name in wanted:
        if name not in names():
            raise InputError("candidate", "is not known", name, nearest(name, names()))
    rows, order = Rows.of(panel)
    picked = np.ones(len(rows), bool) if keep is None else np.asarray(keep, bool)[order]
    ends = np.flatnonzero(picked)
    codes = pd.Series(rows.codes, dtype="str").to_numpy()
    keys = {"date": rows.dates[rows.day[ends]], "code": codes[rows.stock()[ends]]}
    found = {name: np.full(len(ends), np.nan, np.float32) for name in wanted}
    for column in COLUMNS:
        of_column = [name for name in wanted if name.startswith(f"{column}__")]
        if not of_column:
            continue
        for places, values in _extracted(rows, column, ends, of_column, days):
            for name in of_column:
                found[name][places] = values[name]
    table = pd.DataFrame({**keys, **found}).astype({"code": "str"})
    return table.sort_values(["date", "code"], ignore_index=True)


def _extracted(
    rows: Rows, column: str, ends: np.ndarray, wanted: Sequence[str], days: int
) -> Iterator[tuple[np.ndarray, pd.DataFrame]]:
    """Places in `ends`, and the candidates there, a bounded number of windows at a time."""
    with np.errstate(all="ignore"):
        values = COLUMNS[column](rows)
    begins = np.repeat(rows.bounds[:-1], np.diff(rows.bounds))
    whole = np.flatnonzero(ends - begins[ends] >= days - 1)
    for start in range(0, len(whole), AT_ONCE):
        places = whole[start : start + AT_ONCE]
        windows = values[ends[places][:, None] + np.arange(1 - days, 1)]  # (n, days)
        if column == "window_volume":
            mean = windows.mean(axis=1, keepdims=True)
            windows = np.divide(windows, mean, out=np.full_like(windows, np.nan), where=mean > 0)
        known = np.isfinite(windows).all(axis=1)
        if known.any():
            yield places[known], _by_tsfresh(windows[known], column, wanted)


def _by_tsfresh(windows: np.ndarray, column: str, wanted: Sequence[str]) -> pd.DataFrame:
    from tsfresh import extract_features
    from tsfresh.feature_extraction.settings import from_columns

    n, days = windows.shape
    long = pd.DataFrame({"window": np.repeat(np.arange(n), days), column: windows.ravel()})
    return extract_features(
        long, column_id="window", kind_to_fc_parameters=from_columns(list(wanted)),
        n_jobs=0, disable_progressbar=True,
    )  # fmt: skip
