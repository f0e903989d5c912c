"""From a day's forecasts to orders."""

import numpy as np
import pandas as pd
import pytest

from stockcast.errors import InputError
from stockcast.trading.strategy import BuyAndHold, Day, EqualWeight, SigmaGated, TopK


def _day(score, *, value=None, held=None, **other) -> Day:
    score = np.asarray(score, dtype=float)
    value = np.zeros(len(score)) if value is None else np.asarray(value, dtype=float)
    given = {"prob_up": score, "sigma_prob": np.full(len(score), 0.05), "number": 0, "cash": 0.0}
    given |= {
        "age": np.zeros(len(score), dtype=int),
        "mu": score,
        "past": np.zeros((1, len(score))),
    }
    given |= {"suspended": np.zeros(len(score), dtype=bool)} | other
    held = value > 0 if held is None else np.asarray(held, dtype=bool)
    return Day(score=score, value=value, held=held, **given)


def _as_in_qlib(score: pd.Series, held: list[int], k: int, drop: int) -> tuple[set, list]:
    """Qlib's rule in its own terms: reindex, sort, take the head and the tail."""

    def ranked(stocks):
        return score.reindex(stocks).sort_values(ascending=False, kind="stable").index

    last = ranked(sorted(held))
    fresh = score.dropna()
    fresh = ranked(fresh.index[~fresh.index.isin(last)])
    today = fresh[: max(drop + k - len(last), 0)]
    together = ranked(sorted(set(last) | set(today)))
    sell = [stock for stock in last if stock in together[-drop:]]
    return set(sell), list(today[: max(len(sell) + k - len(last), 0)])


class TestTopK:
    """The k best, at most some replaced a day."""

    def test_it_starts_with_the_best(self):
        """Nothing held: the three best are bought, in order."""
        orders = TopK(3, 1).decide(_day([0.1, 0.5, 0.4, np.nan, 0.3]))
        assert orders.sell.tolist() == []
        assert orders.buy.tolist() == [1, 2, 4]

    def test_it_replaces_the_worst_where_better_is_there(self):
        """Held 0, 1, 2 of which 0 is worst; 3 is better and comes for it."""
        orders = TopK(3, 1).decide(_day([0.1, 0.5, 0.4, 0.3], value=[1, 1, 1, 0]))
        assert (orders.sell.tolist(), orders.buy.tolist()) == ([0], [3])

    def test_it_keeps_what_is_best(self):
        """Where no candidate is better than the worst held, nothing is traded."""
        orders = TopK(2, 1).decide(_day([0.5, 0.4, 0.3], value=[1, 1, 0]))
        assert (orders.sell.tolist(), orders.buy.tolist()) == ([], [])

    def test_a_stock_that_left_the_universe_goes_first(self):
        """A held stock without a score counts as the worst."""
        orders = TopK(2, 1).decide(_day([np.nan, 0.1, 0.2, 0.3], value=[1, 1, 0, 0]))
        assert (orders.sell.tolist(), orders.buy.tolist()) == ([0], [3])

    def test_a_day_without_scores_is_a_day_without_orders(self):
        """Nothing is sold because forecasts are missing."""
        orders = TopK(2, 1).decide(_day([np.nan, np.nan], value=[1, 0]))
        assert (orders.sell.tolist(), orders.buy.tolist()) == ([], [])

    def test_it_sells_nothing_without_replacement(self):
        """In a universe no larger than k everything is held, whatever its rank."""
        for strategy in (TopK(3, 2), TopK(4, 2)):
            orders = strategy.decide(_day([0.1, 0.5, 0.4], value=[1, 1, 1]))
            assert (orders.sell.tolist(), orders.buy.tolist()) == ([], [])

    def test_it_equals_the_rule_as_qlib_states_it(self):
        """On random days, with missing scores and too many or too few held, both agree."""
        rng = np.random.default_rng(1)
        for _ in range(300):
            stocks, k = 40, int(rng.integers(1, 8))
            drop = int(rng.integers(1, k + 1))
            score = rng.normal(size=stocks).round(1)
            score[rng.random(stocks) < 0.2] = np.nan
            held = rng.choice(stocks, size=int(rng.integers(0, k + 3)), replace=False)
            value = np.zeros(stocks)
            value[held] = 1.0
            orders = TopK(k, drop).decide(_day(score, value=value))
            sell, buy = _as_in_qlib(pd.Series(score), held.tolist(), k, drop)
            assert (set(orders.sell.tolist()), orders.buy.tolist()) == (sell, buy)

    def test_a_suspended_stock_takes_no_slot(self):
        """The worst held cannot be sold, so the second worst goes; the best cannot be bought."""
        suspended = np.array([True, False, False, True, False])
        day = _day([0.1, 0.2, 0.5, 0.9, 0.3], value=[1, 1, 1, 0, 0], suspended=suspended)
        orders = TopK(3, 1).decide(day)
        assert (orders.sell.tolist(), orders.buy.tolist()) == ([1], [4])

    def test_a_list_of_suspended_stocks_waits(self):
        """What is held but suspended still takes its place on the list of k."""
        day = _day([0.1, 0.2, 0.9], value=[1, 1, 0], suspended=np.array([True, True, False]))
        orders = TopK(2, 2).decide(day)
        assert (orders.sell.tolist(), orders.buy.tolist()) == ([], [])

    @pytest.mark.parametrize(("k", "drop"), [(2, 3), (2, 0)])
    def test_drop_is_checked(self, k, drop):
        """More replaced than held, or none, is an input error."""
        with pytest.raises(InputError, match="from 1 to k"):
            TopK(k, drop)


class TestEqualWeight:
    """The universe in equal parts."""

    def test_it_evens_out(self):
        """600 yuan over three stocks: 200 each; what left the universe is sold whole."""
        day = _day([1, 1, 1, np.nan], value=[300, 150, 0, 50], cash=100.0)
        orders = EqualWeight().decide(day)
        assert dict(zip(orders.sell.tolist(), orders.sell_value, strict=True)) == {
            0: 100,
            3: np.inf,
        }
        assert dict(zip(orders.buy.tolist(), orders.buy_value, strict=True)) == {1: 50, 2: 200}

    def test_it_rests_in_between(self):
        """Only every `every`-th day trades."""
        days = [_day([1, 1], number=number, cash=10.0) for number in range(5)]
        bought = [len(EqualWeight(every=2).decide(day).buy) for day in days]
        assert bought == [2, 0, 2, 0, 2]


class TestBuyAndHold:
    """Once and never again."""

    def test_it_buys_what_has_a_score(self):
        """All scored stocks are bought while nothing is held."""
        assert BuyAndHold().decide(_day([0.1, np.nan, -0.3])).buy.tolist() == [0, 2]

    def test_it_then_rests(self):
        """With anything held there are no orders."""
        orders = BuyAndHold().decide(_day([0.1, 0.2], value=[1, 0]))
        assert len(orders.buy) + len(orders.sell) == 0


class TestSigmaGated:
    """The story's rule."""

    def test_it_takes_the_likeliest_of_the_sure(self):
        """.9 is too doubtful at .2, .7 beats .6, and a sigma at the gate is not below it."""
        day = _day([0.9, 0.6, 0.7, 0.8], sigma_prob=np.array([0.2, 0.05, 0.07, 0.1]))
        assert SigmaGated(gate=0.1).decide(day).buy.tolist() == [2]

    def test_it_waits_when_nobody_is_sure_or_rises(self):
        """No sure forecast, no likely rise or no forecast: no order."""
        unsure = _day([0.9, 0.8], sigma_prob=np.array([0.3, 0.2]))
        falling = _day([0.4, 0.5])
        missing = _day([np.nan, np.nan], sigma_prob=np.full(2, np.nan))
        for day in (unsure, falling, missing):
            orders = SigmaGated().decide(day)
            assert len(orders.buy) + len(orders.sell) == 0

    def test_it_holds_its_days_then_sells_everything(self):
        """Opened at day 0, held 3: the order to sell is given at age 2, for the close of day 3."""
        for age, sold in ((0, []), (1, []), (2, [0]), (5, [0])):
            day = _day([0.6, 0.9], value=[100, 0], age=np.array([age, 99]))
            orders = SigmaGated(hold=3).decide(day)
            assert orders.sell.tolist() == sold
            assert orders.buy.tolist() == ([1] if sold else [])

    def test_it_keeps_what_it_would_buy_again(self):
        """When the stock held is the best candidate it stays."""
        orders = SigmaGated(hold=1).decide(_day([0.9, 0.6], value=[100, 0]))
        assert len(orders.buy) + len(orders.sell) == 0
