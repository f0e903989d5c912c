"""No feature may know the future, nor the level of a stock's adjustment factor.

Every test runs over every feature of the catalogue: whatever is added there is tested here.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from stockcast.features import compute as engine
from stockcast.features.catalogue import CATALOGUE, available
from tests.features.conftest import every_feature, names_for
from tests.features.known import altered_after, is_public, known_by

NAMES = [feature.name for feature in CATALOGUE]


def bits(features: pd.DataFrame) -> np.ndarray:
    """The raw 32 bits of the columns, so that NaN equals NaN and -0 differs from 0."""
    values = features.iloc[:, 2:]
    assert (values.dtypes == np.float32).all()
    return values.to_numpy().view(np.uint32)


def changed(whole: pd.DataFrame, part: pd.DataFrame, until: pd.Timestamp) -> list[str]:
    """Names of the features that differ in any bit on a day up to `until`."""
    before, now = whole[whole.date <= until], part[part.date <= until]
    pd.testing.assert_frame_equal(
        before[["date", "code"]].reset_index(drop=True), now[["date", "code"]]
    )
    assert list(before.columns) == list(now.columns)
    differs = (bits(before) != bits(now)).any(axis=0)
    return list(np.asarray(whole.columns[2:])[differs])


@pytest.fixture(scope="module")
def learned_later(features, truncated) -> dict[str, list[pd.Timestamp]]:
    """Feature -> the cuts at which dropping what came later changed it."""
    found = {}
    for cut, part in truncated.items():
        for name in changed(features, part, cut):
            found.setdefault(name, []).append(cut)
    return found


def test_simulated_market_has_what_every_feature_needs(everything):
    """No feature escapes the tests here: the simulated market has every input of the catalogue."""
    assert names_for(everything) == NAMES


def test_cuts_are_the_days_that_matter(everything, cuts):
    """The cuts hold days of events, statements, top lists and halts, and the days beside them."""
    assert len(cuts) >= 20
    days = pd.DatetimeIndex(everything["panel"].date.unique()).sort_values()
    at = set(days.get_indexer(pd.DatetimeIndex(cuts)))
    event = set(days.get_indexer(everything["events"].date.unique())) - {-1}
    assert len(at & event) >= 2
    assert len(at & {place - 1 for place in event}) >= 2
    assert len(at & {place + 1 for place in event}) >= 2
    statement = set(days.get_indexer(everything["income"].first_announced.dropna().unique()))
    assert len(at & statement) >= 2
    assert at & set(days.get_indexer(everything["top_list"].date.unique()))
    panel = everything["panel"]
    assert at & set(days.get_indexer(panel.date[panel.suspended].unique()))


def leak(values: pd.DataFrame) -> pd.DataFrame:
    """`date`, `code` and the column `leak` as a table of features."""
    return values[["date", "code"]].assign(leak=values["leak"].astype(np.float32).to_numpy())


def of_tomorrow(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Tomorrow's close."""
    panel = tables["panel"]
    return leak(panel.assign(leak=panel.groupby("code").close.shift(-1)))


def of_the_whole(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """The close in units of its spread over all days."""
    panel = tables["panel"]
    return leak(panel.assign(leak=panel.close / panel.groupby("code").close.transform("std")))


def of_the_evening(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """The day's orders, which are public in the evening."""
    flow = tables["money_flow"].rename(columns={"net_amount": "leak"})
    return leak(tables["panel"].merge(flow, on=["date", "code"], how="left"))


def of_the_month(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Inflation from the month's last day on, before it is released."""
    prices = tables["macro"].query("series == 'cpi_growth'").sort_values("period")
    prices = prices[["period", "value"]].rename(columns={"value": "leak"})
    return leak(pd.merge_asof(tables["panel"], prices, left_on="date", right_on="period"))


@pytest.mark.parametrize("leaky", [of_tomorrow, of_the_whole, of_the_evening, of_the_month])
def test_a_leak_is_seen(leaky, everything, cuts):
    """The comparison that all features pass fails for things that know the future."""
    whole = leaky(everything)
    assert any(changed(whole, leaky(known_by(everything, cut)), cut) for cut in cuts)


@pytest.mark.parametrize("name", NAMES)
def test_dropping_what_came_later_changes_no_bit(name, learned_later):
    """Features dated <= t are bit-identical without all that became public after t, at each cut."""
    assert learned_later.get(name, []) == []


def test_changing_what_came_later_changes_no_bit(everything, features, cuts):
    """Other prices, volumes, members, statements, orders and events after t leave t as it was."""
    for cut in cuts[len(cuts) // 3 :: 6]:
        found = every_feature(altered_after(everything, cut))
        assert changed(features, found, cut) == []
        assert len(changed(features, found, features.date.max())) > len(NAMES) // 2


def test_every_table_has_later_rows(everything, cuts):
    """The cuts take rows from every table that grows, so that the tests above say something."""
    last = cuts[len(cuts) // 2]
    whole = {"calendar", "links", "sectors", "stocks", "sector_members", "names"}
    grown = {name for name, table in everything.items() if not is_public(name, table, last).all()}
    assert set(everything) - grown <= whole


@pytest.fixture(scope="module")
def scaled(everything) -> dict[str, pd.DataFrame]:
    """Features after each stock's factor was multiplied: by powers of two, by odd numbers."""
    panel = everything["panel"]
    stock = pd.Series(pd.factorize(panel.code)[0], panel.index)
    multiples = {"twos": 2.0 ** (stock % 7 - 3), "others": 0.37 + 1.7 * stock}
    return {
        which: every_feature(
            everything | {"panel": panel.assign(adj_factor=panel.adj_factor * multiple)}
        )
        for which, multiple in multiples.items()
    }


@pytest.mark.parametrize("name", NAMES)
def test_factor_level_changes_no_feature(name, features, scaled):
    """A constant times a stock's factor: same bits for powers of two, 1e-6 for any other."""
    same = features[name].to_numpy().view(np.uint32)
    np.testing.assert_array_equal(scaled["twos"][name].to_numpy().view(np.uint32), same)
    np.testing.assert_allclose(scaled["others"][name], features[name], rtol=1e-6, atol=1e-6)


def test_undisclosed_links_are_not_read(everything, features):
    """Dropping the hidden part of the web changes nothing."""
    links = everything["links"]
    assert (~links["public"]).any()
    found = every_feature(everything | {"links": links[links["public"]]})
    pd.testing.assert_frame_equal(found, features)


@pytest.fixture
def small_blocks(monkeypatch) -> None:
    """Blocks of about four stocks, so that there is something to share out."""
    monkeypatch.setattr(engine, "BLOCK", 2000)


@pytest.mark.parametrize("how", ["threads", "processes"])
def test_threads_and_processes_give_the_same_bits(how, everything, features, small_blocks):
    """However the blocks are cut and shared out, every bit is the same."""
    found = every_feature(everything, how=how)
    assert changed(features, found, features.date.max()) == []


def test_a_cluster_gives_the_same_bits(everything, features, small_blocks):
    """A Dask cluster on this machine, reached by its address, gives every bit as threads do."""
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, host="127.0.0.1"
    ) as cluster:
        found = every_feature(everything, how=cluster.scheduler_address)
    assert changed(features, found, features.date.max()) == []


@pytest.fixture(scope="module")
def real_features(real_everything) -> pd.DataFrame:
    """Every feature of the real stocks for which the tables are there."""
    return every_feature(real_everything)


@pytest.fixture(scope="module")
def real_cuts(real_everything) -> list[pd.Timestamp]:
    """20 days: legal deadlines of statements and days after, the New Area, resumptions.

    The last day but one comes before a fall of a factor.
    """
    panel = real_everything["panel"]
    days = pd.DatetimeIndex(panel.date.unique()).sort_values()
    named = ["2014-04-30", "2014-05-05", "2014-08-29", "2014-09-01", "2015-10-30", "2015-11-02",
             "2016-05-03", "2017-03-31", "2017-04-05", "2017-04-06", "2019-12-31", "2020-01-02",
             "2020-02-03", "2020-04-30", "2020-05-06"]  # fmt: skip
    named = days.intersection(pd.DatetimeIndex(named))
    assert len(named) >= 5
    halted = pd.DatetimeIndex(panel.date[panel.suspended].unique())
    chosen = {len(days) - 2, *days.get_indexer(named), *days.get_indexer(halted[::250])}
    rng = np.random.default_rng(3)
    others = rng.permutation(sorted(set(range(len(days))) - chosen))
    return list(days[sorted([*chosen, *others[: max(0, 20 - len(chosen))]])])


@pytest.mark.real
def test_real_truncation_changes_no_bit(real_everything, real_features, real_cuts):
    """The truncation rule on real stocks and the side tables there are, at 20 days or more."""
    assert len(real_cuts) >= 20
    for cut in real_cuts:
        found = every_feature(known_by(real_everything, cut))
        assert changed(real_features, found, cut) == [], cut


@pytest.mark.real
def test_real_later_rows_change_no_bit(real_everything, real_features, real_cuts):
    """Other values after a legal deadline leave the days up to it as they were."""
    for cut in real_cuts[4:14:5]:
        found = every_feature(altered_after(real_everything, cut))
        assert changed(real_features, found, cut) == [], cut


@pytest.mark.real
def test_real_factor_level_changes_no_feature(real_everything, real_features):
    """The factor's level does not matter on real stocks either."""
    panel = real_everything["panel"]
    found, other = (
        every_feature(real_everything | {"panel": panel.assign(adj_factor=panel.adj_factor * by)})
        for by in (64.0, 3.3)
    )
    assert changed(real_features, found, real_features.date.max()) == []
    for name in real_features.columns[2:]:
        np.testing.assert_allclose(
            other[name], real_features[name], rtol=1e-6, atol=1e-6, err_msg=name
        )


UNTOLD = {"off_hours_share_120": "the real headlines have a date and no hour"}
"""Features that the real tables cannot give; they must then be missing everywhere."""


@pytest.mark.real
def test_real_features_have_values(real_everything, real_features):
    """At least 1,000 finite values of two kinds on real stocks, where its tables have the data."""
    start = real_everything["panel"].date.min()
    bare = {name for name, table in real_everything.items() if is_bare(table, start)}
    over = {"news"} if real_everything["news"].time.max() < start else set()
    poor, some = [], 0
    for feature in available(real_everything["panel"].columns, list(real_everything)):
        known = real_features[feature.name].to_numpy()
        known = known[np.isfinite(known)]
        if feature.name in UNTOLD:
            assert not len(known)
        elif over & set(feature.inputs):
            continue
        elif len(known) >= 1000 and known.min() < known.max():
            some += 1
        elif len(known) or not bare & set(feature.inputs):
            poor.append((feature.name, len(known)))
    assert poor == []
    assert some > 100


def is_bare(table: pd.DataFrame, start: pd.Timestamp) -> bool:
    """A column without any number, or nothing from the year before `start` on."""
    period = next((table[name] for name in ("period", "date") if name in table), None)
    old = period is not None and period.max() < start - pd.Timedelta(days=365)
    return bool(old or table.select_dtypes("float64").isna().all().any())
