from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from stockcast.determinism import stream
from stockcast.errors import InputError
from stockcast.market import rules
from stockcast.market.simulated import Strengths, codes, simulate
from stockcast.market.simulated.drift import EFFECTS

ATTRIBUTES = ("panel", "benchmark", "links", "events")
PRICES = ["open", "high", "low", "close", "pre_close"]
PANEL = [
    "date", "code", "open", "high", "low", "close", "pre_close", "volume", "amount", "adj_factor",
    "limit_up", "limit_down", "board", "list_date", "suspended", "is_st", "in_universe",
    "as_traded", "sector",
]  # fmt: skip


def returns(panel):
    """Daily returns of adjusted closes, NaN on the first day."""
    adjusted = (panel["close"] * panel["adj_factor"]).rename("r")
    return adjusted.groupby(panel["code"]).pct_change()


def test_the_panel_has_the_agreed_columns_and_order(market, days):
    """Columns are the panel's, rows sorted and unique, dates all of the calendar's."""
    panel = market.panel
    assert panel.columns.tolist() == PANEL
    assert panel.equals(panel.sort_values(["date", "code"], ignore_index=True))
    assert not panel.duplicated(["date", "code"]).any()
    assert panel["date"].dtype == panel["list_date"].dtype == days.dtype
    assert pd.Index(panel["date"].unique()).equals(days)
    assert not panel.drop(columns=["limit_up", "limit_down"]).isna().any().any()
    assert set(panel["code"]) == set(codes(40))
    assert panel["as_traded"].all()


def test_prices_lie_on_the_tick_and_within_the_bar(market):
    """Prices are whole ticks, low <= open, close <= high, all inside the limits."""
    panel = market.panel
    ticks = panel[[*PRICES, "limit_up", "limit_down"]] * 100
    assert (ticks - ticks.round()).abs().max().max() < 1e-6
    for price in ("open", "close"):
        assert (panel["low"] <= panel[price]).all()
        assert (panel[price] <= panel["high"]).all()
    assert (panel["low"] >= panel["limit_down"]).all()
    assert (panel["high"] <= panel["limit_up"]).all()
    assert (panel["low"] > 0).all()


def test_limits_are_the_rules(market):
    """Limit prices are those of the rules for the reference price, board and special treatment."""
    panel = market.panel
    first = panel["date"] == panel["list_date"]
    assert 1 <= first.sum() <= 15
    ratio = rules.limit_ratio(panel["board"], panel["is_st"], panel["date"], np.where(first, 0, 9))
    up, down = rules.limit_prices(panel["pre_close"], ratio.up, ratio.down)
    np.testing.assert_array_equal(panel["limit_up"], up)
    np.testing.assert_array_equal(panel["limit_down"], down)
    assert set(np.unique(ratio.up)) <= {0.05, 0.10, 0.44}


def test_boards_are_those_of_the_codes(market):
    """About one stock in seven is on ChiNext; none of those listed before the board opened."""
    chinext = market.panel["code"].str.startswith("3")
    assert market.panel["board"].where(chinext, "main").eq(market.panel["board"]).all()
    assert (market.panel.loc[chinext, "board"] == "chinext").all()
    assert 0.1 < market.panel.loc[chinext, "code"].nunique() / 40 < 0.2
    assert (market.panel.loc[chinext, "list_date"] >= "2009-10-30").all()


def test_some_close_at_their_limit(forgetful):
    """Fat tails meet the limits on about one day in a hundred, up and down alike."""
    panel = forgetful.panel[~forgetful.panel["suspended"]]
    up, down = ((panel["close"] == panel[limit]).mean() for limit in ("limit_up", "limit_down"))
    assert 4e-3 < down < 2e-2
    assert 4e-3 < up < 2e-2
    assert 2 / 3 < up / down < 3 / 2


def test_what_a_limit_cuts_off_does_not_come_back(forgetful):
    """The day after a limit-up, returns beyond the market's average nothing."""
    panel = forgetful.panel.assign(r=lambda p: returns(p))
    beyond = panel["r"] - panel.groupby("date")["r"].transform("mean")
    at_limit = (panel["close"] == panel["limit_up"]).groupby(panel["code"]).shift(fill_value=False)
    after = beyond[at_limit & ~panel["suspended"]]
    assert len(after) > 50
    assert abs(after.mean()) < 4 * after.std() / np.sqrt(len(after))


def test_adjusted_prices_run_through_payouts(market):
    """Price x factor grows by close over reference price, on payout days too; some pay."""
    panel = market.panel
    growth = panel["close"] / panel["pre_close"] - 1
    np.testing.assert_allclose(returns(panel).dropna(), growth[returns(panel).notna()], atol=1e-12)
    factor = panel["adj_factor"].groupby(panel["code"])
    assert (factor.first() == 1).all()
    steps = (panel["adj_factor"] / factor.shift()).dropna()
    assert (steps >= 1).all()
    assert 20 < (steps > 1).sum() < 100
    assert steps.max() > 1.4


def test_suspended_days_are_carried_flat(market):
    """A suspended stock keeps its price and trades nothing; all others trade whole lots."""
    panel = market.panel
    halted = panel[panel["suspended"]]
    assert 0.01 < panel["suspended"].mean() < 0.08
    assert (halted[PRICES].nunique(axis=1) == 1).all()
    assert (halted[["volume", "amount"]] == 0).all().all()
    traded = panel[~panel["suspended"]]
    assert (traded["volume"] >= 100).all()
    assert (traded["volume"] % 100 == 0).all()
    average = traded["amount"] / traded["volume"]
    assert average.between(traded["low"] - 0.01, traded["high"] + 0.01).all()


def test_volume_follows_large_moves(market):
    """A stock trades more on days when it moves more, most stocks clearly so."""
    panel = market.panel[~market.panel["suspended"]]
    size = (panel["close"] / panel["pre_close"] - 1).abs()
    by_stock = pd.DataFrame({"size": size, "volume": panel["volume"]}).groupby(panel["code"])
    together = by_stock.corr(method="spearman").xs("size", level=1)["volume"]
    assert together.median() > 0.25
    assert together.min() > 0


def test_stocks_list_later_and_stay(market, days):
    """A stock has a row every day from its listing on; a late one starts with its list date."""
    first = market.panel.groupby("code").agg(
        start=("date", "min"), end=("date", "max"), rows=("date", "size"),
        listed=("list_date", "first"),
    )  # fmt: skip
    late = first[first["start"] > days[0]]
    assert 2 <= len(late) <= 15
    assert (late["start"] == late["listed"]).all()
    assert (first.loc[first["start"] == days[0], "listed"] < days[0]).all()
    passed = days.searchsorted(first["end"]) - days.searchsorted(first["start"])
    assert (first["rows"] == passed + 1).all()


def test_some_are_delisted_after_special_treatment(world):
    """A stock's rows end after at least 30 days of special treatment; a few of 120 go so."""
    gone = np.flatnonzero(~world.listed[-1] & world.listed.any(axis=0))
    assert 1 <= len(gone) <= 10
    for stock in gone:
        last = np.flatnonzero(world.listed[:, stock])[-1]
        assert not world.listed[last + 1 :, stock].any()
        assert world.special[last - 30 : last + 1, stock].all()
        assert np.isnan(world.path.close[last + 1 :, stock]).all()
    assert 0.005 < world.special[world.listed].mean() < 0.06


def test_members_change_twice_a_year(market, days):
    """About four stocks in five are members, and change on the first days of June and December."""
    table = market.panel.pivot(index="date", columns="code", values="in_universe")
    members = table.fillna(False).astype(bool)
    changes = members.index[members.ne(members.shift()).any(axis=1)][1:]
    reviews = {d for before, d in pairwise(days) if before.month != d.month and d.month in (6, 12)}
    assert set(changes) <= reviews
    assert len(changes) >= 2
    assert members.sum(axis=1).between(0.65 * 40, 0.85 * 40).all()


def test_the_index_holds_its_members(market, days):
    """The benchmark starts at 1000 and moves between its members' smallest and largest return."""
    index = market.benchmark.set_index("date")["close"]
    assert index.index.equals(days.rename("date"))
    assert index.iloc[0] == 1000
    panel = market.panel[market.panel["in_universe"]]
    moves = (panel["close"] / panel["pre_close"] - 1).groupby(panel["date"])
    growth = index.pct_change()
    assert (growth < moves.max())[1:].all()
    assert (growth > moves.min() - 1e-3)[1:].all()
    assert growth.corr(moves.mean()) > 0.9


def test_nothing_planted_is_nothing_found(forgetful):
    """At strength zero neither raw returns nor those beyond the market predict the next days'."""
    panel = forgetful.panel.assign(r=lambda p: returns(p))
    wide = panel.pivot(index="date", columns="code", values="r").fillna(0.0)
    for series in (wide, wide.sub(wide.mean(axis=1), axis=0)):
        for lag in (1, 2, 5):
            daily = (series * series.shift(lag)).mean(axis=1) / series.stack().var()
            assert abs(daily.mean()) < 3.5 * daily.std() / np.sqrt(len(daily)), lag


def test_links_name_partners(market):
    """Links join two stocks at a lag of 1 to 5 days, most of them public, some hidden."""
    links = market.links
    assert links.columns.tolist() == ["leader", "follower", "lag", "public"]
    assert set(links["lag"]) == {1, 2, 3, 4, 5}
    assert (links["leader"] != links["follower"]).all()
    assert set(links["leader"]) | set(links["follower"]) <= set(market.panel["code"])
    assert not links.duplicated(["follower", "lag"]).any()
    assert 0.5 < links["public"].mean() < 0.9
    assert 30 < len(links) < 90


def test_announcements_are_dated_and_themed(market, days):
    """Four to eight announcements a year, each on a tenth of the stocks, all listed by then."""
    events = market.events
    assert events.columns.tolist() == ["date", "event", "code", "strength"]
    assert events.equals(events.sort_values(["date", "code"], ignore_index=True))
    assert 8 <= events["event"].nunique() <= 20
    assert events.groupby("event")["date"].nunique().eq(1).all()
    assert events.groupby("event").size().between(0.08 * 30, 0.15 * 40 + 1).all()
    assert events["strength"].between(0.5, 1.5).all()
    rows = events.merge(market.panel, on=["date", "code"], how="left")
    assert rows["close"].notna().all()


def test_same_seed_same_bits(market, days):
    """The same generator state gives the same tables, another seed others."""
    again = simulate(days, 40, Strengths(), stream(1, "market"))
    for name in ATTRIBUTES:
        pd.testing.assert_frame_equal(getattr(again, name), getattr(market, name), check_exact=True)
    other = simulate(days, 40, Strengths(), stream(2, "market"))
    assert not other.panel["close"].head(40).equals(market.panel["close"].head(40))


@pytest.mark.parametrize("n_days", [1, 2, 61, 245, 400])
def test_a_longer_market_begins_with_the_shorter(market, days, n_days):
    """What happens later changes no row of the first days, to the bit."""
    short = simulate(days[:n_days], 40, Strengths(), stream(1, "market"))
    for name in ("panel", "benchmark", "events"):
        whole = getattr(market, name)
        begun = whole[whole["date"] <= days[n_days - 1]].reset_index(drop=True)
        pd.testing.assert_frame_equal(getattr(short, name), begun, check_exact=True)
    both = short.links.merge(market.links)
    assert len(both) == len(short.links)
    assert set(short.links["follower"]) <= set(short.panel["code"])


@pytest.mark.parametrize("effect", EFFECTS)
def test_a_strength_changes_no_draw(market, days, effect):
    """Turning one effect off keeps every table's chance: only returns lose that effect's drift."""
    without = simulate(days, 40, Strengths(**{effect: 0.0}), stream(1, "market"))
    for name in ("links", "events"):
        pd.testing.assert_frame_equal(getattr(without, name), getattr(market, name))
    for name in ("news", "income"):
        pd.testing.assert_frame_equal(without.table(name), market.table(name))
    kept = ["date", "code", "list_date", "board", "is_st", "suspended", "sector"]
    pd.testing.assert_frame_equal(without.panel[kept], market.panel[kept])
    difference = returns(without.panel) - returns(market.panel)
    assert 0 < difference.std() < 0.004 < returns(market.panel).std()


def test_what_cannot_be_simulated_is_refused(days):
    """Too few stocks, no days and days out of order are refused by name."""
    for bad_days, n_stocks, what in (
        (days, 4, "n_stocks"), (days, 1001, "n_stocks"), (days[:0], 10, "days"),
        (days[::-1], 10, "days"),
    ):  # fmt: skip
        with pytest.raises(InputError) as caught:
            simulate(bad_days, n_stocks, Strengths(), stream(1))
        assert caught.value.what == what
