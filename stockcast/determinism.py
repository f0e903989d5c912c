"""Seeds and thread counts, set in one place.

Sums are not associative: another thread count or instruction set gives other last bits. `THREADS`
and `ENVIRONMENT` therefore hold for every stage; the environment is put into the kernel that the
notebooks run in, because numerical libraries read it when they load.
"""

from __future__ import annotations

import numpy as np

THREADS = 1
"""Threads of a process. Small networks gain nothing from more, and on a busy machine lose tenfold
by waiting for each other; whole networks run side by side instead, in `PROCESSES` processes."""

PROCESSES = 2

ENVIRONMENT = {
    "OMP_NUM_THREADS": str(THREADS),
    "OPENBLAS_NUM_THREADS": str(THREADS),
    "MKL_NUM_THREADS": str(THREADS),
    "NUMBA_NUM_THREADS": str(THREADS),
    "POLARS_MAX_THREADS": str(THREADS),
    # The common denominator of x86-64 servers since 2013, so that bits agree between machines too.
    "ATEN_CPU_CAPABILITY": "avx2",
    "ONEDNN_MAX_CPU_ISA": "AVX2",
    "MKL_CBWR": "AVX2",
    "OPENBLAS_CORETYPE": "Haswell",
    "CUBLAS_WORKSPACE_CONFIG": ":4096:8",
    "PYTHONHASHSEED": "0",
}


def stream(seed: int, *purpose: str | int) -> np.random.Generator:
    """Random generator for one purpose, independent of the streams of all others.

    Adding a stream, or drawing more from one, leaves the others as they were.
    """
    words = [seed]
    for part in purpose:
        words.extend(part.encode() if isinstance(part, str) else [part])
    return np.random.default_rng(np.random.SeedSequence(words))


def settle_torch(seed: int) -> None:
    """Seed torch, fix its threads and forbid operations whose result varies from run to run."""
    import torch

    torch.manual_seed(seed)
    torch.set_num_threads(THREADS)
    torch.use_deterministic_algorithms(True)
