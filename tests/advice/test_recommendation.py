"""The list of an evening: its items, orders, reasons, and when there is none."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from stockcast.advice import abstain, paper
from stockcast.advice.recommendation import recommend
from stockcast.advice.render import table
from stockcast.errors import InputError
from stockcast.samples.labels import label
from stockcast.trading.backtest import backtest
from stockcast.trading.strategy import TopK


@pytest.fixture
def always(monkeypatch):
    """Models so small are sure of nothing; list their stocks all the same."""
    monkeypatch.setattr(abstain, "unsure", lambda listed, gate: [])


@pytest.fixture(params=["two_level", "ridge", "committee"])
def listed(request, run, always):
    """Desk, past forecasts and the list of the 30th test evening."""
    if request.param not in _LISTED:
        _LISTED[request.param] = _listed(run, request.param)
    return _LISTED[request.param]


_LISTED: dict[str, tuple] = {}


def _listed(run, model, at=30, **more):
    desk = run.desk(model)
    said = run.said[model]
    day = np.sort(said["date"].unique())[at]
    return desk, said, recommend(desk, day, past=said, **more)


def test_the_list_is_the_day_s_order(listed):
    """Ranks, figures and weights are those of the day's forecasts."""
    _, said, made = listed
    day = said[said["date"] == made.date].sort_values("score", ascending=False, kind="stable")
    shown = table(made)
    assert list(shown["code"]) == list(day["code"].head(5))
    assert list(shown["rank"]) == [1, 2, 3, 4, 5]
    for name in ("prob_up", "mu", "sigma", "sigma_prob", "interval_low", "interval_high"):
        assert list(shown[name]) == list(day[name].head(5))
    assert list(shown["weight"]) == [0.2] * 5
    assert [item.direction for item in made.items] == [
        "up" if chance > 0.5 else "down" for chance in day["prob_up"].head(5)
    ]
    assert set(shown["action"]) <= {"buy", "hold", "sell", "watch"}
    assert all(item.name for item in made.items)


@pytest.mark.parametrize("model", ["ridge", "committee"])
def test_orders_are_what_the_backtest_trades(run, model):
    """On some evenings the orders are the full backtest's of that day, bit for bit."""
    desk, said = run.desk(model), run.said[model]
    days = np.sort(said["date"].unique())
    panel = desk.panel[desk.panel["date"] >= days[0]]
    rule = TopK(desk.params.top_k, desk.params.drop)
    full = backtest(
        panel, said, rule, paper.costs(desk.params), desk.params.cash,
        participation=desk.params.participation, dividends=desk.tables["dividends"],
    ).orders  # fmt: skip
    ordered = 0
    for day in days[1:-1:20]:
        made = recommend(desk, day, past=said, explained=False)
        expected = full[full["decided"] == day][["code", "side", "asked"]].reset_index(drop=True)
        pd.testing.assert_frame_equal(
            made.orders[["code", "side", "asked"]], expected, check_exact=True, check_dtype=False
        )
        ordered += len(expected)
    assert ordered > 0


def test_each_reason_is_a_measured_fall(listed):
    """Asked anew with the feature in the day's middle, the score falls to what is stated."""
    _, _, made = listed
    reasons = [(item, one) for item in made.items for one in item.reasons]
    assert reasons
    for item, reason in reasons:
        moved = made.asked.reader.moved([(item.code, (reason.feature,))]).iloc[0]
        assert moved["score"] == pytest.approx(reason.score_moved, rel=1e-9, abs=1e-15)
        assert moved["score"] < item.score == reason.score
        assert reason.rank_moved >= reason.rank == item.rank
        assert 0 < reason.place < 1
        values = made.asked.features_of_day[reason.feature]
        below = (values < values[item.code]).sum() + ((values == values[item.code]).sum() - 1) / 2
        assert reason.place == pytest.approx((below + 0.5) / values.notna().sum())


def test_a_move_changes_one_stock_s_inputs_only(run, always):
    """Moved by hand through the model's own interface, the score is the same."""
    desk, _, made = _listed(run, "ridge")
    reader, code, feature = made.asked.reader, made.items[0].code, "return_5"
    features = reader.samples.features.copy()
    member = reader.samples.samples["member"].to_numpy(bool)
    for day, rows in features[member].groupby("date"):
        mine = (features["date"] == day) & (features["code"] == code)
        features.loc[mine, feature] = rows[feature].median()
    by_hand = desk.kept.fitted.forecast(dataclasses.replace(reader.samples, features=features))
    expected = by_hand.set_index("code").at[code, "score"]
    assert reader.moved([(code, (feature,))])["score"].iloc[0] == expected


def test_the_committee_s_moves_are_its_own(run, always):
    """A rank set to zero by hand gives the score that `moved` gives."""
    desk, _, made = _listed(run, "committee")
    reader, code, feature = made.asked.reader, made.items[0].code, made.items[0].reasons[0].feature
    values = reader.ranks.values.copy()
    row = list(reader.table["code"]).index(code)
    values[row, list(reader.ranks.names).index(feature)] = 0
    ranks = dataclasses.replace(reader.ranks, values=values)
    by_hand, _ = desk.kept.fitted.forecast_ranks(ranks, reader.table)
    expected = by_hand.set_index("code").loc[code]
    moved = reader.moved([(code, (feature,))]).iloc[0]
    assert moved["score"] == pytest.approx(expected["score"], rel=1e-9)
    assert moved["prob_up"] == pytest.approx(expected["prob_up"], rel=1e-9)


def test_what_would_change_the_view_does(listed):
    """Where a stock is said to leave the list, moving those features puts it off."""
    _, _, made = listed
    flips = [(item, item.flip) for item in made.items if item.flip.features]
    assert flips
    for item, flip in flips:
        place = made.asked.reader.moved([(item.code, flip.features)])["place"].iloc[0]
        assert place == flip.rank
        assert flip.off == (place > 5)


def test_similar_calls_had_ended(listed):
    """No call of the last h + 1 days counts, and outcomes are the labels."""
    desk, _, made = listed
    known = label(desk.panel, 5).set_index(["date", "code"])["label"]
    days = made.asked.evening.days
    for item in made.items:
        assert item.similar.count == 30
        for date, code, back in item.similar.examples:
            assert pd.Timestamp(date) <= days[-7]
            assert back == known[pd.Timestamp(date), code]


def test_the_first_evening_has_no_past(run, always):
    """On the first test day no past call has ended."""
    _, _, made = _listed(run, "ridge", at=0)
    assert all(item.similar.count == 0 for item in made.items)
    assert all(np.isnan(item.holding) for item in made.items)


def test_the_future_changes_nothing(run, always):
    """Forecasts of later days given as past change no figure, order or sentence."""
    desk, said, made = _listed(run, "ridge")
    before = said[said["date"] < made.date]
    other = recommend(desk, made.date, past=before)
    assert other.items == made.items
    assert other.records == made.records
    pd.testing.assert_frame_equal(other.orders, made.orders)


def test_a_stock_asked_for_is_shown(run, always):
    """It stands behind the list with its own rank and no weight; an unknown one is refused."""
    desk, said, made = _listed(run, "ridge")
    last = said[said["date"] == made.date].sort_values("score")["code"].iloc[0]
    more = recommend(desk, made.date, past=said, stocks=[last], explained=False)
    assert [item.code for item in more.items[:5]] == [item.code for item in made.items]
    assert more.items[5].code == last
    assert more.items[5].weight == 0
    with pytest.raises(InputError, match="stock: must be ranked"):
        recommend(desk, made.date, past=said, stocks=["999999.SH"])


def test_stale_data_abstain(run):
    """Data three sessions old give no list and no orders, and say so in both languages."""
    desk, said = run.desk("ridge"), run.said["ridge"]
    day = pd.Timestamp("2015-12-28")
    made = recommend(desk, day, past=said, now=pd.Timestamp("2015-12-31 16:00"))
    assert made.items == ()
    assert len(made.orders) == 0
    assert "stale" in [one.kind for one in made.abstentions]
    assert "3 trading days behind 2015-12-31" in made.abstentions[0].en
    assert "落后" in made.abstentions[0].zh
    fresh = recommend(desk, day, past=said, now=pd.Timestamp("2015-12-29 14:59"), explained=False)
    assert "stale" not in [one.kind for one in fresh.abstentions]


def test_a_day_without_trade_abstains(run):
    """A day on which most members are suspended is incomplete."""
    desk, said = run.desk("ridge"), run.said["ridge"]
    desk.panel.loc[desk.panel["date"] == desk.panel["date"].max(), "suspended"] = True
    made = recommend(desk, past=said)
    assert "incomplete" in [one.kind for one in made.abstentions]
    assert made.items == ()


def test_nothing_sure_abstains():
    """One stock above one half with a small sigma is enough for a list."""
    listed = pd.DataFrame({"prob_up": [0.6, 0.49], "sigma_prob": [0.2, 0.01]})
    assert [one.kind for one in abstain.unsure(listed, 0.1)] == ["unsure"]
    assert abstain.unsure(listed, 0.3) == []


def test_drift_abstains():
    """Far beyond what training held there is no list; unknown is no reason."""
    row = pd.Series({"distance": 9.0, "p": 0.01, "beyond": 1.8, "farthest": "volume"})
    assert [one.kind for one in abstain.drift(row)] == ["drift"]
    assert "1.8" in abstain.drift(row)[0].en
    assert abstain.drift(row.replace({1.8: 1.5})) == []
    assert abstain.drift(None) == []


def test_holding_days_by_hand():
    """Bought on day 0 and sold on day 3, bought on day 1 and still held: three days."""
    days = pd.date_range("2016-01-04", periods=5, freq="B")
    filled = pd.DataFrame(
        {"date": days[[0, 1, 3]], "code": ["a", "b", "a"], "side": ["buy", "buy", "sell"]}
    )
    assert paper.holding_days(filled, days) == 3
    assert np.isnan(paper.holding_days(filled.iloc[:2], days))
