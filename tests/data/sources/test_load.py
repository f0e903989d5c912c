"""Loading: every source gives the same tables, cut to what was asked."""

import numpy as np
import pandas as pd
import pytest

from stockcast import params, paths
from stockcast.data import schema, sources
from stockcast.errors import InputError, MissingArtifact
from stockcast.market import calendar
from stockcast.market.simulated import Strengths

SPAN = {"start": "2015-01-05", "end": "2015-06-30"}
SMALL = {"start": "2014-01-02", "end": "2014-12-31", "simulated_stocks": 8, "seed": 3}


def test_parquet_and_csv_give_the_same_panel(folder):
    """The same quotes from either kind of file are the same panel."""
    one = sources.load("parquet", panel="panel.parquet", **SPAN).panel
    two = sources.load("csv", panel="panel.csv", **SPAN).panel
    pd.testing.assert_frame_equal(one, two)
    schema.PANEL.validate(one)


def test_days_and_stocks_are_cut(folder):
    """Only the days and stocks asked for come back; derived columns know the days before."""
    found = sources.load(
        "parquet", panel="panel.parquet", start="2015-03-02", end="2015-04-30", stocks=["600000.SH"]
    ).panel
    assert set(found.code) == {"600000.SH"}
    assert found.date.min() == pd.Timestamp("2015-03-02")
    assert found.date.max() == pd.Timestamp("2015-04-30")
    assert found.pre_close.notna().all()


def test_an_earlier_end_is_a_prefix(folder):
    """Loading to an earlier end gives the first rows of loading to a later one."""
    whole = sources.load("parquet", panel="panel.parquet", **SPAN).panel
    early = sources.load("parquet", panel="panel.parquet", start="2015-01-05", end="2015-03-31")
    cut = whole[whole.date <= "2015-03-31"]
    pd.testing.assert_frame_equal(early.panel, cut)


def test_benchmark_is_one_index(folder):
    """The index asked for, over the panel's days, date and close only."""
    found = sources.load(
        "parquet", panel="panel.parquet", benchmark="index.parquet", benchmark_code="000905.SH",
        start="2015-03-02", end="2015-06-30",
    ).benchmark  # fmt: skip
    assert list(found.columns) == ["date", "close"]
    assert found.date.min() == pd.Timestamp("2015-03-02")
    assert (found.close >= 5000).all()
    with pytest.raises(
        InputError, match=r"index 000301.SH: is not there; did you mean '000300.SH'"
    ):
        sources.load("parquet", panel="panel.parquet", benchmark="index.parquet",
                     benchmark_code="000301.SH", **SPAN)  # fmt: skip


def test_csv_panel_with_a_parquet_benchmark(folder):
    """The benchmark is read by its own ending."""
    found = sources.load("csv", panel="panel.csv", benchmark="index.parquet", **SPAN)
    assert len(found.benchmark) == found.panel.date.nunique()


def test_files_bring_real_events_of_their_stocks(folder, frame):
    """Real policy events come with files, for the codes and days that are there."""
    assert sources.load("parquet", panel="panel.parquet", **SPAN).events.empty
    cement = frame.replace({"code": {"000001.SZ": "000401.SZ"}})
    cement["date"] += pd.Timestamp("2017-01-05") - frame.date.min()
    sessions = calendar.sessions("2017-01-05", "2017-12-29")
    cement = cement[cement.date.isin(sessions)]
    cement.to_parquet(folder / "cement.parquet")
    found = sources.load("parquet", panel="cement.parquet", start="2017-01-05", end="2017-12-29")
    assert found.events.code.unique().tolist() == ["000401.SZ"]
    assert found.events.date.tolist() == [pd.Timestamp("2017-04-05")]


def test_simulated_tables_fit_together():
    """Every table is there, in the panel's days, stocks and date unit, reproducibly."""
    found = sources.load("simulated", **SMALL, horizon=5)
    schema.PANEL.validate(found.panel)
    held = set(found.panel.code)
    assert set(found.links.leader) | set(found.links.follower) | set(found.events.code) <= held
    assert found.oracle.horizon.unique().tolist() == [5]
    for table in (found.panel, found.benchmark, found.events, found.oracle):
        assert table.date.dtype == "datetime64[us]"
    assert held <= set(sources.codes("simulated", simulated_stocks=8))
    assert len(held) >= 5  # the others list later
    pd.testing.assert_frame_equal(sources.load("simulated", **SMALL, horizon=5).panel, found.panel)
    other = sources.load("simulated", **(SMALL | {"seed": 4})).panel
    assert not np.array_equal(other.close[:50], found.panel.close[:50])


def test_simulated_stocks_can_be_chosen():
    """`stocks` cuts every table of the simulated market."""
    kept = sources.codes("simulated", simulated_stocks=8)[:3]
    found = sources.load("simulated", **SMALL, stocks=kept)
    assert set(found.panel.code) == set(kept)
    assert set(found.oracle.code) == set(kept)
    assert set(found.links.leader) | set(found.links.follower) <= set(kept)


def test_listed_universe_is_every_row():
    """`universe: listed` ranks every stock every day."""
    some = sources.load("simulated", **SMALL).panel.in_universe
    every = sources.load("simulated", **SMALL, universe="listed").panel.in_universe
    assert 0 < some.mean() < 1
    assert every.all()


def test_strengths_reach_the_market():
    """With every strength at zero the oracle expects nothing."""
    none = {f"strength_{name}": 0.0 for name in vars(Strengths())}
    found = sources.load("simulated", **SMALL, **none).oracle
    assert found.oracle.abs().max() < 1e-9


@pytest.mark.parametrize("source", ["parquet", "csv"])
def test_codes_are_listed_without_quotes(folder, source):
    """The valid codes of a file, sorted; an index among them is no stock."""
    table = pd.read_parquet(folder / "panel.parquet")
    index = table[table.code == "600000.SH"].assign(code="000300.SH")
    table = pd.concat([table, index])
    table.to_parquet(folder / "more.parquet")
    table.to_csv(folder / "more.csv", index=False)
    assert sources.codes(source, panel=f"more.{source}") == ["000001.SZ", "600000.SH"]


def test_an_index_among_the_stocks_needs_naming(folder):
    """A panel with an index in it is refused, unless `stocks` names the stocks."""
    table = pd.read_parquet(folder / "panel.parquet")
    index = table[table.code == "600000.SH"].assign(code="000300.SH")
    pd.concat([table, index]).to_parquet(folder / "more.parquet")
    with pytest.raises(InputError, match=r"got '000300.SH'.*name the stocks to keep"):
        sources.load("parquet", panel="more.parquet", **SPAN)
    found = sources.load("parquet", panel="more.parquet", **SPAN, stocks=["600000.SH"])
    assert set(found.panel.code) == {"600000.SH"}


def test_no_panel_names_both_ways_to_get_one(monkeypatch, tmp_path):
    """Without the folder one line names a Tushare token and a folder with a panel."""
    monkeypatch.delenv("STOCKCAST_REAL_DATA", raising=False)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(MissingArtifact) as caught:
        sources.load("parquet", panel="panel_csi300.parquet", **SPAN)
    message = str(caught.value)
    assert "\n" not in message
    for part in ("panel_csi300.parquet", "Tushare token", "Qlib", "STOCKCAST_REAL_DATA"):
        assert part in message


def test_a_file_in_the_working_folder_is_found(monkeypatch, folder, tmp_path_factory):
    """Without the folder, names are looked for where the command is run."""
    monkeypatch.delenv("STOCKCAST_REAL_DATA")
    monkeypatch.chdir(folder)
    assert len(sources.load("csv", panel="panel.csv", **SPAN).panel)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"panel": "pannel.parquet"}, "panel pannel.parquet: must be a file.*'panel.parquet'"),
        ({"stocks": ["600001.SH"]}, "stock 600001.SH: is not there; did you mean '600000.SH'"),
        ({"start": "2016-01-04", "end": "2016-12-30"}, "history: must have days from 2016-01-04"),
        ({"lookback": 200}, "history: must have at least lookback . horizon . 1 = 206 trading"),
        ({"panel": "panel.csv"}, "panel.csv: must be a Parquet file"),
        ({"panel": "outside.parquet"}, "universe: must not be empty"),
        ({"panel": "weekend.parquet"}, "must hold the Shanghai exchange's trading days only"),
        ({"benchmark": "panel.parquet"}, "index 000300.SH: is not there"),
        ({"benchmark": "bare.parquet"}, "bare.parquet, column close: must be there"),
    ],
)
def test_refusals(folder, frame, change, said):
    """Each input that cannot be used is refused with what is wrong and what is near."""
    frame.assign(in_csi300=False).to_parquet(folder / "outside.parquet")
    moved = frame.assign(date=frame.date.replace(pd.Timestamp("2015-01-09"), "2015-01-10"))
    moved.to_parquet(folder / "weekend.parquet")
    frame[["date", "code"]].to_parquet(folder / "bare.parquet")
    with pytest.raises(InputError, match=said):
        sources.load("parquet", **({"panel": "panel.parquet", "horizon": 5} | SPAN | change))


def test_unknown_source():
    """A source that is not there is named with the nearest."""
    with pytest.raises(
        InputError, match="source: is not known; got 'parket'; did you mean 'parquet'"
    ):
        sources.load("parket", **SPAN)


@pytest.mark.real
def test_real_panels_load():
    """Both real panels pass the schema, complete, with their known oddities in place."""
    if paths.real_data() is None:
        pytest.skip("STOCKCAST_REAL_DATA names no folder with a real panel")
    found = sources.load(
        "parquet", panel="panel_csi300.parquet", benchmark="index.parquet",
        start="2010-01-04", end="2017-12-29", lookback=60, horizon=5,
    )  # fmt: skip
    panel = found.panel
    assert panel.code.nunique() > 600
    assert panel.date.nunique() == len(found.benchmark) == 1944
    assert panel[~panel.as_traded].code.nunique() > 20
    assert set(panel.board) == {"main", "chinext"}
    assert panel[panel.code == "302132.SZ"].board.eq("chinext").all()
    ticks = panel.close[panel.as_traded] * 100
    assert (np.abs(ticks - np.round(ticks)) < 1e-6).all()
    span = panel.groupby("code").date.agg(["min", "max", "size"])
    days = pd.DatetimeIndex(panel.date.unique()).sort_values()
    expected = days.get_indexer(span["max"]) - days.get_indexer(span["min"]) + 1
    assert (expected == span["size"]).all()  # a row on every day from the first to the last

    story = ["000401.SZ", "601992.SH", "600340.SH", "601668.SH", "600585.SH", "000725.SZ"]
    few = sources.load(
        "parquet", panel="seed_stocks.parquet", benchmark="index.parquet", stocks=story,
        start="2012-01-04", end="2017-12-29", universe="listed", lookback=60, horizon=5,
    )  # fmt: skip
    assert sorted(few.panel.code.unique()) == sorted(story)
    assert few.panel.limit_up.notna().all()
    boe = few.panel[few.panel.code == "000725.SZ"].set_index("date")
    assert boe.close["2017-11-08"] == 6.44  # the story says 4.12
    assert set(few.events.code) == {"000401.SZ", "600340.SH", "601992.SH"}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"source": "parquett"}, "key source: is not known; got 'parquett'; did you mean 'parq"),
        ({"source": "csv"}, "key panel: must name a file or folder when source is csv"),
    ],
)
def test_a_run_is_refused_before_it_starts(params_file, command, changes, said):
    """A source that is unknown, or has no file, ends the command in one line."""
    status, _, err = command("run", str(params_file(**changes)))
    assert status == 2
    assert said in err
    assert len(err.splitlines()) == 1


def test_every_source_is_named_in_the_parameters_page():
    """The description of `source` lists what there is."""
    said = params.Params.model_fields["source"].description
    assert all(name in said for name in sources.SOURCES)
