"""`stockcast feedback`: bad input costs one line and status 2, and nothing is written."""

from __future__ import annotations

import json

import pytest

from stockcast.advice.feedback import experts, satisfaction, trades
from stockcast.advice.ledger import Ledger, place
from tests.advice.feedback import conftest as small
from tests.advice.feedback.conftest import CODES, csv, ledger

__all__ = ["csv", "ledger"]
ADD = {"--date": "2016-01-05", "--code": CODES[0], "--rating": "4", "--who": "Mei"}


def words(**changed: str) -> list[str]:
    """`feedback add` with some options changed."""
    options = ADD | {f"--{name}": value for name, value in changed.items()}
    return ["feedback", "add", *(word for pair in options.items() for word in pair)]


def test_add_records_and_a_second_is_refused(ledger, command):
    """The same feedback again is status 2, and the ledger has one entry."""
    status, out, err = command(*words(note="as hoped"))
    assert (status, err) == (0, "")
    assert out == f"recorded: Mei rates {CODES[0]} of 2016-01-05 (forecast 7) with 4\n"
    assert satisfaction.ratings(ledger)["note"].tolist() == ["as hoped"]
    for again in (words(note="as hoped"), words(rating="1")):
        status, out, err = command(*again)
        assert (status, out) == (2, "")
        assert "was rated by Mei already" in err
        assert err.count("\n") == 1
    assert len(satisfaction.ratings(ledger)) == 1


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"code": "600999.SH"}, "code: must be a stock of the ledger; got '600999.SH'"),
        ({"date": "2099-01-05"}, "date: must not lie in the future"),
        ({"date": "2016-01-03"}, "date: must be a trading day"),
        ({"date": "tomorrow"}, "date: must be a date written YYYY-MM-DD"),
        ({"date": "2016-01-08"}, "forecast: must be one that the ledger holds"),
        ({"rating": "0"}, "rating: must be 1, 2, 3, 4 or 5"),
        ({"rating": "good"}, "--rating"),
        ({"who": ""}, "who: must be a name"),
        ({"model": "oracle"}, "forecast: must be one that the ledger holds"),
        ({"params": "params/none.yml"}, "must exist"),
    ],
)
def test_bad_input_is_one_line_and_nothing_written(ledger, command, changed, message):
    """Status 2, the rule is named, and the ledger is as it was."""
    head = ledger.head()
    status, out, err = command(*words(**changed))
    assert (status, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1
    assert ledger.head() == head


def test_a_ledger_that_is_not_there_holds_no_stock(project, command):
    """Looking makes no file."""
    status, _, err = command(*words())
    assert status == 2
    assert "the ledger of simulated is missing; make it with: stockcast replay" in err
    assert not (project / "runs").exists()


@pytest.mark.parametrize(
    ("kind", "lines", "message"),
    [
        ("experts", ["date,code,label"], "given.csv, line 1: must name the columns"),
        ("experts", ["date,code,label,expert", "2016-01-05,600000.SH,up"], "line 2: must have 4"),
        ("experts", ["date,code,label,expert", "2016-01-03,600000.SH,up,A"], "line 2, date: must"),
        ("experts", ["date,code,label,expert", "2016-01-05,1,up,A"], "line 2, code: must be a st"),
        ("fills", ["date,code,side,shares,price,fees", "x,y,z,1,1,1"], "line 2, date: must be a"),
        ("opinions", ["date"], "opinions"),
    ],
)
def test_a_malformed_file_is_one_line_and_nothing_written(
    ledger, csv, command, kind, lines, message
):
    """Status 2 with the line at fault."""
    head = ledger.head()
    status, out, err = command("feedback", "import", kind, str(csv(*lines)), "--who", "Mei")
    assert (status, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1
    assert ledger.head() == head


def test_imports_and_the_report(ledger, csv, command):
    """What was imported is told by source."""
    lines = ["date,code,label,expert", f"2016-01-05,{CODES[0]},up,Ada"]
    status, out, _ = command("feedback", "import", "experts", str(csv(*lines)))
    assert (status, out.endswith("1 labels recorded\n")) == (0, True)
    lines = ["date,code,side,shares,price,fees", f"2016-01-05,{CODES[0]},buy,100,10,5"]
    assert command("feedback", "import", "fills", str(csv(*lines)), "--who", "Mei")[0] == 0
    assert (len(experts.labels(ledger)), len(trades.fills(ledger))) == (1, 1)
    status, out, _ = command("feedback", "report")
    assert status == 0
    assert "expert Ada: 1 entries on 1 forecasts" in out
    assert "trade Mei: 1 entries on 1 forecasts" in out
    status, out, _ = command("feedback", "report", "--json")
    told = json.loads(out)
    assert [row["source"] for row in told["sources"]] == ["expert", "trade"]
    assert told["satisfaction"]["mean"] is None


def test_a_replays_ledger_takes_feedback_too(project, command, monkeypatch):
    """By --replay; where a replay keeps its ledger is told by one module."""
    where = place("simulated", replayed=True)
    monkeypatch.setenv("STOCKCAST_LEDGER_URL", "sqlite:///elsewhere.sqlite")
    with Ledger.open(where.url, where.anchor) as ledger:
        ledger.issue(small.forecasts("2016-01-05"), issued_at="2016-01-05T18:00", **small.MADE)
    assert command(*words(), "--replay")[0] == 0
    status, out, _ = command("feedback", "report", "--replay")
    assert (status, "satisfaction" in out) == (0, True)
    assert not list(project.rglob("elsewhere.sqlite"))


def test_the_market_is_a_source_that_comes_by_itself(ledger, command):
    """Scores of the ledger are outcomes; nobody has to give them."""
    ledger.score(small.panel(), issued_at="2016-01-12T18:00")
    status, out, _ = command("feedback", "report")
    assert status == 0
    # Horizon 1: forecasts of all four evenings have ended by the 11th; every side was right.
    assert "market ridge: 24 entries on 24 forecasts" in out
    assert "24 outcomes, 100.0% on the side said" in out
