"""Scores against literal prices: each forecast once, when its horizon is over, and never again."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from stockcast.errors import InputError
from tests.advice.ledger.conftest import EVENING, MADE, forecasts, issue

CLOSES = {
    "600000.SH": [10.0, 10.0, 11.0, 11.0, 11.0],
    "600001.SH": [10.0, 10.0, 9.8, 9.8, 9.8],
    "600002.SH": [10.0, 10.0, 10.0, 9.0, 9.0],
}
DAYS = pd.bdate_range("2016-01-04", periods=5)  # Monday to Friday


def panel(closes: dict[str, list[float]] = CLOSES, **columns) -> pd.DataFrame:
    """A row per day and stock."""
    parts = [
        pd.DataFrame({"date": DAYS[: len(prices)].as_unit("us"), "code": code, "close": prices})
        for code, prices in closes.items()
    ]
    table = pd.concat(parts).sort_values(["date", "code"], ignore_index=True)
    table = table.assign(open=table["close"], adj_factor=1.0, suspended=False, limit_up=np.nan)
    return table.assign(**columns)


def test_a_score_by_hand(ledger):
    """Monday's forecasts at one day: bought at Tuesday's close, sold at Wednesday's."""
    issue(ledger, "2016-01-04", rank=[1.0, np.nan, 2.0])
    assert ledger.score(panel()) == 3
    found = ledger.scores()
    np.testing.assert_allclose(found["label"], [0.1, -0.02, 0.0], atol=1e-15)
    # Said .75, .5, .25: a rise, no rise, no rise; a return of zero is no rise.
    assert found["hit"].tolist() == [1, 1, 1]
    np.testing.assert_allclose(found["brier"], [0.25**2, 0.5**2, 0.25**2])
    np.testing.assert_allclose(found["squared_error"], [0.09**2, 0.02**2, 0.01**2], atol=1e-15)
    assert found["in_interval"].tolist() == [0, 1, 1]
    assert found["outcome"].tolist() == ["known"] * 3
    assert set(found["until"]) == {pd.Timestamp("2016-01-06")}
    assert found["forecast"].tolist() == [1, 2, 3]
    np.testing.assert_array_equal(found["rank"], [1, np.nan, 2])
    assert ledger.entries("score")["payload"][1]["rank"] is None
    assert ledger.verify() == []


def test_what_cannot_be_told_is_null(ledger):
    """A model without a probability, a mean or an interval gets no figure of them."""
    issue(ledger, "2016-01-04", 1, prob_up=np.nan, mu=np.nan, interval_low=np.nan)
    ledger.score(panel())
    [payload] = ledger.entries("score")["payload"]
    assert payload == {
        "forecast": 1, "until": "2016-01-06", "outcome": "known", "label": 11 / 10 - 1,
        "hit": None, "brier": None, "squared_error": None, "in_interval": None, "rank": None,
    }  # fmt: skip


def test_only_what_is_over_is_scored(ledger):
    """The label of t needs the close of t+2 here: the day before it, nothing may be scored."""
    for day in ("2016-01-04", "2016-01-05"):
        issue(ledger, day)
    whole = panel()
    assert ledger.score(whole, "2016-01-05") == 0
    assert ledger.score(whole[whole["date"] <= "2016-01-05"]) == 0
    assert ledger.score(whole, "2016-01-06") == 3
    assert ledger.scores()["date"].unique().tolist() == [pd.Timestamp("2016-01-04")]
    assert ledger.score(whole, pd.Timestamp("2016-01-07")) == 3
    assert ledger.unscored().empty


def test_scores_by_day_are_the_scores_of_the_whole(ledger, tmp_path):
    """The time rule: a panel that ends early gives the same labels as one that goes on."""
    from stockcast.advice.ledger import Ledger

    with Ledger.open(f"sqlite:///{tmp_path / 'b.sqlite'}", tmp_path / "b.jsonl") as late:
        for one in (ledger, late):
            issue(one, "2016-01-04")
        whole = panel()
        ledger.score(whole[whole["date"] <= "2016-01-06"], issued_at="2016-01-06 18:00")
        late.score(whole, "2016-01-06", issued_at="2016-01-06 18:00")
        assert ledger.head() == late.head()


def test_scoring_again_scores_nothing_twice(ledger):
    """Safe to run twice, whatever the panel says by then; what differs is told."""
    issue(ledger, "2016-01-04")
    assert ledger.score(panel()) == 3
    assert ledger.score(panel()) == 0
    assert ledger.revised(panel()).empty
    changed = panel({**CLOSES, "600001.SH": [10.0, 10.0, 12.0, 9.8, 9.8]})
    before = ledger.scores()
    assert ledger.score(changed) == 0
    pd.testing.assert_frame_equal(ledger.scores(), before)
    [found] = ledger.revised(changed).to_dict("records")
    assert (found["forecast"], found["code"]) == (2, "600001.SH")
    np.testing.assert_allclose([found["label"], found["now"]], [-0.02, 0.2])


def test_an_outcome_that_came_or_went_is_told(ledger):
    """A suspension that the vendor adds later changes no score, either."""
    issue(ledger, "2016-01-04")
    ledger.score(panel())
    halted = panel()
    halted["suspended"] = (halted["code"] == "600000.SH") & (halted["date"] == "2016-01-06")
    found = ledger.revised(halted)
    assert found["forecast"].tolist() == [1]
    assert np.isnan(found["now"][0])


def test_a_new_dividing_of_prices_is_no_revision(ledger):
    """A factor that changes for all days changes no return, but for the last bits."""
    issue(ledger, "2016-01-04")
    ledger.score(panel())
    assert ledger.revised(panel(adj_factor=1 / 3)).empty


def test_no_outcome_is_a_score_as_well(ledger):
    """A stock suspended at either close: over, and nothing to judge."""
    issue(ledger, "2016-01-04")
    halted = panel()
    halted["suspended"] = (halted["code"] == "600000.SH") & (halted["date"] == "2016-01-05")
    assert ledger.score(halted) == 3
    found = ledger.scores()
    assert found["outcome"].tolist() == ["none", "known", "known"]
    assert found.loc[0, ["label", "hit", "squared_error", "brier", "in_interval"]].isna().all()
    assert ledger.score(panel()) == 0


def test_another_panels_stocks_and_days_wait(ledger):
    """A panel that does not know the stock, or the day, can say nothing of it."""
    issue(ledger, "2016-01-04", 5)
    assert ledger.score(panel()) == 3
    assert ledger.unscored()["code"].tolist() == ["600003.SH", "600004.SH"]
    without = panel()
    assert ledger.score(without[without["date"] > "2016-01-04"]) == 0


def test_a_stock_that_has_no_row_any_more_has_no_outcome(ledger):
    """Delisted the next day: its forecast is over with the others'."""
    issue(ledger, "2016-01-04")
    assert ledger.score(panel({**CLOSES, "600002.SH": [10.0]})) == 3
    assert ledger.scores()["outcome"].tolist() == ["known", "known", "none"]


def test_horizons_end_on_their_own_days(ledger):
    """Two horizons in one table: two labels, two ends."""
    both = pd.concat([forecasts("2016-01-04"), forecasts("2016-01-04", horizon=2)])
    ledger.issue(both, issued_at="2016-01-04 18:00", **MADE)
    assert ledger.score(panel(), "2016-01-06") == 3
    assert ledger.score(panel(), "2016-01-07") == 3
    found = ledger.scores()
    np.testing.assert_allclose(found["label"], [0.1, -0.02, 0, 0.1, -0.02, -0.1], atol=1e-15)


def test_a_score_knows_its_outcome(ledger):
    """In simulated time, too, no score may be issued before the close that it uses."""
    issue(ledger, "2016-01-04")
    with pytest.raises(InputError, match="must be issued after the close of 2016-01-06"):
        ledger.score(panel(), issued_at="2016-01-05 18:00")
    assert ledger.scores().empty
    assert ledger.score(panel(), issued_at=DAYS[2] + EVENING) == 3
    assert ledger.score(panel(), issued_at="2016-01-04 18:00") == 0


def test_scores_of_a_day_without_forecasts_are_refused(ledger):
    """Nothing to score there: one clear line."""
    with pytest.raises(InputError, match=r"must be one the ledger has forecasts of; .*it is empty"):
        ledger.score(panel(), date="2016-01-04")
    issue(ledger, "2016-01-04")
    with pytest.raises(InputError, match="it has 2016-01-04 to 2016-01-04"):
        ledger.score(panel(), date="2016-01-05")
    with pytest.raises(InputError, match="must be a date"):
        ledger.score(panel(), "never")
    assert ledger.score(panel(), date="2016-01-04") == 3


def test_a_sealed_window_is_not_scored(ledger, monkeypatch):
    """Withheld outcomes stay withheld: the forecasts wait until the window is opened."""
    from stockcast.data import holdout
    from stockcast.data.holdout import seals

    issue(ledger, "2016-01-04")
    issue(ledger, "2016-01-05")
    seal = seals.SEALS[0].__class__("x", "2016-01-07", "2016-01-08", 3, seals.SEALS[0].marks)
    monkeypatch.setattr(seals, "SEALS", (seal,))
    monkeypatch.setattr("stockcast.advice.ledger.scoring.SEALS", (seal,))
    monkeypatch.setattr(holdout, "window", lambda panel: seal)
    monkeypatch.setattr(holdout, "is_open", lambda name="": False)
    assert ledger.score(panel()) == 3
    assert ledger.unscored()["date"].unique().tolist() == [pd.Timestamp("2016-01-05")]
    monkeypatch.setattr(holdout, "is_open", lambda name="": True)
    assert ledger.score(panel()) == 3
