"""What technical features are worth, against the plain pandas spelling of the same thing."""

import numpy as np
import pytest


def log(x):
    return np.log(x.where(x > 0))


def true_range(w):
    previous = w["C"].shift()
    return (np.maximum(w["H"], previous) - np.minimum(w["L"], previous)).where(previous.notna())


def half(w, of, days):
    """Where at least half of the days traded."""
    there = w["close"].notna()
    return of.where(w["traded"].where(there).astype(float).rolling(days).sum() >= days / 2)


def drawdown(x):
    return (1 - x / np.maximum.accumulate(x)).max()


def trend_fit(x):
    together = np.corrcoef(np.arange(len(x)), x)[0, 1]
    return together * abs(together)


def streak(x):
    """Of one stock: runs of the signs of its moves."""
    sign = np.sign(x)
    run = sign.groupby((sign != sign.shift()).cumsum()).cumcount() + 1
    return (run * sign).where(x.notna())


def moved(w):
    return (w["C"] / w["C"].shift() - 1).where(lambda x: x.abs() > 1e-9, 0 * w["C"].shift())


EXPECTED = {
    "return_1": lambda w: w["C"] / w["C"].shift() - 1,
    "return_60": lambda w: w["C"] / w["C"].shift(60) - 1,
    "momentum_120": lambda w: w["C"].shift(5) / w["C"].shift(120) - 1,
    "momentum_250": lambda w: w["C"].shift(20) / w["C"].shift(250) - 1,
    "acceleration_20": lambda w: log(w["C"] / w["C"].shift(20)).diff(20),
    "rise_share_20": lambda w: (
        (moved(w) > 0).where(w["r"].notna()).astype(float).rolling(20).sum()
        / (moved(w) != 0).where(w["r"].notna()).astype(float).rolling(20).sum()
    ),
    "streak": lambda w: moved(w).apply(streak),
    "largest_fall_20": lambda w: w["r"].rolling(20).min(),
    "autocorrelation_1_20": lambda w: half(w, moved(w).rolling(20).corr(moved(w).shift()), 20),
    "volatility_20": lambda w: w["r"].rolling(20).std(),
    "downside_20": lambda w: np.sqrt(w["r"].clip(upper=0).pow(2).rolling(20).mean()),
    "ewma_volatility": lambda w: np.sqrt(
        w["r"].pow(2).ewm(alpha=0.06, adjust=False, min_periods=20).mean()
    ),
    "max_drawdown_60": lambda w: w["C"].rolling(60).apply(drawdown, raw=True),
    "jump_share_60": lambda w: half(
        w,
        1
        - np.pi / 2 * log(w["C"]).diff().abs().pipe(lambda x: x * x.shift()).rolling(60).mean()
        / log(w["C"]).diff().pow(2).rolling(60).mean(),
        60,
    ),
    "parkinson_5": lambda w: np.sqrt(
        (log(w["H"] / w["L"]) ** 2 / (4 * np.log(2))).rolling(5).mean()
    ),
    "garman_klass_20": lambda w: np.sqrt(
        (0.5 * log(w["H"] / w["L"]) ** 2 - (2 * np.log(2) - 1) * log(w["C"] / w["O"]) ** 2)
        .rolling(20)
        .mean()
    ),
    "true_range_14": lambda w: true_range(w).rolling(14).mean() / w["C"],
    "distance_20": lambda w: w["C"] / w["C"].rolling(20).mean() - 1,
    "crossing_20_120": lambda w: w["C"].rolling(20).mean() / w["C"].rolling(120).mean() - 1,
    "high_distance_250": lambda w: w["C"] / w["H"].rolling(250).max() - 1,
    "days_since_high_60": lambda w: w["H"].rolling(60).apply(
        lambda x: np.argmax(np.round(x[::-1], 8)), raw=True
    ),
    "vortex_14": lambda w: (
        (w["H"] - w["L"].shift()).abs() - (w["L"] - w["H"].shift()).abs()
    ).rolling(14).sum() / true_range(w).rolling(14).sum(),
    "ichimoku_9_26": lambda w: (
        (w["H"].rolling(9).max() + w["L"].rolling(9).min())
        / (w["H"].rolling(26).max() + w["L"].rolling(26).min())
        - 1
    ),
    "detrended_20": lambda w: w["C"].shift(11) / w["C"].rolling(20).mean() - 1,
    "volume_ratio": lambda w: w["V"].rolling(5).mean() / w["V"].rolling(20).mean(),
    "volume_percentile_20": lambda w: w["V"].rolling(20).apply(
        lambda x: ((x < x[-1]).sum() + (x == x[-1]).sum() / 2) / len(x), raw=True
    ),
    "amount_deviation": lambda w: (
        (np.log(w["A"]) - np.log(w["A"]).rolling(60, min_periods=20).mean())
        / np.log(w["A"]).rolling(60, min_periods=20).std()
    ).where(w["A"].notna()),
    "volume_return_20": lambda w: half(w, w["r"].rolling(20).corr(w["V"]), 20),
    "on_balance_20": lambda w: (np.sign(moved(w)) * w["V"]).rolling(20).sum()
    / (np.sign(moved(w)).abs() * w["V"]).rolling(20).sum(),
    "chaikin_money_flow_20": lambda w: (
        ((2 * w["C"] - w["H"] - w["L"]) / (w["H"] - w["L"])).where(w["high"] > w["low"], 0) * w["V"]
    ).rolling(20).sum() / w["V"].rolling(20).sum(),
    "vwap_distance_1": lambda w: w["close"] / (w["A"] / w["volume"]) - 1,
    "illiquidity_20": lambda w: np.log(
        (w["r"].abs() / (w["A"] / 1e8)).rolling(20, min_periods=10).mean()
    ),
    "still_share_20": lambda w: (moved(w) == 0).where(w["r"].notna()).astype(float)
    .rolling(20).mean(),
    "close_range_spread_20": lambda w: (
        4 * (log(w["C"]).shift() - (log(w["H"]) + log(w["L"])).shift() / 2)
        * (log(w["C"]).shift() - (log(w["H"]) + log(w["L"])) / 2)
    ).rolling(20).mean().pipe(lambda x: np.sign(x) * np.sqrt(x.abs())),
    "gap": lambda w: w["open"] / w["pre_close"] - 1,
    "range_1": lambda w: (w["high"] - w["low"]) / w["close"],
    "close_position_5": lambda w: ((w["close"] - w["low"]) / (w["high"] - w["low"]))
    .where(w["high"] > w["low"], 0.5).where(w["close"].notna()).rolling(5).mean(),
    "upper_shadow_5": lambda w: (
        ((w["high"] - np.maximum(w["open"], w["close"])) / w["close"]).rolling(5).sum()
        / ((w["high"] - w["low"]) / w["close"]).rolling(5).sum()
    ),
    "tug_of_war_20": lambda w: (log(w["O"] / w["C"].shift()) - log(w["C"] / w["O"]))
    .rolling(20).mean(),
    "suspended_20": lambda w: (~w["traded"]).where(w["close"].notna()).astype(float)
    .rolling(20).sum(),
}  # fmt: skip


@pytest.fixture(scope="module")
def lively(wide):
    """The stocks without a spell that stood still: pandas leaves no residue of running sums."""
    longest = (~wide["traded"]).rolling(5).sum().max()
    there = wide["close"].notna().all()
    codes = there.index[there & (longest < 5)]
    assert len(codes) >= 10
    return codes


@pytest.mark.parametrize("name", EXPECTED)
def test_feature_is_its_formula(name, technical, wide, lively):
    """The feature holds pandas' numbers, and NaN where pandas has none."""
    found = technical[name].unstack("code")[lively]
    expected = EXPECTED[name](wide)[lively].astype(float)
    assert np.isfinite(found.to_numpy()).any()
    np.testing.assert_allclose(found, expected.replace([np.inf, -np.inf], np.nan), 1e-4, 2e-6)


def test_slopes_are_least_squares(technical, wide):
    """slope_20 and trend_fit_20 are those of a fit of log C on the day's number."""
    code = wide["close"].columns[wide["close"].notna().all()][0]
    price = np.log(wide["C"][code].to_numpy())
    for row in (19, 100, 400):
        window = price[row - 19 : row + 1]
        day = technical.loc[(wide["C"].index[row], code)]
        assert day.slope_20 == pytest.approx(np.polyfit(np.arange(20), window, 1)[0], abs=1e-7)
        assert day.trend_fit_20 == pytest.approx(trend_fit(window), abs=1e-5)


def test_yang_zhang_is_rogers_satchell_without_nights_and_drift(technical, wide):
    """Its parts add up: night's variance, k of the session's, the rest Rogers-Satchell's."""
    days, w = 30, wide
    night, day = log(w["O"] / w["C"].shift()), log(w["C"] / w["O"])
    up, down = log(w["H"] / w["O"]), log(w["L"] / w["O"])
    k = 0.34 / (1.34 + (days + 1) / (days - 1))
    inside = (up * (up - day) + down * (down - day)).rolling(days).mean()
    variance = night.rolling(days).var() + k * day.rolling(days).var() + (1 - k) * inside
    found = technical["yang_zhang_30"].unstack("code")
    np.testing.assert_allclose(found, np.sqrt(variance), 1e-4, 1e-6)


def test_suspended_days_are_flat(technical, technical_panel):
    """On a suspended day the return is zero and the features of the day's bar are neutral."""
    halted = technical_panel.set_index(["date", "code"]).suspended
    assert halted.sum() > 20
    day = technical[halted.reindex(technical.index)]
    assert (day.return_1.dropna() == 0).all()
    assert (day.range_1 == 0).all()
    assert (day.close_position == 0.5).all()
    assert day.vwap_distance_1.isna().all()
    assert (day.close_position_5.dropna().between(0, 1)).all()
