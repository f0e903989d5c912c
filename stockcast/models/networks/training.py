"""Training a network on days: skorch's loop, fed with whole days."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from skorch.callbacks import EarlyStopping, GradientNormClipping, ProgressBar
from skorch.helper import predefined_split
from torch import nn

from stockcast.determinism import settle_torch
from stockcast.errors import InputError, nearest
from stockcast.models import progress
from stockcast.models.networks.architecture import Buildable
from stockcast.models.networks.checkpoint import Checkpoint, fingerprint
from stockcast.models.networks.days import DayBatches, Days
from stockcast.models.networks.device import Device
from stockcast.models.networks.loop import FiniteLoss, Interrupted, Network
from stockcast.models.networks.losses import LOSSES
from stockcast.models.networks.schedules import schedule

__all__ = ["DayBatches", "Days", "Network", "Recipe", "Trained", "train"]


@dataclass(frozen=True)
class Recipe:
    """How a network is trained; see the parameters of the same names.

    Attributes
    ----------
    epochs : int
        At most so many passes over the training days.
    patience : int
        Epochs without a better validation loss after which training stops.
    learning_rate : float
        The highest of the schedule.
    batch_days : int
        Days in a batch.
    down_weight : float
        Weight of falls in the loss.
    weight_decay : float
        Of AdamW.
    loss : str
        A key of `stockcast.models.networks.losses.LOSSES`.
    schedule : str
        A key of `stockcast.models.networks.schedules.SCHEDULES`.
    """

    epochs: int
    patience: int
    learning_rate: float
    batch_days: int
    down_weight: float
    weight_decay: float = 1e-3
    loss: str = "student"
    schedule: str = "one_cycle"


@dataclass(frozen=True)
class Trained:
    """A network after training.

    Attributes
    ----------
    module : torch.nn.Module
        In evaluation mode, on the device it trained on; the weights of the best epoch.
    architecture : Buildable
    down_weight : float
        Weight of falls in the loss it was fitted with.
    history : list of dict
        Per epoch: `epoch`, `train_loss`, `valid_loss`, `learning_rate` (at its end).
    """

    module: nn.Module
    architecture: Buildable
    down_weight: float
    history: list[dict[str, float]]


def train(
    architecture: Buildable,
    recipe: Recipe,
    fit: Days,
    valid: Days,
    device: Device,
    seed: int,
    *,
    checkpoint: Path | None = None,
) -> Trained:
    """Train one network.

    AdamW under the recipe's schedule with clipped gradients; stops when the validation loss
    has not improved for `recipe.patience` epochs and returns to the best epoch.

    Look-ahead: whatever `fit` and `valid` hold, the network knows. The last label of either must
    end before the first forecast.

    Parameters
    ----------
    architecture
        What to build; also a fusion network's.
    recipe, device
        How and where.
    fit, valid
        Days to learn from, and days whose loss decides when to stop.
    seed
        Of the weights, the order of the days and dropout.
    checkpoint
        A file that is rewritten after every epoch. Where it exists, training goes on from it and
        ends with the same bits as if it had never been interrupted. A training whose loss does not
        stay finite takes it away.

    Raises
    ------
    InputError
        When a part has no known target, the loss is no longer finite, memory does not hold a
        batch, or the checkpoint belongs to another training.
    """
    _check_known(fit, valid)
    settle_torch(seed)
    keeper = None
    if checkpoint is not None:
        keeper = Checkpoint(checkpoint, fingerprint(architecture, recipe, fit, valid, seed))
    net = _network(architecture, recipe, fit, valid, device, keeper)
    try:
        net.fit(fit, y=None)
    except Interrupted as error:
        raise KeyboardInterrupt from error
    except InputError:  # going on from there would end there again
        if checkpoint is not None:
            Path(checkpoint).unlink(missing_ok=True)
        raise
    except (torch.OutOfMemoryError, MemoryError, RuntimeError) as error:
        if not isinstance(error, MemoryError) and "memory" not in str(error):
            raise
        raise InputError(
            "batch_days", "must leave a batch that memory holds", recipe.batch_days, "lower it"
        ) from error
    return Trained(net.module_.eval(), architecture, recipe.down_weight, _history(net))


def _check_known(fit: Days, valid: Days) -> None:
    for name, days in (("training", fit), ("validation", valid)):
        known = days.target is not None and np.isfinite(
            np.where(days.rows & days.windows.seen, days.target, np.nan)[:, days.days]
        )
        if not np.any(known):
            raise InputError(f"{name} days", "must have a known return", hint="start earlier")


def _network(
    architecture: Buildable,
    recipe: Recipe,
    fit: Days,
    valid: Days,
    device: Device,
    keeper: Checkpoint | None,
) -> Network:
    callbacks = [
        ("finite", FiniteLoss()),
        ("clip", GradientNormClipping(1.0)),
        ("schedule", schedule(recipe, len(DayBatches(fit, recipe.batch_days)))),
        ("stop", EarlyStopping(patience=recipe.patience, load_best=True, sink=_silent)),
        *([("keeper", keeper)] if keeper is not None else []),  # last: it restores the others
        *([("bar", ProgressBar(detect_notebook=False))] if progress.watched() else []),
    ]
    return Network(
        architecture.build,
        _loss(recipe.loss),
        criterion__down_weight=recipe.down_weight,
        optimizer=torch.optim.AdamW,
        optimizer__weight_decay=recipe.weight_decay,
        lr=recipe.learning_rate,
        max_epochs=recipe.epochs if keeper is None else recipe.epochs - keeper.done,
        batch_size=recipe.batch_days,
        iterator_train=DayBatches,
        iterator_train__shuffle=True,
        iterator_train__device=device.name,
        iterator_valid=DayBatches,
        iterator_valid__device=device.name,
        train_split=predefined_split(valid),
        callbacks=callbacks,
        callbacks__print_log=None,
        device=device.name,
        half=device.half,
        compile=device.compiler is not None,
        **({"compile__backend": device.compiler} if device.compiler is not None else {}),
    )


def _loss(name: str) -> type[nn.Module]:
    if name not in LOSSES:
        raise InputError("loss", "must be the name of a loss", name, nearest(name, LOSSES))
    return LOSSES[name]


def _history(net: Network) -> list[dict[str, float]]:
    return [
        {
            "epoch": row["epoch"],
            "train_loss": float(row["train_loss"]),
            "valid_loss": float(row["valid_loss"]),
            "learning_rate": float(row["learning_rate"]),
        }
        for row in net.history
    ]


def _silent(_: str) -> None:
    """Early stopping's messages would differ between pages for no reader's gain."""
