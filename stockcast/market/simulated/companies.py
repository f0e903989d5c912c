"""The simulated companies' names, and how they change.

A name is two syllables of ours and a word of the company's business; nothing is drawn, so a stock
has the same syllables in every simulation of as many stocks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from stockcast.market.simulated.publication import listing_days
from stockcast.market.tables import TABLES

if TYPE_CHECKING:
    from stockcast.market.simulated.draws import Stocks
    from stockcast.market.simulated.world import World

FIRST = "澜岚珩砚霁朔峤沐汐昱晗桓栎沅泓洵淇渊澄炜烨琅琛瑾璟皓笙筠翊芷蔚衡铧谦赫霖霄麒黎泠"
SECOND = "川岭原泽屿汀庭禾野麓洲峪澍棠桥港坤甫恒信诺锦彤晟航岳溪城阳泰嘉辰远朗舟启越宁源陌"
_STRIDE = 607  # prime to the number of pairs, so that no pair comes twice
BUSINESS = (
    ("银行", "商行"),
    ("食品", "乳业", "酒业", "饮品"),
    ("医药", "制药", "生物", "医疗"),
    ("机械", "重工", "精工", "装备"),
    ("化工", "化学", "材料", "新材"),
    ("地产", "置业", "控股"),
    ("电子", "科技", "微电", "光电"),
    ("电力", "水务", "燃气", "能源"),
)
"""Words for a business, in the order of `draws.SECTORS`."""
RENAMED = "股份"
RENAMED_AFTER = 20
"""Trading days after special treatment ends until the company takes its other name."""
SPECIAL = "ST"
LISTED, SPECIAL_BEGINS, SPECIAL_ENDS, OTHER_NAME = "其他", "ST", "撤销ST", "改名"
"""Reasons for a name, in the source's words."""


def company_names(stocks: Stocks) -> np.ndarray:
    """Names (n_stocks,), all different: as the companies listed."""
    number = np.arange(len(stocks.codes))
    words = [BUSINESS[s][n % len(BUSINESS[s])] for n, s in zip(number, stocks.sector, strict=True)]
    return np.array([_stem(n) + word for n, word in zip(number, words, strict=True)], dtype=object)


def _stem(number: int) -> str:
    first, second = divmod(number * _STRIDE % (len(FIRST) * len(SECOND)), len(SECOND))
    return FIRST[first] + SECOND[second]


def names(world: World) -> pd.DataFrame:
    """The table `names`: every name and its days; ST spells, and other names taken after them.

    `end` is the day before the next name, missing while a name holds. A change is announced on the
    trading day before it; special treatment that began before the first day appears to begin on it.
    """
    born, listed = company_names(world.stocks), listing_days(world.days, world.stocks)
    there = np.flatnonzero(world.listed.any(axis=0))
    rows = [row for stock in there for row in _of(world, stock, born[stock], listed[stock])]
    columns = ["code", "start", "name", "reason", "announced"]
    table = pd.DataFrame(rows, columns=columns).sort_values(["code", "start"], ignore_index=True)
    table["end"] = table.groupby("code")["start"].shift(-1) - pd.Timedelta(days=1)
    return TABLES["names"].typed(table)


def latest_names(world: World) -> np.ndarray:
    """Names (n_stocks,) on the last day, or the last one a stock had; empty if not listed yet."""
    last = names(world).groupby("code")["name"].last()
    return last.reindex(world.stocks.codes).fillna("").to_numpy(dtype=object)


def names_at(world: World, stock: np.ndarray, time: np.ndarray) -> np.ndarray:
    """Names in force at given moments; before a listing the first name.

    Parameters
    ----------
    stock, time
        Positions of stocks that were listed on some day, and datetimes; of one length.
    """
    table = names(world)
    place = pd.Index(world.stocks.codes).get_indexer(table["code"])
    order = np.argsort(place, kind="stable")
    # One ascending number for stock and day, so that a single search finds the name.
    far = 1_000_000
    start = table["start"].to_numpy().astype("datetime64[D]").astype(int)
    starts = (place * far + start)[order]
    asked = stock * far + time.astype("datetime64[D]").astype(int)
    row = np.searchsorted(starts, asked, side="right") - 1
    row = np.maximum(row, np.searchsorted(starts, stock * far))
    return table["name"].to_numpy(dtype=object)[order][row]


def _of(world: World, stock: int, name: str, listed: np.datetime64) -> list[tuple]:
    """Rows of one stock in order."""
    days, code = world.days, world.stocks.codes[stock]
    rows = [(code, pd.Timestamp(listed), name, LISTED, pd.NaT)]
    for day, reason in _changes(world.special[:, stock], world.listed[:, stock]):
        if reason == OTHER_NAME:
            name = _stem(stock) + RENAMED
        held = SPECIAL + name if reason == SPECIAL_BEGINS else name
        rows.append((code, days[day], held, reason, days[day - 1] if day else pd.NaT))
    return rows


def _changes(special: np.ndarray, listed: np.ndarray) -> list[tuple[int, str]]:
    """Days and reasons of a stock's new names; a stock takes another name once."""
    changes, renamed = [], False
    for day in np.flatnonzero(np.diff(special, prepend=False) & listed):
        changes.append((day, SPECIAL_BEGINS if special[day] else SPECIAL_ENDS))
        later = day + RENAMED_AFTER
        if special[day] or renamed or later >= len(listed):
            continue
        if listed[later] and not special[day : later + 1].any():
            changes.append((later, OTHER_NAME))
            renamed = True
    return changes
