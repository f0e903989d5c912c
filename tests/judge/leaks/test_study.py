import numpy as np
import pandas as pd

from stockcast.judge.leaks import steps
from stockcast.judge.leaks.measures import MEASURES, margin
from stockcast.judge.leaks.planted import LEAKS
from stockcast.judge.leaks.raw import DATES
from stockcast.judge.leaks.study import honest, looks, study
from stockcast.judge.leaks.variants import VARIANTS


def test_a_small_study_counts_what_it_examines():
    """Every pipeline has one row with its kind; leaks are found and honest ones are not."""
    found = study([7], planted=LEAKS[:1], variants=VARIANTS[:1], clean=3, groups=2, processes=1)
    assert list(found.kind) == ["planted", "variant", *["clean"] * 3]
    assert list(found.found) == [True, True, *[False] * 3]


def test_honest_pipelines_vary_and_repeat():
    """The same number gives the same pipeline; two hundred numbers give many different ones."""
    assert honest(3) == honest(3)
    drawn = [honest(number) for number in range(200)]
    assert len({(recipe.names, dates) for recipe, dates in drawn}) > 190
    assert {dates.horizon for _, dates in drawn} == {1, 3, 5, 10}
    assert {recipe.model for recipe, _ in drawn} == {"ridge", "tree"}
    assert {name for recipe, _ in drawn for name in recipe.names} == set(MEASURES)


def test_a_target_in_a_feature_looks_like_skill():
    """The leak that hands over part of the label shows as a Rank IC far above the honest one."""
    leak = next(leak for leak in LEAKS if leak.name == "target in a rolling mean")
    row = looks([7], [leak], groups=2).iloc[0]
    assert row.rank_ic > row.rank_ic_honest + 0.1


def test_the_label_is_the_return_from_the_close_after(small):
    """Row t holds the return from the close of t+1 to that of t+1+h of the adjusted price."""
    book = steps.read(small[0])
    label = steps.target(book, 5)
    stock = int(np.isfinite(label).sum(axis=0).argmax())
    t = int(np.flatnonzero(np.isfinite(label[:, stock]))[10])
    quotes = small[0]["quotes"].set_index(["code", "date"]).loc[book.codes[stock]]
    price = quotes.close * quotes.adj_factor
    ends = price[book.days[t + 6]] / price[book.days[t + 1]] - 1
    assert np.isclose(label[t, stock], ends, atol=1e-12)


def test_a_statement_counts_from_the_day_after_it_appears(small):
    """The margin on each day is that of the last version announced on an earlier day."""
    book = steps.read(small[0])
    found = margin(small[0]["income"], book)
    rng = np.random.default_rng(0)
    for _ in range(40):
        t, stock = rng.integers(len(book.days)), rng.integers(len(book.codes))
        rows = small[0]["income"]
        rows = rows[(rows.code == book.codes[stock]) & (rows.first_announced < book.days[t])]
        last = rows.sort_values(["period", "first_announced", "report"]).tail(1)
        expected = (last.net_profit_parent / last.revenue).squeeze() if len(last) else np.nan
        np.testing.assert_allclose(found[t, stock], expected)


def test_members_are_those_of_the_snapshot_in_force(small):
    """A day's members are the listed stocks of the latest snapshot up to that day."""
    book = steps.read(small[0])
    inside = steps.members(small[0], book)
    weights = small[0]["index_weights"]
    for t in (0, 200, len(book.days) - 1):
        now = weights[weights.date <= book.days[t]]
        codes = now.code[now.date == now.date.max()]
        expected = book.codes.isin(codes) & np.isfinite(book.close[t])
        np.testing.assert_array_equal(inside[t], expected)


def test_the_split_leaves_out_days_whose_labels_reach_over(small):
    """The last training label is complete before the first forecast."""
    book = steps.read(small[0])
    for part in steps.split(book, DATES):
        assert part.train.max() + DATES.horizon + 1 <= part.forecast.min()
        assert pd.Index(part.train).intersection(part.forecast).empty
