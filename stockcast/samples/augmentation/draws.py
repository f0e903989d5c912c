"""Random numbers that belong to a stock and a day.

Each stock draws from a stream of its own, day after day from the first. What a stock draws for a
day is therefore the same whichever later days and other stocks there are.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from stockcast.determinism import stream


def normals(
    seed: int, purpose: str, codes: Sequence[str], days: int, shape: tuple[int, ...]
) -> np.ndarray:
    """Standard normal numbers of shape `(n_codes, days, *shape)`, float32."""
    out = np.empty((len(codes), days, *shape), np.float32)
    for place, code in enumerate(codes):
        stream(seed, purpose, code).standard_normal(dtype=np.float32, out=out[place])
    return out


def uniforms(
    seed: int, purpose: str, codes: Sequence[str], days: int, shape: tuple[int, ...]
) -> np.ndarray:
    """Numbers from 0 (included) to 1 (not) of shape `(n_codes, days, *shape)`, float32."""
    out = np.empty((len(codes), days, *shape), np.float32)
    for place, code in enumerate(codes):
        stream(seed, purpose, code).random(dtype=np.float32, out=out[place])
    return out
