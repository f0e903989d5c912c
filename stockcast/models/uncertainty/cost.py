"""What a day's draws cost, counted in operations: the same number on every machine."""

from __future__ import annotations

import warnings

import pandas as pd
import torch
from torch import Tensor, nn

from stockcast.models.networks.forecast import _dropping
from stockcast.models.uncertainty.head_draws import Drawer, dropout_draws, read_by_head


def operations(work: object, *given: object, **named: object) -> int:
    """Floating-point operations of matrix products and convolutions in `work(*given, **named)`.

    An iterator that `work` returns is run to its end. Elementwise functions are not counted; a
    fused LSTM is counted as the products it is made of.
    """
    from torch.utils.flop_counter import FlopCounterMode

    with warnings.catch_warnings():
        # Switching oneDNN off and on again touches settings of devices that are not there.
        warnings.simplefilter("ignore", UserWarning)
        with (
            torch.backends.mkldnn.flags(enabled=False),
            torch.no_grad(),
            FlopCounterMode(display=False) as counter,
        ):
            made = work(*given, **named)
            if not isinstance(made, tuple | Tensor):
                list(made)
    return counter.get_total_flops()


def costs(
    module: nn.Module,
    inputs: dict[str, Tensor],
    *,
    members: int,
    draws: int,
    posterior: Drawer | None = None,
) -> pd.DataFrame:
    """Cost of each way to a `sigma_prob`, for the stocks of one day.

    Parameters
    ----------
    module, inputs
        A network in evaluation mode and one day's batch.
    members
        Networks of an ensemble.
    draws
        Dropout masks, or draws of the posterior.
    posterior
        `LastLayer.draws`; None leaves that row out.

    Returns
    -------
    DataFrame indexed by method
        trained: networks to train; passes: forward passes through the whole network a day;
        operations; relative: operations over those of one pass. The last-layer draws include the
        pass that they start from.
    """

    def whole_passes() -> list:
        with _dropping(module):
            return [module(**inputs) for _ in range(draws)]

    def from_one(drawer: Drawer) -> list:
        return list(drawer(module, read_by_head(module, inputs), draws))

    one = operations(module, **inputs)
    rows = {
        "one network": (1, 1, one),
        "deep ensemble": (members, members, members * one),
        "dropout, whole passes": (1, draws, operations(whole_passes)),
        "dropout, last layer": (1, 1, operations(from_one, dropout_draws)),
    }
    if posterior is not None:
        rows["Laplace, last layer"] = (1, 1, operations(from_one, posterior))
    table = pd.DataFrame.from_dict(
        rows, orient="index", columns=["trained", "passes", "operations"]
    )
    return table.assign(relative=table["operations"] / one).rename_axis("method")
