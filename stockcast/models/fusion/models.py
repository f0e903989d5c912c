"""Fusion networks behind the interface of all models.

A network learns the order of the stocks: the return in units of trailing volatility, less the
day's mean. What the market as a whole may do, and how sure the network has a right to be, is
fitted on the validation rows afterwards.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from stockcast.models.fusion.arms import of_ensembles
from stockcast.models.fusion.fitted import FittedFusion, load
from stockcast.models.fusion.material import lay_out
from stockcast.models.fusion.reading import said
from stockcast.models.fusion.settings import DESCRIBED, Settings
from stockcast.models.model import Model
from stockcast.models.networks.device import choose
from stockcast.models.networks.ensembles import Plan, train_ensembles
from stockcast.models.networks.forecast import Ensemble
from stockcast.models.networks.material import Material
from stockcast.models.sample_set import SampleSet
from stockcast.models.score_head import ScoreHead


def fit_all(
    wanted: Mapping[str, Settings], samples: SampleSet, seed: int
) -> dict[str, FittedFusion]:
    """Train ensembles side by side.

    Look-ahead: they learn from the labels of "train"; those of "valid" decide when to stop and
    what the scores are worth.

    Parameters
    ----------
    wanted
        Settings by the model's name. What the ensembles share (members, days, device, processes,
        checkpoints) is taken from the first.
    samples
        Features are scaled by their training rows; NaN counts as the day's mean, and a modality of
        which a stock has nothing on a day as absent.
    seed
        The k-th network of each ensemble has seed + k.

    Raises
    ------
    InputError
        When there is no training or validation day with a full window, a modality without a
        feature is asked for, a loss is no longer finite, or memory does not hold a batch; nothing
        is returned then.
    """
    first = next(iter(wanted.values()))
    device = choose(first.device, first.mixed_precision, first.compiled)
    seeds = range(seed, seed + first.members)
    fitted: dict[str, FittedFusion] = {}
    groups = {name: settings.groups(samples) for name, settings in wanted.items()}
    for group in {tuple(one): one for one in groups.values()}.values():
        material = lay_out(samples, group)
        targets = [_order(samples, material)] * first.members
        plan = Plan(seeds, first.train_every, targets, first.jobs, first.checkpoints)
        recipes = {
            name: (settings.architecture(group), settings.recipe)
            for name, settings in wanted.items()
            if groups[name] == group
        }
        ensembles = train_ensembles(recipes, material, device, plan)
        tasks = [(ensemble, material) for ensemble in ensembles.values()]
        heads = of_ensembles(_head, tasks, ensembles.values(), first.jobs)
        for (name, ensemble), head in zip(ensembles.items(), heads, strict=True):
            made = ensemble, material.normaliser, group, samples.lookback, head
            fitted[name] = FittedFusion(*made)
    return {name: fitted[name] for name in wanted}


def _order(samples: SampleSet, material: Material) -> np.ndarray:
    """Targets (n_stocks, n_days): scaled returns less the day's mean; NaN outside both parts."""
    target = np.full(len(samples.samples), np.nan)
    for part in ("train", "valid"):
        rows = samples.part(part)
        target[rows] = samples.target(rows)
    keys = samples.samples[["date", "code"]]
    return material.windows.grid(keys.assign(target=target), "target")


def _head(ensemble: Ensemble, material: Material) -> ScoreHead:
    """What the networks' locations were worth on the validation days."""
    scores, outcomes = [], []
    for day, location, scale in said(ensemble, material, "valid"):
        size = scale.mean(axis=0)
        outcome = material.target[day.stocks, day.position] / size
        known = np.isfinite(outcome)
        scores.append((location.mean(axis=0) / size)[known])
        outcomes.append(outcome[known])
    return ScoreHead.fit(np.concatenate(scores), np.concatenate(outcomes))


def fusion(settings: Settings | None = None, name: str = "") -> Model:
    """A kind of fusion behind the interface of all models.

    Parameters
    ----------
    settings
        None: those of `Settings`.
    name
        The forecast table's `model`; empty: `fusion_` and the kind.
    """
    settings = Settings() if settings is None else settings
    called = name or f"fusion_{settings.kind}"

    def fit(samples: SampleSet, seed: int) -> FittedFusion:
        return fit_all({called: settings}, samples, seed)[called]

    return Model(called, 3, _sentence(settings), fit, load)


def _sentence(settings: Settings) -> str:
    days = "day" if settings.train_every == 1 else f"{settings.train_every}. day"
    across = ", with attention between the stocks of a day" if settings.across else ""
    return (
        f"{settings.members} networks, each trained on every {days}: {DESCRIBED[settings.kind]}"
        f"{across}; features are grouped by what they tell of"
    )


FUSIONS: tuple[Model, ...] = (
    *(fusion(Settings(kind)) for kind in DESCRIBED),
    fusion(Settings("gated", across=True), "fusion_across"),
)
"""The three kinds of fusion, and the gated one with attention between stocks."""
