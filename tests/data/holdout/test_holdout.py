"""The sealed window: recognised whatever its file is called, and closed to all that looks ahead."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from stockcast import paths
from stockcast.book.stage import Stage
from stockcast.data import files, holdout, sources
from stockcast.data.holdout import record, seals
from stockcast.data.holdout.seals import Seal, window
from stockcast.errors import InputError
from stockcast.features.rows import Rows
from stockcast.samples import labels, splits
from stockcast.samples.table import sample_table
from stockcast.trading.backtest import backtest
from stockcast.trading.orders import Costs
from stockcast.trading.strategy import TopK
from tests.data.conftest import quotes

HORIZON = 5
CODES = tuple(f"60{number:04d}.SH" for number in range(8))
FIRST, LAST, EVE = "2015-05-04", "2015-06-30", "2015-04-30"
SPAN = {"start": "2015-01-05", "universe": "listed"}
REFUSED = "must end before 2015-05-04, where the sealed window spring begins"


def market(end: str = LAST, seed: int = 0) -> pd.DataFrame:
    """Quotes of eight stocks that walk at random."""
    table = quotes(CODES, end=end)
    rng = np.random.default_rng(seed)
    steps = rng.normal(0, 0.02, (len(CODES), table.date.nunique())).cumsum(axis=1)
    table["close"] = np.round(20 * np.exp(steps.ravel()), 2)
    return table.assign(
        open=table.close, high=table.close + 0.1, low=table.close - 0.1, amount=table.close * 1e6
    )


@pytest.fixture
def seal(project, monkeypatch, tmp_path) -> Seal:
    """A window of two months of that market, sealed; the only one there is."""
    monkeypatch.setattr(seals, "EVERY", 11)
    made = Seal("spring", FIRST, LAST, 3, tmp_path / "marks.txt")
    table = market()
    made.marks.write_text("\n".join(seals.marks(table[table.date >= FIRST])))
    monkeypatch.setattr(seals, "SEALS", (made,))
    holdout._quotes.cache_clear()
    return made


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """A folder of real data with that market's quotes in it, under several names."""
    place = tmp_path / "data"
    place.mkdir()
    table = market()
    table.to_parquet(place / "panel.parquet")
    table.sort_values(["date", "code"], ascending=[True, False]).to_parquet(
        place / "renamed.parquet"
    )
    table.to_csv(place / "panel.csv", index=False)
    more = quotes(("000001.SZ", "000002.SZ", "000004.SZ"))
    pd.concat([table, more]).to_parquet(place / "larger.parquet")
    market("2015-07-31").to_parquet(place / "later.parquet")
    monkeypatch.setenv("STOCKCAST_REAL_DATA", str(place))
    return place


@pytest.fixture
def panel(seal, folder) -> pd.DataFrame:
    """The market with the window's quotes, as given to look at."""
    return load("parquet", "panel.parquet", sealed_quotes=True)


def load(source: str, name: str, end: str = LAST, **more: object) -> pd.DataFrame:
    """A panel of the folder."""
    return sources.load(source, panel=name, end=end, **SPAN, **more).panel


def freeze() -> None:
    """Freeze some choices."""
    record.add(record.FREEZE, "spring", choices={})


def unseal() -> None:
    """Open the window."""
    record.add(record.OPEN, "spring", opened_before=holdout.count())


def read_artifact(panel: pd.DataFrame, name: str) -> pd.DataFrame:
    """What a notebook of a run reads, whose artifacts were made while the window was open."""
    folder = paths.stage("mine", "01_data")
    folder.mkdir(parents=True, exist_ok=True)
    panel.to_parquet(folder / "panel.parquet")
    later = paths.stage("mine", "04_samples")
    later.mkdir(parents=True, exist_ok=True)
    outcome = panel[["date", "code"]].assign(label=panel.close.pct_change())
    outcome.to_parquet(later / "samples.parquet")
    stage = Stage.open("10_judgement", {"run": "mine", "seed": 1})
    return stage.read("01_data", name) if name == "panel" else stage.read("04_samples", name)


def forecasts(panel: pd.DataFrame) -> pd.DataFrame:
    """A forecast of every row."""
    return panel[["date", "code"]].assign(score=1.0)


def trade(panel: pd.DataFrame) -> object:
    """Buy and sell under the exchange's rules."""
    return backtest(panel, forecasts(panel), TopK(2, 1), Costs(0.0, 0.0), 1e6)


REFUSING = {
    "the loader": lambda panel: load("parquet", "panel.parquet"),
    "the loader, of the window's first day": lambda panel: load("parquet", "panel.parquet", FIRST),
    "the loader, of a renamed and sorted file": lambda panel: load("parquet", "renamed.parquet"),
    "the loader, of a CSV file": lambda panel: load("csv", "panel.csv"),
    "the loader, of some stocks": lambda panel: load(
        "parquet", "panel.parquet", stocks=list(CODES[:2])
    ),
    "the loader, of a larger panel": lambda panel: load("parquet", "larger.parquet"),
    "the loader, of later data cut in the window": lambda panel: load("parquet", "later.parquet"),
    "a backtest": trade,
    "the panel of a run": lambda panel: read_artifact(panel, "panel"),
    "the samples of a run": lambda panel: read_artifact(panel, "samples"),
}
"""Ways to read what happened in the window that end with an error."""


def table_of(panel: pd.DataFrame, horizon: int = HORIZON) -> pd.DataFrame:
    """What happened after each row, in every form the package gives it."""
    found = sample_table(panel, split_of(panel), horizon)
    found = found.drop(columns=["scale", "trainable", "member", "split"])
    return found.join(labels.thresholds(found.label))


def label_of(panel: pd.DataFrame, horizon: int = HORIZON) -> pd.DataFrame:
    """Labels, flags and volatility, without a split."""
    volatility = labels.forward_volatility(panel, horizon)
    return labels.label(panel, horizon).assign(volatility=volatility.to_numpy())


SILENT = {
    "the sample table": table_of,
    "a table over one day": partial(table_of, horizon=1),
    "labels": label_of,
    "labels over a month": partial(label_of, horizon=20),
    "labels of one stock": lambda panel: label_of(panel[panel.code == CODES[0]]),
    "labels of the window alone": lambda panel: label_of(panel[panel.date >= FIRST]),
    "labels of shuffled rows": lambda panel: label_of(panel.sample(frac=1, random_state=2)),
    "labels of a file read by the file reader": lambda panel: label_of(
        files.read(files.find("panel.parquet", "panel"), "parquet").assign(limit_up=np.nan)
    ),
}
"""Ways that give a table in which nothing is told of the window."""


def split_of(panel: pd.DataFrame) -> splits.Split:
    """Train to February, validate to the eve of the window, test in it."""
    return splits.purged(pd.DatetimeIndex(panel.date.unique()), "2015-02-27", EVE, HORIZON)


@pytest.mark.parametrize("way", REFUSING)
def test_a_way_to_the_outcomes_is_refused(way, panel):
    """Before the opening it must end in one line that names the day; afterwards it must work."""
    with pytest.raises(InputError, match=REFUSED) as caught:
        REFUSING[way](panel)
    assert "stockcast holdout status" in str(caught.value)
    freeze()
    with pytest.raises(InputError, match=REFUSED):
        REFUSING[way](panel)
    unseal()
    assert REFUSING[way](panel) is not None
    freeze()
    with pytest.raises(InputError, match=REFUSED):
        REFUSING[way](panel)


@pytest.mark.parametrize("way", SILENT)
def test_a_way_to_the_outcomes_gives_none(way, panel):
    """No row that the window decides may hold an outcome before the opening, each one after it."""
    horizon = getattr(SILENT[way], "keywords", {}).get("horizon", HORIZON)
    days = np.sort(panel.date.unique())
    decided = days[np.searchsorted(days, np.datetime64(FIRST)) - horizon - 1]
    found = SILENT[way](panel)
    late = found[found.date >= decided]
    assert len(late)
    assert late.sealed.all()
    outcomes = late.drop(columns=["date", "code", "sealed"])
    flags = outcomes.columns[outcomes.columns.str.startswith("buyable")]
    assert not outcomes[flags].any(axis=None)
    assert outcomes.drop(columns=flags).isna().all(axis=None)
    freeze()
    unseal()
    after = SILENT[way](panel)
    assert "sealed" not in after
    last = days[-horizon - 2]
    told = after[(after.date >= decided) & (after.date <= last)].drop(columns=["date", "code"])
    assert told.notna().all(axis=None)
    assert told[flags].all(axis=None)
    early = found.date < decided
    pd.testing.assert_frame_equal(found[early].drop(columns="sealed"), after[early])


def test_rows_before_the_window_are_told(panel):
    """Withholding must not reach further back than horizon + 1 days before the window."""
    found = labels.label(panel, HORIZON)
    days = np.sort(panel.date.unique())
    place = np.searchsorted(days, np.datetime64(FIRST))
    assert found.date[found.label.notna()].max() == days[place - HORIZON - 2]
    assert found.date[~found.sealed].max() == days[place - HORIZON - 2]
    assert found.label[~found.sealed].notna().all()


def test_no_feature_looks_ahead(panel):
    """A lag of fewer than no days would be an outcome under a feature's name."""
    rows, _ = Rows.of(panel)
    with pytest.raises(InputError, match="lag: must not look ahead; got -6"):
        rows.lag("close", -6)


def test_who_reads_the_file_itself_reads_all(panel, folder):
    """What the seal cannot hold back: a file on disk is open to whoever opens it, by any reader."""
    by_hand = pd.read_parquet(folder / "panel.parquet")
    order = sources.Order(
        "panel.parquet", "", "", "000300.SH", "2015-01-05", LAST, (), 0, 5, 8, None
    )
    by_source = sources.SOURCES["parquet"].tables(order).panel
    for table in (by_hand, by_source, panel):
        inside = table[table.date >= FIRST]
        close = inside.pivot(index="date", columns="code", values="close")
        assert (close.shift(-6) / close.shift(-1) - 1).notna().any(axis=None)


def test_the_seal_knows_its_quotes_only(seal):
    """Other prices, other stocks, earlier days and later data must be no part of it."""
    ours = market()
    assert window(ours) == seal
    assert window(market(seed=1)) is None
    assert window(ours.assign(code=ours.code.str.replace("60", "00", n=1))) is None
    assert window(ours[ours.date < FIRST]) is None
    assert window(market("2015-07-31")) is None
    assert window(ours.iloc[:0]) is None


@pytest.mark.parametrize("name", ["later.parquet", "other.parquet"])
def test_other_panels_are_untouched(name, seal, folder):
    """Somebody's later data and another market must load and be labelled as ever, unasked."""
    market(seed=1).to_parquet(folder / "other.parquet")
    end = "2015-07-31" if name == "later.parquet" else LAST
    found = load("parquet", name, end)
    assert found.date.max() == pd.Timestamp(end)
    table = labels.label(found, HORIZON)
    assert list(table.columns) == ["date", "code", "label", "buyable_close", "buyable_open"]
    assert table.label[table.date < "2015-06-15"].notna().all()
    assert holdout.note(found) == ""
    assert trade(found) is not None
    assert record.entries() == []


def test_a_run_before_the_window_does_not_ask(seal, folder, monkeypatch):
    """A run that ends on the eve must be the same whatever the record says, or however broken."""
    record.file().write_text("broken")
    found = load("parquet", "panel.parquet", EVE)
    assert found.date.max() == pd.Timestamp(EVE)
    assert labels.label(found, HORIZON).label.notna().any()
    with pytest.raises(InputError, match=r"holdout\.jsonl, line 1: must be as it was written"):
        load("parquet", "panel.parquet")


def test_the_count_is_told(panel):
    """Tables must say how often the window was opened, however often choices were frozen."""
    said = "Uses the sealed window spring (2015-05-04 to 2015-06-30), opened {} of at most 3 times."
    assert (holdout.count(), holdout.note(panel)) == (0, said.format(0))
    for times in (1, 2):
        freeze()
        assert holdout.count("spring") == times - 1
        assert not holdout.is_open()
        unseal()
        assert (holdout.count(), holdout.is_open()) == (times, True)
        assert holdout.note(panel) == said.format(times)
    assert holdout.frozen()["number"] == 3
    with pytest.raises(InputError, match="did you mean 'spring'"):
        holdout.count("sprin")


def test_another_windows_openings_do_not_count(panel):
    """What was done to one window must leave another as it was."""
    freeze()
    record.add(record.OPEN, "summer", opened_before=0)
    assert not holdout.is_open()
    assert holdout.count() == 0


def test_nothing_sealed_gives_the_same_table(seal):
    """Where nothing is withheld the very table must come back, no column added."""
    other = market(seed=1)
    outcomes = other[["date", "code"]].assign(label=1.0)
    assert holdout.withheld(outcomes, other, HORIZON + 1) is outcomes
    assert not holdout.sealed(other, HORIZON + 1).any()


def test_marks_are_a_matter_of_code_day_and_close(seal):
    """A part of a panel must have its part of the marks, and a changed close another mark."""
    whole = seals.marks(market())
    assert 0.05 < len(whole) / len(market()) < 0.15
    table = market()
    part = table[(table.code == CODES[3]) & (table.date > "2015-03-01")].sample(frac=0.5)
    assert seals.marks(part).sort_index().equals(whole[whole.index.isin(part.index)].sort_index())
    other = seals.marks(table.assign(close=table.close + 0.01))
    assert (other.index == whole.index).all()
    assert (other != whole).all()


@pytest.mark.real
def test_the_real_window_is_recognised():
    """Both real panels must be known by their quotes, the first by a stock or a quarter too."""
    place = paths.real_data()
    panel = pd.read_parquet(place / "panel_csi300.parquet", columns=["date", "code", "close"])
    seal = seals.find("csi300-2018-2020")
    first = panel.code.iloc[0]
    quarter = panel[(panel.date >= "2019-04-01") & (panel.date <= "2019-06-28")]
    for part in (panel, panel[panel.code == first], quarter):
        assert window(part) == seal
    assert window(pd.read_parquet(place / "seed_stocks.parquet")) == seal
    assert window(panel[panel.date < seal.first]) is None
    assert window(panel.assign(close=panel.close * 1.1)) is None


@pytest.mark.real
def test_the_real_window_is_closed_unless_opened():
    """The loader must give the window of the real panel if and only if the record says so."""
    asked = partial(
        sources.load, "parquet", panel="panel_csi300.parquet", start="2017-01-03", end="2018-06-29",
        stocks=["600519.SH", "000001.SZ", "600000.SH"],
    )  # fmt: skip
    if holdout.is_open():
        assert asked().panel.date.max() == pd.Timestamp("2018-06-29")
    else:
        with pytest.raises(InputError, match="end: must end before 2018-01-02"):
            asked()
    assert labels.label(asked(sealed_quotes=True).panel, 5).label.notna().any()
