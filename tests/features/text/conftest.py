"""Dated headlines of our own making, whose wordings say how likely each is good."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

GOOD = (
    "中标{n}亿元项目",
    "上半年净利增长{n}%",
    "控股股东增持{n}万股",
    "获发明专利{n}项",
    "拟回购{n}亿元",
)
BAD = ("股东拟减持{n}万股", "前三季度亏损{n}亿元", "被立案调查", "终止重组", "收到警示函")
NAMES = ("云岭科技", "海川电力", "北辰药业", "长河股份", "青石材料", "南屏软件")


def made_up(size: int, seed: int, noise: float = 0.1) -> pd.DataFrame:
    """`size` headlines over two years; a share `noise` of the labels is turned round."""
    rng = np.random.default_rng(seed)
    good = rng.random(size) < 0.6
    wording = np.where(good, rng.choice(GOOD, size), rng.choice(BAD, size))
    name = rng.choice(NAMES, size)
    number = rng.integers(2, 90, size)
    title = [
        f"{who}：{what.format(n=n)}" for who, what, n in zip(name, wording, number, strict=True)
    ]
    label = good ^ (rng.random(size) < noise)
    time = pd.Timestamp("2016-01-04") + pd.to_timedelta(np.sort(rng.integers(0, 730, size)), "D")
    return pd.DataFrame(
        {"time": time, "title": title, "names": [(who,) for who in name], "label": label * 1}
    )


@pytest.fixture(scope="session")
def news() -> pd.DataFrame:
    return made_up(600, seed=3)
