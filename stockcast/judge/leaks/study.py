"""How many leaks the probes find, and how often they accuse an honest pipeline."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import pandas as pd
from joblib import Parallel, delayed

from stockcast.determinism import PROCESSES, stream
from stockcast.judge.leaks import steps
from stockcast.judge.leaks.measures import MEASURES
from stockcast.judge.leaks.pipeline import Dates, Pipeline, Tables
from stockcast.judge.leaks.planted import LEAKS, Leak
from stockcast.judge.leaks.probes import examine, leaks, rank_ic
from stockcast.judge.leaks.raw import DATES, markets
from stockcast.judge.leaks.recipe import Recipe
from stockcast.judge.leaks.variants import VARIANTS

CLEAN_RUNS = 200


def honest(number: int) -> tuple[Recipe, Dates]:
    """An honest pipeline and its dates, drawn from its number.

    Features (3 to 8), model, scaling, universe, choice of features and of the penalty, length of
    the list, horizon (1, 3, 5 or 10 days) and the days that part training, validation and test.
    """
    rng = stream(number, "leaks", "honest")
    names = tuple(rng.choice(MEASURES, rng.integers(3, 9), replace=False))
    model = "tree" if rng.random() < 0.2 else "ridge"
    recipe = Recipe(
        names=names, model=model, tuned=bool(model == "ridge" and rng.random() < 0.3),
        count=int(rng.choice([0, 0, 2, 3])), top=int(rng.choice([3, 5, 8])),
        universe=steps.listed if rng.random() < 0.3 else steps.members,
        scale=steps.standard if rng.random() < 0.5 else steps.ranked,
        split=_kept if rng.random() < 0.3 else steps.split,
    )  # fmt: skip
    ends = pd.to_datetime([DATES.train_end, DATES.valid_end]) + pd.Timedelta(
        days=int(rng.integers(-60, 30))
    )
    return recipe, replace(
        DATES, train_end=f"{ends[0]:%Y-%m-%d}", valid_end=f"{ends[1]:%Y-%m-%d}",
        horizon=int(rng.choice([1, 3, 5, 10])),
    )  # fmt: skip


def study(
    seeds: Iterable[int] = (1, 2, 3), *, planted: Sequence[Leak] = LEAKS,
    variants: Sequence[Leak] = VARIANTS, clean: int = CLEAN_RUNS,
    groups: int = 8, processes: int = PROCESSES,
) -> pd.DataFrame:  # fmt: skip
    """Examine every planted leak, every variant and as many honest pipelines as asked.

    Each is examined once, on the next of the small markets in turn.

    Parameters
    ----------
    seeds
        Of the simulated markets.
    planted, variants
        Leaks to examine.
    clean
        Honest pipelines, drawn by `honest`.
    groups
        Small markets of every seed.
    processes
        Side by side; changes no number.

    Returns
    -------
    DataFrame
        One row per pipeline: `kind` (planted, variant, clean), `leak`, `what` (empty when clean),
        a column of booleans per probe, `found`.
    """
    tables = [market for seed in seeds for market in markets(seed, groups)]
    tasks: list[tuple[str, str, str, Pipeline, Dates]] = [
        *(("planted", leak.name, leak.what, leak.pipeline, DATES) for leak in planted),
        *(("variant", leak.name, leak.what, leak.pipeline, DATES) for leak in variants),
        *(("clean", "", "", *honest(number)) for number in range(clean)),
    ]
    rows = Parallel(n_jobs=processes, batch_size=8)(
        delayed(_row)(task, tables[i % len(tables)], i) for i, task in enumerate(tasks)
    )
    return pd.DataFrame(rows)


def looks(
    seeds: Iterable[int] = (1,), planted: Sequence[Leak] = LEAKS, groups: int = 8
) -> pd.DataFrame:
    """What each planted leak looks like to its author, beside the same pipeline without it.

    Parameters
    ----------
    seeds
        Of the simulated markets.
    planted
        Leaks to run.
    groups
        Small markets of every seed.

    Returns
    -------
    DataFrame
        `leak`, `what`, `rank_ic`, `rank_ic_honest` (mean of all days forecast, all markets),
        `bought`, `bought_honest` (mean outcome of the stocks bought, a fraction), each judged by
        the outcomes that the pipeline itself takes.
    """
    tables = [market for seed in seeds for market in markets(seed, groups)]
    rows = []
    for leak in planted:
        with_leak = pd.DataFrame([_look(leak.pipeline, market) for market in tables]).mean()
        without = pd.DataFrame([_look(leak.honest, market) for market in tables]).mean()
        rows.append(
            {
                "leak": leak.name, "what": leak.what,
                "rank_ic": with_leak.rank_ic, "rank_ic_honest": without.rank_ic,
                "bought": with_leak.bought, "bought_honest": without.bought,
            }
        )  # fmt: skip
    return pd.DataFrame(rows)


def _kept(book: steps.Book, dates: Dates) -> list[steps.Part]:
    return steps.split(book, dates, refit=False)


def _row(
    task: tuple[str, str, str, Pipeline, Dates], tables: Tables, seed: int
) -> dict[str, object]:
    kind, name, what, pipeline, dates = task
    examined = examine(pipeline, tables, dates, seed)
    by_probe = dict(zip(examined.probe, examined.found, strict=True))
    return {"kind": kind, "leak": name, "what": what, **by_probe, "found": leaks(examined)}


def _look(pipeline: Pipeline, tables: Tables) -> dict[str, float]:
    run = pipeline(tables, DATES)
    daily = pd.concat([rank_ic(fit.scores, run.outcomes) for fit in run.fits.values()])
    bought = run.orders[run.orders.decided.isin(run.outcomes.index)]
    place = run.outcomes.index.get_indexer(bought.decided)
    earned = run.outcomes.to_numpy()[place, run.outcomes.columns.get_indexer(bought.code)]
    return {"rank_ic": daily.mean(), "bought": pd.Series(earned).mean()}
