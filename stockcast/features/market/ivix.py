"""Implied variance without a model: what a strip of options says about the next thirty days.

References
----------
CBOE, Volatility Index: Methodology; SSE, iVIX: method of compilation (2015), the same with Shibor
as the rate. Demeterfi, Derman, Kamal and Zou, More Than You Ever Wanted to Know About Volatility
Swaps (1999). Expiry here counts whole days from the close, and prices are the day's settlement.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

DAYS, YEAR = 30, 365
ROLLED = 7
"""Days before expiry from which a month is left out."""
TERMS = {
    "shibor_on": 1, "shibor_1w": 7, "shibor_2w": 14, "shibor_1m": 30, "shibor_3m": 91,
    "shibor_6m": 182, "shibor_9m": 273, "shibor_1y": 365,
}  # fmt: skip
"""Days of each rate's term."""
CHEAPEST = 1e-4
"""Price over the forward below which an option's volatility is a matter of ticks."""
_STEPS = 20


def forward(
    strikes: np.ndarray, calls: np.ndarray, puts: np.ndarray, years: float, rate: float
) -> float:
    """K* + e^(RT) (C(K*) - P(K*)), K* the strike at which call and put are nearest."""
    nearest = int(np.argmin(np.abs(calls - puts)))
    return float(strikes[nearest] + np.exp(rate * years) * (calls[nearest] - puts[nearest]))


def implied_variance(
    strikes: np.ndarray, calls: np.ndarray, puts: np.ndarray, years: float, rate: float
) -> float:
    """Model-free implied variance of one expiry.

    With F the `forward`, K0 the highest strike not above it, Q the price of the option out of the
    money (at K0 the mean of both) and dK half the distance of the strike's neighbours (at the ends
    that of the one neighbour):

        variance = 2 / T sum dK / K^2 e^(RT) Q(K) - (F / K0 - 1)^2 / T

    Parameters
    ----------
    strikes, calls, puts : ndarray of shape (n_strikes,)
        Strikes ascending, and prices in the same currency.
    years, rate
        Time to expiry, and the riskless rate a year.

    Returns
    -------
    float
        Variance a year; NaN for fewer than three strikes.
    """
    if len(strikes) < 3:
        return np.nan
    at = forward(strikes, calls, puts, years, rate)
    centre = max(int(np.searchsorted(strikes, at, side="right")) - 1, 0)
    place = np.arange(len(strikes))
    price = np.where(place < centre, puts, calls)
    price[centre] = (calls[centre] + puts[centre]) / 2
    # Over unit steps the gradient is dK, one-sided at the ends.
    strip = np.gradient(strikes) / strikes**2 * np.exp(rate * years) * price
    return float(2 / years * strip.sum() - (at / strikes[centre] - 1) ** 2 / years)


def implied_skew(
    strikes: np.ndarray, calls: np.ndarray, puts: np.ndarray, years: float, rate: float
) -> float:
    """Least-squares slope of the implied volatilities out of the money on ln(K / F) / sqrt(T).

    It is the relative change of the implied volatility for a strike one standard deviation away:
    below zero where puts are dearer than calls. NaN for fewer than three such volatilities.
    """
    if len(strikes) < 3:
        return np.nan
    at = forward(strikes, calls, puts, years, rate)
    price = np.exp(rate * years) * np.where(strikes < at, puts, calls)
    x = np.log(strikes / at) / np.sqrt(years)
    sigma = _implied_volatility(price / at, x, years)
    x, sigma = x[np.isfinite(sigma)], sigma[np.isfinite(sigma)]
    if len(x) < 3:
        return np.nan
    away = x - x.mean()
    return float((away * (sigma - sigma.mean())).sum() / (away * away).sum())


def _implied_volatility(price: np.ndarray, x: np.ndarray, years: float) -> np.ndarray:
    """Black's (1976) volatility a year of options out of the money.

    Newton's steps from Manaster and Koehler's start (Journal of Finance 37, 1982), from which they
    cannot overshoot. `price` is undiscounted and over the forward, `x` is ln(K / F) / sqrt(T).
    """
    from scipy.special import ndtr

    root, sign = np.sqrt(years), np.where(x < 0, -1.0, 1.0)
    strike = np.exp(x * root)
    sigma = np.maximum(np.sqrt(2 * np.abs(x) / root), 0.05)
    for _ in range(_STEPS):
        d1 = -x / sigma + sigma * root / 2
        found = sign * (ndtr(sign * d1) - strike * ndtr(sign * (d1 - sigma * root)))
        slope = root * np.exp(-d1 * d1 / 2) / np.sqrt(2 * np.pi)
        sigma = np.clip(sigma + (price - found) / np.maximum(slope, 1e-12), 1e-3, 5.0)
    solved = (np.abs(found - price) < 1e-6 * price) & (price >= CHEAPEST)
    return np.where(solved, sigma, np.nan)


def by_day(contracts: pd.DataFrame, bars: pd.DataFrame, rates: pd.DataFrame) -> pd.DataFrame:
    """The index and what the strip says besides, one row a day that has options.

    Parameters
    ----------
    contracts, bars, rates
        `option_contracts`, `option_bars` and `rates` of `stockcast.market.tables`. Of several
        underlyings the one that had options first is taken.

    Returns
    -------
    DataFrame
        - `date`
        - `index`: 100 x root of the variance a year over the next 30 days, between (or beyond)
          the first two expiries more than a week away; percent
        - `far`: the same of the last expiry
        - `skew`: mean of the `implied_skew` of those two expiries
        - `put_volume`: ln of the contracts traded, puts over calls, all expiries
        - `put_interest`: the same of the contracts open

        NaN where there are not enough strikes, expiries or rates.

    Notes
    -----
    Each day's row is made of that day's prices and the last rates up to it. Contracts that the
    fund's dividends changed carry their later strike throughout, as vendors give it.
    """
    quotes = _quotes(contracts, bars)
    dates, start = np.unique(quotes["date"].to_numpy(), return_index=True)
    names = ("left", "strike", "call", "price", "volume", "open_interest")
    columns = {name: quotes[name].to_numpy() for name in names}
    curve = _curve(rates, dates)
    out = []
    for at, stop in enumerate([*start[1:], len(quotes)][: len(dates)]):
        day = {name: column[start[at] : stop] for name, column in columns.items()}
        out.append((*_strip(day, curve[at]), *(_tilt(day, n) for n in ("volume", "open_interest"))))
    names = ["index", "far", "skew", "put_volume", "put_interest"]
    values = np.array(out, float).reshape(-1, len(names)).T
    return pd.DataFrame({"date": dates, **dict(zip(names, values, strict=True))})


def _quotes(contracts: pd.DataFrame, bars: pd.DataFrame) -> pd.DataFrame:
    """Bars of the first underlying with their contract's terms, by date, expiry and strike."""
    listed = contracts.sort_values(["list_date", "underlying"], kind="stable")
    first = contracts[contracts["underlying"].isin(listed["underlying"].head(1))]
    terms = first.set_index("contract")[["strike", "call_put", "maturity_date"]]
    quotes = bars.join(terms, on="contract", how="inner")
    left = (quotes["maturity_date"] - quotes["date"]).dt.days
    settled = quotes["settle"].where(quotes["settle"] > 0, quotes["close"])
    quotes = quotes.assign(left=left, price=settled, call=quotes["call_put"] == "C")
    return quotes.sort_values(["date", "left", "strike", "call"], kind="stable")


def _curve(rates: pd.DataFrame, dates: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """Days and rates of the last curve up to each date."""
    table = rates[rates["rate"].isin(TERMS)].dropna(subset="value")
    table = table.assign(days=table["rate"].map(TERMS)).sort_values(["date", "days"])
    known, start = np.unique(table["date"].to_numpy(), return_index=True)
    stop = np.append(start[1:], len(table))
    days, values = table["days"].to_numpy(float), table["value"].to_numpy()
    at = np.searchsorted(known, dates, side="right") - 1
    none = np.empty(0)
    spans = [slice(start[k], stop[k]) if k >= 0 else None for k in at]
    return [(none, none) if span is None else (days[span], values[span]) for span in spans]


def _strip(day: dict, curve: tuple[np.ndarray, np.ndarray]) -> tuple[float, float, float]:
    """`index`, `far` and `skew` of one day."""
    expiries = np.unique(day["left"][day["left"] > ROLLED])
    if len(curve[0]) == 0 or len(expiries) < 2:
        return np.nan, np.nan, np.nan
    strips = {left: (*_sides(day, left), left / YEAR, float(np.interp(left, *curve)))
              for left in {*expiries[:2], expiries[-1]}}  # fmt: skip
    near, following = expiries[:2]
    share = (following - DAYS) / (following - near)
    total = share * near * implied_variance(*strips[near])
    total += (1 - share) * following * implied_variance(*strips[following])
    far = implied_variance(*strips[expiries[-1]])
    skew = (implied_skew(*strips[near]) + implied_skew(*strips[following])) / 2
    return _percent(total / DAYS), _percent(far), skew


def _sides(day: dict, left: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Strikes of one expiry with a price on both sides, and their calls' and puts' prices."""
    call, put = (
        (day["left"] == left) & (day["call"] == side) & (day["price"] > 0) for side in (True, False)
    )
    strikes, at_call, at_put = np.intersect1d(
        day["strike"][call], day["strike"][put], return_indices=True
    )
    return strikes, day["price"][call][at_call], day["price"][put][at_put]


def _percent(variance: float) -> float:
    return 100 * np.sqrt(variance) if variance > 0 else np.nan


def _tilt(day: dict, name: str) -> float:
    """ln(puts / calls) of a day's total."""
    puts, calls = (np.nansum(day[name][day["call"] == side]) for side in (False, True))
    return np.log(puts / calls) if puts > 0 and calls > 0 else np.nan
