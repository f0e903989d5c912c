"""Which hyperparameters mattered, among the trials of one sampler."""

from __future__ import annotations

from collections.abc import Callable

import optuna
import pandas as pd
from optuna.importance import (
    BaseImportanceEvaluator,
    FanovaImportanceEvaluator,
    PedAnovaImportanceEvaluator,
)

from stockcast.determinism import stream
from stockcast.errors import InputError, nearest
from stockcast.models.search.quiet import quiet
from stockcast.models.search.record import parameters, plain
from stockcast.models.search.space import Space, distributions

TOP = 0.25
"""Share of the trials that PED-ANOVA calls good: with 30 trials a tenth would be three."""

METHODS: dict[str, Callable[[int], BaseImportanceEvaluator]] = {
    "fANOVA": lambda seed: FanovaImportanceEvaluator(n_trees=32, max_depth=64, seed=seed),
    "PED-ANOVA": lambda _: PedAnovaImportanceEvaluator(target_quantile=TOP),
}


def importance(trials: pd.DataFrame, space: Space, method: str, seed: int) -> pd.Series:
    """Share of each hyperparameter in what makes trials differ.

    Parameters
    ----------
    trials : DataFrame
        As `stockcast.models.search.record.Record.trials`, of independent trials: those of random
        search. A sampler that homes in leaves most of the space without a trial. Pruned ones count
        with their last value; failed ones are left out.
    space
        They were drawn from.
    method
        "fANOVA": share of the variance that each explains on its own, in a forest fitted to the
        trials. "PED-ANOVA": how far the good trials' values of each are spread otherwise than
        those of all.
    seed
        Of the forest.

    Returns
    -------
    Series indexed by hyperparameter
        Sums to 1.

    Raises
    ------
    InputError
        For an unknown method, or fewer than ten trials.

    Notes
    -----
    Hutter, Hoos and Leyton-Brown (2014), "An efficient approach for assessing hyperparameter
    importance", ICML 31. Watanabe, Bansal and Hutter (2023), "PED-ANOVA: efficiently quantifying
    hyperparameter importance in arbitrary subspaces", IJCAI 32.
    """
    if method not in METHODS:
        raise InputError("method", "must be a method", method, nearest(method, METHODS))
    known = trials[trials["value"].notna()]
    if len(known) < 10:
        raise InputError("trials", "must be at least 10 that did not fail", len(known))
    held = distributions(space)
    with quiet():
        study = optuna.create_study(direction="maximize", storage=optuna.storages.InMemoryStorage())
        for row in known.to_dict("records"):
            params = {name: plain(row[name]) for name in parameters(trials)}
            study.add_trial(
                optuna.create_trial(value=row["value"], params=params, distributions=held)
            )
        found = optuna.importance.get_param_importances(study, evaluator=METHODS[method](seed))
    return pd.Series(found, dtype=float).reindex(list(space)).fillna(0.0)


def by_chance(
    trials: pd.DataFrame, space: Space, method: str, seed: int, draws: int = 20
) -> pd.DataFrame:
    """The same with the values dealt at random among the trials: what no influence looks like.

    Returns
    -------
    DataFrame of shape (draws, n_hyperparameters)
    """
    rng = stream(seed, "search", "importance")
    return pd.DataFrame(
        [
            importance(
                trials.assign(value=rng.permutation(trials["value"].to_numpy())),
                space,
                method,
                seed,
            )
            for _ in range(draws)
        ]
    )
