"""What draws cost in operations, and what to doubt a forecast by."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch

from stockcast.models.networks.architecture import Architecture
from stockcast.models.uncertainty.cost import costs, operations
from stockcast.models.uncertainty.doubt import DOUBTS, doubts


@pytest.mark.parametrize("experts", ["shared", "own"])
def test_whole_passes_cost_their_number_and_the_last_layer_next_to_nothing(experts: str):
    """Sixteen masks cost sixteen passes, or one and a little; the ensemble costs its members."""
    torch.manual_seed(0)
    module = Architecture(6, 12, width=8, experts=experts).build().eval()
    inputs = {
        "x": torch.randn(1, 12, 20, 6),
        "stock": torch.arange(1, 13)[None],
        "present": torch.ones(1, 12, dtype=torch.bool),
    }
    table = costs(module, inputs, members=5, draws=16)
    assert table.loc["dropout, whole passes", "relative"] == 16
    assert table.loc["deep ensemble", "relative"] == 5
    assert 1 < table.loc["dropout, last layer", "relative"] < 1.2
    assert not module.dropout.training


def test_a_fused_lstm_is_counted():
    """An LSTM step is a product with inputs and one with the state, each for four gates."""
    lstm = torch.nn.LSTM(6, 8, batch_first=True)
    expected = 2 * 3 * 20 * 4 * 8 * (6 + 8)
    assert operations(lstm, torch.randn(3, 20, 6)) == expected


def test_doubts_are_larger_where_forecasts_are_less_sure():
    """Each kind puts the doubtful one of two forecasts second, and NaN stays NaN."""
    table = pd.DataFrame(
        {
            "mu": [0.02, -0.01, np.nan],
            "sigma": [0.03, 0.05, np.nan],
            "prob_up": [0.75, 0.42, np.nan],
            "sigma_prob": [0.01, 0.02, np.nan],
            "interval_low": [-0.03, -0.09, np.nan],
            "interval_high": [0.07, 0.07, np.nan],
        }
    )
    got = doubts(table)
    assert list(got) == list(DOUBTS)
    assert (got.loc[1] > got.loc[0]).all()
    assert got.loc[2].isna().all()
    assert got["closeness"][0] == pytest.approx(0.25)
