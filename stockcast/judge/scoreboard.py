"""All models on one table: the same rows, days and intervals for everyone."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from stockcast.determinism import stream
from stockcast.errors import InputError, nearest
from stockcast.judge import metrics, nothing
from stockcast.judge.classes import LEVELS, class_figures
from stockcast.judge.intervals import Interval, newey_west
from stockcast.judge.scorecard import share

ORACLE = "oracle"
VOLATILITY = "trailing volatility"
COSTS = ("fit_seconds", "forecast_seconds", "peak_mb")


def same_rows(
    forecasts: pd.DataFrame, samples: pd.DataFrame, oracle: pd.DataFrame | None = None
) -> pd.DataFrame:
    """The forecasts of every model on the rows that all of them forecast and that have an outcome.

    Parameters
    ----------
    forecasts
        Forecast tables of one run and one horizon, one below the other; `model` tells them apart.
    samples
        The run's sample table; outcomes of the day's members count.
    oracle
        date, code, oracle (expected label, a fraction); rows without it are left out.

    Returns
    -------
    DataFrame
        The forecasts' columns, `label`, `scale` and, where given, `oracle`; sorted by model (in
        order of appearance), date and code.

    Raises
    ------
    InputError
        When a model forecasts a row twice or with a score that is not finite, or no row is
        common to all.
    """
    keys = ["date", "code"]
    if forecasts.duplicated(["model", *keys]).any():
        raise InputError("forecasts", "must hold one row a model, date and code")
    if not np.isfinite(forecasts["score"].to_numpy(float)).all():
        broken = forecasts.loc[~np.isfinite(forecasts["score"].astype(float)), "model"].unique()
        raise InputError("score", "must be finite", ", ".join(broken))
    truth = samples.loc[samples["member"] & samples["label"].notna(), [*keys, "label", "scale"]]
    if oracle is not None:
        truth = truth.merge(oracle[[*keys, ORACLE]].dropna(), on=keys)
    said = forecasts.groupby(keys)["model"].transform("size") == forecasts["model"].nunique()
    kept = forecasts[said].merge(truth, on=keys)
    if kept.empty:
        raise InputError("forecasts", "must share rows that have an outcome")
    order = {name: place for place, name in enumerate(forecasts["model"].unique())}
    kept = kept.assign(_order=kept["model"].map(order)).sort_values(["_order", *keys])
    return kept.drop(columns="_order").reset_index(drop=True)


def of_model(forecasts: pd.DataFrame, name: str) -> pd.DataFrame:
    """The rows of one model.

    Raises
    ------
    InputError
        When it forecast nothing.
    """
    rows = forecasts[forecasts["model"] == name]
    if rows.empty:
        hint = nearest(name, forecasts["model"].unique())
        raise InputError("headline", "must be a model that made forecasts", name, hint)
    return rows.reset_index(drop=True)


def scoreboard(
    judged: pd.DataFrame,
    *,
    horizon: int,
    seed: int,
    taught: pd.Series | None = None,
    costs: pd.DataFrame | None = None,
    resamples: int = 500,
) -> pd.DataFrame:
    """One row a model.

    Parameters
    ----------
    judged
        As `same_rows` gives it.
    horizon
        Trading days held; no interval takes fewer lags, nor shorter blocks.
    seed
        Of the resamples.
    taught
        Labels of the training rows, whose class shares the classes' figures need; None leaves
        those figures out.
    costs
        Indexed by model, with any of `COSTS`: seconds to fit and to forecast, and the peak
        memory of the process in megabytes. None, or a model that is not in it: NaN.
    resamples
        Of days, for the intervals of accuracy, AUC and the share.

    Returns
    -------
    DataFrame, index `model`
        For each of `ic`, `icir`, `rank_ic`, `rank_icir`, `relative_accuracy` (Newey-West),
        `accuracy`, `auc` (days resampled: did the stock rise?) and `share` (of the oracle's
        Rank IC; NaN without one): the figure, and with `_low` and `_high` its 95 % interval.
        `t` of the Rank IC; `f1_3`, `f1_5`, `f1_10` (see `stockcast.judge.classes`); the `COSTS`;
        `days`. Where there is an oracle it has a row of its own, last, with the figures that rest
        on the order alone; with `taught`, so has the trailing volatility, with the classes'.

    Notes
    -----
    An ICIR is a mean over a standard deviation; its interval is the mean's, over the same
    standard deviation, whose own error is left out: of 240 days it is 5 % of the figure.
    """
    rows = {
        name: _row(part, horizon, seed, resamples)
        for name, part in judged.groupby("model", sort=False)
    }
    if ORACLE in judged:
        truth = judged[judged["model"] == judged["model"].iloc[0]].assign(
            score=lambda table: table[ORACLE]
        )
        rows[ORACLE] = _of_order(truth, horizon, seed, resamples)
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("model")
    if taught is not None:
        table = _with_classes(table, class_figures(with_volatility(judged), taught))
    if costs is not None:
        table = table.join(costs[[name for name in COSTS if name in costs]])
    return table.reindex(columns=[*table.columns, *(c for c in COSTS if c not in table)])


def with_volatility(judged: pd.DataFrame) -> pd.DataFrame:
    """The same with one forecast more: nothing is expected, and the spread stays as it was.

    It tells no rise from a fall, and still knows much of which returns will be large.
    """
    first = judged[judged["model"] == judged["model"].iloc[0]]
    return pd.concat(
        [judged, first.assign(model=VOLATILITY, mu=0.0, sigma=first["scale"])], ignore_index=True
    )


def claims(boards: Mapping[int, pd.DataFrame]) -> pd.DataFrame:
    """How often each model claims to know something, over markets in which there is nothing.

    Parameters
    ----------
    boards
        A `scoreboard` a market, by its seed. Rows without an interval of the Rank IC, and the
        oracle's, do not count.

    Returns
    -------
    DataFrame, index `model`, and last "all"
        `markets`; `claims`: share of them in which the Rank IC's interval excludes zero;
        `allowed`: 5 % plus two standard errors of so many markets. The row "all" counts every
        model on every market, and allows what the number of markets does: the models of one
        market share its luck.
    """
    found = pd.concat(
        [
            ((board["rank_ic_low"] > 0) | (board["rank_ic_high"] < 0)).to_frame("claims")
            for board in (
                board.drop(index=ORACLE, errors="ignore").dropna(subset=["rank_ic_low"])
                for board in boards.values()
            )
        ]
    )
    models = found.groupby(level="model", sort=False)["claims"]
    rows = {name: (len(one), *nothing.rate(one)) for name, one in models}
    markets = pd.Series(0.0, range(len(boards)))
    rows["all"] = (len(boards), float(found["claims"].mean()), nothing.rate(markets)[1])
    columns = ["markets", "claims", "allowed"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("model")


def _row(part: pd.DataFrame, horizon: int, seed: int, resamples: int) -> dict[str, float]:
    lag = max(10, horizon)
    out = _of_order(part, horizon, seed, resamples)
    out |= _flat("relative_accuracy", newey_west(metrics.relative_accuracy(part), lag))
    signs = metrics.classification_intervals(
        part, stream(seed, "scoreboard"), block=lag, n=resamples
    )
    for name in ("accuracy", "auc"):
        value, low, high = signs.loc[name, ["value", "low", "high"]]
        out |= {name: value, f"{name}_low": low, f"{name}_high": high}
    return out


def _of_order(part: pd.DataFrame, horizon: int, seed: int, resamples: int) -> dict[str, float]:
    """Figures for which a forecast need only order the stocks of a day."""
    lag = max(10, horizon)
    out: dict[str, float] = {}
    for name, method in (("ic", "pearson"), ("rank_ic", "spearman")):
        daily = metrics.daily_ic(part, method=method)
        sure, spread = newey_west(daily, lag), float(daily.std(ddof=1)) or np.nan
        ratio = Interval(metrics.icir(daily), sure.low / spread, sure.high / spread, sure.t, sure.n)
        out |= _flat(name, sure) | _flat(name.removesuffix("ic") + "icir", ratio)
    out["t"], out["days"] = sure.t, sure.n
    recovered = Interval(np.nan, np.nan, np.nan, np.nan, 0)
    if ORACLE in part:
        whole = metrics.daily_ic(part, score=ORACLE, method="spearman")
        recovered = share(daily, whole, stream(seed, "share"), block=lag, n=resamples)
    return out | _flat("share", recovered)


def _flat(name: str, interval: Interval) -> dict[str, float]:
    return {name: interval.mean, f"{name}_low": interval.low, f"{name}_high": interval.high}


def _with_classes(table: pd.DataFrame, figures: pd.DataFrame) -> pd.DataFrame:
    f1 = figures["f1"].unstack("level")[list(LEVELS)]
    f1.columns = [f"f1_{level * 100:g}" for level in LEVELS]
    return table.join(f1, how="outer").reindex([*table.index, VOLATILITY])
