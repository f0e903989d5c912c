"""Parameters: flat, validated once, refused in one line that says what to write instead."""

from __future__ import annotations

import pytest

from stockcast import params
from stockcast.errors import InputError
from tests.conftest import ROOT

FILES = sorted((ROOT / "params").glob("*.yml"))
BOOK = params.read(ROOT / "params" / "book.yml")


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_parameters_file_is_valid(file):
    """A file that ships with the project must be accepted."""
    assert params.read(file)


def test_each_file_describes_another_run():
    """Two files with one run's name would overwrite each other's artifacts."""
    runs = [params.read(file).run for file in FILES]
    assert len(set(runs)) == len(runs)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"lokback": 60}, "key lokback: is no parameter; did you mean 'lookback'?"),
        ({"horizon": "five"}, "key horizon: must be a valid integer"),
        ({"horizon": True}, "key horizon: must be a valid integer"),
        ({"horizon": 5.0}, "key horizon: must be a valid integer"),
        ({"horizon": 0}, "must be greater than or equal to 1; got 0; nearest valid: 1"),
        ({"device": "gpu"}, "key device: must be 'auto', 'cpu' or 'cuda'; got 'gpu'"),
        ({"start": "2018-01-01"}, "key start: must be before train_end; got '2018-01-01'"),
        ({"start": "1/4/2012"}, "key start: must be a date written YYYY-MM-DD; got '1/4/2012'"),
        ({"stocks": ["600519"]}, "key stocks: must hold codes such as 600519.SH"),
        ({"stocks": "600519.SH"}, "key stocks: must be a valid list"),
        ({"stocks": ["600519.SH", "600519.SH"]}, "must not name a stock twice"),
        ({"run": "../elsewhere"}, "key run: must be a short lower-case name"),
        ({"drop": 11}, "key drop: must not exceed top_k; got 11; nearest valid: 10"),
    ],
)
def test_a_broken_parameter_is_one_line_with_the_key_the_rule_and_the_value(change, said):
    """What is refused must be named, with the rule, the value and the nearest valid one."""
    with pytest.raises(InputError) as caught:
        params.validate(BOOK.model_dump() | change, "mine.yml")
    assert said in str(caught.value)
    assert str(caught.value).startswith("mine.yml")
    assert "\n" not in str(caught.value)


def test_a_missing_key_is_refused_with_its_meaning():
    """A file must say everything: a default that nobody wrote is a choice that nobody made."""
    values = BOOK.model_dump()
    del values["top_k"]
    with pytest.raises(InputError, match="key top_k: must be set; it says: stocks held"):
        params.validate(values)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- run", "must be a flat list"),
        ("run: [", "must be YAML"),
        ("run: a\nrun: b", "key run is there twice"),
    ],
)
def test_a_file_that_is_no_list_of_keys_is_refused(text, said, tmp_path):
    """Whatever the file holds, the answer must be one line."""
    file = tmp_path / "mine.yml"
    file.write_text(text)
    with pytest.raises(InputError, match=said):
        params.read(file)


def test_a_date_may_be_written_with_or_without_quotes(tmp_path):
    """YAML's own dates must not change what a parameter is."""
    text = (ROOT / "params" / "book.yml").read_text(encoding="utf-8")
    file = tmp_path / "mine.yml"
    file.write_text(text.replace("start: 2012-01-04", 'start: "2012-01-04"'), encoding="utf-8")
    assert params.read(file) == BOOK


def test_the_hash_depends_on_the_values_alone(tmp_path):
    """Comments and order must not make a run another run; a value must."""
    lines = (ROOT / "params" / "book.yml").read_text(encoding="utf-8").splitlines()
    file = tmp_path / "mine.yml"
    file.write_text("\n".join(sorted(line for line in lines if ":" in line and line[0] != "#")))
    assert params.read(file).hash() == BOOK.hash()
    assert BOOK.model_copy(update={"seed": 1}).hash() != BOOK.hash()


def test_declared_parameters_are_checked_by_themselves():
    """A notebook that declares three parameters must not need the others."""
    params.check_declared({"run": "mine", "horizon": 3}, "notebook")
    with pytest.raises(InputError, match="notebook, key horizon: must be a valid integer"):
        params.check_declared({"run": "mine", "horizon": "3"}, "notebook")


SPANS = {
    "train": ["2012-01-04", "2015-06-30"],
    "valid": ["2015-07-01", "2015-12-31"],
    "test": ["2016-01-04", "2017-12-29"],
}


def spanned(**change: object) -> params.Params:
    ends = ("start", "train_end", "valid_end", "end")
    values = {key: value for key, value in BOOK.model_dump().items() if key not in ends}
    return params.validate(values | SPANS | change, "mine.yml")


def test_three_spans_say_the_same_as_their_ends():
    """Spans are another way to write start, train_end, valid_end and end."""
    found = spanned()
    assert (found.start, found.train_end, found.valid_end, found.end) == (
        "2012-01-04", "2015-06-30", "2015-12-31", "2017-12-29",
    )  # fmt: skip
    assert found.model_dump(exclude={"start", "train_end", "valid_end", "end"}) == BOOK.model_dump(
        exclude={"start", "train_end", "valid_end", "end"}
    )


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"valid": ["2015-06-30", "2015-12-31"]}, "key valid: must begin on the next trading day"),
        ({"test": ["2016-02-01", "2017-12-29"]}, "key test: must begin on the next trading day"),
        ({"test": "2016"}, "key test: must be its first and its last day; got '2016'"),
        ({"train": ["2015-06-30", "2012-01-04"]}, "key train: must not end before it begins"),
        ({"start": "2012-01-04"}, "key start: must not be set beside train, valid and test"),
    ],
)
def test_spans_that_do_not_fit_are_refused(change, said):
    """Overlaps, gaps, ends that are said twice: one line that names the key."""
    with pytest.raises(InputError, match=r"mine\.yml") as error:
        spanned(**change)
    assert said in str(error.value)


def test_a_span_alone_is_refused():
    """One of three spans does not say where the others are."""
    with pytest.raises(InputError, match="key train: must be set beside valid"):
        params.validate(BOOK.model_dump() | {"valid": SPANS["valid"]}, "mine.yml")
