import os
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from stockcast.market.simulated import companies, draws
from stockcast.market.tables import TABLES


def of(n_stocks):
    """Companies of every sector in turn."""
    return SimpleNamespace(
        codes=np.array(draws.codes(n_stocks), dtype=object),
        sector=np.arange(n_stocks) // 3 % len(draws.SECTORS),
    )


@pytest.fixture(scope="module")
def names(world):
    """Every name of six years."""
    return companies.names(world)


def test_no_two_companies_share_a_name():
    """A thousand companies have a thousand names of four characters, without double syllables."""
    names = companies.company_names(of(1000))
    assert len(set(names)) == len({name[:2] for name in names}) == 1000
    assert {len(name) for name in names} == {4}
    assert len(companies.FIRST) == len(set(companies.FIRST))
    assert len(companies.SECOND) == len(set(companies.SECOND))
    assert not set(companies.FIRST) & set(companies.SECOND)
    assert len(companies.BUSINESS) == len(draws.SECTORS)


@pytest.mark.real
def test_no_company_is_real():
    """None of the names, nor its syllables with another word, is that of a listed company."""
    real = pd.read_csv(Path(os.environ["STOCKCAST_REAL_DATA"]) / "stock_basic_2023.csv")["name"]
    stems = {name[:2] for name in companies.company_names(of(1000))}
    taken = set(real.str.replace(r"^\*?ST", "", regex=True).str.strip().str[:2])
    assert not stems & taken


def test_names_follow_one_another(names, world):
    """Each stock has a name on every day since its listing, and one at a time."""
    pd.testing.assert_frame_equal(TABLES["names"].typed(names), names)
    assert not names.duplicated(["code", "start"]).any()
    following = names.groupby("code")["start"].shift(-1)
    ends = (following - pd.Timedelta(days=1)).rename("end")
    pd.testing.assert_series_equal(names["end"], ends)
    assert (names["announced"].dropna() < names["start"][names["announced"].notna()]).all()
    assert names["code"].nunique() == world.listed.any(axis=0).sum()
    assert set(names["reason"]) == {"其他", "ST", "撤销ST", "改名"}


def test_names_tell_special_treatment(names, world):
    """A stock's name begins with ST exactly on the days of special treatment."""
    told = np.zeros_like(world.special)
    for row in names[names["name"].str.startswith("ST")].itertuples():
        end = world.days[-1] if pd.isna(row.end) else row.end
        stock = world.stocks.codes.tolist().index(row.code)
        told[(world.days >= row.start) & (world.days <= end), stock] = True
    np.testing.assert_array_equal(told & world.listed, world.special)
    assert told.any()


def test_a_few_take_another_name(names):
    """Some companies that recovered take another name, which differs and is unique."""
    others = names[names["reason"] == "改名"]
    assert 1 <= len(others) <= 15
    assert not others["code"].duplicated().any()
    before = names[names["reason"] == "其他"].set_index("code")["name"]
    assert (others.set_index("code")["name"] != before[others["code"]]).all()
    holders = names.assign(name=names["name"].str.removeprefix("ST"))
    assert holders.groupby("name")["code"].nunique().max() == 1


def test_latest_names_are_the_last(names, world):
    """The latest name is that of the last row, and empty for stocks to come."""
    latest = dict(zip(world.stocks.codes, companies.latest_names(world), strict=True))
    last = names.groupby("code")["name"].last()
    assert latest == {code: last.get(code, "") for code in world.stocks.codes}


def test_later_days_change_no_name(world, begun):
    """Names begun by a day are the same whatever follows; those still held are open-ended."""
    whole, short = companies.names(world), companies.names(begun)
    kept = whole[whole["start"] <= begun.days[-1]].reset_index(drop=True)
    kept["end"] = kept["end"].where(kept["end"] < begun.days[-1])
    pd.testing.assert_frame_equal(short, kept, check_exact=True)


def test_a_moment_has_the_name_in_force(names, world):
    """At any moment a stock is called as the table says for that day; before it lists, as first."""
    place = {code: number for number, code in enumerate(world.stocks.codes)}
    stock = names["code"].map(place).to_numpy()
    start = names["start"].to_numpy()
    at = companies.names_at(world, stock, start + np.timedelta64(20, "h"))
    assert at.tolist() == names["name"].tolist()
    before = companies.names_at(world, stock, start - np.timedelta64(4, "h"))
    first = names.groupby("code")["name"].transform("first")
    earlier = names["name"].groupby(names["code"]).shift().fillna(first)
    assert before.tolist() == earlier.tolist()
