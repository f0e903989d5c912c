"""A study: trials asked for, run and told, in an order that an interruption does not change.

Trials go in batches. Those of a batch are asked for one after another, run side by side, and told
in the order of their numbers; a trial sees what was told before its batch and nothing else. So the
study depends on how many trials go together, and on nothing that chance decides: neither on which
process is faster, nor on where a run was killed. Trials that were asked for and not told when that
happened are run again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution
from optuna.trial import FrozenTrial, Trial, TrialState

from stockcast import workers
from stockcast.determinism import stream
from stockcast.errors import InputError
from stockcast.models.code import code_digest
from stockcast.models.search import storage as storages
from stockcast.models.search.objective import Measure, Objective, digest
from stockcast.models.search.quiet import quiet
from stockcast.models.search.record import Record, record
from stockcast.models.search.samplers import sampler
from stockcast.models.search.space import distributions, grid
from stockcast.models.search.trial import Outcome, evaluate

HERE = "here"


@dataclass(frozen=True)
class Plan:
    """How a study is made.

    Attributes
    ----------
    sampler : str
        A key of `stockcast.models.search.samplers.SAMPLERS`.
    seed : int
        Of the sampler and of every fit: trials differ by their hyperparameters, not by their luck.
    trials : int
        The budget. Pruned and failed trials count.
    together : int
        Trials in a batch.
    prune : bool
        Stop a trial whose best value so far is below the median of the finished ones at that step.
    """

    sampler: str
    seed: int
    trials: int
    together: int = 1
    prune: bool = True

    def __post_init__(self) -> None:
        for name in ("trials", "together"):
            if getattr(self, name) < 1:
                raise InputError(name, "must be at least 1", getattr(self, name))


def search(
    objective: Objective,
    measure: Measure,
    plan: Plan,
    storage: str = "",
    *,
    how: str = "processes",
    after: Callable[[int], None] | None = None,
) -> Record:
    """Run a study, or go on with one.

    Parameters
    ----------
    objective, measure
        What is fitted, and how a day is judged. Both must be picklable where trials go together.
    plan
        Sampler, seed and budget.
    storage
        URL, see `stockcast.models.search.storage.connect`; empty: memory. A study is found there
        by its sampler, seed, objective, data, space and code: another of any of these is another
        study. With a larger budget the same study goes on, except by grid, whose points depend on
        the budget.
    how
        For batches of more than one: "here", one after another, or see `stockcast.workers.run`.
        Not threads: torch has one generator a process.
    after
        Called with the number of every trial told.

    Returns
    -------
    Record

    Raises
    ------
    InputError
        When the storage does not open, another process runs the study, or every trial failed.
    """
    with (
        quiet(),
        storages.driving(storage, name_of(objective, plan)),
        storages.opened(storage) as held,
    ):
        study = _study(objective, plan, held)
        while batch := _batch(study, objective, plan):
            first = batch[0].number // plan.together * plan.together
            history = _history(study, first) if plan.prune else None
            fit_seed = int(stream(plan.seed, "search", "fit").integers(2**31))
            tasks = [(objective, measure, t.params, fit_seed, history) for t in batch]
            for trial, outcome in zip(batch, _run(tasks, how), strict=True):
                _tell(study, trial, outcome)
                if after is not None:
                    after(trial.number)
        return record(study, plan.sampler, plan.seed, plan.trials)


def search_all(
    objective: Objective,
    measure: Measure,
    plans: Sequence[Plan],
    storage: str = "",
    *,
    how: str = "processes",
) -> list[Record]:
    """Several studies side by side, each as `search` makes it, in the order of `plans`.

    On a Dask cluster every worker needs the storage: a database by URL, or a file that all see.
    """
    if storage:
        with quiet(), storages.opened(storage):
            pass  # its tables are made once, before many look for them
    tasks = [(objective, measure, plan, storage) for plan in plans]
    return list(workers.run(_one, tasks, how))


def _one(objective: Objective, measure: Measure, plan: Plan, storage: str) -> Record:
    """A study in a process of its own, which starts no others."""
    return search(objective, measure, plan, storage, how=HERE)


def name_of(objective: Objective, plan: Plan) -> str:
    """Name of a study in its storage."""
    fixed = {k: v for k, v in asdict(plan).items() if k != "trials"}
    points = grid(objective.space, plan.trials, plan.seed) if plan.sampler == "grid" else ()
    space = {
        name: optuna.distributions.distribution_to_json(held)
        for name, held in distributions(objective.space).items()
    }
    told = digest(fixed, space, points, objective.identity(), list(objective.choosing))
    code = code_digest("numpy", "optuna", "cmaes", "torch", "lightgbm")
    short = digest(told, code)[:12]
    return f"{objective.name}-{plan.sampler}-{plan.seed}-{short}"


def _study(objective: Objective, plan: Plan, storage: optuna.storages.BaseStorage) -> optuna.Study:
    return optuna.create_study(
        storage=storage,
        study_name=name_of(objective, plan),
        direction="maximize",
        sampler=sampler(plan.sampler, objective.space, plan.seed, plan.trials, plan.together),
        load_if_exists=True,
    )


def _batch(study: optuna.Study, objective: Objective, plan: Plan) -> list[Trial]:
    """The trials of the batch that is under way, or of the next; none when the budget is spent."""
    trials = study.get_trials(deepcopy=False)
    open_ones = [t for t in trials if not t.state.is_finished()]
    first = open_ones[0].number if open_ones else len(trials)
    end = min((first // plan.together + 1) * plan.together, plan.trials)
    held = distributions(objective.space)
    batch = [_again(study, t, held) for t in open_ones]
    batch += [study.ask(held) for _ in range(len(trials), end)]
    return batch


def _again(study: optuna.Study, frozen: FrozenTrial, held: dict[str, BaseDistribution]) -> Trial:
    """A trial that was asked for, with the values it had or would have got."""
    trial = Trial(study, frozen._trial_id)
    for name, each in held.items():
        if isinstance(each, CategoricalDistribution):
            trial.suggest_categorical(name, each.choices)
        elif isinstance(each, FloatDistribution):
            trial.suggest_float(name, each.low, each.high, step=each.step, log=each.log)
        else:
            trial.suggest_int(name, each.low, each.high, step=each.step, log=each.log)
    return trial


def _history(study: optuna.Study, before: int) -> list[dict[int, float]]:
    done = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    return [dict(t.intermediate_values) for t in done if t.number < before]


def _run(tasks: list[tuple], how: str) -> list[Outcome]:
    if len(tasks) == 1 or how == HERE:
        return [evaluate(*task) for task in tasks]
    return list(workers.run(evaluate, tasks, how))


def _tell(study: optuna.Study, trial: Trial, outcome: Outcome) -> None:
    """Store all there is to know, and last of all that it is finished."""
    known = {frozen.number: frozen for frozen in study.get_trials(deepcopy=False)}[trial.number]
    for step, value in enumerate(outcome.steps):
        if step not in known.intermediate_values:
            trial.report(value, step)
    trial.set_user_attr("daily", outcome.daily)
    trial.set_user_attr("reason", outcome.reason)
    done = outcome.state == TrialState.COMPLETE
    study.tell(trial, outcome.steps[-1] if done else None, state=outcome.state)
