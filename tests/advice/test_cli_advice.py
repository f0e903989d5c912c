"""`stockcast recommend` and `stockcast replay`: what they print, write and refuse."""

from __future__ import annotations

import html
import json
import shutil

import pandas as pd
import pytest
import yaml

from stockcast import paths
from stockcast.advice import abstain, daily
from stockcast.advice.ledger import Ledger
from stockcast.advice.words import NOTICE, PROVISIONAL
from stockcast.data.tushare import watch


@pytest.fixture
def asked(run, command, tmp_path, monkeypatch):
    """Call `recommend` for the line of the small run."""
    monkeypatch.setattr(abstain, "unsure", lambda listed, gate: [])
    values = run.params.model_dump() | {"headline": "ridge"}
    file = tmp_path / "tiny.yml"
    file.write_text(yaml.safe_dump(values), encoding="utf-8")
    table = run.said["ridge"]
    table.to_parquet(paths.stage("tiny", "05_classical") / "forecasts.parquet", index=False)
    return lambda *words: command("recommend", "--params", str(file), *words)


def test_a_list_and_its_replay(asked, command, tmp_path):
    """One command makes the list; a record of it replays to the same bits."""
    status, out, _ = asked("--date", "2015-11-12", "--format", "json")
    assert status == 0
    made = json.loads(out)
    assert made["date"] == "2015-11-12"
    assert [item["rank"] for item in made["items"]] == [1, 2, 3, 4, 5]
    folder = paths.stage("tiny", "advice") / "2015-11-12"
    assert json.loads((folder / "list.json").read_text("utf-8")) == made
    status, out, _ = command("replay", "--record", made["items"][0]["record"])
    assert status == 0
    assert "bit-equal" in out
    page = tmp_path / "list.html"
    status, out, _ = asked("--date", "2015-11-12", "--format", "html", "--out", str(page))
    assert status == 0
    assert NOTICE["zh"] in page.read_text("utf-8")
    status, out, _ = asked("--date", "2015-11-12", "--language", "zh")
    assert status == 0
    assert "明日清单" in out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--date", "2031-01-06"], "future"),
        (["--date", "2015-10-03"], "trading day"),
        (["--date", "2015-03-02"], "must come after"),
        (["--date", "tomorrow"], "YYYY-MM-DD"),
        (["--stock", "999999.SH"], "stock: must be ranked"),
        (["--language", "de"], "language: must be en or zh"),
        (["--format", "pdf"], "format: must be one of"),
        (["--date", "2015-11-12", "--now"], "beside --now"),
    ],
)
def test_wrong_questions_write_nothing(asked, words, told):
    """Exit status 2, one clear line, and no file."""
    folder = paths.stage("tiny", "advice")
    before = sorted(folder.rglob("*"))
    status, _, err = asked(*words)
    assert status == 2
    assert told in err
    assert len(err.strip().splitlines()) == 1
    assert sorted(folder.rglob("*")) == before


def test_a_record_of_an_evening_replays(run, asked, command, tmp_path):
    """So do those that `daily` and a replay of evenings left in folders of their own."""
    file, day = tmp_path / "tiny.yml", "2015-06-01"
    asked("--date", day, "--format", "json")
    source = paths.stage("tiny", "advice") / day
    for folder in ("evenings", "replay"):
        target = paths.stage("tiny", folder) / day
        target.parent.mkdir()
        source.rename(target)
        record = json.loads((target / "list.json").read_text("utf-8"))["items"][0]["record"]
        status, out, _ = command("replay", "--record", record, "--params", str(file))
        assert (status, "bit-equal" in out) == (0, True)
        source = target
    shutil.rmtree(source.parent)
    (source.parents[1] / "evenings").rmdir()


class TestLaterDays:
    """Days that came after the run was executed."""

    LAST, NEW = "2015-12-25", "2015-12-31"

    @pytest.fixture
    def behind(self, run, tmp_path, monkeypatch):
        """Call `recommend` for a copy of the run whose data end earlier than its source's."""
        whole = pd.read_parquet(run.folder / "tiny" / "01_data" / "panel.parquet")
        shutil.copytree(run.folder / "tiny", tmp_path / "runs" / "tiny")
        monkeypatch.setenv("STOCKCAST_RUNS", str(tmp_path / "runs"))
        panel = tmp_path / "runs" / "tiny" / "01_data" / "panel.parquet"
        whole[whole["date"] <= self.LAST].to_parquet(panel, index=False)
        run.said["ridge"].loc[lambda table: table["date"] <= self.LAST].to_parquet(
            paths.stage("tiny", "05_classical") / "forecasts.parquet", index=False
        )
        monkeypatch.setattr(abstain, "unsure", lambda listed, gate: [])
        load = daily.sources.load
        simulated = {name: getattr(run.params, name) for name in ("start", "seed", "lookback")}
        simulated |= {"horizon": run.params.horizon, "simulated_stocks": 24}
        self.reaches = self.NEW

        def later(source, *, end, **_):
            assert source == "tushare"
            return load("simulated", end=min(end, self.reaches), **simulated)

        monkeypatch.setattr(daily.sources, "load", later)
        file = tmp_path / "live.yml"
        values = run.params.model_dump() | {"headline": "ridge", "source": "tushare"}
        file.write_text(yaml.safe_dump(values), encoding="utf-8")
        return file

    def test_the_source_is_asked_for_them(self, run, behind, command):
        """By date; and the list is that of the day's whole data."""
        words = ("recommend", "--params", str(behind), "--date", self.NEW, "--format", "json")
        status, out, err = command(*words)
        assert (status, err) == (0, "")
        own = (
            run.said["ridge"]
            .loc[lambda table: table["date"] == self.NEW]
            .set_index("code")["score"]
        )
        assert {one["code"]: one["score"] for one in json.loads(out)["items"]} == dict(
            own.nlargest(5)
        )
        record = json.loads(out)["items"][0]["record"]
        status, out, _ = command("replay", "--record", record, "--params", str(behind))
        assert (status, "bit-equal, and so are" in out) == (0, True)

    def test_the_last_close_is_meant(self, behind, command, monkeypatch):
        """Without a date; when the source is behind, the list is withheld and says why."""
        monkeypatch.setattr(watch.Shanghai, "now", lambda self: pd.Timestamp("2015-12-31 19:00"))
        words = ("recommend", "--params", str(behind), "--format", "json")
        made = json.loads(command(*words)[1])
        assert (made["date"], made["abstentions"]) == (self.NEW, [])
        self.reaches = "2015-12-29"
        made = json.loads(command(*words)[1])
        assert made["date"] == "2015-12-29"
        assert made["abstentions"][0]["kind"] == "stale"
        assert (made["items"], made["orders"]) == ([], [])

    def test_the_ledger_tells_what_was_said_before(self, run, behind, command):
        """Where evenings were lived through, the paper account follows what was written then."""
        place = Ledger.open(
            f"sqlite:///{paths.stage('tiny', 'ledger') / 'ledger.sqlite'}",
            paths.stage("tiny", "ledger") / "anchor.jsonl",
            clock=lambda: pd.Timestamp("2015-12-30 18:00", tz="Asia/Shanghai"),
        )
        yesterday = run.said["ridge"].loc[lambda table: table["date"] == "2015-12-30"]
        upside_down = yesterday.assign(score=-yesterday["score"])
        with place as ledger:
            ledger.issue(
                upside_down, issued_at="2015-12-30 18:00", data_hash="d", model_version="m",
                information_until="2015-03-31",
            )  # fmt: skip
        words = ("recommend", "--params", str(behind), "--date", self.NEW, "--format", "json")
        orders = json.loads(command(*words)[1])["orders"]
        low = set(upside_down.nlargest(5, "score")["code"])
        sold = {one["code"] for one in orders if one["side"] == "sell"}
        assert sold
        assert sold <= low


def test_an_unknown_record_is_refused(run, command):
    """Exit status 2 and one line."""
    status, _, err = command("replay", "--record", "20150101-600000.SH-12345678")
    assert status == 2
    assert len(err.strip().splitlines()) == 1


def test_a_list_of_now_is_provisional(run, asked, monkeypatch):
    """From bars that form, marked in every line of output, and kept apart."""
    from stockcast.data.tushare import client

    class Bars:
        def fetch(self, name, **params):
            assert name == "rt_k"
            panel = pd.read_parquet(paths.stage("tiny", "01_data") / "panel.parquet")
            bars = panel[(panel["date"] == panel["date"].max()) & ~panel["suspended"]]
            again = bars["close"] / bars["pre_close"]  # the day before once more
            prices = {name: bars[name] * again for name in ("open", "high", "low", "close")}
            prices |= {"pre_close": bars["close"], "date": pd.Timestamp("2016-01-04 10:30")}
            return bars[["code", "volume", "amount"]].assign(**prices)

    monkeypatch.setattr(client, "Client", Bars)
    monkeypatch.setattr(watch.Shanghai, "now", lambda self: pd.Timestamp("2016-01-04 10:30"))
    status, out, _ = asked("--now", "--format", "json")
    assert status == 0
    made = json.loads(out)
    assert (made["date"], made["provisional"]) == ("2016-01-04", True)
    assert made["provisional_notice"] == PROVISIONAL
    folder = paths.stage("tiny", "advice") / "provisional" / "2016-01-04"
    assert PROVISIONAL["en"] in html.unescape((folder / "list.html").read_text("utf-8"))
    assert len(made["items"]) == 5
