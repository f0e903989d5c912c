"""What do 700,000 windows cost as views, and what would copies of them take?

One JSON line: bytes of the array and of all windows copied, the memory that making the views adds
and the highest the process ever took (RSS), and windows a second gathered into batches of 256.
"""

from __future__ import annotations

import json
import resource
import time
import tracemalloc

import numpy as np

from stockcast.samples.windows import views

STOCKS, DAYS, FEATURES, LOOKBACK = 300, 2400, 20, 60
BATCH, BATCHES = 256, 100


def main() -> None:
    rng = np.random.default_rng(0)
    values = rng.standard_normal((STOCKS, DAYS, FEATURES), dtype=np.float32)
    tracemalloc.start()
    windows = views(values, LOOKBACK)
    added = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    count = windows.shape[0] * windows.shape[1]
    places = rng.integers(count, size=(BATCHES, BATCH))
    began = time.perf_counter()
    for batch in places:
        assert windows[np.unravel_index(batch, windows.shape[:2])].shape[0] == BATCH
    seconds = time.perf_counter() - began
    line = {
        "benchmark": "windows",
        "windows": count,
        "array_mb": round(values.nbytes / 1e6, 1),
        "copied_mb": round(windows.nbytes / 1e6, 1),
        "views_added_kb": round(added / 1e3, 1),
        "peak_rss_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6, 1),
        "windows_per_s": round(BATCH * BATCHES / seconds),
    }
    print(json.dumps(line))


if __name__ == "__main__":
    main()
