"""Headlines are masked and cut the same way everywhere, and nothing is left behind."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from stockcast.features.text import lexicon, words


@pytest.mark.parametrize(
    ("title", "names", "masked"),
    [
        ("海川电力：上半年净利增60.5%", ("海川电力",), "◆:上半年净利增③"),
        ("海川电力上半年净利增60.5%", ("海川电力",), "◆上半年净利增③"),
        ("*ST海川拟出售资产", ("*ST海川",), "◆拟出售资产"),
        ("海川拟出售资产", ("*ST海川",), "◆拟出售资产"),
        ("云岭Ａ举牌海川电力", ("云岭A", "海川电力"), "◆举牌◆"),
        ("无名公司：签下1,200.5万元订单", (), "◆:签下◇万元订单"),
        ("净利润增长：原因何在", (), "净利润增长:原因何在"),
        ("预计业绩 -5%", (), "预计业绩⑤"),
        ("预增10%-20%", (), "预增①-②"),
        ("海川(600001.SH,2333.HK)：毛利率升2个百分点", ("海川",), "◆:毛利率升①"),
        ("增长50% 100% 100.1%", (), "增长②③④"),
        ("", ("海川",), ""),
    ],
)
def test_masking(title, names, masked):
    """Names, codes, numbers and percentages become signs; the rest stays."""
    assert words.masked(title, names) == masked


def test_longer_names_are_masked_first():
    """A name inside a longer one leaves no rest of the longer."""
    assert words.masked("海川电力增持", ("海川", "海川电力")) == "◆增持"


def test_companies_of_the_same_wording_look_alike():
    """Two companies with the same news in other numbers have one masked headline."""
    first = words.masked("云岭科技：中标3.2亿元项目", ("云岭科技",))
    assert first == words.masked("青石材料：中标41亿元项目", ("青石材料",))


def test_unsigned_has_no_signs():
    """What other readers get is ordinary text."""
    text = words.unsigned(words.masked("海川：净利增60%，订单3亿，跌-5%", ("海川",)))
    assert text == "公司:净利增百分比,订单数亿,跌负百分比"


def test_lexicon_words_are_kept_whole():
    """Every word of the lexicon is one word when it stands alone."""
    assert [word for word in lexicon.words() if words.cut(word) != (word,)] == []


def test_quantities_and_directions_are_cut_apart():
    """成本上升 is one word to jieba, and two here."""
    assert words.cut("成本上升") == ("成本", "上升")
    assert [word for word in lexicon.compounds() if words.cut(word) == (word,)] == []


def test_signs_are_words_of_their_own():
    """A sign does not stick to the characters around it."""
    assert words.cut("◆:净利增③") == ("◆", ":", "净利", "增", "③")


CODE = """
import sys, threading
from concurrent.futures import ThreadPoolExecutor
from stockcast.features.text import words
with ThreadPoolExecutor(8) as pool:
    found = set(pool.map(lambda _: words.cut("立案调查与增持"), range(8)))
assert len(found) == 1, found
print("/".join(found.pop()))
"""


def test_jieba_is_silent_and_writes_nothing(tmp_path):
    """No warning, no log, no cache: a poisoned jieba.cache in the temporary folder is not read."""
    poison = tmp_path / "jieba.cache"
    poison.write_bytes(b"not a dictionary")
    env = os.environ | {"TMPDIR": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}
    env["PYTHONPYCACHEPREFIX"] = str(tmp_path / "none")  # every module is compiled, with warnings
    done = subprocess.run(
        [sys.executable, "-c", CODE], env=env, capture_output=True, text=True, check=True
    )
    assert (done.stdout, done.stderr) == ("立案调查/与/增持\n", "")
    assert [path.name for path in tmp_path.iterdir()] == ["jieba.cache"]
    assert poison.read_bytes() == b"not a dictionary"


def test_threads_cut_alike():
    """The same words come out of many threads at once."""
    titles = [f"云岭科技{n}：净利润增长{n}%" for n in range(200)]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(words.cut, titles))
    assert found == [words.cut(title) for title in titles]
