"""Where a network trains, in which precision, and why."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from stockcast.errors import InputError


@dataclass(frozen=True)
class Device:
    """A choice and its reason.

    Attributes
    ----------
    name : str
        "cpu" or "cuda".
    half : torch.dtype or None
        Type of matrix products under autocast; None keeps float32 throughout.
    reason : str
        One sentence for the page.
    compiler : str or None
        Backend of `torch.compile`; None runs the network as it is written.
    """

    name: str
    half: torch.dtype | None
    reason: str
    compiler: str | None = None


def choose(device: str = "auto", mixed_precision: bool = True, compiled: bool = False) -> Device:
    """Device for `device` ("auto", "cpu" or "cuda").

    Half precision is bfloat16 and only on CUDA: it needs no loss scaling, and on CPUs without
    native support it is slower than float32.

    `compiled` asks for `torch.compile`, on CUDA only: compiling takes a minute a network, more than
    small networks train on a CPU.

    Raises
    ------
    InputError
        When "cuda" is asked for and absent.
    """
    there = torch.cuda.is_available()
    if device == "cuda" and not there:
        raise InputError("device", "must be there", "cuda", "set device: auto or cpu")
    if device == "cpu" or not there:
        why = "the parameters ask for it" if device == "cpu" else "no CUDA device was found"
        return Device("cpu", None, f"on the CPU in float32, because {why}")
    half, products = _products(mixed_precision)
    how = ", compiled" if compiled else ""
    return Device("cuda", half, f"on CUDA {products}{how}", "inductor" if compiled else None)


def _products(mixed_precision: bool) -> tuple[torch.dtype | None, str]:
    """Type of matrix products on the GPU, and why."""
    if not mixed_precision:
        return None, "in float32, because mixed_precision is off"
    if not torch.cuda.is_bf16_supported(including_emulation=False):
        return None, "in float32, because this GPU has no bfloat16"
    return torch.bfloat16, "with bfloat16 products"
