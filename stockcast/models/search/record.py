"""What a study leaves: every trial, and its figures day by day, the failed and pruned included."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import optuna
import pandas as pd
from optuna.trial import FrozenTrial, TrialState

from stockcast.errors import InputError
from stockcast.models.search.trial import unpacked

KEYS = ("sampler", "seed", "number")


@dataclass(frozen=True)
class Record:
    """A study, or several.

    Attributes
    ----------
    trials : DataFrame
        `sampler`, `seed`, `number`, `state` ("complete", "pruned" or "failed"), `value` (NaN if
        failed), `steps` (how many were run), `reason` (why it failed), then one column a
        hyperparameter.
    daily : DataFrame
        `sampler`, `seed`, `number`, `date` and a column a figure, for every validation day of every
        trial that did not fail. A pruned trial's are those of its last step.
    steps : DataFrame
        `sampler`, `seed`, `number`, `step` (from 0) and `value`.
    """

    trials: pd.DataFrame
    daily: pd.DataFrame
    steps: pd.DataFrame

    def best(self) -> dict[str, Any]:
        """Hyperparameters of the complete trial with the highest value, the earliest of equals."""
        done = self.trials[self.trials["state"] == "complete"]
        if not len(done):
            raise InputError("trials", "must hold one that is complete")
        row = done.loc[done["value"].idxmax()]
        return {name: plain(row[name]) for name in parameters(self.trials)}


def parameters(trials: pd.DataFrame) -> list[str]:
    """Names of the hyperparameters in a table of trials."""
    known = {*KEYS, "state", "value", "steps", "reason"}
    return [name for name in trials.columns if name not in known]


def joined(records: Sequence[Record]) -> Record:
    """One record of many."""
    return Record(
        pd.concat([r.trials for r in records], ignore_index=True),
        pd.concat([r.daily for r in records], ignore_index=True),
        pd.concat([r.steps for r in records], ignore_index=True),
    )


def record(study: optuna.Study, sampler: str, seed: int, budget: int) -> Record:
    """Tables of the first `budget` trials of a study.

    Raises
    ------
    InputError
        When every trial failed: the reason of the first.
    """
    told = [t for t in study.get_trials(deepcopy=False) if t.number < budget]
    if told and all(t.state == TrialState.FAIL for t in told):
        raise InputError(
            "trials", "must not all fail", hint=f"the first: {told[0].user_attrs.get('reason')}"
        )
    keys = dict(zip(KEYS[:2], (sampler, seed), strict=True))
    daily = [
        unpacked(t.user_attrs["daily"]).assign(**keys, number=t.number)
        for t in told
        if t.user_attrs.get("daily")
    ]
    days = pd.concat(daily, ignore_index=True)
    figures = [name for name in days.columns if name not in (*KEYS, "date")]
    steps = [
        keys | {"number": t.number, "step": step, "value": value}
        for t in told
        for step, value in sorted(t.intermediate_values.items())
    ]
    trials = pd.DataFrame([keys | _row(t) for t in told])
    return Record(trials, days[[*KEYS, "date", *figures]], pd.DataFrame(steps))


_STATES = {TrialState.COMPLETE: "complete", TrialState.PRUNED: "pruned", TrialState.FAIL: "failed"}


def _row(trial: FrozenTrial) -> dict[str, Any]:
    return {
        "number": trial.number,
        "state": _STATES[trial.state],
        "value": float("nan") if trial.values is None else trial.value,
        "steps": len(trial.intermediate_values),
        "reason": trial.user_attrs.get("reason", ""),
        **dict(sorted(trial.params.items())),
    }


def plain(value: Any) -> Any:
    """A NumPy number as Python's own."""
    return value.item() if hasattr(value, "item") else value
