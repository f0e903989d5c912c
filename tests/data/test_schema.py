"""The boundary: what is let in, and what is said of what is not."""

import numpy as np
import pandas as pd
import pytest

from stockcast.data import schema
from stockcast.data.boards import board
from stockcast.errors import InputError


def broken(frame, column, row, value):
    """A copy with one value changed."""
    out = frame.copy()
    out[column] = out[column].astype(object) if isinstance(value, str) else out[column]
    out.loc[row, column] = value
    return out


def refusal(frame) -> str:
    """The one line a frame is refused with."""
    with pytest.raises(InputError) as caught:
        schema.validate(frame, "mine.parquet")
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith("mine.parquet")
    return message


def test_a_valid_frame_comes_back_typed(frame):
    """Names and types become the schema's; foreign columns go."""
    single = frame.assign(
        close=frame.close.astype("float32"), volume=frame.volume.astype("int64"),
        date=frame.date.dt.strftime("%Y-%m-%d"), is_st=np.int8(-1), src="vendor",
    )  # fmt: skip
    found = schema.validate(single, "panel")
    assert found.date.dtype == "datetime64[us]"
    assert set(found.dtypes[["open", "close", "volume", "adj_factor"]]) == {np.dtype(float)}
    assert found.in_universe.dtype == found.is_st.dtype == bool
    assert not found.is_st.any()
    assert not {"src", "in_csi300"} & set(found)
    np.testing.assert_array_equal(found.close, frame.close)  # single precision, back on the tick


def test_single_precision_off_the_tick_stays_off_it(frame):
    """Only a price that a tick explains is put on it."""
    found = schema.validate(frame.assign(open=frame.open.astype("float32") + np.float32(0.004)))
    assert (np.abs(found.open * 100 - np.round(found.open * 100)) > 0.3).all()


def test_missing_column_names_the_nearest(frame):
    """A misspelt column is named with the spelling that was found."""
    assert refusal(frame.rename(columns={"close": "closing"})) == (
        "mine.parquet, column close: must be there; did you mean 'closing'?"
    )


def test_empty_frame(frame):
    """No rows is not a panel."""
    assert "must have rows" in refusal(frame[:0])


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("close", "n/a", "column close: must hold numbers; got 'n/a'"),
        ("date", "last Monday", "column date: must hold dates; got 'last Monday'"),
        ("suspended", "perhaps", "column suspended: must hold true or false; got 'perhaps'"),
        ("code", "000300.SH", "column code: must hold A-share codes such as 600519.SH; got '0003"),
    ],
)
def test_wrong_types_name_the_value(frame, column, value, said):
    """A value of the wrong type is shown."""
    assert said in refusal(broken(frame.astype({column: object}), column, 7, value))


def test_numbers_where_dates_belong(frame):
    """20150105 as a number would be read as nanoseconds: refused."""
    numbers = frame.date.dt.strftime("%Y%m%d").astype(int)
    assert "column date: must hold dates; got 20150105" in refusal(frame.assign(date=numbers))


def test_codes_that_are_numbers(frame):
    """A code without its exchange, read as a number, is refused."""
    assert "column code: must hold text" in refusal(frame.assign(code=600000))


@pytest.mark.parametrize(
    ("column", "value", "rule"),
    [
        ("close", np.nan, "must not be missing on a day that traded"),
        ("open", 0.0, "must be above zero"),
        ("adj_factor", -1.0, "must be above zero"),
        ("volume", -5.0, "must not be negative"),
    ],
)
def test_impossible_numbers_name_day_and_stock(frame, column, value, rule):
    """Missing and non-positive prices name the column, the rule, the day and the stock."""
    message = refusal(broken(frame, column, 3, value))
    assert f"column {column}: {rule}" in message
    assert "on 2015-01-08 for 000001.SZ" in message


def test_unknown_board(frame):
    """A board outside the four is refused with the four."""
    assert "must be one of ('main'" in refusal(frame.assign(board="second"))


def test_duplicated_rows(frame):
    """The same day of a stock twice is refused, in order or not."""
    twice = pd.concat([frame, frame.iloc[[4]]], ignore_index=True)
    assert "must hold each (date, code) once; got '2015-01-09 000001.SZ twice'" in refusal(twice)
    assert "twice" in refusal(twice.sort_values(["code", "date"]))


def test_unsorted_dates(frame):
    """Days out of order within a stock are refused, with the line that sorts them."""
    message = refusal(frame.iloc[::-1])
    assert "must be sorted by date within each stock" in message
    assert 'sort_values(["code", "date"])' in message


def test_either_order_of_stocks_is_fine(frame):
    """By date and then code, or by code and then date: both are sorted within each stock."""
    assert len(schema.validate(frame.sort_values(["date", "code"]))) == len(frame)


def test_high_below_low(frame):
    """A high below the low, or a close outside them, names the day's bar."""
    assert "must be the day's highest price" in refusal(broken(frame, "high", 2, 1.0))
    assert "on 2015-01-07 for 000001.SZ" in refusal(broken(frame, "close", 2, 99.0))


def test_suspended_days_are_carried_flat(frame):
    """Prices missing on a suspended day are the last close, and its volume is zero."""
    halted = frame.copy()
    halted.loc[5:6, ["open", "high", "low", "close", "volume"]] = np.nan
    halted.loc[5:6, "suspended"] = True
    found = schema.validate(halted)
    assert (found.loc[5:6, ["open", "high", "low", "close"]] == frame.close[4]).all(axis=None)
    assert (found.volume[5:7] == 0).all()


def test_without_a_flag_no_volume_means_suspended(frame):
    """A source without `suspended` is read by its volume."""
    quiet = broken(frame.drop(columns="suspended"), "volume", 8, 0.0)
    assert schema.validate(quiet).suspended.tolist() == [i == 8 for i in range(len(quiet))]


def test_boards_by_prefix():
    """Each board's codes, and no board for an index, a B-share or a fund."""
    codes = {
        "600519.SH": "main", "605499.SH": "main", "000001.SZ": "main", "002415.SZ": "main",
        "003816.SZ": "main", "300750.SZ": "chinext", "301269.SZ": "chinext", "302132.SZ": "chinext",
        "688981.SH": "star", "689009.SH": "star", "830799.BJ": "beijing", "920002.BJ": "beijing",
        "000300.SH": "", "399006.SZ": "", "900901.SH": "", "200002.SZ": "", "510300.SH": "",
    }  # fmt: skip
    assert board(pd.Series(list(codes))).tolist() == list(codes.values())
