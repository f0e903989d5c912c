"""One short name for the data that a model could learn from."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import numpy as np
import pandas as pd

from stockcast.errors import InputError
from stockcast.models.sample_set import SampleSet


def data_hash(samples: SampleSet) -> str:
    """First 16 digits of the SHA-256 of all rows up to the last validation day.

    What came later does not enter: the model cannot have learned from it. Rows before the first
    training day do, since windows reach into them.
    """
    part = samples.samples["split"].isin(["train", "valid"])
    if not part.any():
        raise InputError("samples", "must hold training days")
    kept = (samples.samples["date"] <= samples.samples["date"][part].max()).to_numpy()
    hashed = hashlib.sha256()
    for table in (samples.features, samples.samples):
        for name in table.columns:
            hashed.update(name.encode())
            hashed.update(_bytes(table[name][kept]))
    return hashed.hexdigest()[:16]


def tables_hash(tables: Mapping[str, pd.DataFrame]) -> str:
    """First 16 digits of the SHA-256 of some tables, their names and columns, rows in order."""
    hashed = hashlib.sha256()
    for name in sorted(tables):
        hashed.update(f"{name} {len(tables[name])}\n".encode())
        for column in tables[name].columns:
            hashed.update(f"{column}\n".encode())
            values = tables[name][column]
            if not pd.api.types.is_string_dtype(values.dtype):
                hashed.update(_bytes(values))
                continue
            number, words = pd.factorize(values)  # a few words, many times: ten times as fast
            hashed.update(number.astype(np.int64).tobytes())
            hashed.update("\n".join(words.astype(str)).encode())
    return hashed.hexdigest()[:16]


def _bytes(column: pd.Series) -> bytes:
    if pd.api.types.is_float_dtype(column.dtype):
        values = column.to_numpy(copy=True)
        values[np.isnan(values)] = np.nan  # NaN has many bit patterns
        return np.ascontiguousarray(values).tobytes()
    if pd.api.types.is_datetime64_dtype(column.dtype):
        return column.to_numpy("datetime64[us]").tobytes()
    if pd.api.types.is_bool_dtype(column.dtype) or pd.api.types.is_integer_dtype(column.dtype):
        return np.ascontiguousarray(column.to_numpy()).tobytes()
    return "\n".join(column.astype(str)).encode()
