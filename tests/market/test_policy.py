import pandas as pd

from stockcast.market.calendar import sessions
from stockcast.market.policy import real_events


def test_xiongan_counts_from_the_first_close_after_it():
    """Announced on Saturday 2017-04-01 before a holiday, it was public by 2017-04-05's close."""
    events = real_events()
    assert sessions("2017-04-01", "2017-04-30")[0] == pd.Timestamp("2017-04-05")
    themed = events[events["event"] == "Xiong'an New Area"]
    assert (themed["date"] == pd.Timestamp("2017-04-05")).all()
    assert {"000401.SZ", "601992.SH", "600340.SH"} <= set(themed["code"])
    assert not {"000725.SZ", "601668.SH"} & set(themed["code"])


def test_events_are_a_table_of_the_usual_form():
    """Columns, types and order are those of every events table."""
    events = real_events()
    assert events.columns.tolist() == ["date", "event", "code", "strength"]
    assert events["date"].dtype == "datetime64[us]"
    assert events.equals(events.sort_values(["date", "code"], ignore_index=True))
    assert not events.duplicated().any()
    assert (events["strength"] == 1).all()
