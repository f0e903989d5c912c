"""A sample set as the encoder reads it, and what networks say of its days."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from stockcast.errors import InputError
from stockcast.models.networks import training
from stockcast.models.networks.days import Days
from stockcast.models.sample_set import SampleSet
from stockcast.models.score_head import ScoreHead, centred
from stockcast.samples.windows import Normaliser, Windows


@dataclass(frozen=True)
class Tuning:
    """What fine-tuning reads: a sample set laid out as the encoder knows it.

    Attributes
    ----------
    windows : Windows
    target : ndarray of shape (n_stocks, n_days)
        Of the training and validation rows the return in units of the trailing volatility,
        clipped, less the day's mean: the order of the stocks. NaN elsewhere.
    outcome : ndarray of shape (n_stocks, n_days)
        The same with the day's mean.
    unit : ndarray of shape (n_stocks, n_days)
        Trailing volatility over the horizon, as a fraction.
    parts : dict of ndarray of shape (n_stocks, n_days), bool
        Rows that take part on each day, by "train", "valid" and "test".
    """

    windows: Windows
    target: np.ndarray
    outcome: np.ndarray
    unit: np.ndarray
    parts: dict[str, np.ndarray]

    @classmethod
    def of(cls, samples: SampleSet, normaliser: Normaliser) -> Tuning:
        """Lay out the features that `normaliser` names.

        Raises
        ------
        InputError
            When the set lacks one of them.
        """
        missing = [name for name in normaliser.names if name not in samples.names]
        if missing:
            rule = "must hold what the encoder reads"
            raise InputError("features", rule, hint=f"missing: {', '.join(missing[:5])}")
        table, keys = samples.samples, samples.samples[["date", "code"]]
        windows = Windows.build(
            samples.features[["date", "code", *normaliser.names]],
            np.ones(len(table), bool),
            samples.lookback,
            normaliser,
        )
        parts, targets = {}, {True: np.full(len(table), np.nan), False: np.full(len(table), np.nan)}
        for name in ("train", "valid", "test"):
            rows = samples.part(name)
            parts[name] = windows.grid(keys.assign(here=rows), "here", fill=False)
            for relative, target in targets.items():
                if name != "test":
                    target[rows] = samples.target(rows, relative=relative)
        return cls(
            windows=windows,
            target=windows.grid(keys.assign(aim=targets[True]), "aim"),
            outcome=windows.grid(keys.assign(aim=targets[False]), "aim"),
            unit=windows.grid(table, "scale"),
            parts=parts,
        )

    def days(self, part: str, every: int = 1, offset: int = 0) -> Days:
        """Every n-th day of a part on which some stock has a full window, from `offset`.

        Raises
        ------
        InputError
            When there is none.
        """
        rows = self.parts[part]
        days = np.flatnonzero((rows & self.windows.seen).any(axis=0))[offset % every :: every]
        if not len(days):
            raise InputError(
                f"split {part}",
                f"must have a day with a full window of {self.windows.lookback} days",
                hint="start the run earlier or shorten lookback",
            )
        numbers = np.zeros(len(self.windows.codes), int)  # the network tells no stocks apart
        return Days(self.windows, days, rows, numbers, self.target)


def locations(networks: Sequence[training.Trained], days: Days) -> Iterator[np.ndarray]:
    """What each network expects of the stocks of each day, (n_networks, n_stocks), day by day.

    One batch a day: the last bits of a matrix product depend on the size of the batch.
    """
    for position in range(len(days)):
        inputs, _ = days.batch(np.array([position]))
        said = []
        for network in networks:
            where = next(network.module.parameters()).device
            with torch.inference_mode():
                location, _, _ = network.module(**{k: v.to(where) for k, v in inputs.items()})
            said.append(location[0].double().cpu().numpy())
        yield np.stack(said)


def fit_head(networks: Sequence[training.Trained], tuning: Tuning, days: Days) -> ScoreHead:
    """What the networks' mean location is worth, from the outcomes of validation `days`.

    The market's own drift is the mean outcome of the training rows.

    Raises
    ------
    InputError
        When too few outcomes are known, or all are equal.
    """
    scores, outcomes = [], []
    for position, draws in enumerate(locations(networks, days)):
        day = days.days[position]
        scores.append(centred(draws.mean(axis=0)))
        outcomes.append(tuning.outcome[days.stocks_of(day), day])
    score, outcome = np.concatenate(scores), np.concatenate(outcomes)
    known = np.isfinite(outcome)
    trained = tuning.outcome[tuning.parts["train"]]
    return ScoreHead.fit(score[known], outcome[known], float(np.nanmean(trained)))
