"""Malformations of a reply: each tells what it touches, so that the rest can be checked."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

EVERY = None
Envelope = dict


@dataclass
class Damaged:
    """A malformed reply.

    Attributes
    ----------
    sent
        A reply to write as JSON, or bytes.
    rows
        Positions of the rows touched; None: the reply as a whole, which no parse can mend.
    harmless
        Nothing that we read has changed: the parse must be the undamaged one.
    """

    sent: object
    rows: set[int] | None = EVERY
    harmless: bool = False


def damage(whole: Envelope, rng: np.random.Generator) -> tuple[str, Damaged]:
    """A random malformation of a whole reply, and its name."""
    name = list(KINDS)[rng.integers(len(KINDS))]
    return name, KINDS[name](copy.deepcopy(whole), rng)


def _pick(rng: np.random.Generator, values) -> object:
    return values[rng.integers(len(values))]


def _cell(envelope: Envelope, rng: np.random.Generator, values) -> Damaged:
    """A cell replaced by one of `values`, or by what a function makes of it."""
    fields, items = envelope["data"]["fields"], envelope["data"]["items"]
    if not items:
        return Damaged(envelope, set(), harmless=True)
    row, column = int(rng.integers(len(items))), int(rng.integers(len(fields)))
    value = _pick(rng, values)
    items[row][column] = value(items[row][column]) if callable(value) else value
    return Damaged(envelope, {row})


def _dropped_field(envelope, rng):
    envelope["data"]["fields"].pop(rng.integers(len(envelope["data"]["fields"])))
    return Damaged(envelope, EVERY if envelope["data"]["items"] else set())


def _dropped_column(envelope, rng):
    where = int(rng.integers(len(envelope["data"]["fields"])))
    envelope["data"]["fields"].pop(where)
    for row in envelope["data"]["items"]:
        row.pop(where)
    return Damaged(envelope, set())


def _renamed(envelope, rng):
    where = int(rng.integers(len(envelope["data"]["fields"])))
    envelope["data"]["fields"][where] += _pick(rng, ["_", "2", " "])
    return Damaged(envelope, set())


def _named_twice(envelope, rng):
    fields = envelope["data"]["fields"]
    if len(fields) > 1:
        fields[0] = fields[1]
    return Damaged(envelope)


def _strange_field(envelope, rng):
    where = int(rng.integers(len(envelope["data"]["fields"])))
    envelope["data"]["fields"][where] = _pick(rng, [None, 7, ["ts_code"], {}, True])
    return Damaged(envelope)


def _extra(envelope, rng):
    where = int(rng.integers(len(envelope["data"]["fields"]) + 1))
    envelope["data"]["fields"].insert(where, "new_field")
    for row in envelope["data"]["items"]:
        row.insert(where, _pick(rng, [1.5, "x", None]))
    return Damaged(envelope, set(), harmless=True)


def _shuffled(envelope, rng):
    data = envelope["data"]
    order = rng.permutation(len(data["fields"]))
    data["fields"] = [data["fields"][place] for place in order]
    data["items"] = [[row[place] for place in order] for row in data["items"]]
    return Damaged(envelope, set(), harmless=True)


def _cut_row(envelope, rng):
    items = envelope["data"]["items"]
    if not items:
        return Damaged(envelope, set(), harmless=True)
    row = items[rng.integers(len(items))]
    del row[int(rng.integers(len(row))) :]
    return Damaged(envelope)


def _long_row(envelope, rng):
    items = envelope["data"]["items"]
    if not items:
        return Damaged(envelope, set(), harmless=True)
    _pick(rng, items).append(_pick(rng, [None, 1.0, "x"]))
    return Damaged(envelope)


def _lost_rows(envelope, rng):
    items = envelope["data"]["items"]
    gone = set(rng.permutation(len(items))[: int(rng.integers(0, len(items) + 1))].tolist())
    envelope["data"]["items"] = [row for place, row in enumerate(items) if place not in gone]
    return Damaged(envelope, gone)


def _repeated_row(envelope, rng):
    items = envelope["data"]["items"]
    if not items:
        return Damaged(envelope, set(), harmless=True)
    row = int(rng.integers(len(items)))
    items.append(list(items[row]))
    return Damaged(envelope, {row})


def _strange_row(envelope, rng):
    items = envelope["data"]["items"]
    items.insert(int(rng.integers(len(items) + 1)), _pick(rng, [None, 1, "row", {"ts_code": "x"}]))
    return Damaged(envelope)


def _nulled_column(envelope, rng):
    where = int(rng.integers(len(envelope["data"]["fields"])))
    for row in envelope["data"]["items"]:
        row[where] = None
    return Damaged(envelope, set(range(len(envelope["data"]["items"]))))


def _part(part: str, *values: object) -> Callable:
    def change(envelope, rng):
        envelope["data"][part] = _pick(rng, values)
        return Damaged(envelope)

    return change


def _without(part: str) -> Callable:
    def change(envelope, rng):
        del (envelope if part in envelope else envelope["data"])[part]
        return Damaged(envelope)

    return change


def _top(part: str, *values: object) -> Callable:
    def change(envelope, rng):
        envelope[part] = _pick(rng, values)
        return Damaged(envelope)

    return change


def _says_more(envelope, rng):
    wrong = _pick(rng, [None, True, "yes", 1, [], "false"])
    envelope["data"]["has_more"] = wrong
    return Damaged(envelope, set(), harmless=wrong is None)


def _nothing_said(envelope, rng):
    for part in ("has_more", "count"):
        envelope["data"].pop(part, None)
    envelope.pop("msg", None)
    return Damaged(envelope, set(), harmless=True)


def _counted(envelope, rng):
    rows = len(envelope["data"]["items"])
    envelope["data"]["count"] = _pick(rng, [rows + 1, rows - 1, "all", -7, 1.5, True])
    return Damaged(envelope, set())


def _truncated(envelope, rng):
    text = json.dumps(envelope, ensure_ascii=False).encode()
    return Damaged(text[: rng.integers(len(text))])


def _garbled(envelope, rng):
    text = bytearray(json.dumps(envelope, ensure_ascii=False).encode())
    text[rng.integers(len(text))] = 0xFF  # never part of UTF-8
    return Damaged(bytes(text))


def _wrapped(envelope, rng):
    return Damaged(_pick(rng, [[envelope], {"result": envelope}, "ok", None, 0, []]))


def _nested(envelope, rng):
    envelope["data"]["items"] = [envelope["data"]["items"]]
    return Damaged(envelope)


def _as_records(envelope, rng):
    data = envelope["data"]
    if not data["items"]:
        return Damaged(envelope, set(), harmless=True)
    data["items"] = [dict(zip(data["fields"], row, strict=True)) for row in data["items"]]
    return Damaged(envelope)


def _as_text(envelope, rng):
    """Every number written as text."""
    envelope["data"]["items"] = [
        [repr(cell) if isinstance(cell, float) else cell for cell in row]
        for row in envelope["data"]["items"]
    ]
    return Damaged(envelope, set(), harmless=True)


_DATES = [
    "2017-01-04",
    "20171301",
    "20170230",
    "0",
    "今天",
    "201701",
    "20170104 ",
    "１２３４５６７８",
]
_TYPES = [True, [1, 2], {"a": 1}, "words", "", -1.0, 1e300, 1e999, 3, "12.5", "nan", "-inf"]

KINDS: dict[str, Callable[[Envelope, np.random.Generator], Damaged]] = {
    "field dropped": _dropped_field,
    "column dropped": _dropped_column,
    "field renamed": _renamed,
    "field named twice": _named_twice,
    "field that is no name": _strange_field,
    "extra field": _extra,
    "fields in another order": _shuffled,
    "cell of another type": lambda envelope, rng: _cell(envelope, rng, _TYPES),
    "cell null": lambda envelope, rng: _cell(envelope, rng, [None]),
    "cell a malformed date": lambda envelope, rng: _cell(envelope, rng, _DATES),
    "cell nested": lambda envelope, rng: _cell(envelope, rng, [lambda cell: [cell]]),
    "row cut": _cut_row,
    "row too long": _long_row,
    "rows lost": _lost_rows,
    "row repeated": _repeated_row,
    "row that is none": _strange_row,
    "column null": _nulled_column,
    "numbers as text": _as_text,
    "items nested": _nested,
    "items as records": _as_records,
    "items strange": _part("items", None, {}, "rows", 5, [[]], [None]),
    "items empty": lambda envelope, rng: _emptied(envelope),
    "fields strange": _part("fields", None, {}, "ts_code", [], 5),
    "data strange": _top("data", None, [], "", 0, {}, {"items": []}, {"fields": ["ts_code"]}),
    "data missing": _without("data"),
    "items missing": _without("items"),
    "fields missing": _without("fields"),
    "code missing": _without("code"),
    "code strange": _top("code", None, "0", False, [], 0.0, "ok"),
    "code says no": _top("code", 40001, 40203, -2001, 40101, 99999, 1),
    "has_more wrong": _says_more,
    "has_more and msg left out": _nothing_said,
    "count wrong": _counted,
    "truncated": _truncated,
    "not UTF-8": _garbled,
    "wrapped": _wrapped,
}


def _emptied(envelope: Envelope) -> Damaged:
    rows = set(range(len(envelope["data"]["items"])))
    envelope["data"]["items"] = []
    return Damaged(envelope, rows)
