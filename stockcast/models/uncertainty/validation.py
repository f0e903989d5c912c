"""Forecasts of validation days, which conformal widths and calibrations are learned from."""

from __future__ import annotations

import dataclasses

from stockcast.errors import InputError
from stockcast.models.networks.forecast import Ensemble
from stockcast.models.networks.material import Material


def before_validation(ensemble: Ensemble, material: Material, horizon: int) -> Ensemble:
    """The ensemble with what its weights know as `information_until`: training outcomes alone.

    Training stopped where the loss of the validation days was least, so forecasts of those days
    flatter a little, and widths and calibrations learned from them are a little too sure. Whatever
    is learned from them knows the validation outcomes: it may be applied to later days only.

    Parameters
    ----------
    ensemble
        Trained on `material`.
    material
        The run's windows and splits.
    horizon
        Trading days that an outcome covers.

    Raises
    ------
    InputError
        When training outcomes reach into the validation days, or there are none of either.
    """
    split = material.split
    train, valid = ((split == name).to_numpy().nonzero()[0] for name in ("train", "valid"))
    for name, days in (("training", train), ("validation", valid)):
        if not len(days):
            raise InputError(f"{name} days", "must not be empty", hint="start the run earlier")
    until = train[-1] + 1 + horizon
    if until >= valid[0]:
        raise InputError(
            "validation days", "must begin after the last training outcome", hint="purge the split"
        )
    return dataclasses.replace(ensemble, information_until=split.index[until])
