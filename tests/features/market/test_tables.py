"""Margin, the top list, holdings from Hong Kong and rates, against their plain spelling."""

import numpy as np
import pandas as pd
import pytest

from tests.features.market.agree import agrees, one_a_day


@pytest.fixture(scope="module")
def pivot(market, wide):
    """A column of a table as a (date, code) table over the panel's days and stocks."""

    def of(name, column):
        table = market.tables[name].pivot(index="date", columns="code", values=column)
        return table.reindex(index=wide["close"].index, columns=wide["close"].columns)

    return of


@pytest.mark.parametrize("days", [5, 20])
def test_financing_change(days, table, pivot):
    """Yesterday's balance over the one `days` earlier."""
    balance = pivot("margin", "financing_balance").where(lambda x: x != 0)
    found = table(f"financing_change_{days}")
    expected = balance.shift() / balance.shift(days + 1) - 1
    agrees(found.where(balance.shift().notna()), expected, rtol=1e-4)


def test_margin_against_amount_and_float(table, pivot, wide):
    """Purchases on credit over the amount, debt over the float, shorts over debt; of yesterday."""
    amount = wide["amount"].where(wide["traded"])
    bought = pivot("margin", "financing_bought") / amount
    found = table("financing_bought_1")
    np.testing.assert_allclose(
        found.where(bought.shift().notna()), bought.shift(), rtol=1e-5, atol=1e-7
    )
    debt = pivot("margin", "financing_balance")
    agrees(table("financing_share"), (debt / pivot("valuation", "float_cap").ffill()).shift())
    shorts = pivot("margin", "lending_balance") / debt.where(debt != 0)
    agrees(table("short_to_financing"), shorts.shift())


def test_top_list_counts_appearances_once(table, market, wide):
    """A day with several reasons is one appearance; the net share is the first reason's."""
    listed = market.tables["top_list"]
    assert listed.duplicated(["date", "code"]).any()
    once = listed.drop_duplicates(["date", "code"]).assign(on=1.0)
    net, on = (
        once.pivot(index="date", columns="code", values=name)
        .reindex(index=wide["close"].index, columns=wide["close"].columns)
        .fillna(0.0)
        .where(wide["close"].notna())
        for name in ("net_rate", "on")
    )
    agrees(table("top_list_20"), on.rolling(20).sum().shift().where(wide["close"].notna()))
    agrees(table("top_list_net_5"), net.rolling(5).sum().shift().where(wide["close"].notna()))


def test_institutions_are_told_from_branches(table, market):
    """Only seats of institutions count, each once, whatever the number of reasons."""
    seats = market.tables["top_seats"]
    own = seats[seats.seat == "机构专用"]
    first = own.groupby(["date", "code"]).reason.transform("min")
    net = own[own.reason == first].groupby(["date", "code"])[["buy_rate", "sell_rate"]].sum()
    found = table("institution_net_20")
    dates = found.index
    for date, code in net.index[5::40]:
        at = dates.get_loc(date)
        window = [(d, code) for d in dates[max(at - 19, 0) : at + 1] if (d, code) in net.index]
        rows = net.loc[window]
        if at >= 20 and at + 1 < len(dates) and np.isfinite(found[code].iloc[at + 1]):
            expected = (rows.buy_rate - rows.sell_rate).sum()
            assert found[code].iloc[at + 1] == pytest.approx(expected, abs=1e-6)
    assert (found == 0).to_numpy().any()


def test_holdings_from_hong_kong(table, pivot):
    """Yesterday's share of the float, and its change over five days."""
    held = pivot("northbound_holdings", "share_of_float")
    agrees(table("northbound_holding"), held.shift())
    agrees(table("northbound_holding_change_5"), held.shift() - held.shift(6))


def test_flow_from_hong_kong_is_in_its_usual_size(table, market, wide):
    """Yesterday's net purchases over their deviation of sixty days."""
    north = market.tables["northbound"].set_index("date")["north"]
    expected = (north / north.rolling(60, min_periods=20).std()).reindex(wide["close"].index)
    one_a_day(table("northbound_1"), expected.shift())


def test_closed_connection_is_not_old_news_for_ever(market):
    """After the last row of a table the value stays for ten trading days and is then unknown."""
    table = market.tables["northbound"]
    last = pd.Timestamp("2015-06-30")
    found = market.made(["northbound_1"], northbound=table[table.date <= last])
    known = found.northbound_1.unstack("code").notna().any(axis=1)
    days = known.index
    at = days.get_loc(last)
    assert known.iloc[at + 1 : at + 10].all()
    assert not known.iloc[at + 10 :].any()


def test_rates_of_the_day(table, market, wide):
    """Shibor of a day is known at its close; a day without one has the last."""
    rates = market.tables["rates"].pivot(index="date", columns="rate", values="value")
    slope = (rates.shibor_1y - rates.shibor_on).reindex(wide["close"].index, method="ffill")
    one_a_day(table("shibor_slope"), slope)
    gap = market.tables["rates"]
    day = wide["close"].index[100]
    found = market.made(["shibor_slope"], rates=gap[gap.date != day])
    found = found.shibor_slope.unstack("code")
    assert found.iloc[100].max() == pytest.approx(slope.iloc[99], abs=1e-7)
