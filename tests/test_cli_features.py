"""`stockcast features`: the catalogue on the command line."""

from __future__ import annotations

import json

import pytest

from stockcast.features import catalogue

ONE = catalogue.CATALOGUE[0]


def test_every_feature_is_listed_once_with_its_formula(command):
    """A reader of the list must find each name, and beside it what it is; nothing is cut off."""
    status, out, err = command("features", "list")
    assert (status, err) == (0, "")
    lines = out.splitlines()
    assert lines[0].split() == ["name", "family", "group", "lookback", "formula"]
    assert [line.split()[0] for line in lines[1:-1]] == [one.name for one in catalogue.CATALOGUE]
    assert all(
        one.formula in line for one, line in zip(catalogue.CATALOGUE, lines[1:], strict=False)
    )
    assert lines[-1].startswith(f"{len(catalogue.CATALOGUE)} features;")


@pytest.mark.parametrize("family", catalogue.FAMILIES)
def test_a_family_is_listed_alone(family, command):
    """`--family` must leave out all others."""
    status, out, _ = command("features", "list", "--family", family)
    names = [line.split()[0] for line in out.splitlines()[1:-1]]
    assert status == 0
    assert names == [one.name for one in catalogue.family(family)]


def test_the_list_as_json_holds_every_fact(command):
    """Programs must get the whole catalogue, and of a family only that."""
    _, out, _ = command("features", "list", "--json")
    listed = json.loads(out)
    assert [one["name"] for one in listed] == list(catalogue.BY_NAME)
    assert set(listed[0]) == {
        "name", "family", "group", "formula", "inputs", "lookback", "units", "source",
    }  # fmt: skip
    _, out, _ = command("features", "list", "--family", ONE.family, "--json")
    assert {one["family"] for one in json.loads(out)} == {ONE.family}


def test_a_feature_is_explained(command):
    """Every fact of a feature must be told, unabridged."""
    status, out, err = command("features", "explain", ONE.name)
    assert (status, err) == (0, "")
    for fact in (ONE.name, ONE.family, ONE.group, ONE.formula, ONE.units, ONE.source, *ONE.inputs):
        assert fact in out
    assert f"{ONE.lookback} trading day" in out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["explain", "retrn_5"], "feature: is not known; got 'retrn_5'; did you mean 'return_5'?"),
        (["list", "--family", "tecnical"], "got 'tecnical'; did you mean 'technical'?"),
        (["explain"], "Missing argument"),
        ([], "Missing command"),
    ],
)
def test_a_mistake_is_one_line_and_status_2(words, said, command):
    """As with the other commands: one line on stderr that names the nearest."""
    status, out, err = command("features", *words)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert err.startswith("stockcast: ")
    assert said in err
