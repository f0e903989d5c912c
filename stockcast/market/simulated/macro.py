"""The simulated economy: growth, prices, money and interest rates, with their release days.

Seasons and slow autoregressions around levels like China's; drawn month by month, quarter by
quarter and day by day, so a longer simulation begins with the shorter one. Figures are never
revised. Nothing here moves stock prices: whoever finds that it does has found chance.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.signal import lfilter

from stockcast.market.calendar import sessions
from stockcast.market.simulated.publication import OPENED, YEARS_BEFORE
from stockcast.market.tables import RATES, TABLES

GDP_2013, GDP_TREND, GDP_SEASON = 5.9e13, 1.09, np.array([0.22, 0.245, 0.255, 0.28])
"""Nominal yuan in 2013, its trend a year, and the quarters' shares."""
GROWTH, GROWTH_SPREAD, GROWTH_MEMORY = 0.068, 0.006, 0.92
"""Real growth of a quarter on the year before: mean, standard deviation, autocorrelation."""
DEFLATOR, DEFLATOR_SPREAD = 0.022, 0.015
CPI, CPI_SPREAD, CPI_MEMORY = 0.0018, 0.0028, 0.3
"""A month's inflation: mean, standard deviation and autocorrelation of what is no season."""
CPI_SEASON = np.array([60, 70, -70, -20, -30, -20, 10, 30, 30, -20, -30, -10]) / 1e4
PPI, PPI_SPREAD, PPI_MEMORY = 0.0005, 0.0045, 0.75
M2_2013, M2_TREND, M2_SPREAD, M2_MEMORY = 1.07e14, 1.11, 0.0025, 0.6
"""Money in yuan at the middle of 2013, its trend a year, and a month's growth beside it."""
M1_SHARE, M0_SHARE, PART_SPREAD, PART_MEMORY = 0.3, 0.053, 0.06, 0.95
"""Narrow money and cash as shares of M2, and the log spread and memory of these shares."""
M0_SEASON = np.array([90, 150, 0, -10, -20, -30, -20, -20, 0, -20, -10, 20]) / 1e3

CPI_DAYS, GDP_DAYS, MONEY_DAYS = (9, 16), (15, 20), (11, 16)
"""First and last day of the month after the period on which figures are public: prices and growth
in the morning (National Bureau of Statistics, release calendar); money on the 10th to 15th after
the close (People's Bank), so here it is dated the day after."""

SHIBOR_YEARS = np.array([1 / 365, 7 / 365, 14 / 365, 1 / 12, 1 / 4, 1 / 2, 3 / 4, 1.0])
"""Tenors of the eight shibor rates, shortest first as in `tables.RATES`."""
POLICY, POLICY_SPREAD, POLICY_MEMORY = 0.023, 0.006, 0.9995
"""The level all rates share: mean, standard deviation, daily autocorrelation."""
SLOPE, SLOPE_SPREAD, SLOPE_MEMORY, SLOPE_YEARS = 0.013, 0.003, 0.998, 0.2
"""What the one-year rate pays more, and the tenor by which most of that is paid."""
SQUEEZE, SQUEEZE_MEMORY, SQUEEZE_YEARS = 0.3, 0.88, 0.05
"""Log spread of overnight tightness around the level, its memory, and the tenor it reaches."""
FIXING_NOISE, LOWEST = 0.0002, 0.005
LPR_DAY, LPR_MARGIN, LPR_STEP, LPR_5Y = 20, 0.019, 0.0005, 0.006
"""Loan prime rate: set on the first trading day from the 20th on, in steps of 5 basis points,
above the level; and what five years cost more. Set every month of every year here, though in
truth it is younger."""


def macro(days: pd.DatetimeIndex, rng: np.random.Generator) -> pd.DataFrame:
    """The table `macro`: figures released by the last day, from three years before the first on.

    Parameters
    ----------
    days
        Trading days.
    rng
        Source of every draw.
    """
    prices, money, output = rng.spawn(3)
    first = np.datetime64(f"{days[0].year - YEARS_BEFORE - 1}-01", "M")
    # A year more than is published, because growth is on the year before.
    months = np.arange(first, days[-1].to_numpy().astype("datetime64[M]"))
    quarters = months[2::3]
    made = _prices(months, prices) + _money(months, money) + _output(quarters, output)
    table = pd.concat([_released(*one) for one in made])
    table = table[table["released"] <= days[-1]]
    return TABLES["macro"].typed(table[table["value"].notna()])


_Made = tuple[str, np.ndarray, np.ndarray, np.ndarray]
"""A series: name, months (the last of each period), values, and days of the month of release."""


def _released(name: str, months: np.ndarray, values: np.ndarray, day: np.ndarray) -> pd.DataFrame:
    """Rows of a series from its second year on."""
    later = months >= months[0].astype("datetime64[Y]") + 1
    after = (months + 1).astype("datetime64[D]")
    table = {"series": name, "period": after - 1, "released": after + day - 1, "value": values}
    return pd.DataFrame(table)[later].astype({"period": "M8[us]", "released": "M8[us]"})


def _release_days(bounds: tuple[int, int], length: int, rng: np.random.Generator) -> np.ndarray:
    return rng.integers(*bounds, length, endpoint=True)


def _prices(months: np.ndarray, rng: np.random.Generator) -> list[_Made]:
    consumer, producer, release = rng.spawn(3)
    n, month = len(months), months.astype(int) % 12
    day = _release_days(CPI_DAYS, n, release)
    cpi = CPI + CPI_SEASON[month] + CPI_SPREAD * autoregressive(n, CPI_MEMORY, consumer)
    ppi = PPI + PPI_SPREAD * autoregressive(n, PPI_MEMORY, producer)
    made = []
    for name, monthly in (("cpi", cpi), ("ppi", ppi)):
        level = np.cumprod(1 + monthly)
        made.append((f"{name}_monthly", months, np.round(monthly, 3), day))
        made.append((f"{name}_growth", months, _growth(level, 12), day))
    return made


def _money(months: np.ndarray, rng: np.random.Generator) -> list[_Made]:
    broad, narrow, cash, release = rng.spawn(4)
    n, month = len(months), months.astype(int) % 12
    day = _release_days(MONEY_DAYS, n, release)
    years = (months - np.datetime64("2013-06", "M")).astype(int) / 12
    wander = np.cumsum(M2_SPREAD * autoregressive(n, M2_MEMORY, broad))
    m2 = M2_2013 * M2_TREND**years * np.exp(wander)
    part = PART_SPREAD * autoregressive(n, PART_MEMORY, narrow)
    m1 = M1_SHARE * m2 * np.exp(part)
    part = PART_SPREAD / 2 * autoregressive(n, PART_MEMORY, cash)
    m0 = M0_SHARE * m2 * np.exp(part + M0_SEASON[month])
    made = []
    for name, level in (("m0", m0), ("m1", m1), ("m2", m2)):
        made.append((name, months, np.round(level, -6), day))
        made.append((f"{name}_growth", months, _growth(level, 12), day))
    return made


def _output(quarters: np.ndarray, rng: np.random.Generator) -> list[_Made]:
    """Output, and its real growth; both from the start of the year."""
    real, deflator, release = rng.spawn(3)
    n = len(quarters)
    day = _release_days(GDP_DAYS, n, release)
    growth = GROWTH + GROWTH_SPREAD * autoregressive(n, GROWTH_MEMORY, real)
    prices = DEFLATOR + DEFLATOR_SPREAD * autoregressive(n, GROWTH_MEMORY, deflator)
    year = int(quarters[0].astype("datetime64[Y]").astype(int)) + 1970
    nominal = np.empty(n)
    nominal[:4] = (GDP_2013 * GDP_TREND ** (year - 2013) * GDP_SEASON)[:n]
    for row in range(4, n):
        nominal[row] = nominal[row - 4] * (1 + growth[row]) * (1 + prices[row])
    so_far, before, without = np.zeros(n), np.full(n, np.nan), np.full(n, np.nan)
    for row in range(n):
        begin = row - row % 4
        so_far[row] = nominal[begin : row + 1].sum()
        if row >= 4:
            base = nominal[begin - 4 : row - 3]
            before[row] = base.sum()
            without[row] = (base * (1 + growth[begin : row + 1])).sum()
    return [
        ("gdp", quarters, np.round(so_far, -4), day),
        ("gdp_growth", quarters, np.round(without / before - 1, 3), day),
    ]


def _growth(level: np.ndarray, back: int) -> np.ndarray:
    """Growth on `back` rows before, to the tenth of a percent as published; NaN before that."""
    growth = np.full(len(level), np.nan)
    growth[back:] = np.round(level[back:] / level[:-back] - 1, 3)
    return growth


def autoregressive(length: int, memory: float, rng: np.random.Generator) -> np.ndarray:
    """AR(1) of variance 1, stationary from its first value on."""
    shocks = rng.standard_normal(length)
    shocks[1:] *= np.sqrt(1 - memory**2)
    return lfilter([1.0], [1.0, -memory], shocks)


def rates(days: pd.DatetimeIndex, rng: np.random.Generator) -> pd.DataFrame:
    """The table `rates`: shibor each trading day, the loan prime rate once a month.

    Shibor = level + slope x (1 - exp(-tenor / .2 years)), and at the short end a tightness that
    multiplies the level; longer tenors hardly feel it (after Nelson and Siegel 1987).
    """
    levels, slopes, tightness, noise = rng.spawn(4)
    n = len(days)
    level = POLICY + POLICY_SPREAD * autoregressive(n, POLICY_MEMORY, levels)
    slope = SLOPE + SLOPE_SPREAD * autoregressive(n, SLOPE_MEMORY, slopes)
    squeeze = np.expm1(SQUEEZE * autoregressive(n, SQUEEZE_MEMORY, tightness))
    rise, reach = 1 - np.exp(-SHIBOR_YEARS / SLOPE_YEARS), np.exp(-SHIBOR_YEARS / SQUEEZE_YEARS)
    level = np.maximum(level, LOWEST)
    shibor = level[:, None] + slope[:, None] * rise + (level * squeeze)[:, None] * reach
    shibor += FIXING_NOISE * reach * noise.standard_normal(shibor.shape)
    names = [name for name in RATES if name.startswith("shibor")]
    table = pd.DataFrame(np.round(np.maximum(shibor, LOWEST), 6), index=days, columns=names)
    table = table.rename_axis(index="date", columns="rate").stack().rename("value").reset_index()
    return TABLES["rates"].typed(pd.concat([table, _prime_rates(days, level)]))


def _prime_rates(days: pd.DatetimeIndex, level: np.ndarray) -> pd.DataFrame:
    """Loan prime rates on the days they are set."""
    earlier = sessions(max(days[0] - pd.Timedelta(days=31), pd.Timestamp(OPENED)), days[0])[:-1]
    eve = earlier[-1:].append(days)[-len(days) - 1 : -1]
    if len(eve) < len(days):  # the exchange's very first day
        eve = days[:1].append(eve)
    due = days.day >= LPR_DAY
    set_today = due & ((eve.day < LPR_DAY) | (eve.month != days.month))
    one = np.round((level[set_today] + LPR_MARGIN) / LPR_STEP) * LPR_STEP
    five = one + LPR_5Y
    both = pd.DataFrame({"lpr_1y": one, "lpr_5y": five}, index=days[set_today]).round(6)
    return both.rename_axis(index="date", columns="rate").stack().rename("value").reset_index()
