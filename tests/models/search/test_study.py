"""Studies that are interrupted, run in parallel, pruned, and whose trials fail."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import optuna
import pandas as pd
import pytest

from stockcast.errors import InputError
from stockcast.models.search import storage
from stockcast.models.search.record import Record
from stockcast.models.search.samplers import SAMPLERS
from stockcast.models.search.study import Plan, name_of, search, search_all
from tests.models.search.conftest import Planted, measure


def _same(one: Record, two: Record) -> None:
    for name in ("trials", "daily", "steps"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(two, name), check_exact=True)


class _Killed(BaseException):
    """Stands for the end of the process."""


def _url(folder: Path) -> str:
    return storage.sqlite(folder / "studies.sqlite")


@pytest.mark.parametrize("together", [1, 4])
@pytest.mark.parametrize("name", list(SAMPLERS))
def test_a_study_stopped_between_trials_goes_on_as_if_it_had_not(
    name: str, together: int, planted: Planted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever was told before the end is kept, and the rest comes out the same."""
    plan = Plan(name, 3, 14, together)
    whole = search(planted, measure, plan, how="here")

    def stop(number: int) -> None:
        if number == 9:
            raise _Killed

    held = optuna.storages.InMemoryStorage()
    monkeypatch.setattr(storage, "connect", lambda url: held)
    with pytest.raises(_Killed):
        search(planted, measure, plan, how="here", after=stop)
    _same(search(planted, measure, plan, how="here"), whole)


@pytest.mark.parametrize(
    ("where", "calls"),
    [("set_trial_param", 54), ("set_trial_intermediate_value", 20), ("set_trial_user_attr", 15)],
)
@pytest.mark.parametrize("name", list(SAMPLERS))
def test_a_study_killed_inside_a_trial_goes_on_as_if_it_had_not(
    name: str, where: str, calls: int, planted: Planted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between two hyperparameters, steps or notes of a trial: nothing is lost or shifted."""
    plan = Plan(name, 3, 15)
    whole = search(planted, measure, plan)
    held = optuna.storages.InMemoryStorage()
    left, real = [calls], getattr(held, where)

    def dies(*args: object, **kw: object) -> object:
        left[0] -= 1
        if left[0] == 0:
            raise _Killed
        return real(*args, **kw)

    monkeypatch.setattr(storage, "connect", lambda url: held)
    monkeypatch.setattr(held, where, dies)
    with pytest.raises(_Killed):
        search(planted, measure, plan)
    _same(search(planted, measure, plan), whole)


def test_a_killed_process_leaves_a_study_that_goes_on(planted: Planted, tmp_path: Path) -> None:
    """SIGKILL in the middle of a study: the file opens, no lock stays, the study is the same."""
    plan = Plan("tpe", 3, 14)
    script = (
        "import os\n"
        "from stockcast.models.search.study import Plan, search\n"
        "from tests.models.search.conftest import Planted, measure\n"
        f"search(Planted.of(), measure, {plan!r}, {_url(tmp_path)!r},\n"
        "    after=lambda n: os.kill(os.getpid(), 9) if n == 8 else None)\n"
    )
    dead = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False)
    assert dead.returncode == -9, dead.stderr.decode()[-2000:]
    _same(search(planted, measure, plan, _url(tmp_path)), search(planted, measure, plan))


def test_processes_give_what_one_process_gives(planted: Planted, tmp_path: Path) -> None:
    """Batches of one study, and studies of one file, do not depend on who runs them."""
    plans = [Plan("tpe", 3, 8, 4), Plan("random", 4, 8, 4)]
    apart = [search(planted, measure, plan, how="here") for plan in plans]
    _same(search(planted, measure, plans[0], how="processes"), apart[0])
    for one, two in zip(
        search_all(planted, measure, plans, _url(tmp_path), how="processes"), apart, strict=True
    ):
        _same(one, two)


def test_a_cluster_gives_what_one_process_gives(planted: Planted, tmp_path: Path) -> None:
    """Batches of one study, and studies of one file, on a Dask cluster of this machine."""
    distributed = pytest.importorskip("distributed")
    plans = [Plan("tpe", 3, 8, 4), Plan("random", 4, 8, 4)]
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, host="127.0.0.1"
    ) as cluster:
        where = cluster.scheduler_address
        _same(search(planted, measure, plans[0], how=where), search(planted, measure, plans[0]))
        found = search_all(planted, measure, plans, _url(tmp_path), how=where)
    for one, plan in zip(found, plans, strict=True):
        _same(one, search(planted, measure, plan))


@pytest.fixture
def server() -> Iterator[str]:
    """URL of the PostgreSQL that `STOCKCAST_TEST_POSTGRESQL` names, without studies after."""
    url = os.environ.get("STOCKCAST_TEST_POSTGRESQL")
    if not url:
        pytest.skip("STOCKCAST_TEST_POSTGRESQL names no database")
    pytest.importorskip("psycopg")
    yield url
    with storage.opened(url) as held:
        for study in held.get_all_studies():
            held.delete_study(study._study_id)


def test_postgresql_keeps_studies_as_a_file_does(planted: Planted, server: str) -> None:
    """A study on the server is that of memory, goes on there, and one process runs it."""
    plan = Plan("tpe", 3, 8)
    search(planted, measure, dataclasses.replace(plan, trials=4), server)
    _same(search(planted, measure, plan, server), search(planted, measure, plan))
    refused = pytest.raises(InputError, match="is being run by another process")
    with storage.driving(server, name_of(planted, plan)), refused:
        search(planted, measure, plan, server)
    with storage.driving(server, name_of(planted, plan)), storage.driving(server, "another"):
        pass


def test_a_larger_budget_goes_on_with_the_same_study(
    planted: Planted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten trials and then twenty are the twenty at once; the ten are still what they were."""
    at_once = search(planted, measure, Plan("tpe", 3, 20))
    held = optuna.storages.InMemoryStorage()
    monkeypatch.setattr(storage, "connect", lambda url: held)
    few = search(planted, measure, Plan("tpe", 3, 10))
    many = search(planted, measure, Plan("tpe", 3, 20))
    _same(many, at_once)
    pd.testing.assert_frame_equal(many.trials.head(10), few.trials, check_exact=True)


def test_other_data_space_or_seed_is_another_study(planted: Planted) -> None:
    """A study never goes on with trials of something else."""
    names = {
        name_of(planted, Plan("tpe", 3, 10)),
        name_of(planted, Plan("tpe", 4, 10)),
        name_of(planted, Plan("random", 3, 10)),
        name_of(planted, Plan("tpe", 3, 10, 2)),
        name_of(Planted.of(broken="loss"), Plan("tpe", 3, 10)),
    }
    assert len(names) == 5


def test_one_process_runs_a_study(planted: Planted, tmp_path: Path) -> None:
    """A second one is refused at once, and may have it when the first is done."""
    plan, url = Plan("random", 3, 3), _url(tmp_path)
    refused = pytest.raises(InputError, match="is being run by another process")
    with storage.driving(url, name_of(planted, plan)), refused:
        search(planted, measure, plan, url)
    assert len(search(planted, measure, plan, url).trials) == 3


def test_pruning_stops_trials_below_the_median_only(planted: Planted) -> None:
    """Stopped trials are worse than the finished ones' median, kept, and fewer steps long."""
    full = search(planted, measure, Plan("random", 3, 40, prune=False))
    cut = search(planted, measure, Plan("random", 3, 40))
    assert set(full.trials["state"]) == {"complete"}
    stopped = cut.trials[cut.trials["state"] == "pruned"]
    assert len(stopped) > 5
    assert (stopped["steps"] < 3).all()
    finished = cut.trials.loc[cut.trials["state"] == "complete", "value"]
    assert stopped["value"].max() < finished.max()
    assert cut.best() == full.best()
    days = cut.daily.groupby("number").size()
    assert len(days) == 40  # a stopped trial's days count among the trials made


def test_a_trial_is_worth_its_choosing_days_alone(planted: Planted) -> None:
    """The value is the mean Rank IC of the earlier half; the later half is kept, and not in it."""
    found = search(planted, measure, Plan("random", 3, 5))
    early = found.daily[found.daily["date"].isin(planted.choosing)]
    values = early.groupby("number")["rank_ic"].mean()
    np.testing.assert_allclose(values, found.trials["value"], rtol=1e-12)
    assert (found.daily["date"] > planted.choosing[-1]).any()


def test_failed_trials_are_recorded_and_the_search_goes_on() -> None:
    """A loss that is not finite costs one trial of the budget and says why."""
    found = search(Planted.of(broken="loss"), measure, Plan("cma_es", 3, 12))
    failed = found.trials["state"] == "failed"
    assert 0 < failed.sum() < 12
    assert failed.equals(found.trials["kind"] != "good")
    assert found.trials.loc[failed, "value"].isna().all()
    assert found.trials.loc[failed, "reason"].str.contains("must stay finite").all()
    assert found.best()["kind"] == "good"


@pytest.mark.parametrize(
    ("broken", "said"), [("memory", "memory did not hold it"), ("constant", "scores do not differ")]
)
def test_when_every_trial_fails_the_reason_is_given(broken: str, said: str) -> None:
    """Out of memory, or scores without order: one clear line instead of an empty record."""
    with pytest.raises(InputError, match=said):
        search(Planted.of(broken=broken), measure, Plan("random", 3, 3))


@pytest.mark.parametrize("wrong", [{"trials": 0}, {"together": 0}])
def test_budgets_are_positive(wrong: dict[str, int]) -> None:
    """No trials, or batches of none, are refused."""
    with pytest.raises(InputError, match="must be at least 1"):
        Plan(**({"sampler": "random", "seed": 1, "trials": 3} | wrong))
