"""The appendix of features is the catalogue, no less and no more."""

from __future__ import annotations

import re

import pytest
from docutils import nodes

from stockcast.book.directives import feature_counts, feature_sections
from stockcast.errors import InputError
from stockcast.features import catalogue
from tests.conftest import ROOT

PAGE = (ROOT / "book" / "features.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("family", catalogue.FAMILIES)
def test_every_feature_of_a_family_is_described(family):
    """Each has its name, formula, inputs, lookback, units and source, below its group."""
    sections = feature_sections(family)
    members = catalogue.family(family)
    assert len(sections) == len({one.group for one in members})
    items = [item for part in sections for item in part.findall(nodes.definition_list_item)]
    told = {item.next_node(nodes.literal).astext(): item.astext() for item in items}
    assert set(told) == {one.name for one in members}
    for one in members:
        for fact in (one.formula, *one.inputs, f"{one.lookback} trading day", one.units):
            assert fact in told[one.name]
        assert one.source.rstrip(".") in told[one.name]


def test_no_two_features_share_an_anchor():
    """A link to a feature must lead to that feature."""
    found = [
        anchor
        for family in catalogue.FAMILIES
        for section in feature_sections(family)
        for node in section.findall(nodes.Element)
        for anchor in node.get("ids", [])
    ]
    assert len(found) == len(set(found))


def test_counts_are_the_catalogues():
    """One row a family and one of sums; lookbacks of one formula are counted once there."""
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in feature_counts().splitlines()[2:]
    ]
    for row, family in zip(rows[:-1], catalogue.FAMILIES, strict=True):
        members = catalogue.family(family)
        assert row[0].startswith(f"[{family}](#features-")
        assert row[2:] == [str(len(members)), str(len({one.stem for one in members}))]
    assert rows[-1][2] == str(len(catalogue.CATALOGUE))
    assert rows[-1][3] == str(sum(int(row[3]) for row in rows[:-1]))


def test_the_page_has_every_family_once():
    """No family may be missing from the appendix, and its table's links must have targets."""
    named = re.findall(r"```\{feature-catalogue\} (\w+)", PAGE)
    assert sorted(named) == sorted(catalogue.FAMILIES)
    assert PAGE.count("```{feature-catalogue}\n") == 1
    links = re.findall(r"\(#([\w-]+)\)", feature_counts())
    assert set(links) == set(re.findall(r"^\(([\w-]+)\)=$", PAGE, flags=re.MULTILINE))


def test_an_unknown_family_is_refused():
    """A page that names no family must not be built without a word."""
    with pytest.raises(InputError, match="feature family: is not known"):
        feature_sections("tecnical")
