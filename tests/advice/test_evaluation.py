"""Online evaluation: by hand, known in time, and each rule finds what it is for."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from stockcast.advice.anomalies import RULES, anomalies, psi, values
from stockcast.advice.clean_ledger import clean_ledger
from stockcast.advice.evaluation import calibration_error, daily, rolling
from stockcast.determinism import stream
from stockcast.errors import InputError
from stockcast.judge import metrics

HORIZON = 5


@pytest.fixture(scope="module")
def ledger():
    """Forecasts, scores and days of a ledger with nothing wrong: 90 evenings of 20 stocks."""
    return clean_ledger(stream(7, "ledger"), evenings=90, stocks=20)


def test_daily_by_hand():
    """Five stocks of one evening, two of them listed."""
    scores = pd.DataFrame(
        {
            "date": pd.Timestamp("2016-01-04"),
            "score": [5.0, 4.0, 3.0, 2.0, 1.0],
            "label": [0.05, 0.03, -0.02, 0.01, np.nan],
            "hit": [1.0, 1.0, 0.0, 1.0, np.nan],
            "brier": [0.1, 0.2, 0.5, 0.2, np.nan],
            "in_interval": [1.0, 1.0, 0.0, 1.0, np.nan],
            "rank": [1.0, 2.0, *[np.nan] * 3],
        }
    )
    (row,) = daily(scores).itertuples()
    assert (row.n, row.accuracy, row.coverage, row.brier) == (4, 0.75, 0.75, 0.25)
    np.testing.assert_allclose([row.listed, row.everyone], [0.04, 0.0175])
    np.testing.assert_allclose(row.listed_excess, 0.0225)
    assert np.isnan(row.rank_ic)  # four stocks are too few


def test_calibration_error_by_hand():
    """Said .25 twice and none rose; said .75 twice and one rose: (.25 x 2 + .25 x 2) / 4."""
    prob = pd.Series([0.25, 0.25, 0.75, 0.75, np.nan])
    label = pd.Series([-0.1, -0.2, 0.1, -0.1, 0.1])
    np.testing.assert_allclose(calibration_error(prob, label), 0.25)
    assert calibration_error(prob, label.where(label > 0, -0.1).abs()) == pytest.approx(0.5)


def test_a_day_counts_what_was_known_at_its_close(ledger):
    """Rolling Rank IC at day t: forecasts of the 20 evenings up to t - 6, no later one."""
    forecasts, scores, days = ledger
    found = rolling(forecasts, scores, days, HORIZON)
    by_day = metrics.daily_ic(scores, method="spearman")
    expected = by_day.loc[days[31] : days[50]].mean()
    np.testing.assert_allclose(found.loc[days[56], "rank_ic"], expected)
    seen = scores[scores["date"].between(days[31], days[50])]
    expected = calibration_error(seen["prob_up"], seen["label"])
    np.testing.assert_allclose(found.loc[days[56], "ece"], expected)
    assert found["rank_ic"].first_valid_index() == days[9 + HORIZON + 1]
    assert (found["scored"].dropna() == 1).all()


def test_the_share_that_is_scored(ledger):
    """One evening of twenty without its scores: 95 %."""
    forecasts, scores, days = ledger
    holed = scores[scores["date"] != days[40]]
    found = rolling(forecasts, holed, days, HORIZON)["scored"]
    assert found.loc[days[45]] == 1.0
    np.testing.assert_allclose(found.loc[[days[46], days[65]]], 0.95)
    assert found.loc[days[66]] == 1.0


def test_nothing_later_changes_a_day(ledger):
    """Tables cut at a day, or garbled after it: rows up to it are the same to the bit."""
    forecasts, scores, days = ledger
    whole, ruled = rolling(forecasts, scores, days, HORIZON), values(*ledger, HORIZON)
    for place in (60, 75, 88):
        day, over = days[place], days[place - HORIZON - 1]
        wild = scores.assign(
            label=scores["label"].where(scores["date"] <= over, 9.0),
            in_interval=scores["in_interval"].where(scores["date"] <= over, 0.0),
            hit=scores["hit"].where(scores["date"] <= over, 0.0),
            brier=scores["brier"].where(scores["date"] <= over, 1.0),
        )
        odd = forecasts.assign(score=forecasts["score"].where(forecasts["date"] <= day, 1.0))
        cut = forecasts[forecasts["date"] <= day], scores[scores["date"] <= over], days[: place + 1]
        for told in (cut, (odd, wild, days)):
            found = rolling(*told, HORIZON).loc[:day]
            pd.testing.assert_frame_equal(
                found, whole.loc[:day], check_exact=True, check_freq=False
            )
            found = values(*told, HORIZON)
            kept = (table[table["date"] <= day] for table in (found, ruled))
            one, other = (_sorted(table) for table in kept)
            pd.testing.assert_frame_equal(one, other, check_exact=True)


def test_a_clean_ledger_is_quiet(ledger):
    """This one raises no alarm at all; how often others do, the benchmark measures."""
    assert anomalies(*ledger, HORIZON).empty


def test_false_alarms_are_rare():
    """On twenty clean ledgers rules about facts never speak, those about luck seldom."""
    days, alarms = pd.Series(dtype=float), pd.Series(dtype=float)
    for number in range(20):
        by = values(*clean_ledger(stream(1, number), 100, 30), HORIZON).groupby("rule")["alarm"]
        days, alarms = days.add(by.size(), fill_value=0), alarms.add(by.sum(), fill_value=0)
    assert set(days.index) == {rule.name for rule in RULES}
    rate = alarms / days
    assert (rate.drop(["rank_ic", "coverage", "drift"]) == 0).all()
    assert (rate < 0.05).all()


def broken(ledger, what):
    """The ledger with one thing wrong from its 71st evening on, or on it."""
    forecasts, scores, days = ledger
    late, at = forecasts["date"] >= days[70], forecasts["date"] == days[70]
    ended, then = scores["date"] >= days[55], scores["date"] == days[70]
    if what == "rank_ic":
        turned = scores["label"].where(~ended, -10 * scores["score"])
        return forecasts, scores.assign(label=turned), days
    if what == "coverage":
        return forecasts, scores.assign(in_interval=scores["in_interval"].where(~ended, 0.3)), days
    if what == "no_evening":
        return forecasts[~at], scores[~then], days
    if what == "stale":
        before = forecasts.loc[forecasts["date"] == days[69], "score"].to_numpy()
        copied = forecasts["score"].to_numpy().copy()
        copied[at] = before
        return forecasts.assign(score=copied), scores, days
    if what == "missing":
        return forecasts[~(at & (forecasts["code"] > "600014"))], scores, days
    if what == "doubled":
        return forecasts, pd.concat([scores, scores[then].head(1)]), days
    if what == "unscored":
        return forecasts, scores.drop(scores[then].index[0]), days
    if what == "tied":
        return forecasts.assign(score=forecasts["score"].where(~at, 0.5)), scores, days
    return forecasts.assign(score=forecasts["score"] + 3.0 * late), scores, days


@pytest.mark.parametrize("rule", [rule.name for rule in RULES])
def test_each_rule_finds_what_it_is_for(ledger, rule):
    """Broken on purpose, the ledger is flagged by that rule, and not before it can be known."""
    found = anomalies(*broken(ledger, rule), HORIZON)
    days = ledger[2]
    mine = found[found["rule"] == rule]
    assert len(mine)
    known = {"rank_ic": 55 + 6, "coverage": 55 + 6, "doubled": 76, "unscored": 76}
    assert mine["date"].min() >= days[known.get(rule, 70)]
    assert (found["date"] >= days[min(known.get(rule, 70), 70)]).all()


def test_psi_by_hand():
    """Two halves of a hundred rows, then 75 and 25 of them; half a row is added to each."""
    before = np.array([0.0] * 100 + [1.0] * 100)
    now = np.array([0.0] * 75 + [1.0] * 25)
    q, p = 25.5 / 101, 0.5
    expected = (q - p) * np.log(q / p) + (p - q) * np.log((1 - q) / p)
    np.testing.assert_allclose(psi(before, now, bins=2), expected)


def test_tables_must_be_of_one_model_and_horizon(ledger):
    """Two models, or another horizon, are refused."""
    forecasts, scores, days = ledger
    with pytest.raises(InputError, match="must all be of horizon 1"):
        rolling(forecasts, scores, days, 1)
    two = forecasts.assign(model=np.where(forecasts["code"] > "600010", "a", "b"))
    with pytest.raises(InputError, match="must be of one model; got 'a, b'"):
        anomalies(two, scores, days, HORIZON)


def _sorted(table: pd.DataFrame) -> pd.DataFrame:
    return table.sort_values(["rule", "date"], ignore_index=True)
