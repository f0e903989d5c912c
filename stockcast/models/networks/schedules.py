"""How the learning rate moves during training."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from skorch import NeuralNet
from skorch.callbacks import LRScheduler
from torch.optim import lr_scheduler

from stockcast.errors import InputError, nearest

if TYPE_CHECKING:
    from stockcast.models.networks.training import Recipe


class RecordedScheduler(LRScheduler):
    """skorch's scheduler, the last rate of each epoch noted as `learning_rate`."""

    def on_epoch_end(self, net: NeuralNet, **kw: object) -> None:
        """Note the rate and step, if steps are epochs."""
        net.history.record("learning_rate", net.optimizer_.param_groups[0]["lr"])
        super().on_epoch_end(net, **kw)


def _one_cycle(recipe: Recipe, batches: int) -> LRScheduler:
    return RecordedScheduler(
        lr_scheduler.OneCycleLR,
        max_lr=recipe.learning_rate,
        total_steps=recipe.epochs * batches + 1,
        step_every="batch",
    )


def _cosine(recipe: Recipe, batches: int) -> LRScheduler:
    return RecordedScheduler(
        lr_scheduler.CosineAnnealingLR, T_max=recipe.epochs * batches, step_every="batch"
    )


def _plateau(recipe: Recipe, batches: int) -> LRScheduler:
    return RecordedScheduler(
        lr_scheduler.ReduceLROnPlateau, monitor="valid_loss", factor=0.3, patience=1
    )


def _constant(recipe: Recipe, batches: int) -> LRScheduler:
    return RecordedScheduler(lr_scheduler.ConstantLR, factor=1.0)


SCHEDULES: dict[str, Callable[[Recipe, int], LRScheduler]] = {
    "one_cycle": _one_cycle,
    "cosine": _cosine,
    "plateau": _plateau,
    "constant": _constant,
}
"""one_cycle: up to the recipe's rate in the first third, then down to nothing (Smith and Topin
(2019), "Super-convergence", arXiv:1708.07120). cosine: down from it along half a cosine. plateau:
times 0.3 when the validation loss has not improved for two epochs. constant: never changed."""


def schedule(recipe: Recipe, batches: int) -> LRScheduler:
    """The recipe's schedule for epochs of so many batches.

    Raises
    ------
    InputError
        For an unknown name.
    """
    name = recipe.schedule
    if name not in SCHEDULES:
        raise InputError("schedule", "must name a schedule", name, nearest(name, SCHEDULES))
    return SCHEDULES[name](recipe, batches)
