"""Tables that are asked stock by stock: resumed where they stopped, complete for new stocks."""

from __future__ import annotations

import pandas as pd
import pytest

from stockcast.data.store import by_stock
from stockcast.data.store.revisions import Counts
from stockcast.errors import InputError
from tests.data.store import vendor as vendors

START, END, NOW = vendors.START, vendors.END, vendors.NOW


def asked(vendor: vendors.Vendor) -> list[str]:
    """Stocks asked for since the last look, each once."""
    found = sorted({params["ts_code"] for _, params in vendor.calls if "ts_code" in params})
    vendor.calls.clear()
    return found


def test_an_interrupted_update_goes_on_with_the_stocks_that_lack(store, vendor, monkeypatch):
    """Hours of calls are not made again."""
    monkeypatch.setattr(by_stock, "WRITTEN", 2)
    store.update(vendor, START, END, ["stocks"], now=NOW)
    left = [11]

    def fail() -> None:
        left[0] -= 1
        if not left[0]:
            raise KeyboardInterrupt

    vendor.before = fail
    with pytest.raises(KeyboardInterrupt):
        store.update(vendor, START, END, ["income"], now=NOW)
    assert asked(vendor) == vendors.CODES[:5]
    (outcome,) = store.update(vendor, START, END, ["income"], now=NOW, recheck=0)
    assert asked(vendor) == vendors.CODES[5:]
    assert outcome.counts == Counts(added=6 * len(vendors.CODES[5:]))
    assert len(store.read("income")) == 6 * len(vendors.CODES)


def test_a_new_stock_gets_the_days_that_others_have(store, vendor):
    """What it announced before it was listed would be missing for ever."""
    whole = vendor.tables["stocks"]
    vendor.tables["stocks"] = whole.iloc[:-1]
    store.update(vendor, START, END, vendors.NAMES, now=NOW)
    vendor.tables["stocks"] = whole
    vendor.calls.clear()
    store.update(vendor, START, END, vendors.NAMES, now=NOW, refresh=True, recheck=0)
    assert asked(vendor) == vendors.CODES[-1:]
    assert len(store.stock("income", vendors.CODES[-1])) == 6


def test_statements_from_before_the_start_are_fetched_too(store, vendor):
    """On the first day the last annual report is known, and growth needs the one before."""
    store.update(vendor, "2015-09-01", END, vendors.NAMES, now=NOW)
    assert store.read("bars").date.min() == pd.Timestamp("2015-09-01")
    assert len(store.read("income")) == 6 * len(vendors.CODES)


def test_without_stocks_it_says_what_to_fetch_first(store, vendor):
    """No stock, no statement: that must not look like an empty table."""
    with pytest.raises(InputError, match=r"fetched stock by stock.*fetch the table stocks"):
        store.update(vendor, START, END, ["income"], now=NOW)
