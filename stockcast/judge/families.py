"""Many models on the same days: is any better than a rival, which are, and which may be the best?

Every test takes daily losses, one column a model, lower is better; for the Rank IC give it with its
sign changed, as `stockcast.judge.losses` does. Days with NaN in any column are left out. Days are
resampled in blocks, the same days for all models, so that what they share cancels.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from stockcast.errors import InputError
from stockcast.judge.intervals import resampled_days

if TYPE_CHECKING:
    from arch.bootstrap import SPA


def superior_ability(
    losses: pd.DataFrame,
    rival: pd.Series | str | float,
    rng: np.random.Generator,
    *,
    block: int = 10,
    n: int = 2000,
) -> pd.Series:
    """Test that none of the models is better than the rival (SPA).

    Parameters
    ----------
    losses : DataFrame of shape (n_days, n_models)
    rival
        A column of `losses` (left out of the models), a Series of losses by date, or a constant
        such as 0.0, the Rank IC of a forecast without knowledge.
    rng, block, n
        Of the stationary bootstrap.

    Returns
    -------
    Series
        `best` (model of the largest studentised lead), `statistic` (that lead), `lower`,
        `consistent`, `upper` (p-values: `consistent` is the test's, the other two bound it; they
        differ when poor models are in the family), `models`, `days`.

    Notes
    -----
    Hansen (2005), "A test for superior predictive ability", Journal of Business & Economic
    Statistics 23. The leads are divided by their standard errors (from the same kind of bootstrap)
    before the library's test, whose own switch for it leaves statistic and p-values as they are
    (arch 8.0).

    Strictness: blocks long enough for overlapping labels leave few of them in a year or two, and
    the standard errors scatter. Of simulated families of eight models without skill, on 480 days
    of sums over six days, 13 in 100 reach a p-value of .05 and 5 in 100 one of .01.
    """
    lead = _studentised(losses, rival, rng, block, n)
    test = _spa(lead, rng, block, n)
    test.compute()
    mean = lead.mean() * np.sqrt(len(lead))
    p = test.pvalues[["lower", "consistent", "upper"]].astype(float)
    found = {"best": str(mean.idxmax()), "statistic": float(mean.max()), **p.to_dict()}
    return pd.Series(found | {"models": lead.shape[1], "days": len(lead)}, dtype=object)


def superior_models(
    losses: pd.DataFrame,
    rival: pd.Series | str | float,
    rng: np.random.Generator,
    *,
    block: int = 10,
    n: int = 2000,
    size: float = 0.05,
) -> list[str]:
    """Models that are better than the rival, with one false one in `size` of all families (StepM).

    Parameters
    ----------
    losses, rival, rng, block, n
        As in `superior_ability`.
    size
        Probability of naming at least one model that is no better.

    Returns
    -------
    list of str
        In the order of the columns; empty where none is.

    Notes
    -----
    Romano and Wolf (2005), "Stepwise multiple testing as formalized data snooping", Econometrica
    73: models found better are set aside and the others are tested among themselves. The steps are
    taken here, since arch 8.0's own stop with an error when all are found in two steps.
    """
    lead = _studentised(losses, rival, rng, block, n)
    test = _spa(lead, rng, block, n)
    found = np.zeros(lead.shape[1], bool)
    while not found.all():
        test.subset(~found)
        test.compute()
        better = test.better_models(size)
        if not len(better):
            break
        found[better] = True
    return [str(name) for name in lead.columns[found]]


def confidence_set(
    losses: pd.DataFrame,
    rng: np.random.Generator,
    *,
    block: int = 10,
    n: int = 2000,
    size: float = 0.10,
) -> pd.DataFrame:
    """Models that may be the best of the family: the others are told from it (MCS).

    Parameters
    ----------
    losses : DataFrame of shape (n_days, n_models)
        At least two, none a copy of another.
    size
        The set holds the best model in at least 1 - `size` of all families.

    Returns
    -------
    DataFrame, index `model`, best mean first
        `loss` (mean), `p` (the smallest `size` that would throw it out), `kept`.

    Notes
    -----
    Hansen, Lunde and Nason (2011), "The model confidence set", Econometrica 79, with the range
    statistic. A large set means that the days tell little, not that the models are equal.
    """
    from arch.bootstrap import MCS

    known = _known(losses)
    if known.shape[1] < 2:
        raise InputError("losses", "must be those of two models at least", known.shape[1])
    if known.T.duplicated().any():
        twin = known.columns[known.T.duplicated().to_numpy()][0]
        raise InputError("losses", "must not hold a model twice", str(twin))
    test = MCS(known, size, reps=n, block_size=block, method="R", bootstrap="stationary", seed=rng)
    test.compute()
    p = test.pvalues["Pvalue"].astype(float)
    table = pd.DataFrame({"loss": known.mean(), "p": p.reindex(known.columns)})
    table["kept"] = table["p"] > size
    return table.rename_axis("model").sort_values("loss", kind="stable")


def _known(losses: pd.DataFrame) -> pd.DataFrame:
    known = losses[np.isfinite(losses.astype(float)).all(axis=1)].astype(float)
    if len(known) < 20:
        raise InputError("losses", "must be known for all models on 20 days at least", len(known))
    return known


def _studentised(
    losses: pd.DataFrame,
    rival: pd.Series | str | float,
    rng: np.random.Generator,
    block: int,
    n: int,
) -> pd.DataFrame:
    """The rival's loss less each model's, over the standard error of its mean times root days."""
    if isinstance(rival, str):
        if rival not in losses:
            raise InputError("rival", "must be a column of the losses", rival)
        rival, losses = losses[rival], losses.drop(columns=rival)
    if isinstance(rival, pd.Series):
        lead = losses.rsub(rival.reindex(losses.index), axis=0)
    else:
        lead = float(rival) - losses
    if not lead.shape[1]:
        raise InputError("losses", "must be those of a model besides the rival")
    lead = _known(lead)
    means = resampled_days(len(lead), rng, block, n) @ lead.to_numpy() / len(lead)
    error = means.std(axis=0)
    if (error <= 1e-12 * np.abs(lead.to_numpy()).max()).any():
        same = lead.columns[error <= 1e-12 * np.abs(lead.to_numpy()).max()][0]
        raise InputError("losses", "must differ from the rival's by more on some days", str(same))
    return lead / (error * np.sqrt(len(lead)))


def _spa(lead: pd.DataFrame, rng: np.random.Generator, block: int, n: int) -> SPA:
    from arch.bootstrap import SPA

    none = np.zeros(len(lead))
    return SPA(none, -lead, block_size=block, reps=n, bootstrap="stationary", seed=rng)
