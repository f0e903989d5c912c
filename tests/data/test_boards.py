import pandas as pd
import pytest

from stockcast.data.boards import board, board_of


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("600519.SH", "main"), ("601088.SH", "main"), ("603259.SH", "main"), ("605499.SH", "main"),
        ("000001.SZ", "main"), ("001979.SZ", "main"), ("002594.SZ", "main"), ("003816.SZ", "main"),
        ("300750.SZ", "chinext"), ("301269.SZ", "chinext"), ("302132.SZ", "chinext"),
        ("302133.SZ", ""), ("688981.SH", "star"), ("689009.SH", "star"), ("830799.BJ", "beijing"),
        ("430047.BJ", "beijing"), ("920819.BJ", "beijing"), ("900929.SH", ""), ("200011.SZ", ""),
        ("000300.SH", ""), ("510300.SH", ""), ("", ""),
    ],
)  # fmt: skip
def test_boards(code, name):
    """Prefixes tell the board, the table's exceptions go first, and the rest is no A-share."""
    assert board_of(code) == name


def test_a_column_of_codes():
    """A Series comes back with its index, as text."""
    codes = pd.Series(["302132.SZ", "600519.SH", "302132.SZ"], index=[5, 3, 1])
    found = board(codes)
    assert found.tolist() == ["chinext", "main", "chinext"]
    assert found.index.tolist() == [5, 3, 1]
    assert found.dtype == "str"
    assert board(codes[:0]).dtype == "str"
