"""Reading what `Fitted.save` wrote: a file that is missing, cut short or foreign is named."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stockcast.errors import InputError
from stockcast.paths import shown

if TYPE_CHECKING:
    from torch import Tensor

AGAIN = "fit and save the model again"


def description(path: Path) -> dict[str, Any]:
    """What a model's JSON holds.

    Raises
    ------
    InputError
        When it is not there, or not whole.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(shown(path), "must exist", hint="fit and save the model first")
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise InputError(shown(path), "must be whole JSON", hint=AGAIN) from None
    if not isinstance(found, dict):
        raise InputError(shown(path), "must describe a model", type(found).__name__, AGAIN)
    return found


def tensors(
    path: Path,
    header: str,
    rule: str = "must be a whole file of this model's weights",
    hint: str = AGAIN,
) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """What a safetensors file describes under `header`, and its tensors by name.

    Raises
    ------
    InputError
        When it is not there, cut short, or something else's.
    """
    from safetensors import SafetensorError, safe_open

    path = Path(path)
    if not path.is_file():
        raise InputError(shown(path), "must exist", hint=hint)
    try:
        with safe_open(path, "pt") as file:
            about = json.loads((file.metadata() or {})[header])
            return about, {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (OSError, SafetensorError, KeyError, ValueError) as error:
        raise InputError(shown(path), rule, type(error).__name__, hint) from None


def whole(load: Callable[[Path], Any], path: Path) -> Any:
    """`load(path)`, by whichever library wrote it.

    Raises
    ------
    InputError
        When it is not there, or the library cannot read it.
    """
    if not path.is_file():
        raise InputError(shown(path), "must exist", hint=AGAIN)
    try:
        return load(path)
    except InputError:
        raise
    except Exception as error:  # each library has its own
        rule = "must be the whole file that was kept"
        raise InputError(shown(path), rule, type(error).__name__, AGAIN) from None
