"""Monte Carlo and the closed form, with and without frictions in the way."""

import numpy as np
import pandas as pd
import pytest

from stockcast.determinism import stream
from stockcast.errors import InputError
from stockcast.market.calendar import sessions
from stockcast.market.simulated import Strengths, simulate
from stockcast.market.simulated.montecarlo import monte_carlo
from stockcast.market.simulated.oracle import expected_label

DAYS = sessions("2014-01-02", "2015-12-31")


def compared(market, day, horizon, draws, seed=0):
    """Monte Carlo's and the closed form's expectations, both less their mean over stocks."""
    table = monte_carlo(market.hidden, day, horizon, draws, stream(seed, "draws"))
    there = market.hidden.listed[day]
    closed = expected_label(market.hidden, horizon)[day, there]
    traded = market.hidden.trading[day, there]
    table = table.assign(closed=closed - closed.mean(), traded=traded)
    table["gap"] = (table["expected"] - table["closed"]) / table["standard_error"]
    return table


@pytest.mark.parametrize(("day", "horizon"), [(60, 1), (200, 5), (len(DAYS) - 1, 5)])
def test_the_closed_form_holds_where_no_friction_binds(market, day, horizon):
    """Away from limits the two agree within Monte Carlo's error, at the last close too."""
    table = compared(market, day, horizon, 6000)
    calm = table[table["traded"] & ~market.hidden.world.special[day][market.hidden.listed[day]]]
    assert len(calm) > 25
    assert (calm["gap"] ** 2).mean() < 2.5
    assert calm["gap"].abs().max() < 4.5
    weight = 1 / calm["standard_error"] ** 2
    slope = (weight * calm["closed"] * calm["expected"]).sum()
    slope /= (weight * calm["closed"] ** 2).sum()
    error = (weight * calm["closed"] ** 2).sum() ** -0.5
    assert error < 0.5
    assert abs(slope - 1) < 4 * error


def test_a_limit_keeps_back_what_the_closed_form_expects():
    """A drift beyond the limit cannot be earned: Monte Carlo's expectation stays inside it."""
    market = simulate(DAYS[:120], 40, Strengths(policy=80.0), stream(1, "market"))
    announced = market.hidden.announced
    day = announced.day[0] + 8
    table = compared(market, day, 1, 2000)
    themed = announced.stock[(announced.day == announced.day[0]) & (announced.strength > 0.8)]
    names = market.world.stocks.codes[themed]
    bound = table[table["code"].isin(names) & table["traded"]]
    assert len(bound) >= 2
    assert (bound["closed"] > 0.1).all()
    assert (bound["expected"] < 0.1).all()
    assert (bound["gap"] < -10).all()


def test_more_draws_err_less(market):
    """Four times the draws halve the standard error; the same state gives the same bits."""
    few = monte_carlo(market.hidden, 100, 1, 500, stream(0, "few"))
    again = monte_carlo(market.hidden, 100, 1, 500, stream(0, "few"))
    pd.testing.assert_frame_equal(few, again, check_exact=True)
    many = monte_carlo(market.hidden, 100, 1, 2000, stream(0, "many"))
    ratio = (few["standard_error"] / many["standard_error"]).median()
    assert 1.8 < ratio < 2.2


def test_it_looks_at_nothing_later(market, days):
    """Seen from the last close of a shorter market the expectation is the same."""
    short = simulate(days[:301], 40, Strengths(), stream(1, "market"))
    seen = monte_carlo(short.hidden, 300, 3, 100, stream(0))
    whole = monte_carlo(market.hidden, 300, 3, 100, stream(0))
    pd.testing.assert_frame_equal(seen, whole, check_exact=True)


def test_suspended_stocks_may_resume(market):
    """A stock suspended that day has an expectation from the draws in which it trades again."""
    halted = market.hidden.listed & ~market.hidden.trading
    day = int(halted[50:].sum(axis=1).argmax()) + 50
    table = compared(market, day, 1, 4000)
    away = table[~table["traded"]]
    assert len(away) >= 1
    assert np.isfinite(away["expected"]).all()
    assert away["standard_error"].median() > 1.5 * table["standard_error"].median()


def test_what_it_cannot_do_is_refused(market, days):
    """Days outside the market, horizons below 1 and single draws are refused by name."""
    for day, horizon, draws, what in (
        (len(days), 1, 10, "day"), (-1, 1, 10, "day"), (5, 0, 10, "horizon"), (5, 1, 1, "draws"),
    ):  # fmt: skip
        with pytest.raises(InputError) as caught:
            monte_carlo(market.hidden, day, horizon, draws, stream(0))
        assert caught.value.what == what
