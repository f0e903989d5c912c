"""The same trade over and over, against hand computation."""

import pytest

from stockcast.errors import InputError
from stockcast.trading import repeated
from stockcast.trading.orders import Costs

BOE = {"code": "000725.SZ", "dates": ("2017-11-08", "2017-11-09"), "costs": Costs(slippage=0)}


def test_flat_trades_to_four_cards():
    """14,796 / 29.26 = 505.7; with the 551.8 he has, 14,244.2 / 29.26 = 486.8; 51.02 takes 290."""
    assert repeated.flat(14_796, 29.26) == 506
    assert repeated.flat(14_796, 29.26, 551.8) == 487
    assert repeated.flat(14_796, 14_796 / 290) == 290
    assert repeated.flat(100, 10, start=100) == 0


def test_compounded_trades_to_four_cards():
    """log(14796 / 551.8) / log(4.34 / 4.12) = 3.2889 / 0.05202 = 63.2; and 1.1^3 = 1.331."""
    assert repeated.compounded(14_796, 551.8, 4.34 / 4.12 - 1) == 64
    assert repeated.compounded(1.33, 1.0, 0.1) == 3
    assert repeated.compounded(1.0, 2.0, 0.1) == 0


def test_an_account_of_three_trades_by_hand():
    """One lot until the money pays two: each lot trade gains 22 - 10 - .434 - 2e-5 x 846."""
    each = 22 - 10 - 0.434 - 846 * 2e-5
    cash = repeated.account(3, 551.8, 4.12, 4.34, **BOE)
    assert cash.index.tolist() == [0, 1, 2, 3]
    assert cash.tolist() == pytest.approx([551.8 + n * each for n in range(4)])


def test_two_lots_share_the_minimum_commission():
    """With 900 yuan two lots: 44 - 10 - .868 - 2e-5 x 1692 is more than twice one lot's gain."""
    cash = repeated.account(1, 900, 4.12, 4.34, **BOE)
    assert cash.iloc[1] - 900 == pytest.approx(44 - 10 - 0.868 - 1692 * 2e-5)


def test_an_account_that_pays_no_lot_stays_as_it_is():
    """At the market's 6.44 nothing is bought, however often it is tried."""
    assert (repeated.account(5, 551.8, 6.44, 6.52, **BOE) == 551.8).all()


def test_three_limit_ups_do_not_make_450_yuan():
    """551.8 x (1.1^3 - 1) = 551.8 x .331 = 182.6458."""
    assert repeated.most_overnight(551.8, 3, 0.10) == pytest.approx(182.6458)


def test_all_calls_right():
    """Two calls of one tenth: one in a hundred; 290 of .714: 10 to the -42.4."""
    assert repeated.all_right(2, 0.1) == pytest.approx(-2)
    assert repeated.all_right(290, 0.714) == pytest.approx(-42.43, abs=0.01)


@pytest.mark.parametrize(
    "call",
    [
        lambda: repeated.flat(1, 0),
        lambda: repeated.compounded(1, 1, 0),
        lambda: repeated.compounded(1, 0, 1),
        lambda: repeated.all_right(3, 0),
        lambda: repeated.all_right(3, 1.1),
    ],
)
def test_impossible_trades_are_refused(call):
    """A gain of nothing never reaches a goal, and a chance lies between 0 and 1."""
    with pytest.raises(InputError):
        call()
