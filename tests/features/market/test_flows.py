"""Money flow: values, the day they count from, and what they recover of the planted effect."""

import numpy as np
import pandas as pd
import pytest

from stockcast.market.simulated import flows as simulated
from tests.features.market.agree import agrees, one_a_day
from tests.features.market.conftest import NAMES


@pytest.fixture(scope="module")
def flow(market, wide):
    """Net purchases of each size and the amount, zero on suspended days, by date and code."""
    table = market.tables["money_flow"]
    sizes = ("small", "medium", "large", "extra_large")
    columns = {s: table[f"buy_{s}_amount"] - table[f"sell_{s}_amount"] for s in sizes}
    columns["main"] = columns["large"] + columns["extra_large"]
    columns["amount"] = sum(table[f"buy_{s}_amount"] for s in sizes)
    columns["active"] = table["net_amount"]
    of = {}
    for name, values in columns.items():
        one = table.assign(x=values).pivot(index="date", columns="code", values="x")
        one = one.reindex(index=wide["close"].index, columns=wide["close"].columns)
        of[name] = one.mask(wide["suspended"].fillna(False).astype(bool) & one.isna(), 0.0)
    return of


@pytest.mark.parametrize(
    ("stem", "of"),
    [("main_force", "main"), ("retail", "small"), ("order_imbalance", "active")],
)
@pytest.mark.parametrize("days", [1, 5, 20])
def test_shares_are_of_the_days_before(stem, of, days, table, flow):
    """Net purchases over the amount, both summed over the days up to yesterday."""
    amount = flow["amount"].rolling(days).sum()
    share = flow[of].rolling(days).sum() / amount.where(amount > 0)
    agrees(table(f"{stem}_{days}"), share.shift())


def test_main_force_of_the_market(table, flow, wide):
    """All members' net purchases of yesterday over their amount."""
    net, amount = (flow[name].where(wide["member"]).sum(axis=1) for name in ("main", "amount"))
    one_a_day(table("market_main_force_1"), (net / amount).shift())


def test_residual_is_what_the_line_through_returns_leaves(table, flow, wide):
    """numpy's line through 60 days of returns and shares leaves yesterday's residual."""
    share = flow["main"] / flow["amount"].where(flow["amount"] > 0)
    code = share.columns[0]
    both = pd.DataFrame({"y": share[code], "x": wide["return"][code]})
    for at in (100, 250, 480):
        window = both.iloc[at - 59 : at + 1].dropna()
        slope, level = np.polyfit(window.x, window.y, 1)
        expected = both.y.iloc[at] - level - slope * both.x.iloc[at]
        found = table("large_order_residual_1")[code].iloc[at + 1]
        assert found == pytest.approx(expected, abs=1e-6, nan_ok=True)


def test_residual_recovers_the_orders_that_returns_follow(table, flow, wide):
    """It is correlated by more than .95 with the planted orders, which the net share is not."""
    share = flow["main"] / flow["amount"].where(flow["amount"] > 0)
    planted = (share - simulated.LARGE_FROM_RETURN * wide["return"]) / simulated.LARGE_FROM_ORDERS
    planted = planted.where(wide["traded"] & (share.abs() < 0.9)).shift().stack()
    for name, most in (("large_order_residual_1", 1), ("main_force_1", 0.9)):
        found = table(name).stack().reindex(planted.index)
        correlation = found.corr(planted)
        assert (correlation > 0.95) == (most == 1)
        assert correlation <= most


def test_pressure_counts_the_latest_most(table):
    """Five days of residuals weighted 5, 4, 3, 2, 1."""
    residual = table("large_order_residual_1")
    agrees(table("large_order_pressure"), sum((5 - k) * residual.shift(k) for k in range(5)) / 15)


@pytest.mark.parametrize(
    "name",
    ["money_flow", "northbound", "northbound_holdings", "margin", "top_list", "top_seats"],
)
def test_a_days_row_counts_from_the_next_day(name, market, features):
    """What is published in the evening, or on the morning after, moves nothing on its own day."""
    table = market.tables[name].copy()
    telling = table.seat == "机构专用" if name == "top_seats" else table.date.notna()
    busy = table.date[telling & (table.date > "2015-06-01")].value_counts()
    day = busy.index[busy.argmax()]
    numbers = table.select_dtypes("number").columns
    at = table.index[table.date == day]
    scale = np.linspace(0.1, 0.9, len(at) * len(numbers)).reshape(len(at), -1)
    table.loc[at, numbers] = table.loc[at, numbers].to_numpy() * scale
    found = market.made(**{name: table})
    days = features.index.get_level_values("date")
    pd.testing.assert_frame_equal(found[days <= day], features[days <= day])
    next_day = days[days > day].min()
    changed = (found[days == next_day] != features[days == next_day]) & (
        found[days == next_day].notna() | features[days == next_day].notna()
    )
    assert changed.any(axis=None)


def test_names_are_the_familys(features):
    """Every feature of the family is made from the simulated market's tables."""
    assert list(features.columns) == NAMES
