"""Who is ranked, who trains."""

import pandas as pd

from stockcast.data import universe


def panel(flags):
    """Two stocks over days; one flag a day and stock."""
    days = pd.date_range("2015-01-05", periods=len(flags["600000.SH"]))
    rows = [
        {"date": day, "code": code, "in_universe": flag}
        for code, values in flags.items()
        for day, flag in zip(days, values, strict=True)
    ]
    return pd.DataFrame(rows).sort_values(["date", "code"], ignore_index=True)


FLAGS = {"600000.SH": [0, 1, 0, 0], "600001.SH": [0, 0, 0, 1]}


def test_members_are_that_days():
    """Ranked: exactly the flag of the day."""
    table = panel({code: [bool(v) for v in values] for code, values in FLAGS.items()})
    assert universe.members(table).tolist() == table.in_universe.tolist()


def test_been_members_are_from_the_first_membership_on():
    """Trainable: from the first day of membership on, also after leaving, never before."""
    table = panel({code: [bool(v) for v in values] for code, values in FLAGS.items()})
    found = table.assign(been=universe.been_members(table)).pivot(
        index="date", columns="code", values="been"
    )
    assert found["600000.SH"].tolist() == [False, True, True, True]
    assert found["600001.SH"].tolist() == [False, False, False, True]


def test_been_members_uses_nothing_later():
    """Dropping later days changes no earlier answer: nobody trains for joining in the future."""
    table = panel({code: [bool(v) for v in values] for code, values in FLAGS.items()})
    whole = universe.been_members(table)
    for cut in table.date.unique():
        kept = table.date <= cut
        assert universe.been_members(table[kept]).tolist() == whole[kept].tolist()
