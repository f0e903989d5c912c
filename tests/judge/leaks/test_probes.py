import hashlib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from stockcast.judge.leaks import futures, probes
from stockcast.judge.leaks.pipeline import Dates
from stockcast.judge.leaks.planted import CLEAN, LEAKS
from stockcast.judge.leaks.probes import PROBES, changes, examine, leaks
from stockcast.judge.leaks.raw import DATES, public
from stockcast.judge.leaks.variants import PROBES as FROZEN
from stockcast.judge.leaks.variants import VARIANTS


def test_the_probes_are_those_that_the_variants_were_written_against():
    """No probe may be fitted to a variant: the file has the hash noted when they were written."""
    assert hashlib.sha256(Path(probes.__file__).read_bytes()).hexdigest() == FROZEN


def test_an_honest_pipeline_is_not_accused(small):
    """No probe finds anything in the pipeline without a leak, on either market."""
    for tables in small:
        examined = examine(CLEAN, tables, DATES)
        assert list(examined.probe) == list(PROBES)
        assert not leaks(examined), examined[examined.found]


@pytest.mark.parametrize("leak", LEAKS, ids=lambda leak: leak.name)
def test_each_planted_leak_is_found(small, leak):
    """Every planted leak is found on a market that was not looked at when the probes were made."""
    assert leaks(examine(leak.pipeline, small[0], DATES))


def test_there_are_three_variants_of_each_leak():
    """Each of the twelve leaks has three variants, all different."""
    assert len(LEAKS) == 12
    count = pd.Series([leak.name for leak in VARIANTS]).value_counts()
    assert set(count.index) == {leak.name for leak in LEAKS}
    assert (count == 3).all()
    assert len({leak.what for leak in VARIANTS}) == 36


def test_nothing_known_later_changes_what_the_honest_pipeline_forecast(small):
    """Forecasts and inputs dated up to the cut are the same bits when all later rows are gone."""
    run = CLEAN(small[0], DATES)
    day = run.fits["test"].scores.index[30]
    cut = CLEAN(public(small[0], day), DATES)
    for name, fit in run.fits.items():
        kept = fit.scores.loc[:day]
        again = cut.fits[name].scores.reindex(columns=kept.columns).loc[:day]
        np.testing.assert_array_equal(kept, again)
    assert changes(run, cut, day, DATES) == 0.0


def test_a_leak_that_the_cut_cannot_see_is_found_by_what_is_missing(small):
    """A pipeline with a list of survivors written into it passes every cut, and yet is found."""
    tables = small[0]
    quotes = tables["quotes"]
    alive = quotes.code[quotes.date == quotes.date.max()].unique()
    weights = tables["index_weights"]
    last = weights.code[weights.date == weights.date.max()].unique()
    listed = [code for code in alive if code in set(last)]

    def remembered(given, dates):
        kept = {name: table[table.code.isin(listed)] for name, table in given.items()}
        return CLEAN({name: t.reset_index(drop=True) for name, t in kept.items()}, dates)

    found = examine(remembered, tables, DATES).set_index("probe").found
    assert not found["truncation"]
    assert found["missing leavers"]


def test_outcomes_kept_in_a_file_are_found_as_skill_where_there_is_none(small):
    """A pipeline that mixes later closes into its forecast has skill in the empty market."""
    target = next(leak for leak in LEAKS if leak.name == "target in a rolling mean")
    found = examine(target.pipeline, small[1], DATES).set_index("probe").found
    assert found["empty market"]


def test_the_empty_market_keeps_gaps_and_has_no_drift(small):
    """Days without a price stay; what trades has new prices inside the day's old proportions."""
    quotes = small[0]["quotes"]
    made = futures.empty(small[0], np.random.default_rng(1))["quotes"]
    pd.testing.assert_series_equal(made.suspended, quotes.suspended)
    traded = made[~made.suspended]
    assert (traded.high >= traded.low).all()
    assert not np.allclose(traded.close, quotes.close[~quotes.suspended])
    change = np.log(traded.close * traded.adj_factor).groupby(traded.code).diff()
    assert abs(change.mean() / (change.std() / np.sqrt(change.count()))) < 4


@pytest.mark.parametrize("future", [futures.changed, futures.left, futures.revised])
def test_another_future_leaves_the_past_as_it_was(small, future):
    """What was public by the close of the day is the same in the tables with another future."""
    day = pd.Timestamp("2013-08-01")
    made = future(small[0], day, np.random.default_rng(2))
    before, after = public(small[0], day), public(made, day)
    for name, table in before.items():
        pd.testing.assert_frame_equal(after[name], table)
    whole = [not made[name].equals(table) for name, table in small[0].items()]
    assert any(whole)


def test_dates_out_of_order_are_refused():
    """A validation that ends before the training is an error that names the dates."""
    with pytest.raises(Exception, match="must ascend"):
        Dates("2012-01-04", "2013-05-31", "2013-01-31", "2013-11-29")
