"""Training side by side: the bits of training in turn, costs told, deaths explained."""

from __future__ import annotations

import mmap
import os
import time
from functools import partial

import pandas as pd
import pytest

from stockcast.errors import InputError
from stockcast.models import progress
from stockcast.models.classical.fitted import fit
from stockcast.models.measured import measured
from stockcast.models.model import Model
from stockcast.models.sample_set import SampleSet
from stockcast.models.side_by_side import fit_all, in_processes
from tests.models.classical.conftest import NAMES, sample_set, small


@pytest.fixture(scope="module")
def samples() -> SampleSet:
    return sample_set(days=120, stocks=15)


def models(*names: str) -> list[Model]:
    """Small models whose fits another process can be sent."""
    return [Model(n, 1, "A small one.", partial(_fit, n), partial(_fit, n)) for n in names]


def _fit(name: str, samples: SampleSet, seed: int) -> object:
    return fit(small(name), samples, seed, members=1)


def _die() -> None:
    os._exit(9)


def test_side_by_side_equals_in_turn(samples):
    """Two processes give models that forecast bit for bit as those of one, in the order asked."""
    asked = models(*NAMES)
    alone, beside = (fit_all(asked, samples, seed=7, jobs=jobs) for jobs in (1, 2))
    assert list(alone) == list(beside) == NAMES
    for name in NAMES:
        pd.testing.assert_frame_equal(
            beside[name].fitted.forecast(samples),
            alone[name].fitted.forecast(samples),
            check_exact=True,
        )


def test_the_seed_matters_and_holds(samples):
    """The same seed gives the same bits, another one others."""
    first, again, other = (
        fit_all(models("lightgbm"), samples, seed, jobs=1)["lightgbm"].fitted.forecast(samples)
        for seed in (1, 1, 2)
    )
    pd.testing.assert_frame_equal(first, again, check_exact=True)
    assert not first["score"].equals(other["score"])


def test_a_refusal_in_another_process_arrives(samples):
    """What a model refuses is refused in the same words, whichever process it was in."""
    empty = sample_set(days=120, stocks=15)
    empty.samples["split"] = empty.samples["split"].replace("valid", "")
    with pytest.raises(InputError, match="validation rows: must not be empty"):
        fit_all(models("ridge", "logistic"), empty, seed=7, jobs=2)


def test_two_models_of_one_name_are_refused(samples):
    """Results are by name: a second model of the same name would hide the first."""
    with pytest.raises(InputError, match="must have different names"):
        fit_all(models("ridge", "ridge"), samples, seed=7)


def test_a_process_that_dies_is_explained():
    """A killed process, as when memory runs out, is one clear line."""
    with pytest.raises(InputError, match="memory: must suffice for 2 processes"):
        in_processes(_die, [(), ()], jobs=2)


def test_a_helper_starts_no_helpers():
    """A task that itself asks for processes gets one, its own."""
    for inner, own in in_processes(_nested, [(), ()], jobs=2):
        assert inner == own != os.getpid()


def _nested() -> tuple[int, int]:
    return in_processes(os.getpid, [(), ()], jobs=2)[0], os.getpid()


@pytest.mark.parametrize("jobs", [1, 2])
def test_tasks_are_counted_for_whoever_looks_on(monkeypatch, capfd, jobs: int):
    """A bar names what is done and how many there are; a log holds none."""
    for asked in ("1", ""):
        monkeypatch.setenv(progress.VARIABLE, asked)
        assert in_processes(abs, [(-1,), (2,), (-3,)], jobs, "numbers") == [1, 2, 3]
        told = capfd.readouterr().err
        assert ("numbers" in told and "/3" in told) == bool(asked)


def test_memory_of_helpers_is_measured():
    """60 MB that two helping processes hold each count, though this process holds none."""
    _, before = measured(int)
    _, cost = measured(in_processes, _hold, [(), ()], 2)
    assert cost.peak_mb - before.peak_mb > 100


def _hold() -> int:
    with mmap.mmap(-1, 60 * 2**20, flags=mmap.MAP_PRIVATE) as held:
        held.write(b"1" * len(held))
        time.sleep(0.5)
        return len(held)


def test_seconds_and_memory_are_measured():
    """A pause of a fifth of a second and 60 MB held meanwhile are seen."""

    def hold() -> int:
        # Pages of its own: an array may lie in a heap that the process holds already.
        with mmap.mmap(-1, 60 * 2**20, flags=mmap.MAP_PRIVATE) as held:
            held.write(b"1" * len(held))
            time.sleep(0.2)
            return len(held)

    _, before = measured(int)
    found, cost = measured(hold)
    assert found == 60 * 2**20
    assert 0.2 <= cost.seconds < 5
    assert cost.peak_mb - before.peak_mb > 40
