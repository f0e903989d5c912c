"""Special treatment and delisting follow the announced losses."""

from types import SimpleNamespace

import numpy as np

from stockcast.market.simulated.status import DELISTING_DAYS, status

YEARS = np.array([f"{year}-12-31" for year in range(2010, 2016)], dtype="datetime64[D]")
DAY = np.array([-200, 50, 300, 550, 800, 1050])
N_DAYS = 1300


def followed(*losses, first_day=-1000, n_days=N_DAYS):
    """Special treatment and delisting of one stock with these years' losses."""
    loss = np.array([kind == "L" for kind in losses])[:, None]
    accounts = SimpleNamespace(
        period=YEARS[: len(losses)], day=DAY[: len(losses), None], annual_loss=loss
    )
    special, gone = status(accounts, np.array([first_day]), n_days)
    return special[:, 0], gone[:, 0]


def test_two_losses_in_a_row_bring_special_treatment():
    """It begins on the day after the second report and ends on the day after a profit."""
    special, gone = followed("L", "L", "P", "L", "P", "L")
    assert np.flatnonzero(special).tolist() == list(range(51, 301))
    assert not gone.any()


def test_losses_that_do_not_follow_each_other_bring_nothing():
    """One loss, however often, is no reason."""
    special, gone = followed("L", "P", "L", "P", "L", "P")
    assert not special.any()
    assert not gone.any()


def test_a_fourth_loss_ends_a_listing():
    """The stock trades for another 30 days, under special treatment, and is gone for good."""
    special, gone = followed("L", "L", "L", "L", "P", "P")
    assert np.flatnonzero(gone).tolist() == list(range(550 + DELISTING_DAYS + 1, N_DAYS))
    assert special[51 : 550 + DELISTING_DAYS + 1].all()


def test_losses_before_a_listing_do_not_count():
    """What the prospectus told, on the listing day or before, is no announcement."""
    special, _ = followed("L", "L", "L", "L", "P", "P", first_day=300)
    assert not special.any()


def test_reports_to_come_change_nothing():
    """A day's status depends on the reports of the days before it."""
    special, gone = followed("L", "L", "L", "L", "P", "P")
    for n_days in (40, 51, 52, 580, 582):
        short = followed("L", "L", "L", "L", "P", "P", n_days=n_days)
        np.testing.assert_array_equal(short[0], special[:n_days])
        np.testing.assert_array_equal(short[1], gone[:n_days])
