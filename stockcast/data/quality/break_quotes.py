"""Faults planted in quotes: each breaks a clean panel in one way and says where."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from stockcast.data.quality.subject import HALF_TICK, PRICES, Subject

N_ROWS, N_STOCKS, N_DAYS = 40, 6, 5
"""How many are broken at once: few enough that the rest of the panel stays what it was."""

_KEY = ["date", "code"]
Broken = tuple[Subject, pd.DataFrame]
"""The subject with its fault, and what was broken: `date` and `code`, or one of them."""


def _with(subject: Subject, rows: pd.DataFrame) -> Subject:
    return replace(subject, panel=rows.reset_index(drop=True))


def _pick(at: np.ndarray, rng: np.random.Generator, n: int = N_ROWS) -> np.ndarray:
    """Positions, ascending, of up to `n` of the rows that `at` allows."""
    places = np.flatnonzero(at)
    return np.sort(rng.choice(places, min(n, len(places)), replace=False))


def _inside(subject: Subject) -> np.ndarray:
    """Rows that traded and are neither their stock's first nor its last."""
    last = np.append(~subject.same[1:], True)
    return subject.traded & subject.same & ~last


def _codes(subject: Subject, rng: np.random.Generator, n: int = N_STOCKS) -> np.ndarray:
    """Some stocks with a year of days at least."""
    spans = subject.spans
    return rng.choice(spans.index[spans["rows"] > 200].to_numpy(), n, replace=False)


def _stocks(codes: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame({"code": pd.array(codes, dtype="str")})


def _cells(subject: Subject, at: np.ndarray, **values: object) -> Broken:
    """Rows at positions `at` with some columns overwritten."""
    rows = subject.rows.copy()
    for name, value in values.items():
        rows.loc[at, name] = value
    return _with(subject, rows), rows.loc[at, _KEY]


def absent_sessions(subject: Subject, rng: np.random.Generator) -> Broken:
    """Days on which nobody has a row."""
    days = rng.choice(subject.sessions[1:-1], N_DAYS, replace=False)
    kept = subject.rows[~subject.rows.date.isin(days)]
    return _with(subject, kept), pd.DataFrame({"date": pd.DatetimeIndex(days).as_unit("us")})


def missing_rows(subject: Subject, rng: np.random.Generator) -> Broken:
    """Rows taken out of the middle of a stock's life."""
    at = _pick(_inside(subject), rng)
    return _with(subject, subject.rows.drop(index=at)), subject.rows.loc[at, _KEY]


def filled_rows(subject: Subject, rng: np.random.Generator) -> Broken:
    """Rows such as completion makes of gaps."""
    at = _pick(_inside(subject), rng)
    return _cells(subject, at, suspended=True, volume=0.0, amount=np.nan)


def amount_missing(subject: Subject, rng: np.random.Generator) -> Broken:
    """Amounts that the source does not have."""
    return _cells(subject, _pick(subject.traded, rng), amount=np.nan)


def duplicated(subject: Subject, rng: np.random.Generator) -> Broken:
    """Rows that come twice."""
    again = subject.rows.loc[_pick(subject.traded, rng)]
    return _with(subject, pd.concat([subject.rows, again])), again[_KEY]


def no_price(subject: Subject, rng: np.random.Generator) -> Broken:
    """Opens that are zero, or missing."""
    at = _pick(subject.traded, rng)
    return _cells(subject, at, open=rng.choice([0.0, np.nan], len(at)))


def off_tick(subject: Subject, rng: np.random.Generator) -> Broken:
    """Closes moved by a part of a tick."""
    at = _pick(subject.traded, rng)
    moved = subject.rows.close[at] + 0.01 * rng.uniform(0.1, 0.9, len(at))
    return _cells(subject, at, close=moved)


def range_broken(subject: Subject, rng: np.random.Generator) -> Broken:
    """Highs and lows that changed places."""
    rows = subject.rows
    at = _pick(subject.traded & (rows.high - rows.low > 0.009).to_numpy(), rng)
    return _cells(subject, at, high=rows.low[at], low=rows.high[at])


def average_outside(
    subject: Subject, rng: np.random.Generator, size: float | None = None
) -> Broken:
    """Amounts wrong by half or more, or by the share `size`, either way."""
    at = _pick(subject.traded, rng)
    wrong = rng.uniform(1.5, 5.0, len(at)) if size is None else 1 + size
    wrong = wrong ** rng.choice([-1.0, 1.0], len(at))
    return _cells(subject, at, amount=subject.rows.amount[at] * wrong)


def half_traded(subject: Subject, rng: np.random.Generator) -> Broken:
    """Volumes without an amount."""
    return _cells(subject, _pick(subject.traded, rng), amount=0.0)


def wrong_unit(subject: Subject, rng: np.random.Generator) -> Broken:
    """Volumes in lots of 100, or amounts in thousand yuan."""
    codes = _codes(subject, rng)
    rows = subject.rows.copy()
    lots, thousands = rows.code.isin(codes[::2]), rows.code.isin(codes[1::2])
    rows.loc[lots, "volume"] /= 100
    rows.loc[thousands, "amount"] /= 1000
    return _with(subject, rows), _stocks(codes)


def close_beyond(subject: Subject, rng: np.random.Generator) -> Broken:
    """Closes some per cent above the limit."""
    up = subject.rows.limit_up
    at = _pick(subject.traded & up.notna().to_numpy(), rng)
    price = np.round(up[at] * (1 + rng.uniform(0.01, 0.1, len(at))) + 0.01, 2)
    return _cells(subject, at, close=price, high=price)


def range_beyond(subject: Subject, rng: np.random.Generator) -> Broken:
    """Lows some per cent below the limit, with closes inside."""
    down = subject.rows.limit_down
    at = _pick(subject.traded & (down > 0.1).to_numpy(), rng)
    price = np.round(down[at] * (1 - rng.uniform(0.01, 0.1, len(at))) - 0.01, 2)
    return _cells(subject, at, low=price)


def stale(subject: Subject, rng: np.random.Generator, size: float | None = None) -> Broken:
    """Closes that stand still for ten to thirty days, or for `size`, and whole bars for three.

    A run that a suspension would cut short is not planted.
    """
    rows = subject.rows.copy()
    truth = np.zeros(len(rows), bool)
    for place, code in enumerate(_codes(subject, rng)):
        whole = size is None and place % 2 == 0
        days = 3 if whole else int(rng.integers(10, 31)) if size is None else int(size)
        own = np.flatnonzero((rows.code == code).to_numpy() & subject.traded)
        starts = np.flatnonzero(own[days:] - own[:-days] == days)
        start = own[rng.choice(starts)]
        names = [*PRICES, "volume"] if whole else ["close"]
        run = np.arange(start + 1, start + 1 + days)
        rows.loc[run, names] = rows.loc[start, names].to_numpy(float)
        truth[run] = True
    return _with(subject, rows), rows.loc[truth, _KEY]


def behind(subject: Subject, rng: np.random.Generator) -> Broken:
    """Last days that did not arrive."""
    days = subject.sessions[-int(rng.integers(1, 6)) :]
    cut = replace(
        subject, panel=subject.rows[subject.rows.date < days[0]], today=days[-1],
        sessions=subject.sessions[: -len(days)],
    )  # fmt: skip
    return cut, pd.DataFrame({"date": days.as_unit("us")})


def _steps(subject: Subject, rng: np.random.Generator, low: float, high: float) -> Broken:
    """Factors multiplied, from some quiet day of some stocks on, by 1 + a change in the range."""
    still = subject.same & subject.traded & (np.abs(subject.step) < 1e-9)
    rows = subject.rows
    quiet = rows[still].groupby("code").sample(1, random_state=rng)
    at = np.sort(rng.choice(quiet.index, min(N_ROWS, len(quiet)), replace=False))
    change = pd.Series(1 + rng.uniform(low, high, len(at)), at)
    times = change.reindex(rows.index).groupby(rows.code).ffill().fillna(1.0)
    return _with(subject, rows.assign(adj_factor=rows.adj_factor * times)), rows.loc[at, _KEY]


def falls(subject: Subject, rng: np.random.Generator) -> Broken:
    """Factors revised downwards."""
    return _steps(subject, rng, -0.3, -0.001)


def against_reference(
    subject: Subject, rng: np.random.Generator, size: float | None = None
) -> Broken:
    """Factors that step up, by 1 to 50 % or by `size`, where the reference price does not."""
    return _steps(subject, rng, *((0.01, 0.5) if size is None else (size, size)))


def against_official(subject: Subject, rng: np.random.Generator) -> Broken:
    """The same, against the official change."""
    rows = subject.rows
    official = rows.assign(pct_chg=100 * (rows.close / rows.pre_close - 1))
    return against_reference(_with(subject, official), rng)


def start(subject: Subject, rng: np.random.Generator) -> Broken:
    """Factors that begin somewhere else."""
    codes = _codes(subject, rng)
    times = subject.rows.code.map(dict(zip(codes, rng.uniform(2, 50, len(codes)), strict=True)))
    rows = subject.rows.assign(adj_factor=subject.rows.adj_factor * times.fillna(1.0))
    return _with(subject, rows), _stocks(codes)


def not_as_traded(subject: Subject, rng: np.random.Generator, size: float | None = None) -> Broken:
    """Stocks with a vendor's adjusted prices, half of them on the tick again; none is marked.

    With `size`, all are on the tick and lower than traded by that share.
    """
    codes = _codes(subject, rng)
    rows = subject.rows.copy()
    for place, code in enumerate(codes):
        own = rows.code == code
        prices = rows.loc[own, list(PRICES)] * (rng.uniform(0.3, 0.9) if size is None else 1 - size)
        rounded = prices.round(2).clip(lower=2 * HALF_TICK)
        rows.loc[own, list(PRICES)] = prices if size is None and place % 2 == 0 else rounded
    return _with(subject, rows), _stocks(codes)


def told(subject: Subject, rng: np.random.Generator) -> Broken:
    """Stocks that end early, and whose prices are a vendor's."""
    broken, codes = not_as_traded(subject, rng)
    rows, days = broken.rows, subject.sessions
    ends = days[rng.integers(len(days) // 2, len(days) - 1, len(codes))]
    end = rows.code.map(dict(zip(codes.code, ends, strict=True)))
    return _with(subject, rows[~(rows.date > end)]), codes
