"""`stockcast recommend` and `stockcast replay`: what they print, write and refuse."""

from __future__ import annotations

import html
import json

import pandas as pd
import pytest
import yaml

from stockcast import paths
from stockcast.advice import abstain
from stockcast.advice.words import NOTICE, PROVISIONAL


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


def test_an_unknown_record_is_refused(run, command):
    """Exit status 2 and one line."""
    status, _, err = command("replay", "--record", "20150101-600000.SH-12345678")
    assert status == 2
    assert len(err.strip().splitlines()) == 1


def test_a_list_of_now_is_provisional(run, asked, monkeypatch):
    """From bars that form, marked in every line of output, and kept apart."""
    from stockcast.data.tushare import client, watch

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
