"""Expert labels: a file is taken whole or refused at its first fault; kappa by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from stockcast.advice.feedback import experts
from stockcast.advice.feedback.experts import OUTCOME, agreement, import_labels
from stockcast.errors import InputError
from tests.advice.feedback.conftest import CODES, panel

LATER = "2016-01-07T20:00"
HEAD = "date,code,label,expert"


def test_labels_are_read_in_words_and_numbers(ledger, csv):
    """Down, flat and up are -1, 0 and 1; columns may stand in any order."""
    path = csv(
        "expert,label,code,date",
        f"Ada,up,{CODES[0]},2016-01-07",
        f"Ada,-1,{CODES[1]},2016-01-07",
        f"Bo,flat,{CODES[0]},2016-01-06",
    )
    assert import_labels(ledger, path, issued_at=LATER) == 3
    found = experts.labels(ledger)
    assert found["label"].tolist() == [1, -1, 0]
    assert found["who"].tolist() == ["Ada", "Ada", "Bo"]
    assert found["forecast"].tolist() == [19, 20, 13]
    assert found["foresight"].tolist() == [True, True, False]
    assert ledger.verify(strict=False) == []  # dated as told, written now


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([HEAD], "given.csv: must hold at least one row"),
        ([], "given.csv, line 1: must name the columns date, code, label, expert"),
        (["date,code,label"], "given.csv, line 1: must name the columns"),
        ([HEAD, "{good}", "2016-01-05,{code},up"], "line 3: must have 4 values; got 3"),
        ([HEAD, "{good}", "2016-01-05,{code},rise,Ada"], "line 3, label: must be down, flat or up"),
        ([HEAD, "2016-01-05,{code},2,Ada"], "line 2, label: must be down, flat or up"),
        ([HEAD, "2016-13-05,{code},up,Ada"], "line 2, date: must be a date written"),
        ([HEAD, "2016-01-03,{code},up,Ada"], "line 2, date: must be a trading day"),
        ([HEAD, "2016-02-01,{code},up,Ada"], "line 2, date: must not lie in the future"),
        ([HEAD, "2016-01-05,600999.SH,up,Ada"], "line 2, code: must be a stock of the ledger"),
        ([HEAD, "2015-12-31,{code},up,Ada"], "line 2, forecast: must be one that the ledger holds"),
        ([HEAD, "2016-01-05,{code},up, "], "line 2, expert: must be a name"),
        ([HEAD, "{good}", "{good}"], "line 3, label by Ada: .* was given before"),
        ([HEAD, '2016-01-05,"{code},up,Ada'], "line 2: must be CSV"),
    ],
)
def test_a_fault_is_named_with_its_line_and_nothing_is_written(ledger, csv, lines, message):
    """The first fault refuses the whole file."""
    good = f"2016-01-05,{CODES[0]},up,Ada"
    count = ledger.head()
    path = csv(*(line.format(good=good, code=CODES[1]) for line in lines))
    with pytest.raises(InputError, match=message):
        import_labels(ledger, path, issued_at=LATER)
    assert ledger.head() == count


def test_a_label_of_an_earlier_file_is_refused(ledger, csv):
    """The same expert labels a forecast once, in whichever file."""
    path = csv(HEAD, f"2016-01-05,{CODES[0]},up,Ada")
    import_labels(ledger, path, issued_at=LATER)
    count = ledger.head()
    with pytest.raises(InputError, match=r"line 2, label by Ada: .* was given before"):
        import_labels(ledger, path, issued_at=LATER)
    assert ledger.head() == count


def test_files_that_are_none(ledger, tmp_path):
    """A missing file, a folder and no text are one line each."""
    with pytest.raises(InputError, match="must exist"):
        import_labels(ledger, tmp_path / "none.csv")
    with pytest.raises(InputError, match="must be a file that can be read"):
        import_labels(ledger, tmp_path)
    (tmp_path / "odd.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="must be a text in UTF-8"):
        import_labels(ledger, tmp_path / "odd.csv")


def test_kappa_by_hand():
    """Of ten labels seven are the same; by chance it would be .5 x .6 + .5 x .4 = .5."""
    one = [1] * 5 + [-1] * 5
    other = [1, 1, 1, 1, -1, 1, 1, -1, -1, -1]
    found = agreement(_labels(Ada=one, Bo=other), _scores([0.0] * 10), _rng())
    row = found.iloc[0]
    assert (row["one"], row["other"], row["n"]) == ("Ada", "Bo", 10)
    np.testing.assert_allclose([row["same"], row["kappa"]], [0.7, 0.4])
    assert row["low"] < 0.4 < row["high"]


def test_outcomes_are_down_flat_and_up():
    """Returns within 3 % either way are flat; an expert who knew has a kappa of 1."""
    returns = [0.031, 0.03, -0.03, -0.031, 0.0, np.nan]
    found = agreement(_labels(Ada=[1, 0, 0, -1, 0, 1]), _scores(returns), _rng())
    (row,) = found.itertuples()
    assert (row.other, row.n, row.kappa) == (OUTCOME, 5, 1.0)


def test_hindsight_does_not_count_as_agreement_with_outcomes():
    """Labels given after the outcome began are compared with other experts only."""
    labels = _labels(Ada=[1, -1], Bo=[1, -1]).assign(foresight=[True, True, False, False])
    found = agreement(labels, _scores([0.1, -0.1]), _rng()).set_index(["one", "other"])
    assert found["n"].to_dict() == {("Ada", "Bo"): 2, ("Ada", OUTCOME): 2}


def test_kappa_of_those_who_always_say_the_same_is_not_to_be_told():
    """Both always "up": chance explains all of it."""
    found = agreement(_labels(Ada=[1, 1], Bo=[1, 1]), _scores([0.1, 0.1]), _rng())
    assert found["kappa"].isna().all()
    assert found["same"].tolist() == [1.0, 1.0, 1.0]


def test_agreement_from_the_ledger(ledger, csv):
    """Labels and scores of the same ledger meet by the forecast's entry."""
    rows = [f"2016-01-07,{code},{label},Ada" for code, label in zip(CODES, _KNOWN, strict=True)]
    import_labels(ledger, csv(HEAD, *rows), issued_at=LATER)
    ledger.score(panel(), issued_at="2016-01-12T18:00")
    found = agreement(experts.labels(ledger), ledger.scores(), _rng(), flat=0.012)
    assert found["n"].tolist() == [6]
    assert found["kappa"].tolist() == [1.0]


_KNOWN = ("up", "up", "flat", "flat", "down", "down")


def _labels(**by: list[int]) -> pd.DataFrame:
    parts = [
        pd.DataFrame(
            {
                "who": who,
                "forecast": range(len(said)),
                "date": pd.date_range("2016-01-04", periods=len(said)),
                "label": said,
                "foresight": True,
            }
        )
        for who, said in by.items()
    ]
    return pd.concat(parts, ignore_index=True)


def _scores(returns: list[float]) -> pd.DataFrame:
    return pd.DataFrame({"forecast": range(len(returns)), "label": returns})


def _rng() -> np.random.Generator:
    return np.random.default_rng(1)
