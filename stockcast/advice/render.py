"""The list as a table on the terminal, as JSON, as Parquet, and as a page of its own."""

from __future__ import annotations

import dataclasses
import io
import json
import math
from collections.abc import Mapping
from importlib.resources import files
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from stockcast.advice.recommendation import Item, Recommendation
from stockcast.advice.words import LANGUAGES, NOTICE, PROVISIONAL, Language, say

if TYPE_CHECKING:
    from rich.console import Console

FORMATS = ("table", "json", "parquet", "html")
NOTICES = {f"notice_{language}".encode(): text.encode() for language, text in NOTICE.items()}
"""Metadata of the Parquet file."""


def table(made: Recommendation) -> pd.DataFrame:
    """One row an item with its figures; reasons and the like are in the items themselves."""
    told = ("flags", "reasons", "flip", "similar")
    plain = [name for name in Item.__dataclass_fields__ if name not in told]
    rows = [{name: getattr(item, name) for name in plain} for item in made.items]
    out = pd.DataFrame(rows, columns=plain)
    out.insert(0, "date", made.date)
    out["flags"] = [" ".join(item.flags) for item in made.items]
    out["provisional"] = made.provisional
    return out.replace({np.inf: np.nan})


def cells(item: Item, language: Language) -> dict[str, str]:
    """An item's figures as a reader sees them, by the words that head them."""
    held = f" ({item.holding:.1f})" if math.isfinite(item.holding) else ""
    return {
        "rank": f"{item.rank}",
        "code": item.code,
        "name": item.name,
        "direction": say(item.direction, language),
        "prob_up": f"{item.prob_up:.1%}",
        "interval": f"{item.interval_low:+.1%} … {item.interval_high:+.1%}",
        "mu": f"{item.mu:+.2%}",
        "sigma": f"{item.sigma:.1%}",
        "sigma_prob": f"{item.sigma_prob:.3f}",
        "holding": f"{item.horizon}{held}",
        "weight": f"{item.weight:.1%}",
        "action": say(item.action, language),
        "flags": ", ".join(say(flag, language) for flag in item.flags),
    }


def heading(made: Recommendation, language: Language) -> str:
    """One line: what, of which evening, by which model."""
    return (
        f"{say('title', language)}, {say('made', language)} {made.date:%Y-%m-%d}; "
        f"{made.run}, {say('model', language)} {made.model} {made.asked.model_version}"
    )


def orders(made: Recommendation, language: Language) -> list[tuple[str, str, str]]:
    """Side, code and yuan of the paper account's orders."""
    return [
        (
            say(order.side, language),
            order.code,
            f"{order.asked:,.2f}" if math.isfinite(order.asked) else say("whole", language),
        )
        for order in made.orders.itertuples()
    ]


def show(made: Recommendation, console: Console, language: Language) -> None:
    """Print the list, its reasons and its notice.

    On a narrow terminal what has no room in the table stands under each stock.
    """
    from rich import box
    from rich.markup import escape
    from rich.table import Table

    console.print(f"[bold]{escape(heading(made, language))}[/bold]")
    if made.provisional:
        console.print(f"[bold red]{PROVISIONAL[language]}[/bold red]")
    for one in made.abstentions:
        console.print(f"[bold]{say('abstained', language)}[/bold]: {escape(one.text(language))}")
    rows = [cells(item, language) for item in made.items]
    names = list(rows[0]) if rows else []
    columns = names if console.width >= WIDE else [name for name in names if name in _NARROW]
    rest = [name for name in names if name not in columns]
    if rows:
        shown = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
        for name in columns:
            side = "left" if name in _TEXTS else "right"
            shown.add_column(say(name, language), justify=side, no_wrap=name != "flags")
        for row in rows:
            shown.add_row(*(escape(row[name]) for name in columns))
        console.print(shown)
    for item, row, record in zip(made.items, rows, made.records, strict=True):
        console.print(f"[bold]{item.rank}. {escape(f'{item.code} {item.name}')}[/bold]")
        beside = [f"{say(name, language)} {row[name]}" for name in rest if row[name]]
        if beside:
            console.print(f"  {escape('; '.join(beside))}")
        for line in explained(item, language):
            console.print(f"  - {escape(line)}")
        console.print(f"  {say('record', language)}: {record['id']}", style="dim")
    if len(made.orders):
        told = "; ".join(" ".join(one) for one in orders(made, language))
        console.print(f"{say('orders', language)}: {escape(told)}")
    for other in LANGUAGES:
        console.print(NOTICE[other], style="italic")


WIDE = 150
"""Characters of a line from which the table has every column."""
_NARROW = ("rank", "code", "name", "prob_up", "interval", "weight", "action")
_TEXTS = ("code", "name", "direction", "interval", "action", "flags")


def explained(item: Item, language: Language) -> list[str]:
    """Reasons, what would change the view, and similar calls, a sentence each."""
    out = [reason.text(language) for reason in item.reasons]
    if item.flip is not None:
        out.append(item.flip.text(language))
    out.append(item.similar.text(language))
    return out


def as_json(made: Recommendation) -> str:
    """All of it, both languages' sentences included; NaN and infinity become null."""
    items = [
        {
            **dataclasses.asdict(item),
            "record": record["id"],
            "text": {language: explained(item, language) for language in LANGUAGES},
        }
        for item, record in zip(made.items, made.records, strict=True)
    ]
    asked = made.asked
    about = {
        "date": f"{made.date:%Y-%m-%d}",
        "run": made.run,
        "model": made.model,
        "model_version": asked.model_version,
        "information_until": f"{asked.information_until:%Y-%m-%d}",
        "data_hash": asked.data_hash,
        "rules_hash": asked.rules_hash,
        "params_hash": asked.params_hash,
        "provisional": made.provisional,
        "provisional_notice": PROVISIONAL if made.provisional else None,
        "surprise": made.surprise,
        "abstentions": [dataclasses.asdict(one) for one in made.abstentions],
        "items": items,
        "orders": made.orders.to_dict("records"),
        "notice": dict(made.notice),
    }
    return json.dumps(_plain(about), ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def as_parquet(made: Recommendation) -> bytes:
    """The items' figures and sentences as a table; the notices are in its schema's metadata."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = table(made)
    for language in LANGUAGES:
        rows[f"reasons_{language}"] = pd.Series(
            ["\n".join(explained(item, language)) for item in made.items], dtype="str"
        )
    rows["record"] = pd.Series([record["id"] for record in made.records], dtype="str")
    rows["notice"] = pd.Series(" ".join(NOTICE.values()), index=rows.index, dtype="str")
    made_of = pa.Table.from_pandas(rows, preserve_index=False)
    kept = {**(made_of.schema.metadata or {}), **NOTICES}
    kept[b"provisional"] = str(made.provisional).lower().encode()
    kept[b"abstained"] = "; ".join(one.en for one in made.abstentions).encode()
    out = io.BytesIO()
    pq.write_table(made_of.replace_schema_metadata(kept), out)
    return out.getvalue()


def as_html(made: Recommendation, language: Language) -> str:
    """One page that needs no other file."""
    from jinja2 import Environment, StrictUndefined

    source = (files("stockcast.advice") / "list.html.j2").read_text(encoding="utf-8")
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    return environment.from_string(source).render(
        language=language,
        heading=heading(made, language),
        made=made,
        asked=made.asked,
        provisional=PROVISIONAL[language] if made.provisional else "",
        abstentions=[one.text(language) for one in made.abstentions],
        rows=[
            (cells(item, language), explained(item, language), record["id"])
            for item, record in zip(made.items, made.records, strict=True)
        ],
        orders=orders(made, language),
        notices=NOTICE,
        say=lambda word: say(word, language),
    )


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return {str(key): _plain(held) for key, held in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(held) for held in value]
    if hasattr(value, "item"):
        return _plain(value.item())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
