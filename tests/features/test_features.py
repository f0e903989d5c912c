"""What features are worth, against the plain pandas spelling of the same thing."""

import numpy as np
import pandas as pd
import pytest

from stockcast.errors import InputError
from stockcast.features import catalogue
from stockcast.features.catalogue import CATALOGUE
from stockcast.features.compute import compute

NAMES = [feature.name for feature in CATALOGUE]


@pytest.fixture(scope="module")
def wide(tables):
    """Columns of the panel as (date, code) tables, and the daily return and market's."""
    panel = tables.panel
    columns = ("open", "high", "low", "close", "adj_factor", "volume", "amount", "suspended",
               "in_universe")  # fmt: skip
    out = {name: panel.pivot(index="date", columns="code", values=name) for name in columns}
    out["price"] = out["close"] * out["adj_factor"]
    out["return"] = out["price"].pct_change(fill_method=None)
    counted = (out["in_universe"] == True) & (out["suspended"] == False)  # noqa: E712
    out["market"] = out["return"].where(counted).mean(axis=1)
    return out


@pytest.fixture(scope="module")
def table(features):
    """Features by name as (date, code) tables."""
    return lambda name: features.pivot(index="date", columns="code", values=name)


def agrees(found, expected, rtol=1e-5, atol=1e-6):
    """The two tables hold the same numbers, and NaN in the same places."""
    expected = expected.reindex(index=found.index, columns=found.columns)
    np.testing.assert_allclose(found.to_numpy(float), expected.to_numpy(float), rtol, atol)


@pytest.mark.parametrize("name", NAMES)
def test_every_feature_is_single_precision_finite_and_there(name, features):
    """float32, no infinity, at least 1,000 finite values, and not one value throughout."""
    column = features[name]
    assert column.dtype == np.float32
    assert not np.isinf(column).any()
    known = column[np.isfinite(column)]
    assert len(known) >= 1000
    assert known.nunique() >= 2


@pytest.mark.parametrize("feature", CATALOGUE, ids=NAMES)
def test_lookback_is_the_declared_one(feature, features):
    """Of the stocks there from the first day, the first value comes on day `lookback`."""
    first = features.date.min()
    from_start = features[features.code.isin(features.code[features.date == first])]
    order = from_start.groupby("code").cumcount() + 1
    known = order[np.isfinite(from_start[feature.name])]
    assert known.min() == feature.lookback


def test_rows_are_the_panels(tables, features):
    """One row per row of the panel, in its order, and the catalogue's columns in its order."""
    pd.testing.assert_frame_equal(features[["date", "code"]], tables.panel[["date", "code"]])
    assert list(features.columns[2:]) == NAMES


def test_order_of_the_rows_given_does_not_matter(tables, features):
    """A shuffled panel gives the same table."""
    shuffled = tables.panel.sample(frac=1, random_state=1)
    found = compute(shuffled, links=tables.links, events=tables.events)
    pd.testing.assert_frame_equal(found, features)


def test_families_need_their_tables(tables):
    """Without links, events or sectors, what needs them is left out, and nothing else changes."""
    found = compute(tables.panel.drop(columns="sector"))
    assert tuple(found.columns[2:]) == catalogue.names()
    assert set(NAMES) - set(found.columns) == {
        "sector_5",
        *(f.name for f in catalogue.family("policy")),
        *(f.name for f in catalogue.family("lead_lag")),
    }


def test_no_events_at_all_are_zeros(tables):
    """An empty table of events gives the policy family, all zero."""
    found = compute(tables.panel, events=tables.events[:0])
    assert (found[["policy_themed", "policy_recency", "policy_strength"]] == 0).all(axis=None)


@pytest.mark.parametrize("days", [1, 2, 5, 10, 20, 60])
def test_returns(days, table, wide):
    """return_n is the adjusted close over the one n days before."""
    agrees(table(f"return_{days}"), wide["price"] / wide["price"].shift(days) - 1)


def test_momentum_leaves_out_the_last_week(table, wide):
    """momentum_120 runs from 120 to 5 days ago."""
    agrees(table("momentum_120"), wide["price"].shift(5) / wide["price"].shift(120) - 1)


def test_volatility(table, wide):
    """The sample standard deviation of daily returns; 0, not a residue, when nothing moved."""
    agrees(table("volatility_20"), wide["return"].rolling(20).std(), atol=1e-7)


def test_rsi_is_wilders(table, wide):
    """Wilder's averages start at the first return and forget by 1/14 a day."""
    up = wide["return"].clip(lower=0).ewm(alpha=1 / 14, adjust=False, min_periods=14).mean()
    down = -wide["return"].clip(upper=0).ewm(alpha=1 / 14, adjust=False, min_periods=14).mean()
    agrees(table("rsi_14"), up / (up + down))


def test_macd_histogram(table, wide):
    """The distance of MACD from its signal line, in units of the price."""

    def ewm(of, span):
        return of.ewm(span=span, adjust=False, min_periods=span).mean()

    line = ewm(wide["price"], 12) - ewm(wide["price"], 26)
    agrees(table("macd_histogram"), (line - ewm(line, 9)) / wide["price"])


def test_true_range(table, wide):
    """Yesterday's close counts as part of the day's range."""
    previous = wide["price"].shift()
    high, low = (wide[name] * wide["adj_factor"] for name in ("high", "low"))
    spread = np.maximum(high, previous) - np.minimum(low, previous)
    agrees(table("true_range_14"), spread.rolling(14).mean() / wide["price"])


def test_illiquidity_skips_days_without_a_trade(table, wide):
    """Amihud's ratio over the days that traded with a known amount, at least ten of them."""
    traded = (wide["suspended"] == False) & (wide["amount"] > 0)  # noqa: E712
    ratio = (wide["return"].abs() / (wide["amount"] / 1e8)).where(traded)
    agrees(table("illiquidity_20"), np.log(ratio.rolling(20, min_periods=10).mean()))


def test_relative_return_is_against_members_that_traded(table, wide):
    """relative_5 divides by the market's compound growth, the market being members that traded."""
    grown = np.exp(np.log1p(wide["market"]).rolling(5).sum())
    expected = (wide["price"] / wide["price"].shift(5)).div(grown, axis=0) - 1
    agrees(table("relative_5"), expected)


def test_beta(table, wide):
    """beta_60 is the regression slope on the market's return."""
    market = wide["market"]
    for code in wide["return"].columns[:4]:
        own = wide["return"][code]
        expected = own.rolling(60).cov(market) / market.where(own.notna()).rolling(60).var()
        np.testing.assert_allclose(table("beta_60")[code], expected, rtol=1e-4, atol=1e-6)


def test_market_features_are_one_value_a_day(features):
    """Volatility and breadth of the market are the same bits for every stock of a day."""
    for name in ("market_volatility_20", "breadth"):
        assert features.groupby("date")[name].nunique().max() == 1


def test_rank_is_among_members_only(table, wide):
    """The share of that day's members with a lower return, ties half, for members and others."""
    week = wide["price"] / wide["price"].shift(5) - 1
    member = (wide["in_universe"] == True) & week.notna()  # noqa: E712
    found = table("rank_5")
    for day in week.index[[6, 100, 250, -1]]:
        members = week.loc[day][member.loc[day]]
        for code, value in week.loc[day].dropna().items():
            expected = ((members < value).sum() + (members == value).sum() / 2) / len(members)
            assert found.loc[day, code] == pytest.approx(expected, abs=1e-6)


def test_suspended_days_are_flat(tables, features):
    """On a suspended day the return is zero and the features of the day's bar are neutral."""
    halted = tables.panel.suspended.to_numpy()
    assert halted.sum() > 20
    day = features[halted]
    assert (day.return_1.dropna() == 0).all()
    assert (day.range_1 == 0).all()
    assert (day.close_position == 0.5).all()


def bare(days, **columns):
    """A panel of quiet stocks A and B: price 10, nothing happens."""
    codes = ["600000.SH", "600001.SH"]
    panel = pd.DataFrame([(d, c) for d in days for c in codes], columns=["date", "code"])
    quiet = {
        "open": 10.0, "high": 10.0, "low": 10.0, "close": 10.0, "pre_close": 10.0, "volume": 1e6,
        "amount": 1e7, "adj_factor": 1.0, "limit_up": 11.0, "limit_down": 9.0, "suspended": False,
        "in_universe": True,
    }  # fmt: skip
    return panel.assign(**(quiet | columns))


DAYS = pd.date_range("2017-03-27", periods=80, freq="B")


def test_policy_counts_from_the_first_trading_day():
    """An event published on a weekend counts from the next trading day, fading over 60 days."""
    saturday = pd.DataFrame(
        {"date": [pd.Timestamp("2017-04-01")], "event": "New Area", "code": "600001.SH",
         "strength": 2.0}
    )  # fmt: skip
    found = compute(bare(DAYS), events=saturday).set_index("date")
    stock = found[found.code == "600001.SH"]
    assert (stock.policy_strength[:"2017-03-31"] == 0).all()
    np.testing.assert_allclose(
        stock.policy_strength["2017-04-03":][:3], 2 * np.exp([0, -0.1, -0.2]), rtol=1e-6
    )
    np.testing.assert_allclose(
        stock.policy_recency["2017-04-03":][:2], np.exp([0, -0.1]), rtol=1e-6
    )
    assert stock.policy_themed.sum() == 60
    assert (found[found.code == "600000.SH"].policy_themed == 0).all()


def test_two_events_add_up_and_the_later_one_is_the_latest():
    """policy_strength sums events, policy_recency starts again with each."""
    events = pd.DataFrame(
        {"date": DAYS[[2, 4]], "event": ["one", "two"], "code": "600000.SH", "strength": [1.0, 3.0]}
    )
    found = compute(bare(DAYS), events=events)
    stock = found[found.code == "600000.SH"].reset_index(drop=True)
    assert stock.policy_strength[4] == pytest.approx(3 + np.exp(-0.2))
    assert stock.policy_recency[3] == pytest.approx(np.exp(-0.1))
    assert stock.policy_recency[4] == 1


@pytest.mark.parametrize(("lag", "pending"), [(1, 0), (2, 1), (3, 2), (5, 4)])
def test_pending_moves_are_those_that_arrive_from_the_day_after_next(lag, pending):
    """A leader's jump of day s is pending on s ... s+lag-2, due on s+lag-2, and gone after."""
    jump = 10
    panel = bare(DAYS[:30])
    leads = (panel.code == "600000.SH") & (panel.date >= DAYS[jump])
    panel.loc[leads, ["open", "high", "low", "close"]] = 11.0
    links = pd.DataFrame(
        {"leader": ["600000.SH"], "follower": ["600001.SH"], "lag": [lag], "public": [True]}
    )
    found = compute(panel, links=links)
    follower = found[found.code == "600001.SH"].reset_index(drop=True)
    relative = 0.1 - 0.05  # the market is the mean of the two
    expected = np.zeros(30)
    expected[jump : jump + pending] = relative
    np.testing.assert_allclose(follower.lead_pending, expected, atol=1e-6)
    due = np.zeros(30)
    if lag >= 2:
        due[jump + lag - 2] = relative
    np.testing.assert_allclose(follower.lead_due, due, atol=1e-6)
    assert follower.lead_return_1[jump] == pytest.approx(relative, abs=1e-6)
    assert (follower.lead_return_5[jump : jump + 5] > 0.04).all()
    leader = found[found.code == "600000.SH"]
    assert (leader.lead_return_5 == 0).all()


def test_hits_of_the_limit_are_counted():
    """A close at limit-up counts for 20 days, one tick below does not, nor does no limit."""
    panel = bare(DAYS[:60])
    at = panel.code == "600000.SH"
    panel.loc[at & (panel.date == DAYS[30]), ["high", "close"]] = 11.0
    panel.loc[at & (panel.date == DAYS[32]), ["high", "close"]] = 10.99
    panel.loc[at & (panel.date == DAYS[34]), ["high", "close", "limit_up"]] = [11.0, 11.0, np.nan]
    found = compute(panel)
    count = found[found.code == "600000.SH"].limit_up_20.to_numpy()
    np.testing.assert_array_equal(count[19:], np.r_[np.zeros(11), np.ones(20), np.zeros(10)])


def test_catalogue_is_complete():
    """Every entry says its formula, inputs, units and source; names are unique; families known."""
    assert len(set(NAMES)) == len(NAMES) >= 30
    for feature in CATALOGUE:
        assert feature.formula
        assert feature.inputs
        assert feature.units
        assert feature.source
        assert feature.lookback >= 1
    assert [f["name"] for f in catalogue.described()] == NAMES
    with pytest.raises(InputError, match="did you mean 'policy'"):
        catalogue.family("polcy")
