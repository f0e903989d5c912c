"""One trial: fitted step by step, measured, and stopped when others did better by then.

A function of its arguments alone, so that it may run in any process: what other trials reached is
handed to it, and the study's storage is not.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import optuna
import pandas as pd
from optuna.trial import TrialState

from stockcast.errors import InputError
from stockcast.models.search.objective import Measure, Objective
from stockcast.models.search.quiet import quiet

STARTUP, FEWEST = 8, 4
"""Trials that run in full before any is stopped, and values a step needs for a median."""


@dataclass(frozen=True)
class Outcome:
    """What came of a trial.

    Attributes
    ----------
    steps : tuple of float
        The value after each step: mean Rank IC over the choosing days.
    state : optuna.trial.TrialState
        COMPLETE, PRUNED or FAIL.
    daily : str
        Figures of every validation day as JSON, after the last step; empty if it failed.
    reason : str
        Why it failed.
    """

    steps: tuple[float, ...]
    state: TrialState
    daily: str = ""
    reason: str = ""


def evaluate(
    objective: Objective,
    measure: Measure,
    params: Mapping[str, Any],
    seed: int,
    history: Sequence[Mapping[int, float]] | None,
) -> Outcome:
    """Run a trial.

    Parameters
    ----------
    objective, measure
        What is fitted, and how a day is judged.
    params
        Hyperparameters.
    seed
        Of the fit.
    history
        Values by step of the trials that the pruner compares with. None: nothing is pruned.

    Returns
    -------
    Outcome
        A fit that breaks off (its loss is not finite, memory does not hold it, its scores are
        constant) is a failed trial, not the end of the search.
    """
    steps: list[float] = []
    last = np.array([])
    early = objective.judged["date"].isin(objective.choosing).to_numpy()
    pruned = False
    try:
        for last in objective.scores(params, seed):
            daily = measure(objective.judged[early].assign(score=last[early]), whole=False)
            steps.append(_value(daily, objective.choosing))
            ends = len(steps) == objective.steps
            pruned = history is not None and not ends and is_worse(steps, history)
            if pruned:
                break
    except InputError as error:
        return Outcome((), TrialState.FAIL, reason=str(error))
    except MemoryError:
        return Outcome((), TrialState.FAIL, reason="memory did not hold it")
    if not steps:
        return Outcome((), TrialState.FAIL, reason="it gave no scores")
    state = TrialState.PRUNED if pruned else TrialState.COMPLETE
    return Outcome(tuple(steps), state, packed(measure(objective.judged.assign(score=last))))


def _value(daily: pd.DataFrame, choosing: pd.DatetimeIndex) -> float:
    """Mean Rank IC over the choosing days that have one."""
    value = float(daily["rank_ic"].reindex(choosing).mean())
    if not np.isfinite(value):
        raise InputError("Rank IC", "must be known on a day", hint="the scores do not differ")
    return value


def is_worse(steps: Sequence[float], history: Sequence[Mapping[int, float]]) -> bool:
    """Whether a trial's best value so far is below the median of others at its last step.

    Parameters
    ----------
    steps
        Its values.
    history
        Values by step of the finished trials. Until there are `STARTUP` of them none is worse.
    """
    pruner = optuna.pruners.MedianPruner(
        n_startup_trials=STARTUP, n_warmup_steps=0, interval_steps=1, n_min_trials=FEWEST
    )
    with quiet():
        study = optuna.create_study(direction="maximize", storage=optuna.storages.InMemoryStorage())
        for reached in history:
            value = reached[max(reached)]
            study.add_trial(optuna.create_trial(value=value, intermediate_values=dict(reached)))
    running = optuna.create_trial(
        state=TrialState.RUNNING, intermediate_values=dict(enumerate(steps))
    )
    return pruner.prune(study, running)


def packed(daily: pd.DataFrame) -> str:
    """A table by day as JSON that `unpacked` reads to the same bits; NaN becomes null."""
    table = daily.astype(float)
    columns = {
        name: [None if np.isnan(value) else value for value in held] for name, held in table.items()
    }
    return json.dumps({"date": [f"{day:%Y-%m-%d}" for day in daily.index], **columns})


def unpacked(text: str) -> pd.DataFrame:
    """The inverse of `packed`, with the dates as a column."""
    table = pd.DataFrame(json.loads(text))
    table["date"] = pd.to_datetime(table["date"])
    return table.astype({name: float for name in table.columns if name != "date"})
