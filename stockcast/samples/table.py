"""The sample table: one row a stock and day, with everything a model asks of it but features."""

from __future__ import annotations

import pandas as pd

from stockcast.data.universe import been_members, members
from stockcast.samples.labels import forward_volatility, label
from stockcast.samples.scale import return_scale
from stockcast.samples.splits import Split


def sample_table(panel: pd.DataFrame, split: Split, horizon: int) -> pd.DataFrame:
    """Labels, their unit, who takes part, and which split a day is in.

    Parameters
    ----------
    panel
        Rows sorted by date and code.
    split
        Of the panel's days.
    horizon
        Trading days held.

    Returns
    -------
    DataFrame
        The panel's rows in its order: `date`, `code`, `label`, `buyable_close`, `buyable_open`,
        `forward_volatility` (outcomes; see `stockcast.samples.labels`), `scale` (see
        `stockcast.samples.scale`), `trainable`, `member` (see `stockcast.data.universe`) and
        `split`; and `sealed` where some outcomes are withheld.
    """
    table = label(panel, horizon)
    table["forward_volatility"] = forward_volatility(panel, horizon).to_numpy()
    table["scale"] = return_scale(panel, horizon)["scale"].to_numpy()
    table["trainable"] = been_members(panel).to_numpy()
    table["member"] = members(panel).to_numpy()
    table["split"] = split.name_of(table["date"])
    return table
