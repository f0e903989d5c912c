"""One run's parameters: flat, validated once, frozen.

A parameters file is flat YAML (`params/book.yml` is the default run). Every notebook declares the
ones it uses in its cell tagged `parameters`, with the values of `params/book.yml` as defaults.

In place of `start`, `train_end`, `valid_end` and `end` a file may give the three spans themselves,
first and last day of each: `train: ["2010-01-04", "2015-12-31"]`, and so `valid` and `test`.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from stockcast.errors import InputError, nearest


def _day(value: str) -> str:
    try:
        dt.date.fromisoformat(value)
    except ValueError:
        raise ValueError("must be a date written YYYY-MM-DD") from None
    return value


def _name(value: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9_-]{0,39}", value):
        raise ValueError("must be a short lower-case name (a-z, 0-9, - and _)")
    return value


def _codes(value: list[str]) -> list[str]:
    for code in value:
        if not re.fullmatch(r"\d{6}\.(SH|SZ|BJ)", code):
            raise ValueError(f"must hold codes such as 600519.SH, not {code!r}")
    if len(set(value)) < len(value):
        raise ValueError("must not name a stock twice")
    return value


Day = Annotated[str, AfterValidator(_day)]
Name = Annotated[str, AfterValidator(_name)]
Codes = Annotated[list[str], AfterValidator(_codes)]
Strength = Annotated[float, Field(ge=0, le=5)]
Share = Annotated[float, Field(ge=0, lt=1)]


class Params(BaseModel):
    """Parameters of one run. Field descriptions are the reference the book prints."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    run: Name = Field(description="name of the run; artifacts go to runs/RUN")
    seed: int = Field(ge=0, lt=2**31, description="the one seed every random stream is drawn from")

    # 01_data
    source: Name = Field(
        description="where quotes come from: simulated, parquet, csv, qlib, tushare, akshare, or "
        "one of your own"
    )
    panel: str = Field(
        description="file or folder with the quotes, absolute or inside STOCKCAST_REAL_DATA; "
        "empty for sources that are no files"
    )
    columns: str = Field(
        description="for csv: file that maps foreign headers onto ours; empty knows common ones"
    )
    benchmark: str = Field(
        description="file with index closes, or empty; simulated runs carry their own"
    )
    benchmark_code: str = Field(description="code of the index that returns are compared with")
    start: Day = Field(description="first trading day used")
    end: Day = Field(description="last trading day used")
    stocks: Codes = Field(description="codes to keep; empty keeps all")
    universe: Literal["members", "listed"] = Field(
        description="members: rank only stocks in the index that day; listed: every stock kept"
    )

    # the simulated market
    simulated_stocks: int = Field(ge=5, le=1000, description="stocks simulated")
    strength_reversal: Strength = Field(description="short-term reversal and momentum; 0 is off")
    strength_lead_lag: Strength = Field(description="lead-lag web; 0 is off")
    strength_policy: Strength = Field(description="policy events; 0 is off")
    strength_value: Strength = Field(description="value and quality in statements; 0 is off")
    strength_flow: Strength = Field(description="large orders; 0 is off")
    strength_news: Strength = Field(description="tone of the news; 0 is off")

    # 03_features
    most_features: int = Field(ge=1, le=500, description="most features that networks read")

    # 04_samples
    lookback: int = Field(ge=5, le=250, description="trading days a window looks back")
    horizon: int = Field(ge=1, le=60, description="trading days held, from the close of t+1")
    train_end: Day = Field(description="last day that may train (the purge comes off it)")
    valid_end: Day = Field(description="last day that may validate; later days are the test")

    # 06_networks
    experts: Literal["shared", "own"] = Field(
        description="own: one expert's weights per stock; shared: one set and a stock embedding"
    )
    width: int = Field(ge=2, le=512, description="hidden units of an expert; the rest derives")
    dropout: Share = Field(description="dropout rate")
    epochs: int = Field(ge=1, le=500, description="most passes over the training days")
    patience: int = Field(ge=1, le=100, description="epochs without progress before stopping")
    learning_rate: float = Field(gt=0, le=1, description="peak learning rate of the schedule")
    batch_days: int = Field(ge=1, le=256, description="days in a training batch")
    train_every: int = Field(ge=1, le=60, description="train on every n-th day")
    down_weight: float = Field(ge=1, le=10, description="weight of falls in the loss; 1: symmetric")
    ensemble: int = Field(ge=2, le=50, description="networks in the ensemble, one seed each")
    draws: Literal["ensemble", "dropout"] = Field(description="what sigma_prob is drawn over")
    dropout_draws: int = Field(ge=2, le=500, description="passes when draws is dropout")
    device: Literal["auto", "cpu", "cuda"] = Field(description="where networks train")
    mixed_precision: bool = Field(description="half-precision matrix products, CUDA only")

    # 07_fusion
    pretrain_steps: int = Field(ge=10, le=100_000, description="batches that pre-training reads")

    # 08_search
    search_trials: int = Field(ge=4, le=10_000, description="trials of each sampler and seed")
    search_seeds: int = Field(ge=2, le=50, description="times each sampler starts anew")

    # 10_judgement
    headline: Name = Field(description="model that stands trial in detail and is traded")
    empty_markets: int = Field(
        ge=2, le=2000, description="markets with nothing in them, to count false claims on"
    )

    # 11_explanation
    explain_every: int = Field(ge=1, le=250, description="every n-th test day is explained")
    explain_draws: int = Field(
        ge=4, le=500, description="draws a row of expected gradients (half) and of LIME (ten times)"
    )

    # 12_backtest
    cash: float = Field(gt=0, description="yuan at the start")
    top_k: int = Field(ge=1, le=500, description="stocks held")
    drop: int = Field(ge=1, le=500, description="stocks the strategy may replace a day")
    commission: float = Field(ge=0, le=0.01, description="broker's commission, fraction of value")
    slippage: float = Field(ge=0, le=0.05, description="price conceded a trade, fraction of price")
    participation: float = Field(
        gt=0, le=1, description="largest share of a stock's volume of the day that an order may be"
    )
    sigma_gate: float = Field(gt=0, le=0.5, description="the story's rule: trade below this sigma")

    # 13_recommendation, 14_feedback
    evenings: int = Field(
        ge=1, le=250, description="evenings of the test lived through, from its first day on"
    )

    def hash(self) -> str:
        """Hexadecimal digest of the values, whatever the order or layout of the file."""
        return digest(self.model_dump())


def digest(values: object) -> str:
    """First 16 hexadecimal digits of the SHA-256 of `values` as canonical JSON."""
    text = json.dumps(values, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def read(path: Path) -> Params:
    """Read and validate a parameters file.

    Raises
    ------
    InputError
        Naming the file and key, the rule, the value and the nearest valid one.
    """
    path = Path(path)
    try:
        loaded = yaml.load(path.read_text(encoding="utf-8"), Loader=_PlainLoader)
    except FileNotFoundError:
        raise InputError(str(path), "must exist", hint="copy params/book.yml and edit it") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(str(path), "must be a readable text file", str(error)) from None
    except yaml.YAMLError as error:
        raise InputError(str(path), "must be YAML", str(error)) from None
    if not isinstance(loaded, dict):
        raise InputError(str(path), "must be a flat list of `key: value` lines", loaded)
    return validate(loaded, path.name)


def validate(values: dict[str, Any], origin: str = "parameters") -> Params:
    """`values` as `Params`; `origin` begins the error messages."""
    known = Params.model_fields
    values = _without_spans(values, origin)
    for key in values:
        if key not in known:
            raise InputError(
                f"{origin}, key {key}", "is no parameter", hint=nearest(str(key), known)
            )
    try:
        params = Params.model_validate(values)
    except ValidationError as error:
        raise _as_input_error(error.errors()[0], origin) from None
    _check_together(params, origin)
    return params


SPANS = ("train", "valid", "test")
_ENDS = ("start", "train_end", "valid_end", "end")
_GAP = dt.timedelta(days=15)
"""Longer than any holiday of the exchange."""


def _without_spans(values: dict[str, Any], origin: str) -> dict[str, Any]:
    """`values` with the days that spans begin and end on, in place of the spans."""
    given = [name for name in SPANS if name in values]
    if not given:
        return values
    if missing := [name for name in SPANS if name not in values]:
        raise InputError(f"{origin}, key {missing[0]}", f"must be set beside {given[0]}")
    if twice := [key for key in _ENDS if key in values]:
        raise InputError(
            f"{origin}, key {twice[0]}", "must not be set beside train, valid and test"
        )
    spans = [_span(values[name], f"{origin}, key {name}") for name in SPANS]
    for name, (_, last), (first, _) in zip(SPANS[1:], spans, spans[1:], strict=False):
        if not last < first <= last + _GAP:
            raise InputError(
                f"{origin}, key {name}", "must begin on the next trading day after the span before",
                first.isoformat(), f"that one ends {last}",
            )  # fmt: skip
    days = (spans[0][0], *(last for _, last in spans))
    kept = {key: value for key, value in values.items() if key not in SPANS}
    return kept | {key: day.isoformat() for key, day in zip(_ENDS, days, strict=True)}


def _span(value: object, what: str) -> tuple[dt.date, dt.date]:
    """First and last day."""
    try:
        first, last = (dt.date.fromisoformat(str(day)) for day in value)
    except (TypeError, ValueError):
        hint = 'write it like ["2010-01-04", "2015-12-31"]'
        raise InputError(what, "must be its first and its last day", value, hint) from None
    if first > last:
        raise InputError(what, "must not end before it begins", value)
    return first, last


def check_declared(values: dict[str, Any], origin: str) -> None:
    """Validate some parameters on their own, each by its type and range.

    Raises
    ------
    InputError
        For the first one that breaks its rule.
    """
    try:
        Params.__pydantic_validator__.validate_python(values)
    except ValidationError as error:
        for found in error.errors():
            if found["type"] != "missing":
                raise _as_input_error(found, origin) from None


def _as_input_error(found: Any, origin: str) -> InputError:
    key = str(found["loc"][0])
    about = Params.model_fields[key]
    if found["type"] == "missing":
        return InputError(
            f"{origin}, key {key}", "must be set", hint=f"it says: {about.description}"
        )
    rule = found["msg"].removeprefix("Value error, ")
    rule = re.sub(r"^Input should be", "must be", rule)
    choices = getattr(about.annotation, "__args__", ())
    got = found["input"]
    hint = ""
    if choices and all(isinstance(choice, str) for choice in choices):
        hint = nearest(str(got), choices)
    elif found["type"] in ("greater_than", "greater_than_equal", "less_than", "less_than_equal"):
        hint = f"nearest valid: {next(iter(found['ctx'].values()))}"
    elif "_type" in found["type"] or found["type"] == "value_error":
        hint = f"write it like {EXAMPLES.get(key, 'params/book.yml does')}"
    return InputError(f"{origin}, key {key}", rule, got, hint)


EXAMPLES = {
    "start": "2012-01-04",
    "end": "2017-12-29",
    "train_end": "2015-06-30",
    "valid_end": "2015-12-31",
    "stocks": "[600519.SH, 000725.SZ]",
    "run": "mine",
}


def _check_together(params: Params, origin: str) -> None:
    """Rules that hold between parameters."""
    for early, late in (("start", "train_end"), ("train_end", "valid_end"), ("valid_end", "end")):
        if getattr(params, early) >= getattr(params, late):
            raise InputError(
                f"{origin}, key {early}",
                f"must be before {late}",
                getattr(params, early),
                f"{late} is {getattr(params, late)}",
            )
    if params.drop > params.top_k:
        raise InputError(
            f"{origin}, key drop",
            "must not exceed top_k",
            params.drop,
            f"nearest valid: {params.top_k}",
        )


class _PlainLoader(yaml.SafeLoader):
    """YAML without implicit dates, as papermill reads it, and without repeated keys."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key, _ in node.value:
            if key.value in seen:
                raise yaml.YAMLError(f"key {key.value} is there twice")
            seen.add(key.value)
        return super().construct_mapping(node, deep)


_PlainLoader.yaml_implicit_resolvers = {
    first: [(tag, rule) for tag, rule in rules if tag != "tag:yaml.org,2002:timestamp"]
    for first, rules in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
