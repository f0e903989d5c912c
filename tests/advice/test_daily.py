"""The evening: which day it is, once and again, cut off and gone on."""

from __future__ import annotations

import json

import pandas as pd
import pytest
import yaml

from stockcast.advice import daily, paper
from stockcast.advice.ledger import Ledger
from stockcast.errors import InputError

MODEL = "ridge"


def evening_of(date: pd.Timestamp) -> pd.Timestamp:
    return (date + daily.MOMENT).tz_localize(daily.ZONE)


@pytest.fixture
def opened(tmp_path):
    """Opens the test's ledger at a moment."""

    def at(moment: pd.Timestamp) -> Ledger:
        url = f"sqlite:///{tmp_path / 'ledger.sqlite'}"
        return Ledger.open(url, tmp_path / "anchor.jsonl", clock=lambda: moment)

    return at


class TestDue:
    """The day that a clock and a user mean."""

    def at(self, run, now, date=None):
        return daily.due(
            run.params.model_copy(update={"source": "parquet"}), pd.Timestamp(now), date
        )

    def test_the_last_close(self, run):
        """Friday's on Friday evening and over the weekend, Thursday's on Friday noon."""
        assert self.at(run, "2016-01-08 18:30") == pd.Timestamp("2016-01-08")
        assert self.at(run, "2016-01-08 12:00") == pd.Timestamp("2016-01-07")
        assert self.at(run, "2016-01-10 12:00") == pd.Timestamp("2016-01-08")

    def test_a_date_is_that_day(self, run):
        """A day that was named is taken as it is, not the one before."""
        assert self.at(run, "2016-01-08 18:30", "2016-01-07") == pd.Timestamp("2016-01-07")

    @pytest.mark.parametrize(
        ("date", "rule"),
        [
            ("2016-01-09", "must be a trading day"),
            ("2016-01-11", "must be a day that has closed"),
            ("2031-01-06", "^date: must be a day that has closed"),
            ("1980-01-07", "^date: must lie inside the Shanghai calendar"),
            ("yesterday evening", "must be a day written"),
        ],
    )
    def test_a_date_that_is_none(self, run, date, rule):
        """Saturday, next Monday, and words are refused."""
        with pytest.raises(InputError, match=rule):
            self.at(run, "2016-01-08 18:30", date)

    def test_a_simulated_market_has_an_end(self, run):
        """Nobody waits for an evening that cannot come; the error names the way."""
        with pytest.raises(InputError, match="stockcast replay"):
            daily.due(run.params, pd.Timestamp("2026-11-23 19:00", tz=daily.ZONE))


def test_the_source_is_asked_up_to_the_day(run):
    """The data of an evening end on it, and give the forecasts that the run gave."""
    day = run.said[MODEL]["date"].iloc[-1]
    params = run.params.model_copy(update={"headline": MODEL})
    desk = daily.updated(params, day)
    assert desk.panel["date"].max() == day
    asked = desk.ask(desk.evening(day))
    own = run.said[MODEL]
    own = own[own["date"] == day].reset_index(drop=True)
    pd.testing.assert_frame_equal(asked.forecasts, own, check_exact=True)


def test_a_day_that_the_source_does_not_have(run, monkeypatch):
    """A vendor that is late is told so; nothing is forecast from the day before."""
    load = daily.sources.load
    day = run.said[MODEL]["date"].iloc[-1]
    earlier = run.said[MODEL]["date"].unique()[-2]

    def late(**how):
        return load(**how | {"end": f"{earlier:%Y-%m-%d}"})

    monkeypatch.setattr(daily.sources, "load", late)
    with pytest.raises(InputError, match="try again later"):
        daily.updated(run.params.model_copy(update={"headline": MODEL}), day)


def test_twice_is_once(run, opened, tmp_path):
    """The same evening again adds nothing and reports the same."""
    desk, day = run.desk(MODEL), run.said[MODEL]["date"].iloc[-30]
    how = {"moment": evening_of(day), "folder": tmp_path / "evenings", "explained": False}
    with opened(evening_of(day)) as ledger:
        first = daily.live(desk, day, ledger, **how)
        head = ledger.head()
        again = daily.live(desk, day, ledger, **how)
        assert ledger.head() == head
    assert first.issued > 0
    assert again.again
    assert again.report == json.loads(json.dumps(first.report))


@pytest.mark.parametrize("step", ["publish", "score", "report"])
def test_an_evening_that_was_cut_off_goes_on(run, opened, tmp_path, monkeypatch, step):
    """Killed after some of its steps, the next try ends where one that was not killed would."""
    desk, day = run.desk(MODEL), run.said[MODEL]["date"].iloc[-30]
    how = {"moment": evening_of(day), "folder": tmp_path / "evenings", "explained": False}

    def power_cut(*_, **__):
        raise KeyboardInterrupt

    with opened(evening_of(day)) as ledger, monkeypatch.context() as patched:
        place, name = {
            "publish": (daily, "publish"), "score": (Ledger, "score"), "report": (daily, "_report"),
        }[step]  # fmt: skip
        patched.setattr(place, name, power_cut)
        with pytest.raises(KeyboardInterrupt):
            daily.live(desk, day, ledger, **how)
    with opened(evening_of(day)) as ledger:
        lived = daily.live(desk, day, ledger, **how)
        assert not lived.again
        assert lived.issued == 0
        said = ledger.forecasts()
        assert not said.duplicated(["date", "code"]).any()
        assert len(ledger.entries("order")) == desk.params.top_k
        assert ledger.verify() == []


def test_too_late_is_refused_and_nothing_is_written(run, opened, tmp_path):
    """A forecast cannot be issued when its outcome has begun."""
    desk, day = run.desk(MODEL), run.said[MODEL]["date"].iloc[-30]
    late = evening_of(day) + pd.Timedelta(days=7)
    with opened(late) as ledger, pytest.raises(InputError, match="too late"):
        daily.live(desk, day, ledger, moment=late, folder=tmp_path / "evenings", explained=False)
    assert list(tmp_path.iterdir()) == []


def test_a_missed_evening_loses_no_fill(run, opened, tmp_path):
    """Orders of the evening before it met their market on it; the next evening writes that down."""
    desk, days = run.desk(MODEL), run.said[MODEL]["date"].drop_duplicates().iloc[-30:-25]
    first, missed, *rest = days
    how = {"folder": tmp_path / "evenings", "explained": False}
    for day in (first, *rest):
        with opened(evening_of(day)) as ledger:
            daily.live(desk, day, ledger, moment=evening_of(day), **how)
    with opened(evening_of(rest[-1])) as ledger:
        said = ledger.forecasts()
        fills = pd.DataFrame(ledger.entries("fill")["payload"].tolist())
        assert ledger.verify() == []
    once = paper.traded(desk.evening(rest[-1]), said[[*run.said[MODEL].columns]], desk.params)
    assert (fills["date"] == f"{missed:%Y-%m-%d}").sum() == desk.params.top_k
    assert list(zip(fills["date"], fills["code"], fills["shares"], strict=True)) == [
        (f"{one.date:%Y-%m-%d}", one.code, one.shares) for one in once.orders.itertuples()
    ]


def test_a_late_source_has_an_exit_status_of_its_own(run, command, monkeypatch, tmp_path):
    """By which a timer knows that trying again may help; nothing is written."""
    file = tmp_path / "tiny.yml"
    values = run.params.model_dump() | {"headline": MODEL}
    file.write_text(yaml.safe_dump(values), encoding="utf-8")
    load, before = daily.sources.load, sorted(run.folder.rglob("*"))
    monkeypatch.setattr(daily.sources, "load", lambda **how: load(**how | {"end": "2015-12-28"}))
    status, _, err = command("daily", "--params", str(file), "--date", "2015-12-31")
    assert (status, err.count("\n")) == (daily.NotYet.status, 1)
    assert "they end on 2015-12-28; try again later" in err
    assert sorted(run.folder.rglob("*")) == before


def test_what_a_report_tells():
    """Known figures in words, unknown ones not at all, and each anomaly with its rule."""
    report = {
        "window": 20,
        "figures": {"rank_ic": 0.0512, "coverage": 0.9, "brier": None, "n": 24.0},
        "anomalies": [{"rule": "no_evening", "value": 1.0, "threshold": 0.0}],
    }
    assert daily.told(report) == [
        "last 20 evenings with an outcome: Rank IC +0.0512, inside the interval 90.0%",
        "anomaly no_evening: 1, threshold 0; a trading day has no forecast",
    ]
    assert daily.told({}) == []


def test_the_paper_account_keeps_the_runs_terms(run):
    """Money, costs, list length and participation are the parameters'."""
    desk, said = run.desk(MODEL), run.said[MODEL]
    days = said["date"].unique()
    some = said[said["date"] <= days[10]]
    evening = desk.evening(days[10])
    panel = evening.panel
    rich = paper.traded(evening, some, desk.params)
    assert rich.equity["equity"].iloc[0] == desk.params.cash
    assert rich.equity["positions"].max() <= desk.params.top_k
    matched = rich.orders.merge(panel[["date", "code", "volume"]], on=["date", "code"])
    assert (matched["shares"] <= desk.params.participation * matched["volume"]).all()
