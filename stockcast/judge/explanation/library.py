"""shap, imported where it is needed and quietly."""

from __future__ import annotations

import warnings
from types import ModuleType


def imported() -> ModuleType:
    """The module `shap`.

    Its import takes seconds, sets up colour maps by ways that matplotlib is about to drop, and asks
    for progress bars that notebooks here do not have.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PendingDeprecationWarning)
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.filterwarnings("ignore", "IProgress not found")
        import shap
    return shap
