"""The list as table, JSON, Parquet and page; its records, and the question asked again."""

from __future__ import annotations

import dataclasses
import html
import io
import json
import re
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from rich.console import Console

from stockcast.advice import abstain, publishing, records, render
from stockcast.advice.recommendation import recommend
from stockcast.advice.words import GROUPS, NOTICE, PROVISIONAL, SINGLE, STEMS, phrase
from stockcast.errors import InputError
from stockcast.features import catalogue
from stockcast.features.alpha158.features import ROLLING


@pytest.fixture
def made(run, monkeypatch):
    """A list of the line's 30th evening, its desk, and the run."""
    monkeypatch.setattr(abstain, "unsure", lambda listed, gate: [])
    desk, said = run.desk("ridge"), run.said["ridge"]
    return desk, recommend(desk, np.sort(said["date"].unique())[30], past=said)


def _screen(made, language, width=220):
    out = io.StringIO()
    render.show(made, Console(file=out, width=width), language)
    return out.getvalue()


def _outputs(made):
    yield _screen(made, "en")
    yield _screen(made, "zh")
    yield render.as_json(made)
    yield render.as_html(made, "en")
    yield render.as_html(made, "zh")
    table = pq.read_table(io.BytesIO(render.as_parquet(made)))
    yield "\n".join(value.decode() for value in table.schema.metadata.values())


def _flat(text):
    return re.sub(r"\s+", " ", html.unescape(text))


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("width", [80, 220])
def test_nothing_is_cut_off_on_a_narrow_terminal(made, language, width):
    """Every figure of every stock is there in full, in the table or below it."""
    _, found = made
    shown = _flat(_screen(found, language, width))
    for item in found.items:
        for value in render.cells(item, language).values():
            assert value in shown


@pytest.mark.parametrize("abstained", [False, True])
def test_the_notice_is_in_every_output(made, abstained):
    """In both languages, with a list and without one."""
    _, found = made
    if abstained:
        reason = abstain.Abstention("drift", "too unlike", "差异过大")
        found = dataclasses.replace(found, items=(), records=(), abstentions=(reason,))
    for text in _outputs(found):
        assert NOTICE["en"] in _flat(text)
        assert NOTICE["zh"] in _flat(text)
        if abstained:
            assert "too unlike" in text or "差异过大" in text


def test_a_provisional_list_says_so_everywhere(made):
    """And it is kept apart from the lists that count."""
    _, found = made
    found = dataclasses.replace(found, provisional=True)
    for text in _outputs(found):
        marked = any(one in _flat(text) for one in PROVISIONAL.values())
        assert marked or "true" in text  # the Parquet file's metadata
    assert records.folder_of(found).parent.name == "provisional"


def test_json_holds_what_the_list_says(made):
    """Figures are exact, infinity is null, and both languages' sentences are there."""
    _, found = made
    read = json.loads(render.as_json(found))
    first = read["items"][0]
    assert first["prob_up"] == found.items[0].prob_up
    assert first["record"] == found.records[0]["id"]
    assert len(first["text"]["en"]) == len(first["text"]["zh"]) >= 2
    assert read["data_hash"] == found.asked.data_hash
    assert "Infinity" not in render.as_json(found)


def test_parquet_holds_the_same_figures(made):
    """One row an item."""
    _, found = made
    rows = pd.read_parquet(io.BytesIO(render.as_parquet(found)))
    assert list(rows["code"]) == [item.code for item in found.items]
    assert list(rows["sigma"]) == [item.sigma for item in found.items]
    assert not rows["provisional"].any()


class _Page(HTMLParser):
    def __init__(self):
        super().__init__()
        self.links, self.tags = [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.links += [value for name, value in attrs if name in ("src", "href", "action")]


def test_the_page_needs_nothing_else(made):
    """No address, script, image or style from elsewhere; names are escaped."""
    _, found = made
    odd = dataclasses.replace(found.items[0], name="<script>alert(1)</script>")
    found = dataclasses.replace(found, items=(odd, *found.items[1:]))
    text = render.as_html(found, "zh")
    page = _Page()
    page.feed(text)
    assert page.links == []
    assert not {"script", "link", "img", "iframe"} & {*page.tags}
    assert "http" not in text
    assert "@import" not in text
    assert "url(" not in text


def test_what_is_published_is_whole(made, monkeypatch):
    """All files or none: a failure leaves the earlier list as it was."""
    _, found = made
    folder = publishing.publish(found)
    files = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.*"))
    ids = sorted(f"records/{record['id']}.json" for record in found.records)
    assert files == sorted(["list.html", "list.json", "list.parquet", *ids])
    before = (folder / "list.json").read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(render, "as_parquet", full)
    with pytest.raises(InputError, match="No space left"):
        publishing.publish(dataclasses.replace(found, items=(), records=()))
    assert (folder / "list.json").read_bytes() == before
    assert not list(folder.parent.glob(".*"))


def test_a_record_is_replayed_bit_for_bit(made):
    """The same data give the same forecast; other data are named by their hash."""
    desk, found = made
    publishing.publish(found)
    named = found.records[0]["id"]
    same = records.replay(named)
    assert (same.same, same.differ) == (True, ())
    assert same.text().endswith("bit-equal, and so are data, model, features, rules, parameters")
    rows = (desk.panel["code"] == found.items[0].code) & (desk.panel["date"] == found.date)
    desk.panel.loc[rows, ["close", "high"]] *= 1.01
    other = records.replay(named, desk)
    assert not other.same
    assert other.differ == ("data", "features")
    assert "differs" in other.text()


def test_a_changed_record_is_refused(made):
    """A record is known by what it says."""
    _, found = made
    folder = publishing.publish(found)
    path = folder / "records" / f"{found.records[0]['id']}.json"
    path.write_text(path.read_text("utf-8").replace('"horizon": 5', '"horizon": 6'), "utf-8")
    with pytest.raises(InputError, match="as it was written"):
        records.replay(found.records[0]["id"])
    with pytest.raises(InputError, match="id of a list's item"):
        records.replay("20150101-000001.SZ-00000000")


def test_every_group_has_words():
    """In English and in Chinese."""
    assert {feature.group for feature in catalogue.CATALOGUE} <= set(GROUPS)
    assert phrase("volatility_20", "en") == "its volatility"
    assert phrase("volatility_20", "zh") == "波动率"
    assert phrase("STD30", "en") == "how much its price varied of late"
    assert phrase("KMID", "en") == "the shape of its last bar"
    assert {name for name, *_ in ROLLING} == set(STEMS)
    assert set(SINGLE) <= set(catalogue.BY_NAME)
    assert phrase("window_return__mean", "en") == "the statistics of its recent bars"
