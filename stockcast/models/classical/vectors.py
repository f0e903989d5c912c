"""A support vector machine with an approximate radial kernel.

Exact kernels cost the square of the rows in time, at 100,000 rows already hours. Here the kernel is
approximated by landmarks and the machine becomes linear in them (Williams and Seeger 2001, "Using
the Nyström method to speed up kernel machines", NIPS 13), fitted on a sample of the rows.
"""

from __future__ import annotations

from typing import Any

from stockcast.determinism import stream
from stockcast.models.classical.kind import (
    Kind,
    Part,
    Settings,
    at_most,
    load_sklearn,
    save_sklearn,
)
from stockcast.models.classical.linear import beats, filled, margin

LANDMARKS = 300
MOST_ROWS = 40_000


def _fit(train: Part, settings: Settings, seed: int) -> Any:
    from sklearn.kernel_approximation import Nystroem
    from sklearn.pipeline import make_pipeline
    from sklearn.svm import LinearSVC

    some = at_most(train, MOST_ROWS, stream(seed, "svm"))
    estimator = make_pipeline(
        Nystroem(
            gamma=settings["width"] / train.x.shape[1],
            n_components=min(LANDMARKS, len(some.y)),
            random_state=seed,
        ),
        LinearSVC(C=settings["looseness"] / some.weight.sum(), dual=False, max_iter=5000),
    )
    return estimator.fit(filled(some.x), beats(some), linearsvc__sample_weight=some.weight)


SVM = Kind(
    name="svm",
    described=(
        f"Support vector machine for beating the day's mean, its radial kernel approximated by "
        f"{LANDMARKS} landmarks (Nyström); of more than {MOST_ROWS:,} rows it sees a sample of so "
        f"many."
    ),
    grid=tuple(
        {"width": width, "looseness": looseness}
        for looseness in (10.0, 100.0)
        for width in (0.3, 1.0)
    ),
    fit=_fit,
    raw=margin,
    save=save_sklearn,
    load=load_sklearn,
    suffix=".skops",
)
