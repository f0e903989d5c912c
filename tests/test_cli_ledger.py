"""`stockcast ledger`: verify, score and report, on the run's own ledger."""

from __future__ import annotations

import sqlite3

import pytest

from stockcast.advice.ledger import Ledger, place
from tests.advice.ledger.conftest import CLOCK, MADE, forecasts, issue
from tests.advice.ledger.test_scoring import panel

MINE = ("--params", "params/book.yml")


@pytest.fixture
def issued(project, monkeypatch) -> Ledger:
    """The ledger of the run `simulated` with one day's forecasts, and that run's panel."""
    for name in ("STOCKCAST_LEDGER_URL", "STOCKCAST_LEDGER_ANCHOR"):
        monkeypatch.delenv(name, raising=False)
    folder = project / "runs" / "simulated" / "01_data"
    folder.mkdir(parents=True)
    panel().to_parquet(folder / "panel.parquet")
    where = place("simulated")
    with Ledger.open(where.url, where.anchor, clock=CLOCK) as ledger:
        issue(ledger, "2016-01-04")
        issue(ledger, "2016-01-07")
        yield ledger


def test_a_whole_ledger(issued, command):
    """Says so, with the hash that can be kept elsewhere."""
    status, out, err = command("ledger", "verify", *MINE)
    assert (status, err) == (0, "")
    assert out.splitlines() == [
        "the ledger is whole: 6 entries agree with their anchor",
        f"its last hash is {issued.head().hash}",
    ]


def test_a_ledger_with_faults(issued, command, project):
    """Status 1, one line on stderr, every fault on a line of its own."""
    with sqlite3.connect(project / "runs/simulated/ledger/ledger.sqlite") as connection:
        connection.execute("DROP TRIGGER entries_no_delete")
        connection.execute("DELETE FROM entries WHERE number = 2")
    connection.close()
    status, out, err = command("ledger", "verify", *MINE)
    assert (status, err) == (
        1,
        "stockcast: the ledger is not whole: 2 faults, the first: removed: entry 3: entry 2 "
        "is missing before it\n",
    )
    assert len(out.splitlines()) == 2


def test_a_forecast_written_after_its_time(issued, command):
    """By its own word it was in time; by the writer's clock it was not."""
    assert command("ledger", "verify", *MINE)[0] == 0
    issued.issue(forecasts("2016-01-08"), issued_at="2016-01-08 18:00", **MADE)
    assert command("ledger", "verify", *MINE, "--trusting")[0] == 0
    status, _, err = command("ledger", "verify", *MINE)
    assert (status, err.count("\n")) == (1, 1)
    assert "3 faults, the first: back-dated: entry 7: issued 2016-01-08T10:00:00.000000Z" in err


def test_scoring_twice(issued, command):
    """The second time there is nothing to do."""
    status, out, err = command("ledger", "score", *MINE, "--until", "2016-01-05")
    assert (status, out, err) == (0, "0 forecasts scored; 6 wait for their outcome\n", "")
    status, out, _ = command("ledger", "score", *MINE)
    assert (status, out) == (0, "3 forecasts scored; 3 wait for their outcome\n")
    assert command("ledger", "score", *MINE)[1].startswith("0 forecasts scored")


def test_a_revised_history_is_told(issued, command, project):
    """The old score stays; the line says what it would be now."""
    command("ledger", "score", *MINE)
    changed = panel()
    rows = (changed["code"] == "600000.SH") & (changed["date"] == "2016-01-06")
    changed.loc[rows, "close"] = 12.0
    changed.to_parquet(project / "runs/simulated/01_data/panel.parquet")
    out = command("ledger", "score", *MINE)[1]
    assert "1 older score stays as it was" in out
    assert "of 600000.SH on 2016-01-04 it was +10.00%, now +20.00%" in out


def test_a_report(issued, command):
    """Counts, the head, and a line for the model."""
    issued.record("feedback", {"stars": 3})
    command("ledger", "score", *MINE)
    status, out, err = command("ledger", "report", *MINE)
    assert (status, err) == (0, "")
    lines = out.splitlines()
    assert lines[0] == "10 entries: 6 forecast, 3 score, 1 feedback"
    assert lines[1].endswith(issued.head().hash)
    assert lines[2].split() == [
        "run", "model", "horizon", "rows", "scored", "no", "outcome", "waiting", "days",
        "rank", "ic", "hit", "rate", "coverage", "brier", "log", "loss",
    ]  # fmt: skip
    # Brier (.0625 + .25 + .0625) / 3; log loss -(2 ln .75 + ln .5) / 3; a day of three has no IC.
    assert lines[3].split() == [
        "tiny", "ridge", "1", "6", "3", "0", "3", "0", "-", "100.0%", "66.7%", "0.1250", "0.4228",
    ]  # fmt: skip


def test_a_report_of_forecasts_that_wait(issued, command):
    """Before the first score nothing can be told but counts."""
    assert command("ledger", "report", *MINE)[1].splitlines()[3].split()[3:] == [
        "6", "0", "0", "6", "0", *"-----",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("score", "--date", "2016-01-06"), "date: must be one the ledger has forecasts of; got"),
        (("score", "--date", "soon"), "date: must be a date; got 'soon'"),
        (("score", "--until", "soon"), "until: must be a date; got 'soon'"),
        (
            ("score", "--until", "2099-01-15"),
            "until: must be in the panel's days; got '2099-01-15'",
        ),
        (
            ("score", "--until", "2016-01-07T12:00"),
            "until: must be a trading day of the exchange; got",
        ),
        (("verify", "--params", "params/none.yml"), "params/none.yml: must exist"),
        (
            ("report", "--params", "params/tiny.yml"),
            "the ledger of tiny is missing; make it with: "
            "stockcast replay --days 60 --params params/tiny.yml; then add --replay",
        ),
        (("report", "--params", "params/ashare.yml"), "missing; make it with: stockcast daily"),
        (
            ("verify", "--replay"),
            "the ledger of simulated's replay is missing; make it with: "
            "stockcast replay --days 60 --params params/book.yml",
        ),
        (("settle",), "No such command 'settle'"),
    ],
)
def test_a_mistake_is_one_line_and_status_2(words, said, issued, command):
    """And nothing is written."""
    status, out, err = command("ledger", *words)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert said in err
    assert issued.head().count == 6


def test_no_panel_no_scores(issued, command, project):
    """The line names the command that makes it."""
    (project / "runs/simulated/01_data/panel.parquet").unlink()
    status, _, err = command("ledger", "score", *MINE)
    assert status == 2
    assert "panel.parquet is missing; make it with: stockcast run params/book.yml" in err


def test_the_environment_names_another_place(issued, command, project, monkeypatch):
    """Database and anchor may be anywhere; a password is never told."""
    monkeypatch.setenv("STOCKCAST_LEDGER_URL", f"sqlite:///{project / 'else.sqlite'}")
    monkeypatch.setenv("STOCKCAST_LEDGER_ANCHOR", str(project / "else.jsonl"))
    assert command("ledger", "verify", *MINE)[0] == 2
    where = place("simulated")
    with Ledger.open(where.url, where.anchor, clock=CLOCK) as other:
        issue(other, "2016-01-04", codes=5)
    assert "5 entries agree" in command("ledger", "verify", *MINE)[1]
    monkeypatch.setenv("STOCKCAST_LEDGER_URL", "mysql://reader:hush@host/x")
    status, _, err = command("ledger", "verify", *MINE)
    assert (status, err.count("\n")) == (2, 1)
    assert "hush" not in err + repr(place("simulated"))


def test_a_rank_ic_by_hand(ledger_of_five):
    """Scores in the order of the outcomes but for two neighbours: 1 - 6 x 2 / (5 x 24) = .9."""
    from stockcast.advice.ledger.report import by_model

    [row] = by_model(ledger_of_five.forecasts(), ledger_of_five.scores()).to_dict("records")
    assert row["days"] == 1
    assert row["rank_ic"] == pytest.approx(0.9)


@pytest.fixture
def ledger_of_five(tmp_path) -> Ledger:
    """Five stocks, whose outcomes fall by a per cent each, but that the last two are swapped."""
    falls = enumerate([0.0, 0.1, 0.2, 0.4, 0.3])
    closes = {f"{600000 + n}.SH": [10.0, 10.0, 10 - fall] for n, fall in falls}
    with Ledger.open(f"sqlite:///{tmp_path / 'five.sqlite'}", tmp_path / "five.jsonl") as ledger:
        issue(ledger, "2016-01-04", codes=5)
        assert ledger.score(panel(closes)) == 5
        yield ledger
