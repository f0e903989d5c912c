"""The feature explorer: whole, safe, light, and working without a network."""

from __future__ import annotations

import base64
import json
import re
import shutil
import subprocess
from html.parser import HTMLParser
from urllib.parse import unquote

import numpy as np
import pandas as pd
import pytest

from stockcast.book import pages
from stockcast.book.feature_explorer import FACTS, explorer
from stockcast.errors import InputError

VOID = {"input", "br", "img", "path"}
NASTY = '</script><script>x()</script> & "quoted" <b>'
CLICKS = """
const root = document.querySelector(".sc-explorer"), said = {};
const all = (what) => [...root.querySelectorAll(what)];
const name = (row) => row.cells[0].textContent;
const shown = () => all(".sc-rows > tr:not([hidden], .sc-detail)").map(name);
const set = (field, value, event) => {
  field.value = value; field.dispatchEvent(new Event(event)); return shown();
};
const [search, family, group] = all(".sc-controls :is(input, select)");
said.all = shown().length;
said.search = set(search, "NAME_7 moved", "input");
said.count = root.querySelector(".sc-count").textContent;
set(search, "", "input");
said.family = set(family, "text", "change").length;
said.groups = [...group.options].map((option) => option.value);
said.group = set(group, said.groups[1], "change").length;
set(group, "", "change"); set(family, "", "change");
const head = all("thead th")[1];
head.querySelector("button").click();
said.best = [all(".sc-rows > tr")[0].cells[1].textContent, head.getAttribute("aria-sort")];
head.querySelector("button").click();
said.worst = [all(".sc-rows > tr")[0].cells[1].textContent, head.getAttribute("aria-sort")];
said.last = all(".sc-rows > tr").at(-1).cells[1].textContent;
const button = all(".sc-rows button").find((one) => one.textContent === "name_7");
button.click();
const path = (row, kind) => row.querySelector(`path.${kind}`)?.getAttribute("d") ?? "";
said.bars = all(".sc-rows > tr").map((row) => [name(row), path(row, "u"), path(row, "d")]);
said.open = button.getAttribute("aria-expanded");
said.detail = root.querySelector(".sc-detail").textContent;
button.dispatchEvent(new KeyboardEvent("keydown", {key: "Escape", bubbles: true}));
said.closed = [button.getAttribute("aria-expanded"), all(".sc-detail").length];
const out = document.createElement("pre");
out.id = "said"; out.textContent = btoa(encodeURIComponent(JSON.stringify(said)));
document.body.append(out);
"""


class Read(HTMLParser):
    """Checks that tags match, and keeps rows, identifiers, loads and what scripts hold."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.rows: list[list[str]] = []
        self.ids: list[str] = []
        self.loads: list[str] = []
        self.scripts: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """One more open element, row, cell or script."""
        found = dict(attrs)
        self.ids += [found["id"]] if "id" in found else []
        self.loads += [found[key] for key in ("src", "href", "action") if key in found]
        if tag not in VOID:
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        elif tag in ("th", "td"):
            self.rows[-1].append("")
        elif tag == "script":
            self.scripts.append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Nothing to close."""

    def handle_endtag(self, tag: str) -> None:
        """The innermost element ends, and no other."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Text of a cell or a script."""
        if self.open and self.open[-1] in ("th", "td"):
            self.rows[-1][-1] += data
        elif self.open and self.open[-1] == "script":
            self.scripts[-1] += data


def tables(count: int = 12) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Features of two families, some of them nasty, and their Rank IC of six years."""
    rng = np.random.default_rng(0)
    facts = pd.DataFrame(
        {
            "name": [f"name_{i}" for i in range(count)],
            "family": ["technical" if i % 3 else "text" for i in range(count)],
            "group": [f"group {i % 4}" for i in range(count)],
            "formula": [f"mean(r(t-k), k < {i}) / std(r(t-k), k < 60) - 1" for i in range(count)],
            "inputs": [("close", "adj_factor", "volume")] * count,
            "lookback": range(1, count + 1),
            "units": ["shares moved" if i == 7 else "fraction" for i in range(count)],
            "source": [
                f"Somebody and Another, Journal of Finance {i % 9} (1993)" for i in range(count)
            ],
            "known": rng.uniform(0.5, 1, count),
            "rank_ic": rng.normal(0, 0.03, count),
        }
    )
    facts["low"], facts["high"] = facts.rank_ic - 0.01, facts.rank_ic + 0.01
    facts.loc[2, ["rank_ic", "low", "high"]] = np.nan
    facts.loc[3, ["formula", "source", "group"]] = NASTY
    by_year = pd.DataFrame(
        rng.normal(0, 0.03, (count, 6)), index=facts.name, columns=range(2017, 2011, -1)
    )
    by_year.iloc[4, :3] = np.nan
    return facts, by_year.iloc[1:]


@pytest.fixture(scope="module")
def html() -> str:
    """A small explorer."""
    return explorer(*tables())


def test_it_parses_and_every_feature_has_a_row(html):
    """Without scripts it must be a table of all features with what is known of them."""
    facts, _ = tables()
    head, *rows = Read(html).rows
    assert head == ["Feature", "Rank IC", "By year", "Family", "Group", "Days", "Known", "Formula"]
    assert [row[0] for row in rows] == list(facts.name)
    assert [row[7] for row in rows] == list(facts.formula)
    assert rows[2][1] == "–"
    assert float(rows[5][1]) == pytest.approx(facts.rank_ic[5], abs=5e-5)


def test_what_it_embeds_comes_back(html):
    """The JSON must hold what the table does not, years in order, and stay inside its element."""
    facts, by_year = tables()
    read = Read(html)
    assert len(read.scripts) == 2
    data = json.loads(read.scripts[0])
    assert data["years"] == list(range(2012, 2018))
    assert len(data["rows"]) == len(facts)
    for row, one in zip(data["rows"], facts.itertuples(), strict=True):
        assert [data["words"][place] for place in row[:3]] == [
            one.units, one.source, ", ".join(one.inputs),
        ]  # fmt: skip
        expected = [one.low, one.high, *by_year.reindex([one.name]).iloc[0, ::-1]]
        got = [np.nan if value is None else value * data["unit"] for value in row[3:]]
        np.testing.assert_allclose(got, expected, atol=5.1e-5)
    sizes = np.abs(by_year.to_numpy())
    assert data["longest"] == pytest.approx(np.nanquantile(sizes, 0.99), abs=0.005)
    assert "<" not in read.scripts[0]


def test_it_asks_for_nothing_and_tells_nothing(html):
    """No address, no load, no path of a machine, and names that clash with no other element."""
    read = Read(html)
    assert read.loads == []
    # A namespace is a name that happens to look like an address.
    rest = html.replace("http://www.w3.org/2000/svg", "").replace("\n// ", "")
    assert not re.search(r"https?:|//[a-z]|url\(|@import|fetch\(|XMLHttp|import\(", rest)
    assert read.ids == ["sc-explorer-features"]
    assert Read(explorer(*tables(), name="two")).ids == ["sc-explorer-two"]
    assert pages._ABSOLUTE.search(html) is None
    assert html == explorer(*tables())


def test_three_hundred_and_thirty_features_are_light():
    """A page must not grow by more than 150 kB."""
    assert len(explorer(*tables(330)).encode()) < 150_000


def test_readers_of_the_page_without_eyes_or_mouse_are_served(html):
    """Labels, a caption, headers with a scope, a count that is read out, a region to scroll."""
    assert html.count("<label>") == 3
    assert "<caption>" in html
    assert html.count('scope="col"') == 8
    assert 'aria-live="polite"' in html
    assert 'class="sc-scroll" tabindex="0" role="region" aria-label=' in html


def test_tables_it_cannot_show_are_refused():
    """A missing column or a feature named twice is the caller's mistake, told in one line."""
    facts, by_year = tables()
    with pytest.raises(InputError, match="must have the columns of FACTS"):
        explorer(facts.drop(columns="units"), by_year)
    with pytest.raises(InputError, match="must name each feature once; got 'name_0'"):
        explorer(pd.concat([facts, facts.iloc[:1]], ignore_index=True), by_year)
    assert set(FACTS) <= set(facts.columns)


def test_no_years_and_no_features_are_shown_too():
    """Before anything is known there must still be a page."""
    facts, by_year = tables()
    read = Read(explorer(facts, by_year.iloc[:, :0]))
    assert json.loads(read.scripts[0])["years"] == []
    assert len(read.rows) == 13
    assert len(Read(explorer(facts.iloc[:0], by_year)).rows) == 1


@pytest.mark.skipif(not shutil.which("chromium"), reason="chromium is not installed")
def test_search_filters_order_and_details_work(html, tmp_path):
    """In a browser: what is typed, chosen and clicked must show what it promises."""
    page = tmp_path / "page.html"
    page.write_text(
        f'<!doctype html><meta charset="utf-8"><body>{html}<script>{CLICKS}</script></body>',
        encoding="utf-8",
    )
    words = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'user'}"]
    ended = subprocess.run(
        ["chromium", *words, "--dump-dom", page.as_uri()],
        capture_output=True, text=True, timeout=100, check=True,
    )  # fmt: skip
    found = re.search(r'<pre id="said">([^<]*)</pre>', ended.stdout)
    assert found, ended.stderr[-500:]
    said = json.loads(unquote(base64.b64decode(found[1]).decode()))
    facts, by_year = tables()
    ic = facts.rank_ic.round(4)
    assert said["all"] == 12
    assert (said["search"], said["count"]) == (["name_7"], "1 of 12 features")
    assert said["family"] == 4
    assert said["groups"] == ["", *dict.fromkeys(facts.group[facts.family == "text"])]
    assert said["group"] == 1
    assert (float(said["best"][0]), said["best"][1]) == (ic.max(), "descending")
    assert (float(said["worst"][0]), said["worst"][1]) == (ic.min(), "ascending")
    assert said["last"] == "–"
    for name, up, down in said["bars"]:
        known = by_year.reindex([name]).iloc[0].dropna()
        assert (up.count("M"), down.count("M")) == ((known >= 0).sum(), (known < 0).sum()), name
    assert (said["open"], said["closed"]) == ("true", ["false", 0])
    for fact in (facts.formula[7], facts.source[7], "shares moved", "close, adj_factor, volume"):
        assert fact in said["detail"]
    assert f"{by_year.loc['name_7', 2012]:.3f}" in said["detail"]
