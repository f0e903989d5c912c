"""The feature explorer: one fragment of HTML that a chapter shows, and that needs no network.

A plain table of all features, which print and readers without scripts get whole, and a script that
adds search, filters, order, bars by year and details. Style and script stand beside this file and
are put into the fragment; so is what the table does not show, as JSON.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from html import escape
from pathlib import Path

import numpy as np
import pandas as pd

from stockcast.errors import InputError

FACTS = (
    "name", "family", "group", "formula", "inputs", "lookback", "units", "source",
    "known", "rank_ic", "low", "high",
)  # fmt: skip
HEADS = ("Feature", "Rank IC", "By year", "Family", "Group", "Days", "Known", "Formula")
UNIT = 1e-4
"""In the JSON a Rank IC is a whole number of these: short, and more than its interval supports."""


def explorer(facts: pd.DataFrame, by_year: pd.DataFrame, name: str = "features") -> str:
    """The explorer as HTML, for `IPython.display.HTML`.

    Parameters
    ----------
    facts
        One row per feature, with the columns `FACTS`: those of
        `stockcast.features.catalogue.described`, and `known`, the share of rows on which it is
        known; `rank_ic`, its mean daily Rank IC; `low` and `high`, the ends of that mean's
        interval. NaN where there is none.
    by_year
        Mean daily Rank IC by feature (index) and year (columns); features that are not in it, and
        NaN, get no bars.
    name
        Told apart by it when a page shows two.

    Returns
    -------
    str
        About 0.3 kB a feature.

    Raises
    ------
    InputError
        When a column is missing or a feature is there twice.

    Notes
    -----
    It shows what it is given: years inside a sealed window must not be among the columns, nor in
    the means.
    """
    if missing := [column for column in FACTS if column not in facts]:
        raise InputError("facts", "must have the columns of FACTS", missing)
    if facts.name.duplicated().any():
        raise InputError(
            "facts", "must name each feature once", facts.name[facts.name.duplicated()].iloc[0]
        )
    years = by_year.reindex(facts.name).sort_index(axis=1)
    here = Path(__file__)
    style = here.with_name("feature_explorer.css").read_text(encoding="utf-8")
    script = here.with_name("feature_explorer.js").read_text(encoding="utf-8")
    return _PAGE.format(
        id=escape(f"sc-explorer-{name}"), style=style, script=script, count=len(facts),
        heads="".join(f'<th scope="col">{head}</th>' for head in HEADS),
        rows="\n".join(map(_row, facts.itertuples())), data=_data(facts, years),
    )  # fmt: skip


def _row(one: object) -> str:
    known = "–" if np.isnan(one.known) else f"{one.known:.0%}"
    rank_ic = "–" if np.isnan(one.rank_ic) else f"{one.rank_ic:.4f}"
    cells = (rank_ic, "", one.family, one.group, str(one.lookback), known, one.formula)
    told = "".join(f"<td>{escape(cell, quote=False)}</td>" for cell in cells)
    return f'<tr><th scope="row">{escape(one.name)}</th>{told}</tr>'


def _data(facts: pd.DataFrame, years: pd.DataFrame) -> str:
    """What the script needs and the table does not hold; words that many features share, once."""
    words: dict[str, int] = {}
    rows = [
        [
            *(words.setdefault(w, len(words)) for w in (one.units, one.source, _list(one.inputs))),
            _whole(one.low),
            _whole(one.high),
            *map(_whole, values),
        ]
        for one, values in zip(facts.itertuples(), years.to_numpy(float), strict=True)
    ]
    held = {
        "unit": UNIT, "longest": _longest(years), "years": [int(year) for year in years.columns],
        "words": list(words), "rows": rows,
    }  # fmt: skip
    text = json.dumps(held, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    # Nothing in it may end the script element, or begin another one.
    return text.replace("&", r"\u0026").replace("<", r"\u003c").replace(">", r"\u003e")


def _longest(years: pd.DataFrame) -> float:
    """What the longest bar stands for: few years beyond it, or the rest could not be told apart."""
    sizes = np.abs(years.to_numpy(float))
    sizes = sizes[np.isfinite(sizes)]
    return max(round(float(np.quantile(sizes, 0.99)), 2), 0.01) if len(sizes) else 1.0


def _list(inputs: Sequence[str]) -> str:
    return ", ".join(inputs)


def _whole(value: float) -> int | None:
    return round(float(value) / UNIT) if np.isfinite(value) else None


_PAGE = """\
<section class="sc-explorer tex2jax_ignore mathjax_ignore" id="{id}" aria-label="Feature explorer">
<style>
{style}</style>
<div class="sc-controls" role="search" hidden>
<label>Search <input type="search" placeholder="name, formula, source, input"></label>
<label>Family <select></select></label>
<label>Group <select></select></label>
</div>
<p class="sc-count" aria-live="polite">{count} features</p>
<div class="sc-scroll" tabindex="0" role="region" aria-label="Table of features, scrolls">
<table>
<caption>Every feature</caption>
<thead><tr>{heads}</tr></thead>
<tbody class="sc-rows">
{rows}
</tbody>
</table>
</div>
<script type="application/json">{data}</script>
<script>
{script}</script>
</section>
"""
