"""A model card: one page that says what a model is, what it learned from and what it scored.

Mitchell et al. (2019), "Model cards for model reporting", FAT*. Every line comes from the record.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stockcast.models.record import Record

LEVELS = {1: "classical", 2: "network", 3: "fusion"}
SHOWN = 24
"""Features and parameters named on the page; the record has them all."""

# name: (what the page calls it, digits, whether it is a percentage)
FIGURES = {
    "ic": ("IC", 4, False),
    "icir": ("ICIR, a day", 3, False),
    "rank_ic": ("Rank IC", 4, False),
    "rank_icir": ("Rank ICIR, a day", 3, False),
    "share": ("share of the oracle's Rank IC", 1, True),
    "relative_accuracy": ("accuracy, market-relative", 1, True),
    "accuracy": ("accuracy, raw", 1, True),
    "auc": ("AUC, raw", 3, False),
    "f1_3": ("F1, classes of ±3 %", 3, False),
    "f1_5": ("F1, classes of ±5 %", 3, False),
    "f1_10": ("F1, classes of ±10 %", 3, False),
    "interval_coverage": ("outcomes inside the 90 % interval", 1, True),
}

NOTICE = (
    "Made for research and teaching: to compare methods on one market and to show how such a "
    "comparison is done. It is not investment advice, and nobody has checked that it is fit to "
    "trade by."
)


def card(record: Record) -> str:
    """The page in Markdown.

    Parameters
    ----------
    record
        Of a fitted model. Metrics that are None are left out, and so are those that
        `FIGURES` does not name.
    """
    parts = [
        f"# {record.model}",
        record.described,
        _table(
            ("", ""),
            [
                ("run and stage", f"{record.run}, {record.stage}"),
                ("level", f"{record.level}, {LEVELS.get(record.level, 'other')}"),
                ("forecasts", _task(record)),
                ("knows nothing after", record.information_until),
                ("data", f"`{record.data}`"),
                ("seed", str(record.seed)),
            ],
        ),
        "## Days",
        _days(record.spans),
        "## Results on the test",
        _results(record.metrics),
        "## Inputs",
        _some(record.features, f"{len(record.features)} features"),
        "## Parameters",
        _some([f"{name} {value}" for name, value in sorted(record.parameters.items())], ""),
        "## Limits",
        "\n".join(f"- {sentence}" for sentence in [*_limits(record), *record.limits]),
        "## Use",
        NOTICE,
    ]
    return "\n\n".join(parts) + "\n"


def _task(record: Record) -> str:
    return (
        f"the return from the close of the next day to the close {record.horizon} trading days "
        f"later, of the day's members, from the {record.lookback} days before at most"
    )


def _days(spans: Mapping[str, Mapping[str, object]]) -> str:
    rows = [
        (part, str(span["first"]), str(span["last"]), str(span["days"]), f"{span['rows']:,d}")
        for part, span in spans.items()
    ]
    return _table(("part", "first", "last", "days", "rows"), rows)


def _results(metrics: Mapping[str, float | None]) -> str:
    rows = []
    for name, (title, digits, percent) in FIGURES.items():
        value, low, high = (metrics.get(name + end) for end in ("", "_low", "_high"))
        if value is None:
            continue
        interval = ""
        if low is not None and high is not None:
            interval = f"{_number(low, digits, percent)} to {_number(high, digits, percent)}"
        rows.append((title, _number(value, digits, percent), interval))
    return _table(("", "figure", "95 % interval"), rows) if rows else "None were recorded."


def _limits(record: Record) -> list[str]:
    """What the figures themselves say against the model."""
    said = []
    low, high = (record.metrics.get(f"rank_ic{end}") for end in ("_low", "_high"))
    if low is None or high is None:
        said.append("No interval of its Rank IC is known, so nothing is claimed for it.")
    elif low <= 0:
        where = "lies below zero" if high < 0 else "includes zero"
        said.append(f"The interval of its Rank IC {where}: this test shows no skill.")
    if "test" in record.spans:
        days = record.spans["test"]["days"]
        said.append(
            f"Judged on {days} days whose outcomes overlap, about "
            f"{int(days) // record.horizon} that do not; other years may differ."
        )
    said.append("It speaks of members of its universe only, and knows no costs and no limits.")
    return said


def _some(words: list[str], counted: str) -> str:
    if not words:
        return "None were recorded."
    listed = ", ".join(words[:SHOWN])
    if len(words) > SHOWN:
        listed += f" and {len(words) - SHOWN} more"
    return f"{counted}: {listed}." if counted else f"{listed}."


def _number(value: float, digits: int, percent: bool) -> str:
    return f"{value:.{digits}%}".replace("%", " %") if percent else f"{value:.{digits}f}"


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
