"""Checkpoints: a training that was killed goes on to the bits it would have reached."""

from __future__ import annotations

import dataclasses
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from stockcast.errors import InputError
from stockcast.models.networks import checkpoint, device, training
from stockcast.models.networks.architecture import Architecture
from stockcast.models.networks.days import DayBatches
from stockcast.models.networks.schedules import SCHEDULES
from tests.models.conftest import RECIPE, known_market

BATCHES = 4  # training batches an epoch, below


class Killed(BaseException):
    """Stands for a kill, where a whole process would take too long."""


def trained(material, path: Path | None, seed: int = 3, **changes: object) -> training.Trained:
    recipe = dataclasses.replace(RECIPE, **({"epochs": 5, "patience": 9} | changes))
    architecture = Architecture(4, len(material.codes), width=4, dropout=0.3, kind="mlp")
    fit, valid = material.days("train", every=5), material.days("valid", every=6)
    assert len(DayBatches(fit, recipe.batch_days)) == BATCHES
    return training.train(
        architecture, recipe, fit, valid, device.choose("cpu"), seed, checkpoint=path
    )


def bits(net: training.Trained) -> torch.Tensor:
    return torch.cat([value.flatten() for value in net.module.state_dict().values()])


def kill_in_epoch(monkeypatch: pytest.MonkeyPatch, epoch: int) -> None:
    """Die in the middle of the training batches of an epoch."""
    plain, seen = DayBatches.__iter__, []

    def batches(self):
        for batch in plain(self):
            if self.shuffle:
                seen.append(1)
            if len(seen) == (epoch - 1) * BATCHES + BATCHES // 2:
                raise Killed
            yield batch

    monkeypatch.setattr(DayBatches, "__iter__", batches)


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_resumes_to_the_same_bits(material, tmp_path, monkeypatch, schedule: str):
    """Killed within an epoch and begun again, training ends as if it had never been killed."""
    straight = trained(material, None, schedule=schedule)
    path = tmp_path / "deep" / "net.safetensors"
    for epoch in (3, 2):  # the second life begins with epoch 3 and dies in its second epoch
        with monkeypatch.context() as patched:
            kill_in_epoch(patched, epoch)
            with pytest.raises(Killed):
                trained(material, path, schedule=schedule)
    resumed = trained(material, path, schedule=schedule)
    assert torch.equal(bits(straight), bits(resumed))
    assert straight.history == resumed.history


def test_early_stopping_is_remembered(material, tmp_path, monkeypatch):
    """Misses before the kill count after it, and the best epoch's weights are still there."""
    hasty = {"patience": 2, "epochs": 12, "learning_rate": 0.3, "schedule": "constant"}
    straight = trained(material, None, **hasty)
    stopped = len(straight.history)
    losses = [row["valid_loss"] for row in straight.history]
    assert stopped < 12
    assert losses.index(min(losses)) == stopped - 3
    with monkeypatch.context() as patched:
        kill_in_epoch(patched, stopped)
        with pytest.raises(Killed):
            trained(material, tmp_path / "net.safetensors", **hasty)
    resumed = trained(material, tmp_path / "net.safetensors", **hasty)
    assert len(resumed.history) == stopped
    assert torch.equal(bits(straight), bits(resumed))


def test_divergence_takes_the_file_away(material, tmp_path, monkeypatch):
    """A loss that stops being finite after a good epoch leaves nothing to go on from."""
    path, plain, seen = tmp_path / "net.safetensors", DayBatches.__iter__, []

    def batches(self):
        for inputs, target in plain(self):
            seen.append(self.shuffle)
            late = sum(seen) > BATCHES
            assert path.is_file() == late
            yield inputs, target * 1e30 if late else target

    monkeypatch.setattr(DayBatches, "__iter__", batches)
    with pytest.raises(InputError, match="train_loss in epoch 2: must stay finite"):
        trained(material, path)
    assert list(tmp_path.iterdir()) == []


def test_a_finished_training_is_not_done_again(material, tmp_path, monkeypatch):
    """With all epochs in the file, the network comes back without a batch."""
    path = tmp_path / "net.safetensors"
    first = trained(material, path)
    monkeypatch.setattr(DayBatches, "__iter__", lambda self: pytest.fail("read a batch"))
    assert torch.equal(bits(first), bits(trained(material, path)))


def test_survives_a_killed_process(tmp_path):
    """A process killed by the system amid an epoch leaves a file from which training goes on."""
    path = tmp_path / "net.safetensors"
    script = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from stockcast.models.networks.days import DayBatches\n"
        "from tests.models.networks import test_checkpoint as own\n"
        "plain, seen = DayBatches.__iter__, []\n"
        "def batches(self):\n"
        "    for batch in plain(self):\n"
        "        seen.append(self.shuffle)\n"
        "        if sum(seen) == 2 * own.BATCHES + 2:\n"
        "            os.kill(os.getpid(), signal.SIGKILL)\n"
        "        yield batch\n"
        "DayBatches.__iter__ = batches\n"
        "own.trained(own.small(), Path(sys.argv[1]))\n"
    )
    root = Path(__file__).parents[3]
    died = subprocess.run(
        [sys.executable, "-c", script, str(path)], cwd=root, env=os.environ, check=False
    )
    assert died.returncode == -signal.SIGKILL
    assert [file.name for file in tmp_path.iterdir()] == [path.name]
    assert torch.equal(bits(trained(small(), None)), bits(trained(small(), path)))


def small():
    return known_market(days=240, stocks=6).material()


def test_another_trainings_file_is_refused(material, tmp_path, monkeypatch):
    """A checkpoint of another seed, recipe, data or code is no place to go on from."""
    path = tmp_path / "net.safetensors"
    trained(material, path, epochs=1)
    before = path.read_bytes()
    for other in ({"seed": 4}, {"learning_rate": 0.02}):
        with pytest.raises(InputError, match="must belong to this training"):
            trained(material, path, **({"epochs": 1} | other))
    moved = dataclasses.replace(material, target=material.target + 1e-6)
    with pytest.raises(InputError, match="must belong to this training"):
        trained(moved, path, epochs=1)
    monkeypatch.setattr(checkpoint, "code_digest", lambda *_: "another")
    with pytest.raises(InputError, match="must belong to this training"):
        trained(material, path, epochs=1)
    assert path.read_bytes() == before


def test_a_cut_file_is_refused(material, tmp_path):
    """What is no whole safetensors file is named, not half read."""
    path = tmp_path / "net.safetensors"
    trained(material, path, epochs=1)
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(InputError, match="must be a checkpoint"):
        trained(material, path, epochs=1)


def test_nothing_is_pickled(material, tmp_path):
    """The file is JSON and tensors: its header says so, and no pickle opcode starts it."""
    path = tmp_path / "net.safetensors"
    trained(material, path, epochs=1)
    assert path.read_bytes()[8:9] == b"{"
    assert checkpoint.Checkpoint(path, _belongs(path)).done == 1


def _belongs(path: Path) -> str:
    import json

    from safetensors import safe_open

    with safe_open(path, "pt") as file:
        return json.loads(file.metadata()["checkpoint"])["belongs"]
