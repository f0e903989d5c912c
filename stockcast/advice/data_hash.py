"""One short name for everything that was known on an evening."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import pandas as pd


def tables_hash(tables: Mapping[str, pd.DataFrame]) -> str:
    """First 16 digits of the SHA-256 of some tables: names, columns and values, rows in order.

    The name of a table counts, the order in which tables are given does not.
    """
    hashed = hashlib.sha256()
    for name in sorted(tables):
        table = tables[name]
        hashed.update(f"{name} {len(table)} {' '.join(map(str, table.columns))}\n".encode())
        hashed.update(pd.util.hash_pandas_object(table, index=False).to_numpy().tobytes())
    return hashed.hexdigest()[:16]
