"""`stockcast data`: one line for every mistake, counts at the end, status that scripts can use."""

from __future__ import annotations

import errno
import json
import os

import pytest

from stockcast.data.store import lock
from stockcast.data.tushare import client
from stockcast.data.tushare.errors import PermissionNeeded, Unreachable
from tests.data.store import vendor as vendors

SPAN = ("--start", "2015-06-01", "--end", "2015-06-30")


@pytest.fixture
def data(command, project, vendor, monkeypatch):
    """`stockcast data ...` in an empty project, with a vendor in the place of Tushare."""
    monkeypatch.delenv("STOCKCAST_STORE", raising=False)
    monkeypatch.setattr(client, "Client", lambda: vendor)
    return lambda *words: command("data", *words)


def test_an_update_ends_with_the_rows_of_each_table(data, project):
    """Counts on stdout, nothing on stderr when it is no terminal."""
    status, out, err = data("update", *SPAN, "--tables", "stocks,bars, factors")
    assert (status, err) == (0, "")
    assert [line.split()[0] for line in out.splitlines()] == ["stocks", "bars", "factors"]
    assert "252 rows: 252 new, 0 changed, 0 withdrawn" in out.splitlines()[1]
    assert (project / "store" / "bars" / "year=2015" / "data.parquet").is_file()
    assert "0 new, 0 changed" in data("update", *SPAN, "--tables", "bars")[1]


def test_status_is_one_line_a_table(data):
    """And says what to do when there is none."""
    assert "stockcast data update --start" in data("status")[1]
    data("update", *SPAN, "--tables", "stocks,bars")
    status, out, _ = data("status")
    head, stocks, bars = out.splitlines()
    assert status == 0
    assert head.split()[:4] == ["table", "rows", "first", "last"]
    assert stocks.split()[:2] == ["stocks", "12"]
    assert bars.split()[:4] == ["bars", "252", "2015-06-01", "2015-06-30"]


def test_rows_are_exported(data, tmp_path):
    """Into a file that any program reads."""
    data("update", *SPAN, "--tables", "bars")
    target = tmp_path / "mine.csv"
    words = ["--to", str(target), "--start", "2015-06-05", "--codes", "600001.SH,600002.SH"]
    status, out, _ = data("export", "bars", *words)
    assert (status, out) == (0, f"{target}: {17 * 2} rows\n")
    assert len(target.read_text().splitlines()) == 35


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("update", "--tables", "bars"), "start: must be given the first time"),
        (("update", *SPAN, "--tables", "barz"), "did you mean 'bars'?"),
        (("update", *SPAN, "--recheck", "-1"), "recheck: must not be negative"),
        (("update", "--start", "May"), "start: must be a date"),
        (("update", "--start", "2999-01-04"), "start: must not be after today"),
        (("update", *SPAN, "--index", ""), "indexes: must name at least one"),
        (("export", "bars", "--to", "mine.csv"), "table bars: has no such rows in the store"),
        (("export", "bars", "--to", "mine.xlsx"), "to: must end in .csv or .parquet"),
        (("export", "barz", "--to", "mine.csv"), "did you mean 'bars'?"),
        (("updat",), "No such command 'updat'"),
        (("update", "--store", "/proc/nothing", *SPAN), "must be a folder that can be written"),
    ],
)
def test_a_mistake_is_one_line_and_status_2(words, said, data):
    """On stderr, with nothing on stdout."""
    status, out, err = data(*words)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert err.startswith("stockcast: ")
    assert said in err


def test_a_second_update_is_one_line_that_names_the_first(data, project):
    """Exit status 2: wait, and give the command again."""
    with lock.writing(project / "store"):
        status, out, err = data("update", *SPAN)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert f"is being updated by process {os.getpid()} on " in err


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (Unreachable("daily", "no answer within 30 s"), "no answer within 30 s"),
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), "No space left on device"),
    ],
)
def test_a_failure_is_one_line_and_status_1(error, said, data, vendor, monkeypatch):
    """The network's and the disk's are nobody's mistake."""

    def fail(*_: object) -> None:
        raise error

    if isinstance(error, OSError):
        monkeypatch.setattr(os, "fsync", fail)
    else:
        vendor.before = fail
    status, out, err = data("update", *SPAN, "--tables", "bars")
    assert (status, out, err.count("\n")) == (1, "", 1)
    assert said in err


def test_a_refused_table_is_told_and_the_status_is_1(data, vendor):
    """Scripts must learn that not all came."""

    def refuse() -> None:
        raise PermissionNeeded("daily", "抱歉，您没有访问该接口的权限")

    vendor.before = refuse
    status, out, err = data("update", *SPAN, "--tables", "bars")
    assert (status, err) == (1, "")
    assert out.startswith("bars                 left out: daily: ")


def test_a_check_that_fails_is_status_1(data):
    """Numbers drawn at random are no market: the report says so, in words and as JSON."""
    data("update", *SPAN, "--tables", ",".join(vendors.NAMES))
    status, out, _ = data("check", "--json", "--today", "2015-06-30")
    told = json.loads(out)
    assert status == 1
    assert told["passed"] is False
    assert set(told["failed"]) <= {line["check"] for line in told["checks"]}
    assert data("check", "--today", "2015-06-30")[0] == 1
