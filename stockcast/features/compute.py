"""Features of a panel: blocks of whole stocks, one pass each, side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from stockcast import workers
from stockcast.determinism import PROCESSES
from stockcast.features import catalogue, kernels
from stockcast.features.rows import Rows, blocks

BLOCK = 32_768
"""Rows of a block: a column of it, 256 kB, stays in a core's cache while kernels pass over it."""


def compute(
    panel: pd.DataFrame,
    tables: Mapping[str, pd.DataFrame] | None = None,
    *,
    names: Sequence[str] | None = None,
    keep: np.ndarray | None = None,
    how: str = "",
) -> pd.DataFrame:
    """Features of the rows of a complete panel.

    Parameters
    ----------
    panel
        As `stockcast.data.sources.load` gives it, rows in any order.
    tables
        Other tables by name: `links` and `events` of `stockcast.data.sources.Tables`, and those of
        its `side`. Features whose tables are not there are left out.
    names
        Features wanted; None: every one that the tables allow, but for the peer's set `alpha158`.
    keep
        Bool per row of the panel: rows returned. Each is computed from all rows up to it.
    how
        Threads, processes or a cluster; see `stockcast.workers.run`. No bit depends on it.

    Returns
    -------
    DataFrame
        `date`, `code`, then one float32 column per feature in the order of `names` or of the
        catalogue, sorted by date and code. NaN: not enough history yet, or undefined (no trade in
        the window, a missing amount); never infinite.

    Raises
    ------
    InputError
        For a name that is no feature, or whose inputs are not there.

    Notes
    -----
    A row dated t uses what was public by the close of t only: dropping every later row, of the
    panel and of the tables, leaves it bit-identical. Recursive features (such as rsi_14) start from
    the stock's first row, so a panel that starts on another day gives other values for them.
    """
    tables = {} if tables is None else {n: t for n, t in tables.items() if t is not None}
    features = catalogue.chosen(names, panel.columns, tables)
    prepares = [m.prepare for m in catalogue.modules_of(features) if hasattr(m, "prepare")]
    keep = np.ones(len(panel), bool) if keep is None else np.asarray(keep, bool)
    # What is made of several stocks needs the rows that others have after their last kept one.
    rows, order = Rows.of(panel, None if prepares else keep)
    with np.errstate(all="ignore"):
        for prepare in prepares:
            rows.columns.update(prepare(rows, tables))
    wanted = tuple(feature.name for feature in features)
    rows, held = rows.through_last(keep[order]) if prepares else (rows, keep[order])
    return _table(of_rows(rows, wanted, held, how), wanted, rows, held)


def of_rows(rows: Rows, names: Sequence[str], held: np.ndarray, how: str = "") -> np.ndarray:
    """Features of the rows for which `held` is true, stock after stock: (n_features, n_held)."""
    before = np.concatenate([[0], np.cumsum(held)])
    spans = blocks(rows, BLOCK)
    bounds = [(rows.bounds[first], rows.bounds[last]) for first, last in spans]
    places = [slice(before[start], before[stop]) for start, stop in bounds]
    found = np.empty((len(names), before[-1]), np.float32)
    shared = workers.share_memory(how)
    tasks = (
        (rows.part(*span), names, held[start:stop], found[:, place] if shared else None)
        for span, (start, stop), place in zip(spans, bounds, places, strict=True)
    )
    for place, values in zip(places, workers.run(of_block, tasks, how), strict=True):
        if not shared:
            found[:, place] = values
    return found


def of_block(
    rows: Rows,
    names: Sequence[str],
    held: np.ndarray | None = None,
    into: np.ndarray | None = None,
) -> np.ndarray:
    """Features of the rows of some whole stocks: float32 of shape (n_features, n_rows).

    `held`, bool per row, says which rows are returned; None: all. `into` is filled and returned
    where it is given.
    """
    places = np.arange(len(rows)) if held is None else np.flatnonzero(held)
    out = np.empty((len(names), len(places)), np.float32) if into is None else into
    with np.errstate(all="ignore"):
        for values, name in zip(out, names, strict=True):
            column = np.ascontiguousarray(catalogue.BY_NAME[name].make(rows))
            if column.dtype != np.float32:
                column = column.astype(np.float64, copy=False)
            # Single precision only here: price x factor overflows its 24 bits.
            kernels.pick(column, places, values)
    return out


def _table(found: np.ndarray, names: Sequence[str], rows: Rows, held: np.ndarray) -> pd.DataFrame:
    """The values of the rows held, put in order of date and code in place."""
    day, stock = rows.day[held], rows.stock()[held]
    place = np.argsort(day, kind="stable")
    parts = np.array_split(found, min(len(found), 4 * PROCESSES)) if len(found) else []
    places = place.astype(np.int32)
    for _ in workers.run(kernels.reorder, ((part, places) for part in parts), "threads"):
        pass
    table = pd.DataFrame(found.T, columns=list(names), copy=False)
    codes = pd.Series(rows.codes, dtype="str").to_numpy()
    keys = {"date": rows.dates[day[place]], "code": codes[stock[place]]}
    return pd.concat([pd.DataFrame(keys).astype({"code": "str"}), table], axis=1)
