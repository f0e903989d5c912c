"""A stand-in for a market: every canonical table, small, drawn at random, physically possible."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd

from stockcast.market.tables import DAY, FLAG, MACRO, RATES, TABLES, TEXT, TIME, WHOLE

CODES = ("000001.SZ", "000002.SZ", "300001.SZ", "600001.SH", "600002.SH", "688001.SH")
INDEX = "000300.SH"


def days(start: str = "2016-12-26", count: int = 10) -> pd.DatetimeIndex:
    """Weekdays."""
    return pd.bdate_range(start, periods=count, unit="us")


class StandIn:
    """Tables by name, made from one seed.

    Parameters
    ----------
    trading
        Trading days.
    codes
        Stocks.
    """

    def __init__(self, trading: pd.DatetimeIndex | None = None, codes: tuple = CODES) -> None:
        self.trading = days() if trading is None else trading
        self.codes = codes
        self._made: dict[str, pd.DataFrame] = {}

    def table(self, name: str) -> pd.DataFrame:
        """The canonical table `name`."""
        if name not in self._made:
            rng = np.random.default_rng(list(TABLES).index(name))
            frame = getattr(self, f"_{name}", lambda rng: self._daily(name, rng))(rng)
            self._made[name] = TABLES[name].typed(frame)
        return self._made[name]

    def _daily(self, name: str, rng: np.random.Generator) -> pd.DataFrame:
        """A row for each day and stock, index or contract; money in whole ten thousands."""
        table = TABLES[name]
        whom = next((key for key in table.key if key not in ("date", "reason", "side")), None)
        names = {"contract": ("10000001.SH", "10000002.SH")}.get(whom, self.codes)
        names = (INDEX,) if name == "index_bars" else names
        keys = pd.MultiIndex.from_product([self.trading, names]).to_frame(index=False)
        keys.columns = ["date", whom or "unused"]
        if whom is None:
            keys = keys.drop_duplicates("date")
        return self._filled(name, keys, rng)

    def _filled(self, name: str, keys: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
        out = keys.copy()
        for column, kind in TABLES[name].columns.items():
            if column in out:
                continue
            if kind == TEXT:
                out[column] = column
            elif kind in (DAY, TIME):
                out[column] = self.trading[0]
            elif kind == FLAG:
                out[column] = True
            elif kind == WHOLE:
                out[column] = 1
            else:
                out[column] = _number(column, len(out), rng)
        return out

    def _calendar(self, rng: np.random.Generator) -> pd.DataFrame:
        every = pd.date_range(self.trading[0], self.trading[-1], unit="us")
        return pd.DataFrame({"date": every, "open": every.isin(self.trading)})

    def _stocks(self, rng: np.random.Generator) -> pd.DataFrame:
        gone = [pd.NaT] * (len(self.codes) - 1) + [self.trading[6]]
        boards = {"00": "main", "30": "chinext", "60": "main", "68": "star"}
        return pd.DataFrame(
            {
                "code": self.codes,
                "name": [f"公司{number}" for number in range(len(self.codes))],
                "board": [boards[code[:2]] for code in self.codes],
                "sector": "银行",
                "list_date": [self.trading[0]] * (len(self.codes) - 1) + [self.trading[2]],
                "delist_date": gone,
            }
        )

    def _names(self, rng: np.random.Generator) -> pd.DataFrame:
        stocks = self.table("stocks")
        first = stocks[["code", "name"]].assign(
            reason="其他", start=stocks["list_date"], end=pd.NaT, announced=pd.NaT
        )
        changed, told = self.trading[5], self.trading[4]
        first.loc[0, "end"] = changed - pd.Timedelta("24h")
        later = first.iloc[[0]].assign(
            name="ST" + first.loc[0, "name"], reason="ST", start=changed, end=pd.NaT, announced=told
        )
        return pd.concat([first, later])

    def _index_weights(self, rng: np.random.Generator) -> pd.DataFrame:
        keys = pd.DataFrame({"date": self.trading[0], "index": INDEX, "code": self.codes})
        return keys.assign(weight=np.round(rng.uniform(0.01, 0.1, len(keys)), 6))

    def _sectors(self, rng: np.random.Generator) -> pd.DataFrame:
        return pd.DataFrame(
            {"sector_code": ["801080.SI", "801780.SI"], "sector": ["电子", "银行"], "level": "L1"}
        )

    def _sector_members(self, rng: np.random.Generator) -> pd.DataFrame:
        frame = pd.DataFrame({"code": self.codes, "sector_code": "801780.SI", "sector": "银行"})
        frame = frame.assign(start=self.trading[0], end=pd.NaT)
        frame.loc[0, "end"] = self.trading[4]
        moved = frame.iloc[[0]].assign(
            sector_code="801080.SI", sector="电子", start=self.trading[4], end=pd.NaT
        )
        return pd.concat([frame, moved])

    def _suspensions(self, rng: np.random.Generator) -> pd.DataFrame:
        keys = pd.DataFrame({"date": self.trading[[1, 2, 2]], "code": list(self.codes[:3])})
        return keys.assign(timing=["", "", "09:30-10:00"])

    def _books(self, name: str, rng: np.random.Generator) -> pd.DataFrame:
        """Two periods a stock; the first is corrected five days later."""
        code = np.repeat(self.codes, 2)
        period = np.tile(pd.to_datetime(["2016-06-30", "2016-09-30"]), len(self.codes))
        keys = pd.DataFrame({"code": code, "period": period, "report": "1"})
        keys["announced"] = keys["first_announced"] = self.trading[1]
        fixed = keys.iloc[[0]].assign(report="4", first_announced=self.trading[6])
        return self._filled(name, pd.concat([keys, fixed], ignore_index=True), rng)

    def _income(self, rng: np.random.Generator) -> pd.DataFrame:
        return self._books("income", rng)

    def _balance(self, rng: np.random.Generator) -> pd.DataFrame:
        return self._books("balance", rng)

    def _cash_flow(self, rng: np.random.Generator) -> pd.DataFrame:
        return self._books("cash_flow", rng)

    def _indicators(self, rng: np.random.Generator) -> pd.DataFrame:
        keys = self.table("income").query("report == '1'")[["code", "period", "announced"]]
        return self._filled("indicators", keys, rng)

    def _dividends(self, rng: np.random.Generator) -> pd.DataFrame:
        keys = pd.DataFrame({"code": [self.codes[0]] * 2, "period": pd.Timestamp("2015-12-31")})
        keys["announced"] = self.trading[[1, 3]]
        keys["stage"] = ["预案", "实施"]
        later = [pd.NaT, self.trading[5]]
        dates = dict.fromkeys(["record_date", "ex_date", "pay_date"], later)
        return keys.assign(**dates, cash=0.123, bonus=0.5)

    def _top_list(self, rng: np.random.Generator) -> pd.DataFrame:
        return self._daily("top_list", rng)

    def _top_seats(self, rng: np.random.Generator) -> pd.DataFrame:
        keys = [("buy", "机构专用"), ("buy", "机构专用#2"), ("sell", "机构专用")]
        frame = pd.DataFrame(keys, columns=["side", "seat"])
        frame = frame.assign(date=self.trading[0], code=self.codes[0], reason="日涨幅偏离值达7%")
        return self._filled("top_seats", frame, rng)

    def _option_contracts(self, rng: np.random.Generator) -> pd.DataFrame:
        frame = pd.DataFrame({"contract": ["10000001.SH", "10000002.SH"]})
        return frame.assign(
            name="合约", underlying="510300.SH", call_put=["C", "P"], strike=3.5,
            multiplier=10000.0, list_date=self.trading[[0, 5]], maturity_date="2017-03-22",
        )  # fmt: skip

    def _macro(self, rng: np.random.Generator) -> pd.DataFrame:
        quarters = pd.to_datetime(["2016-09-30", "2016-12-31"])
        released = self.trading[[0, 6]]
        rows = [
            (series, period, day, 5e12 if unit.startswith("yuan") else 0.068)
            for series, unit in MACRO.items()
            for period, day in zip(quarters, released, strict=True)
        ]
        return pd.DataFrame(rows, columns=["series", "period", "released", "value"])

    def _rates(self, rng: np.random.Generator) -> pd.DataFrame:
        keys = pd.MultiIndex.from_product([self.trading, RATES]).to_frame(index=False)
        keys.columns = ["date", "rate"]
        return keys.assign(value=np.round(rng.uniform(0.02, 0.05, len(keys)), 6))

    def _news(self, rng: np.random.Generator) -> pd.DataFrame:
        times = self.trading + pd.Timedelta("9h5min7s")
        return pd.DataFrame(
            {
                "time": times,
                "source": ["sina", "财讯社"] * (len(times) // 2),
                "title": [f"第{number}条" for number in range(len(times))],
                "content": "正文",
            }
        )


def _number(column: str, count: int, rng: np.random.Generator) -> np.ndarray:
    """Numbers of a size that the column may have, exact in every interface's decimals."""
    if column in _FRACTIONS or column.endswith(("_rate", "_growth", "_margin")):
        return np.round(rng.uniform(0.01, 0.2, count), 4)
    if column in _PRICES:
        return np.round(rng.uniform(5, 20, count), 2)
    if column == "adj_factor":
        return rng.uniform(1, 2, count)
    return rng.integers(1, 10**6, count) * 10000.0


_FRACTIONS = {
    "turnover", "turnover_free", "dividend_yield", "dividend_yield_ttm", "share_of_float",
    "change", "roe", "roa", "debt_to_assets", "net_rate", "amount_rate", "buy_rate", "sell_rate",
}  # fmt: skip
_PRICES = {
    "open", "high", "low", "close", "pre_close", "limit_up", "limit_down", "settle", "pre_settle",
    "pe", "pe_ttm", "pb", "ps", "ps_ttm", "volume_ratio", "eps", "bps", "current_ratio",
    "quick_ratio", "asset_turnover", "inventory_turnover", "receivables_turnover",
}  # fmt: skip


@cache
def market() -> StandIn:
    """One market for all tests that only read it."""
    return StandIn()
