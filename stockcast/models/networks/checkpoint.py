"""What training needs to go on after a kill, in one safetensors file.

The tensors are the network's weights, those of the best epoch, the optimiser's moments and the
generators' states; the header holds the rest as JSON: the optimiser's groups, the schedule, early
stopping and the history. The file is replaced after every epoch, all at once, so that a kill at
any moment leaves the last whole epoch.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from skorch import NeuralNet
from skorch.callbacks import Callback
from torch import Tensor

from stockcast.errors import InputError
from stockcast.models.code import code_digest
from stockcast.models.networks.architecture import Buildable
from stockcast.models.networks.days import Days
from stockcast.paths import replacing, shown

if TYPE_CHECKING:
    from stockcast.models.networks.training import Recipe

_STOP = ("misses_", "dynamic_threshold_", "best_epoch_")


def fingerprint(architecture: Buildable, recipe: Recipe, fit: Days, valid: Days, seed: int) -> str:
    """Hash of everything that the bits of a training depend on, the models' code included."""
    digest = hashlib.sha256(
        json.dumps(
            [architecture.to_dict(), dataclasses.asdict(recipe), seed], sort_keys=True
        ).encode()
    )
    digest.update(code_digest("numpy", "torch", "skorch").encode())
    for days in (fit, valid):
        here = (days.rows & days.windows.seen)[:, days.days]
        for values in (days.days, days.numbers, here, days.target[:, days.days]):
            digest.update(np.ascontiguousarray(values).tobytes())
    digest.update(np.ascontiguousarray(fit.windows.values).data)
    return digest.hexdigest()


class Checkpoint(Callback):
    """Writes the state of training after each epoch, and restores it before the first.

    Parameters
    ----------
    path
        The file; its folder is made.
    belongs
        Fingerprint of the training. A file with another is refused.

    Attributes
    ----------
    done : int
        Epochs that the file already holds.

    Raises
    ------
    InputError
        When the file is no checkpoint, or another training's.
    """

    def __init__(self, path: Path, belongs: str) -> None:
        self.path, self.belongs = Path(path), belongs
        self.about_: dict | None = None
        if self.path.is_file():
            self.about_ = self._header()
        self.done = 0 if self.about_ is None else len(self.about_["history"])

    def _header(self) -> dict:
        try:
            with safe_open(self.path, "pt") as file:
                about = json.loads((file.metadata() or {})["checkpoint"])
        except (SafetensorError, KeyError, json.JSONDecodeError):
            raise InputError(shown(self.path), "must be a checkpoint", hint="delete it") from None
        if about["belongs"] != self.belongs:
            raise InputError(
                shown(self.path),
                "must belong to this training; its data, seed, network or recipe was another",
                hint="delete it, or name another file",
            )
        return about

    def on_train_begin(self, net: NeuralNet, **_: object) -> None:
        """Restore; the other callbacks have begun before."""
        if self.about_ is None:
            return
        about = self.about_
        with safe_open(self.path, "pt", device=str(net.device)) as file:
            held = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        net.module_.load_state_dict(_under(held, "module."))
        net.optimizer_.load_state_dict(
            {"state": _moments(_under(held, "optimizer.")), "param_groups": about["groups"]}
        )
        callbacks = dict(net.callbacks_)
        callbacks["schedule"].lr_scheduler_.load_state_dict(about["schedule"])
        for name in _STOP:
            setattr(callbacks["stop"], name, about["stop"][name])
        callbacks["stop"].best_model_weights_ = _under(held, "best.") or None
        net.history.extend(about["history"])
        torch.set_rng_state(held["random"].cpu())
        if "random_cuda" in held:
            torch.cuda.set_rng_state(held["random_cuda"].cpu())

    def on_epoch_end(self, net: NeuralNet, **_: object) -> None:
        """Write; early stopping and the schedule have seen the epoch."""
        callbacks = dict(net.callbacks_)
        state = net.optimizer_.state_dict()
        best = callbacks["stop"].best_model_weights_ or {}
        tensors = {
            **{f"module.{name}": value for name, value in net.module_.state_dict().items()},
            **{f"best.{name}": value for name, value in best.items()},
            **{
                f"optimizer.{number}.{name}": value
                for number, moments in state["state"].items()
                for name, value in moments.items()
            },
            "random": torch.get_rng_state(),
        }
        if str(net.device).startswith("cuda"):
            tensors["random_cuda"] = torch.cuda.get_rng_state()
        about = {
            "belongs": self.belongs,
            "groups": state["param_groups"],
            "schedule": callbacks["schedule"].lr_scheduler_.state_dict(),
            "stop": {name: _plain(getattr(callbacks["stop"], name)) for name in _STOP},
            "history": [{**row, "batches": []} for row in net.history],
        }
        with replacing(self.path) as scratch:
            save_file(
                {name: value.detach().cpu().contiguous() for name, value in tensors.items()},
                scratch,
                {"checkpoint": json.dumps(about)},
            )


def _under(held: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {k.removeprefix(prefix): value for k, value in held.items() if k.startswith(prefix)}


def _moments(flat: dict[str, Tensor]) -> dict[int, dict[str, Tensor]]:
    """By the number of the weight, as the optimiser holds them."""
    out: dict[int, dict[str, Tensor]] = {}
    for name, value in flat.items():
        number, moment = name.split(".", 1)
        out.setdefault(int(number), {})[moment] = value
    return out


def _plain(value: float) -> float:
    """A number of numpy's as Python's, which JSON takes."""
    return value.item() if isinstance(value, np.generic) else value
