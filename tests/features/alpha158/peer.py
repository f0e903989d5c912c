"""Qlib's own arithmetic, as far as it differs from ours: single precision from end to end."""

from __future__ import annotations

import numpy as np
import pandas as pd

from stockcast.features.alpha158 import values
from stockcast.features.rows import Rows

SINGLE = np.float32


def as_stored(panel: pd.DataFrame) -> pd.DataFrame:
    """The panel as Qlib's files hold it: adjusted, in single precision, with the factor 1."""
    out = panel.copy()
    for name in ("open", "high", "low", "close"):
        out[name] = (panel[name] * panel.adj_factor).astype(SINGLE).astype(float)
    traded = panel.volume.where(panel.volume > 0)
    average = (panel.amount / traded * panel.adj_factor).astype(SINGLE).astype(float)
    out["volume"] = (panel.volume / panel.adj_factor).astype(SINGLE).astype(float)
    out["amount"] = average * out.volume
    return out.assign(adj_factor=1.0)


def in_single_steps(stored: pd.DataFrame) -> np.ndarray:
    """Our windows over what Qlib rolls over, made in its single-precision steps: (158, n_rows).

    Rows are in order of code and date.
    """
    rows, _ = Rows.of(stored)
    out = np.empty((158, len(rows)), SINGLE)
    names = ("open", "high", "low", "close", "volume", "amount")
    with np.errstate(all="ignore"):
        o, h, l, c, v, a = (  # noqa: E741
            np.where(rows["suspended"], np.nan, rows[name]).astype(SINGLE) for name in names
        )
        average = (rows["amount"] / rows["volume"]).astype(SINGLE)
        top, bottom, span = np.maximum(o, c), np.minimum(o, c), h - l + SINGLE(1e-12)
        shift = 2 * c - h - l
        out[:13] = [
            (c - o) / o, (h - l) / o, (c - o) / span, (h - top) / o, (h - top) / span,
            (bottom - l) / o, (bottom - l) / span, shift / o, shift / span,
            o / c, h / c, l / c, average / c + 0 * a,
        ]  # fmt: skip
        c1, v1 = (rows.lag(x).astype(SINGLE) for x in (c, v))
        rolled = np.array([
            c, h, l, v, np.log(v + 1), c / c1, np.log(v / v1 + 1), np.abs(c / c1 - 1) * v,
            np.maximum(c - c1, 0), np.maximum(c1 - c, 0), np.maximum(v - v1, 0),
            np.maximum(v1 - v, 0),
        ])  # fmt: skip
    assert rolled.dtype == SINGLE
    values.rolling(np.where(np.isfinite(rolled), rolled, np.nan).astype(float), rows.bounds, out)
    return out


def unequal(ours: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    """Cells neither missing in both nor within 1e-4 relative or 1e-6 absolute of Qlib's."""
    ours, theirs = ours.astype(float), theirs.astype(float)
    near = np.abs(ours - theirs) <= np.maximum(1e-6, 1e-4 * np.abs(theirs))
    return ~(near | (np.isnan(ours) & np.isnan(theirs)))
