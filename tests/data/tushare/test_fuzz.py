"""A thousand malformed replies: each is a named error, or what was not touched is as it was."""

from __future__ import annotations

import collections
import copy
import json
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from stockcast.data.tushare import errors, transport
from stockcast.market.interfaces import INTERFACES, to_wire
from stockcast.market.tables import DAY, FLAG, TEXT, TIME, WHOLE
from tests.data.tushare.conftest import TOKEN, Wire, client_of, reply
from tests.data.tushare.damage import KINDS, Damaged, damage

CASES = 1000
NAMED = (
    errors.ReplyError,
    *(getattr(errors, name) for name in errors.__all__ if name[0].isupper()),
)
_WORDS = {"board": "main", "side": "buy", "report": "1", "timing": "", "call_put": "C"}


def made(name: str, n_rows: int = 12) -> dict:
    """A reply of any interface: a canonical table of that many rows, written as Tushare does."""
    spec, rng = INTERFACES[name], np.random.default_rng(len(name))
    days = pd.date_range("2016-01-31", periods=n_rows, freq="QE" if name == "cn_gdp" else "ME")
    columns = {}
    for column, kind in spec.canonical.columns.items():
        if kind in (DAY, TIME):
            columns[column] = days
        elif kind == TEXT:
            columns[column] = [_WORDS.get(column, f"{600000 + row}.SH") for row in range(n_rows)]
        else:
            values = np.round(rng.uniform(1, 1000, n_rows), 2)
            columns[column] = {FLAG: values > 500, WHOLE: np.rint(values)}.get(kind, values)
    table = pd.DataFrame(columns)
    if spec.wide:
        name_of = "series" if spec.table == "macro" else "rate"
        period = "period" if spec.table == "macro" else "date"
        series = [field.column for field in spec.mapped if field.column != period]
        table = table.drop(columns=name_of).merge(pd.Series(series, name=name_of), how="cross")
    fields, items = to_wire(spec, spec.canonical.typed(table))
    return reply(fields, items)


def recorded() -> dict[str, dict]:
    """Recorded replies by interface; those that are errors are left out."""
    folder = Path(os.environ["STOCKCAST_REAL_DATA"]) / "tushare_responses"
    found = {path.stem: json.loads(path.read_text("utf-8")) for path in folder.glob("*.json")}
    found["namechange"] = found.pop("name_change")
    return {name: whole for name, whole in sorted(found.items()) if whole["data"]}


def parsed(name: str, sent: object) -> pd.DataFrame:
    """The client's table from a reply that comes first, with nothing after it."""
    after = reply(["nothing"], [])
    if isinstance(sent, dict) and isinstance(sent.get("data"), dict):
        after = reply(sent["data"].get("fields"), [])
    client, _, _ = client_of(
        lambda body: after if body["params"]["offset"] else sent, per_minute=1_000_000
    )
    return client.fetch(name, **dict.fromkeys(INTERFACES[name].needs, "20170104"))


def judge(name: str, whole: dict, clean: pd.DataFrame, found: Damaged) -> str:
    """Check one case against the parse of the undamaged reply; `error` or `parse`."""
    try:
        table = parsed(name, found.sent)
    except NAMED:
        if found.harmless:
            raise
        return "error"
    assert list(table.columns) == list(INTERFACES[name].canonical.columns)
    assert found.rows is not None, "a broken reply was read"
    if found.harmless:
        pd.testing.assert_frame_equal(table, clean)
        return "parse"
    kept = clean
    if found.rows:
        untouched = copy.deepcopy(whole)
        items = whole["data"]["items"]  # real ones repeat rows: of two that differ one is read
        touched = [items[place] for place in found.rows]
        untouched["data"]["items"] = [row for row in items if row not in touched]
        kept = parsed(name, untouched)
    touched_columns = set() if found.rows else _lost_columns(name, whole, found)
    columns = [column for column in clean if column not in touched_columns]
    missing = kept[columns].merge(table[columns].drop_duplicates(), how="left", indicator=True)
    assert (missing["_merge"] == "both").all(), "an untouched row has changed or gone"
    assert len(table) <= len(clean) + len(found.rows), "rows from nowhere"
    still = len(found.sent["data"]["items"])
    assert still == 0 or len(table) or clean.empty, "a silent empty frame"
    return "parse"


def fuzzed(wholes: dict[str, dict], seed: int) -> collections.Counter:
    """Judge `CASES` malformations in turn; how often each kind had which outcome."""
    rng = np.random.default_rng(seed)
    clean = {name: parsed(name, whole) for name, whole in wholes.items()}
    seen = collections.Counter()
    for case in range(CASES):
        name = list(wholes)[case % len(wholes)]
        kind, found = damage(wholes[name], rng)
        try:
            seen[kind, judge(name, wholes[name], clean[name], found)] += 1
        except Exception as error:
            shown = str(found.sent)[:300]
            raise AssertionError(f"case {case}, {name}, {kind}: {error!r} {shown}") from error
    return seen


def _lost_columns(name: str, whole: dict, found: Damaged) -> set[str]:
    """Columns of the fields that a reply no longer has; all of them must be optional."""
    gone = set(whole["data"]["fields"]) - set(found.sent["data"]["fields"])
    lost = [field for field in INTERFACES[name].mapped if field.name in gone]
    assert all(field.optional for field in lost), "a field that is needed was missed by nobody"
    return {field.column for field in lost}


@pytest.mark.parametrize("name", sorted(INTERFACES))
def test_replies_of_every_interface_parse(name):
    """A whole reply of any interface gives a row for each of its rows, or for each series."""
    whole = made(name)
    table = parsed(name, whole)
    assert len(table) >= len(whole["data"]["items"]) == 12
    dated = INTERFACES[name].canonical
    assert table.equals(dated.typed(table))


def test_every_malformation_of_made_replies_is_named_or_read_right():
    """A thousand seeded malformations over all interfaces: none passes in silence."""
    seen = fuzzed({name: made(name) for name in INTERFACES}, seed=2017)
    assert {kind for kind, _ in seen} == set(KINDS)
    assert sum(n for (_, outcome), n in seen.items() if outcome == "error") > CASES / 3
    assert sum(n for (_, outcome), n in seen.items() if outcome == "parse") > CASES / 10


@pytest.mark.real
def test_every_malformation_of_recorded_replies_is_named_or_read_right():
    """A thousand seeded malformations of the recorded replies of our interfaces."""
    wholes = {name: whole for name, whole in recorded().items() if name in INTERFACES}
    assert len(wholes) > 15
    for whole in wholes.values():
        whole["data"]["items"] = whole["data"]["items"][:30]
    seen = fuzzed(wholes, seed=2018)
    assert {kind for kind, _ in seen} == set(KINDS)


@pytest.mark.real
def test_recorded_replies_of_other_interfaces_are_seen_whole():
    """What has no table of ours goes through the transport all the same, damaged or not."""
    others = {name: whole for name, whole in recorded().items() if name not in INTERFACES}
    assert len(others) > 30
    rng = np.random.default_rng(2019)
    for name, whole in others.items():
        data = whole["data"]
        _same(name, whole, pd.DataFrame(data["items"], columns=data["fields"]))
        for _ in range(5):
            kind, found = damage(whole, rng)
            if kind == "code says no":  # refusals name our interfaces
                continue
            try:
                frame = _frame(name, found.sent)
            except NAMED:
                assert not found.harmless
                continue
            assert found.rows is not None, (name, kind)
            assert len(frame) == len(found.sent["data"]["items"])


def _frame(name: str, sent: object) -> pd.DataFrame:
    from pydantic import SecretStr

    wire = Wire(lambda body: sent)
    return transport.ask(wire, transport.ADDRESS, SecretStr(TOKEN), name, {}, "", 30.0).frame


def _same(name: str, sent: object, frame: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(_frame(name, sent), frame)
