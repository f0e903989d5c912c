"""The checkpoint: everything comes back, and nothing else is taken for one."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from stockcast.errors import InputError
from stockcast.models.pretraining.checkpoint import load


def test_everything_comes_back(encoder, tmp_path):
    """Weights, architecture, normaliser, parameters, hash, date and history, bit for bit."""
    encoder.save(tmp_path / "new" / "one.safetensors")
    back = load(tmp_path / "new" / "one.safetensors")
    for name, value in encoder.encoder.state_dict().items():
        assert torch.equal(value, back.encoder.state_dict()[name])
    for name in ("architecture", "information_until", "data", "parameters", "history", "seen"):
        assert getattr(back, name) == getattr(encoder, name), name
    assert back.normaliser.names == encoder.normaliser.names
    assert back.normaliser.relative
    for name in ("centre", "spread", "common"):
        assert np.array_equal(getattr(back.normaliser, name), getattr(encoder.normaliser, name))
    assert not back.encoder.training


def test_saving_twice_gives_the_same_bytes(encoder, tmp_path):
    """The file depends on the encoder alone, and no scratch file stays behind."""
    for name in ("one", "two"):
        encoder.save(tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one", "two"]


def test_what_is_no_checkpoint_is_one_clear_error(encoder, tmp_path):
    """A missing file, one cut short, and someone else's safetensors."""
    with pytest.raises(InputError, match="must exist; make it with: stockcast pretrain"):
        load(tmp_path / "none")
    encoder.save(tmp_path / "whole")
    (tmp_path / "cut").write_bytes((tmp_path / "whole").read_bytes()[:-9])
    save_file({"x": torch.zeros(1)}, tmp_path / "other")
    for name in ("cut", "other"):
        with pytest.raises(InputError, match="must be a pre-trained encoder"):
            load(tmp_path / name)
