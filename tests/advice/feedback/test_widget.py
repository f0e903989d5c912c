"""The panel for the notebook records what the command line would, without a browser."""

from __future__ import annotations

from stockcast.advice.feedback.satisfaction import ratings
from stockcast.advice.feedback.widget import Panel
from tests.advice.feedback.conftest import CODES, EVENINGS

LATER = "2016-01-07T20:00"


def test_it_offers_evenings_and_stocks(ledger):
    """The newest evening first, its best stock first."""
    panel = Panel(ledger)
    assert list(panel.evening.options) == sorted(EVENINGS, reverse=True)
    assert list(panel.stock.options) == CODES
    assert panel.button in panel.box.children


def test_a_click_records(ledger):
    """Evening, stock, rating, note and name are those chosen."""
    panel = Panel(ledger, "Mei", issued_at=LATER)
    panel.evening.value, panel.stock.value = "2016-01-05", CODES[2]
    panel.rating.value, panel.note.value = 5, "good <b>"
    panel.button.click()
    (row,) = ratings(ledger).itertuples()
    assert (row.date.strftime("%F"), row.code, row.rating, row.note, row.who) == (
        "2016-01-05", CODES[2], 5, "good <b>", "Mei",
    )  # fmt: skip
    assert panel.said.value == f"recorded: {CODES[2]} of 2016-01-05: 5 by Mei"


def test_a_fault_is_said_and_nothing_recorded(ledger):
    """No name; and a second click."""
    panel = Panel(ledger, issued_at=LATER)
    panel.button.click()
    assert panel.said.value.startswith("not recorded: who: must be a name")
    assert ratings(ledger).empty
    panel.who.value = "Mei"
    panel.button.click()
    panel.button.click()
    assert "rated by Mei already" in panel.said.value
    assert len(ratings(ledger)) == 1


def test_an_empty_ledger_has_nothing_to_offer(project):
    """The panel opens, and a click says why nothing is recorded."""
    from stockcast.advice.ledger import Ledger, place

    where = place("simulated")
    with Ledger.open(where.url, where.anchor) as empty:
        panel = Panel(empty, "Mei")
        panel.button.click()
        assert panel.said.value.startswith("not recorded: ")
