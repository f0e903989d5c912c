"""skorch's training loop, as networks of this package need it."""

from __future__ import annotations

import math

import torch
from skorch import NeuralNet
from skorch.callbacks import Callback
from torch import nn

from stockcast.errors import InputError


class Network(NeuralNet):
    """`skorch.NeuralNet` whose forward passes run under autocast when `half` is a type.

    An interruption by the user ends training; skorch takes it for an early stop, and would hand
    on a network that is half trained.
    """

    def __init__(
        self, module: object, *args: object, half: torch.dtype | None = None, **kw: object
    ):
        self.half = half
        super().__init__(module, *args, **kw)

    def infer(self, x: object, **fit_params: object) -> object:
        """Forward pass; the head returns float32 in any case."""
        with torch.autocast(self.device, dtype=self.half, enabled=self.half is not None):
            return super().infer(x, **fit_params)

    def torch_compile(self, module: nn.Module, name: str) -> nn.Module:
        """Compile in place, which keeps the names of the weights as they are."""
        if self.compile and name == "module":
            module.compile(**self.get_params_for("compile"))
        return module

    def run_single_epoch(self, *args: object, **kw: object) -> None:
        """One pass over training or validation days."""
        try:
            super().run_single_epoch(*args, **kw)
        except KeyboardInterrupt as error:
            raise Interrupted from error


class Interrupted(BaseException):
    """The user asked to stop."""


class FiniteLoss(Callback):
    """Ends training with an error when a loss is infinite or no number."""

    def on_batch_end(self, net: NeuralNet, training: bool = False, **_: object) -> None:
        """Look at the loss just recorded."""
        name = "train_loss" if training else "valid_loss"
        loss = net.history[-1, "batches", -1, name]
        if not math.isfinite(loss):
            epoch = net.history[-1, "epoch"]
            raise InputError(
                f"{name} in epoch {epoch}", "must stay finite", loss, "lower learning_rate"
            )
