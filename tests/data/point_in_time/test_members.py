import numpy as np
import pandas as pd

from stockcast.data.point_in_time import flag_snapshots, members_asof
from stockcast.market.calendar import sessions
from stockcast.market.tables import TABLES


def weights(*rows: tuple) -> pd.DataFrame:
    """Canonical index_weights of (date, index, code, weight)."""
    frame = pd.DataFrame(rows, columns=["date", "index", "code", "weight"])
    return TABLES["index_weights"].typed(frame.assign(date=pd.to_datetime(frame["date"])))


SNAPSHOTS = weights(
    ("2017-05-31", "000300.SH", "A", 0.6), ("2017-05-31", "000300.SH", "B", 0.4),
    ("2017-06-12", "000300.SH", "B", 0.5), ("2017-06-12", "000300.SH", "C", 0.5),
    ("2017-06-01", "000905.SH", "D", 1.0),
)  # fmt: skip


def test_members_are_those_of_the_latest_snapshot():
    """A change counts from its effective date, not before; nothing before the first snapshot."""
    days = ["2017-05-26", "2017-05-31", "2017-06-09", "2017-06-12", "2017-12-29"]
    found = members_asof(SNAPSHOTS, days, "000300.SH").groupby("date")["code"].agg("".join)
    assert found.to_dict() == {
        pd.Timestamp("2017-05-31"): "AB", pd.Timestamp("2017-06-09"): "AB",
        pd.Timestamp("2017-06-12"): "BC", pd.Timestamp("2017-12-29"): "BC",
    }  # fmt: skip


def test_indices_are_kept_apart():
    """Without a choice every index has its own snapshot, with weights and its date."""
    found = members_asof(SNAPSHOTS, ["2017-06-12"])
    assert found[["index", "code", "weight"]].to_numpy().tolist() == [
        ["000300.SH", "B", 0.5], ["000300.SH", "C", 0.5], ["000905.SH", "D", 1.0],
    ]  # fmt: skip
    assert found["since"].dt.strftime("%F").tolist() == ["2017-06-12", "2017-06-12", "2017-06-01"]


def test_members_look_at_nothing_later():
    """Dropping later snapshots changes nothing up to t."""
    days = sessions("2017-05-26", "2017-06-09")
    kept = SNAPSHOTS[SNAPSHOTS["date"] <= days[-1]]
    pd.testing.assert_frame_equal(members_asof(SNAPSHOTS, days), members_asof(kept, days))


def test_a_flag_comes_back_day_by_day():
    """Snapshots of a panel's flag give the same members on each of its days, empty days too."""
    days = sessions("2017-05-02", "2017-06-30")
    rng = np.random.default_rng(1)
    codes = [f"60000{number}.SH" for number in range(5)]
    panel = pd.DataFrame(
        [(day, code) for day in days for code in codes], columns=["date", "code"]
    ).assign(in_universe=rng.random(len(days) * 5) < 0.4)
    panel.loc[panel["date"] == days[7], "in_universe"] = False
    snapshots = flag_snapshots(panel, "000300.SH")
    found = members_asof(snapshots, days)
    expected = panel.loc[panel["in_universe"], ["date", "code"]].reset_index(drop=True)
    pd.testing.assert_frame_equal(found[["date", "code"]], expected)
    assert days[7] not in set(found["date"])


def test_an_unchanged_flag_needs_one_snapshot():
    """Days on which nothing changed have no snapshot of their own."""
    days = sessions("2017-05-02", "2017-05-12")
    panel = pd.DataFrame({"date": days, "code": "600001.SH", "in_universe": True})
    assert flag_snapshots(panel, "000300.SH")["date"].tolist() == [days[0]]
