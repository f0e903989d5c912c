"""Votes move weights only as far as votes were worth something, and only once they are known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from stockcast.advice.feedback import weights
from stockcast.advice.feedback.weights import ablation, agreement, listening_weights, worth
from stockcast.ensemble.members import Members
from stockcast.ensemble.trailing import trailing_weights
from stockcast.errors import InputError
from stockcast.judge import metrics
from stockcast.market import calendar

DAYS = calendar.sessions("2016-01-04", "2016-08-31")
STOCKS, HORIZON, WINDOW, FEWEST = 30, 5, 60, 20
LOOK = {"window": WINDOW, "fewest": FEWEST}


@pytest.fixture(scope="module")
def market():
    """A member that knows, one that does not, their outcomes and votes that know much."""
    rng = np.random.default_rng(5)
    index = pd.MultiIndex.from_product(
        [DAYS, [f"{600000 + n}.SH" for n in range(STOCKS)]], names=["date", "code"]
    )
    table = index.to_frame(index=False)
    label = rng.normal(0, 0.05, len(table))
    outcomes = table.assign(label=label)
    parts = []
    for name, skill in (("knows", 0.3), ("guesses", 0.0)):
        score = skill * label / 0.05 + rng.normal(size=len(table))
        numbers = {"mu": 0.01 * score, "sigma": 0.05, "prob_up": 0.5 + 0.01 * np.tanh(score)}
        numbers |= {"sigma_prob": 0.01, "interval_low": -0.08, "interval_high": 0.08}
        part = table.assign(run="tiny", model=name, horizon=HORIZON, score=score, **numbers)
        parts.append(part)
    members = Members.of(pd.concat(parts, ignore_index=True))
    daily = pd.DataFrame(
        {
            part["model"].iloc[0]: metrics.daily_ic(
                part.merge(outcomes, on=["date", "code"]), method="spearman"
            )
            for part in parts
        }
    )
    return members, daily, outcomes


def votes(outcomes: pd.DataFrame, skill: float, seed: int = 1) -> pd.DataFrame:
    """Votes on fifteen stocks a day, given in the evening, knowing so much."""
    rng = np.random.default_rng(seed)
    chosen = outcomes[outcomes["code"] < "600015.SH"]
    view = skill * chosen["label"] / 0.05 + rng.normal(size=len(chosen))
    issued = (chosen["date"] + pd.Timedelta(hours=20)).dt.tz_localize("Asia/Shanghai")
    found = chosen[["date", "code"]].assign(vote=np.sign(view), who="Ada")
    return found.assign(issued=issued.dt.tz_convert("UTC")).reset_index(drop=True)


def test_off_by_default_is_trailing_to_the_bit(market):
    """Without a strength votes change nothing."""
    members, daily, outcomes = market
    found = listening_weights(members, daily, votes(outcomes, 1.0), outcomes, DAYS, **LOOK)
    pd.testing.assert_frame_equal(
        found, trailing_weights(daily, DAYS, HORIZON, **LOOK), check_exact=True
    )


def test_votes_that_know_move_weight_and_votes_that_do_not_move_none(market):
    """With skill the member that knows gains; without, next to nothing moves."""
    members, daily, outcomes = market
    daily = daily * 0 + 0.05  # by outcomes the members are alike: only votes tell them apart
    plain = listening_weights(members, daily, votes(outcomes, 0), outcomes, DAYS, **LOOK)
    moved = {}
    for skill in (1.0, 0.0):
        found = listening_weights(
            members, daily, votes(outcomes, skill), outcomes, DAYS, strength=0.5, **LOOK
        )
        np.testing.assert_allclose(found.sum(axis=1), 1.0)
        moved[skill] = float((found - plain)["knows"].mean())
    assert moved[1.0] > 0.02
    assert abs(moved[0.0]) < 0.005


def test_a_vote_counts_from_the_first_close_after_it(market):
    """Given in the evening of a day, it is known at the next day's close, not before."""
    members, _, outcomes = market
    one = votes(outcomes, 1.0).head(1)
    found = agreement(members, one, DAYS)
    assert found.dropna().index.tolist() == [DAYS[1]]
    score = members.scores()[0]
    np.testing.assert_allclose(found.loc[DAYS[1]], one["vote"].iloc[0] * score)


def test_nothing_later_changes_a_weight(market):
    """Later votes and outcomes dropped or garbled: rows up to a day are bit for bit the same."""
    members, daily, outcomes = market
    given = votes(outcomes, 1.0)
    whole = listening_weights(members, daily, given, outcomes, DAYS, strength=0.5, **LOOK)
    for place in (40, 80, 120):
        day = DAYS[place]
        close = (day + calendar.CLOSE).tz_localize("Asia/Shanghai").tz_convert("UTC")
        over = DAYS[place - HORIZON - 1]
        known = outcomes[outcomes["date"] <= over]
        garbled = outcomes.assign(label=outcomes["label"].where(outcomes["date"] <= over, -9.0))
        said = given[given["issued"] <= close]
        shouted = given.assign(vote=given["vote"].where(given["issued"] <= close, 1.0))
        wild = daily.mask(daily.index.to_series() > over, 0.9)
        for figures, given_, happened, days in (
            (daily.loc[:over], said, known, DAYS[: place + 1]),
            (wild, shouted, garbled, DAYS),
        ):
            found = listening_weights(
                members, figures, given_, happened, days, strength=0.5, **LOOK
            )  # fmt: skip
            pd.testing.assert_frame_equal(
                found.loc[:day], whole.loc[:day], check_exact=True, check_freq=False
            )


def test_worth_by_hand(market):
    """max(0, 1 - horizon x variance / (n x mean²)) of the known days; none for a mean below 0."""
    _, _, outcomes = market
    given = votes(outcomes, 1.0)
    found = worth(given, outcomes, DAYS, HORIZON, **LOOK)
    ranks = outcomes.assign(rank=outcomes.groupby("date")["label"].rank())
    by_day = ranks.groupby("date")["rank"]
    ranks["rank"] = (ranks["rank"] - by_day.transform("mean")) / by_day.transform("std", ddof=0)
    said = given.merge(ranks, on=["date", "code"])
    daily = (said["vote"] * said["rank"]).groupby(said["date"]).mean()
    looked = daily.loc[: DAYS[100 - HORIZON - 1]].tail(WINDOW)
    assert len(looked) == WINDOW
    expected = 1 - HORIZON * looked.var(ddof=1) / WINDOW / looked.mean() ** 2
    np.testing.assert_allclose(found.loc[DAYS[100]], expected)
    assert (worth(given.assign(vote=-given["vote"]), outcomes, DAYS, HORIZON, **LOOK) == 0).all()
    assert (found.head(HORIZON + 1 + FEWEST - 1) == 0).all()


def test_ratings_vote_for_the_side_that_was_said():
    """5 for a rise is +1, 1 for a rise is -1, 5 for a fall is -1; 3 says nothing; late is out."""
    ratings = pd.DataFrame(
        {
            "forecast": [1, 1, 2, 2, 1],
            "rating": [5, 1, 5, 3, 5],
            "foresight": [True, True, True, True, False],
            "date": DAYS[0],
            "code": "600000.SH",
            "who": list("abcde"),
            "issued": pd.Timestamp("2016-01-04T12:00", tz="UTC"),
        }
    )
    forecasts = pd.DataFrame({"number": [1, 2], "prob_up": [0.6, 0.4]})
    found = weights.votes_of_users(ratings, forecasts)
    assert found["vote"].tolist() == [1.0, -1.0, -1.0, 0.0]


def test_the_ablation_pairs_days(market):
    """The difference is the difference of the means, and its interval is narrower than theirs."""
    members, daily, outcomes = market
    found = ablation(
        members, daily, votes(outcomes, 1.0), outcomes, DAYS, np.random.default_rng(1), **LOOK
    )
    difference = found.loc["with", "mean"] - found.loc["without", "mean"]
    np.testing.assert_allclose(found.loc["difference", "mean"], difference)
    wide, narrow = (
        found.loc[name, "high"] - found.loc[name, "low"] for name in ("with", "difference")
    )
    assert narrow < wide / 2
    assert found.loc["difference", "mean"] > 0
    assert 0 < found.loc["with", "moved"] < 0.5


def test_the_strength_is_a_fraction(market):
    """Anything else is refused."""
    members, daily, outcomes = market
    with pytest.raises(InputError, match="strength"):
        listening_weights(members, daily, votes(outcomes, 0), outcomes, DAYS, strength=1.5)
