"""The simulated market's options: European calls and puts on a fund that follows the index.

The contracts are listed as the Shanghai exchange lists those on its 50 ETF: four expiries, strikes
around the money, more of them when the market moves. Settlement prices are Black and Scholes' at a
volatility made of a GARCH forecast until expiry, a premium, and a skew; a reader who inverts the
formula gets it back. The underlying's price is the index's close / `PER_POINT`.

References
----------
Black and Scholes (1973); GARCH forecasts: Engle and Bollerslev (1986). Contract terms: SSE, 50 ETF
option contract specifications (2015).
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.special import ndtr

from stockcast.errors import InputError
from stockcast.market import calendar
from stockcast.market.simulated import quotes
from stockcast.market.simulated.shocks import MARKET_ARCH, MARKET_GARCH, MARKET_VOLATILITY, WILDEST
from stockcast.market.tables import TABLES

if TYPE_CHECKING:
    from stockcast.market.simulated.world import World

FROM = "2015-02-09"
"""First day of trading."""
UNDERLYING, PER_POINT, MULTIPLIER = "510050.SH", 1000.0, 10_000
"""The fund's code, index points per yuan of it, and units of the fund in a contract."""
TICK = 0.0001
"""Smallest price step of an option, yuan."""
STEPS = ((3.0, 0.05), (5.0, 0.1), (10.0, 0.25), (20.0, 0.5), (50.0, 1.0), (100.0, 2.5))
"""Distance of strikes up to each strike, yuan (SSE contract specifications)."""
NEIGHBOURS = 2
"""Strikes kept on each side of the one nearest to the underlying's last close."""

RATE = 0.03
"""Riskless rate, a year, continuously compounded."""
DAYS_A_YEAR, SESSIONS_A_YEAR = 365.0, 244.0
PREMIUM = 0.03
"""Implied less forecast volatility, a year."""
SKEW, SMILE, FAR = -0.05, 0.02, 2.5
"""Relative change of the implied volatility per standard deviation of log moneyness, and per its
square, up to `FAR` standard deviations."""
_CODES_FROM = 10_000_001


def contracts(world: World) -> pd.DataFrame:
    """The table `option_contracts`: those listed by the world's last day.

    `call_put` is C or P; `strike` in yuan; `multiplier` units of the fund. The last trading day is
    the fourth Wednesday of the expiry month, or the first trading day after it.
    """
    listed = _listed(world)
    return TABLES["option_contracts"].typed(
        pd.DataFrame(
            {
                "contract": listed["contract"],
                "name": listed["name"],
                "underlying": UNDERLYING,
                "call_put": np.where(listed["call"], "C", "P"),
                "strike": listed["strike"],
                "multiplier": MULTIPLIER,
                "list_date": world.days[listed["day"]],
                "maturity_date": listed["maturity"],
            }
        )
    )


def bars(world: World, rng: np.random.Generator) -> pd.DataFrame:
    """The table `option_bars`: a row for each contract and day, from listing to maturity.

    Returns
    -------
    DataFrame
        `settle` is the formula's price, on the tick and at least one; at maturity what exercise
        brings. `close`, `open`, `high` and `low` scatter around it; `volume` and `open_interest`
        count contracts, `amount` is in yuan. On a contract's first day `pre_settle` and
        `pre_close` are the formula's price at the close before.
    """
    listed = _listed(world)
    day, which = np.nonzero(_alive(world, listed))
    spot, variance = _underlying(world), _variance(world)
    settle = _price(world, listed, day, which, spot, variance)
    noise = rng.standard_normal((len(day), 6))
    close = _ticks(settle * (1 + 0.01 * noise[:, 0]))
    pre_settle, pre_close = _previous(which, settle), _previous(which, close)
    new = np.flatnonzero(np.isnan(pre_settle))
    at_listing = _price(world, listed, np.maximum(day[new] - 1, 0), which[new], spot, variance)
    pre_settle[new] = pre_close[new] = at_listing
    opened = _ticks(pre_close + (close - pre_close) * 0.4 + 0.01 * settle * noise[:, 1])
    reach = 1 + 0.03 * np.abs(noise[:, 2:4])
    high = np.maximum(_ticks(np.maximum(opened, close) * reach[:, 0]), np.maximum(opened, close))
    low = np.minimum(_ticks(np.minimum(opened, close) / reach[:, 1]), np.minimum(opened, close))
    volume, interest = _busyness(world, listed, day, which, spot, noise[:, 4:])
    table = {
        "date": world.days[day],
        "contract": pd.array(listed["contract"], dtype="str").take(which),
        "pre_settle": pre_settle,
        "pre_close": pre_close,
        "open": opened,
        "high": high,
        "low": low,
        "close": close,
        "settle": settle,
        "volume": volume,
        "amount": np.round(volume * MULTIPLIER * (opened + high + low + close) / 4, 2),
        "open_interest": interest,
    }
    return TABLES["option_bars"].typed(pd.DataFrame(table))


def implied_volatility(
    variance: np.ndarray, spot: np.ndarray, strike: np.ndarray, years: np.ndarray
) -> np.ndarray:
    """Volatility a year at which options are settled; the arguments broadcast.

    Parameters
    ----------
    variance
        The market factor's variance of the next day, as forecast at the close.
    spot, strike
        Yuan.
    years
        Time to maturity, positive.

    Notes
    -----
    The forecast of a day's variance n days ahead returns to its mean as (arch + garch)^n; the
    volatility is that of the mean over the sessions until maturity, plus `PREMIUM`, times
    1 + SKEW x + SMILE x^2 with x = log(strike / forward) in standard deviations.
    """
    usual, memory = MARKET_VOLATILITY**2, MARKET_ARCH + MARKET_GARCH
    sessions = np.maximum(years * SESSIONS_A_YEAR, 1.0)
    fading = (1 - memory**sessions) / (sessions * (1 - memory))
    forecast = np.sqrt(SESSIONS_A_YEAR * (usual + (variance - usual) * fading)) + PREMIUM
    away = np.log(strike / spot) - RATE * years
    away = np.clip(away / (forecast * np.sqrt(years)), -FAR, FAR)
    return forecast * (1 + SKEW * away + SMILE * away**2)


def black_scholes(
    call: np.ndarray, spot: np.ndarray, strike: np.ndarray, years: np.ndarray, sigma: np.ndarray
) -> np.ndarray:
    """Price of a European option without dividends, yuan; at maturity what exercise brings."""
    deviation = sigma * np.sqrt(np.maximum(years, 1e-12))
    d1 = (np.log(spot / strike) + RATE * years) / deviation + deviation / 2
    sign = np.where(call, 1.0, -1.0)
    money = strike * np.exp(-RATE * years)
    return sign * (spot * ndtr(sign * d1) - money * ndtr(sign * (d1 - deviation)))


def _listed(world: World) -> pd.DataFrame:
    """Contracts in the order of listing: `contract`, `name`, `day` (position), `call`, ..."""
    day = np.flatnonzero(world.days >= FROM)
    last_close = _underlying(world)[np.maximum(day - 1, 0)]
    expiry = _expiries(world.days[day])
    strikes = _strikes()
    at = np.searchsorted((strikes[1:] + strikes[:-1]) / 2, last_close)
    near = np.maximum(at, NEIGHBOURS)[:, None] + np.arange(-NEIGHBOURS, NEIGHBOURS + 1)
    # (n_days, n_expiries, n_strikes): a contract is listed on the first day that needs it.
    key = (expiry[:, :, None] * len(strikes) + near[:, None, :]).ravel()
    key, place = np.unique(key, return_index=True)
    since = day[place // (expiry.shape[1] * near.shape[1])]
    order = np.repeat(np.lexsort([key, since]), 2)
    month, strike = np.divmod(key[order], len(strikes))
    table = pd.DataFrame(
        {
            "day": since[order],
            "strike": strikes[strike],
            "maturity": np.array([_maturity(m) for m in month], dtype="datetime64[us]"),
            "call": np.arange(len(order)) % 2 == 0,
        }
    )
    words = zip(month, np.where(table["call"], "认购", "认沽"), table["strike"], strict=True)
    return table.assign(
        contract=[f"{_CODES_FROM + number}.SH" for number in range(len(order))],
        name=[
            f"50ETF期权{(m // 12 + 70) % 100:02d}{m % 12 + 1:02d}{side}{k:.2f}"
            for m, side, k in words
        ],
    )


def _expiries(days: pd.DatetimeIndex) -> np.ndarray:
    """Expiry months on each day, (n_days, 4), counted from 1970: this, next, two quarters' last."""
    month = days.to_numpy().astype("datetime64[M]").astype(int)
    last = np.array([_maturity(m) for m in month], dtype="datetime64[us]")
    month = month + (days.to_numpy() > last)
    quarter = month + 2 + -month % 3  # January counts 0: the months that leave 2
    return np.column_stack([month, month + 1, quarter, quarter + 3])


@cache
def _maturity(month: int) -> np.datetime64:
    """Last trading day of an expiry month: the fourth Wednesday, or the session after it."""
    first = np.datetime64(0, "M") + int(month)
    day = np.busday_offset(first.astype("datetime64[D]"), 3, roll="forward", weekmask="Wed")
    try:
        return calendar.next_session(pd.Timestamp(day - 1)).to_datetime64()
    except InputError:  # beyond the calendar's end, where no simulated day can be
        return day


@cache
def _strikes() -> np.ndarray:
    starts = [0.0, *(until for until, _ in STEPS[:-1])]
    grid = [np.arange(low, until, step) for low, (until, step) in zip(starts, STEPS, strict=True)]
    return np.round(np.concatenate(grid), 2)[1:]


def _price(
    world: World,
    listed: pd.DataFrame,
    day: np.ndarray,
    which: np.ndarray,
    spot: np.ndarray,
    variance: np.ndarray,
) -> np.ndarray:
    """Settlement prices of contracts on days."""
    strike = listed["strike"].to_numpy()[which]
    left = listed["maturity"].to_numpy()[which] - world.days.to_numpy()[day]
    years = left / np.timedelta64(1, "D") / DAYS_A_YEAR
    sigma = implied_volatility(variance[day], spot[day], strike, np.maximum(years, 1e-6))
    call = listed["call"].to_numpy()[which]
    return _ticks(black_scholes(call, spot[day], strike, years, sigma), least=years > 0)


def _ticks(price: np.ndarray, least: np.ndarray | bool = True) -> np.ndarray:
    return np.maximum(np.round(price, 4), np.where(least, TICK, 0.0))


def _underlying(world: World) -> np.ndarray:
    """The fund's closes, (n_days,)."""
    return quotes.index(world.days, world.path, world.member)["close"].to_numpy() / PER_POINT


def _variance(world: World) -> np.ndarray:
    """The next day's variance of the market factor as forecast at each close, (n_days,).

    The index's own return stands for the factor's, which nobody sees.
    """
    spot = _underlying(world)
    returned = np.diff(np.log(spot), prepend=np.log(spot[:1]))
    usual = MARKET_VOLATILITY**2
    variance = MARKET_ARCH * returned**2 + MARKET_GARCH * world.market_volatility**2
    return np.minimum((1 - MARKET_ARCH - MARKET_GARCH) * usual + variance, WILDEST**2 * usual)


def _previous(which: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Each contract's value one row before, in rows sorted by day; NaN in its first."""
    return pd.Series(values).groupby(which).shift().to_numpy(copy=True)


def _alive(world: World, listed: pd.DataFrame) -> np.ndarray:
    """Whether a contract trades on a day, (n_days, n_contracts)."""
    day = np.arange(len(world.days))[:, None]
    until = listed["maturity"].to_numpy()
    return (day >= listed["day"].to_numpy()) & (world.days.to_numpy()[:, None] <= until)


def _busyness(
    world: World,
    listed: pd.DataFrame,
    day: np.ndarray,
    which: np.ndarray,
    spot: np.ndarray,
    noise: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Contracts traded and open: most at the money and near expiry; open ones grow with age."""
    away = np.log(listed["strike"].to_numpy()[which] / spot[day])
    left = listed["maturity"].to_numpy()[which] - world.days.to_numpy()[day]
    usual = 20_000 * np.exp(-((away / 0.08) ** 2) / 2 - left / np.timedelta64(60, "D"))
    volume = np.ceil(usual * np.exp(0.5 * noise[:, 0]))
    age = day - listed["day"].to_numpy()[which] + 1
    held = 3 * usual * (1 - np.exp(-age / 10)) * np.exp(0.1 * noise[:, 1])
    return volume, np.ceil(held)
