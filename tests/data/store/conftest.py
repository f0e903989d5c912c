from __future__ import annotations

import shutil

import pandas as pd
import pytest

from stockcast.data.store import Store
from stockcast.data.store.parts import REVISION
from tests.data.store import vendor as vendors


@pytest.fixture
def vendor():
    """A vendor of a dozen stocks."""
    return vendors.Vendor(vendors.market())


@pytest.fixture
def store(tmp_path):
    """A store with nothing in it."""
    return Store(tmp_path / "store")


@pytest.fixture(scope="package")
def model(tmp_path_factory):
    """A store brought up to date, to be copied."""
    store = Store(tmp_path_factory.mktemp("model") / "store")
    vendor = vendors.Vendor(vendors.market())
    store.update(vendor, vendors.START, vendors.END, vendors.NAMES, now=vendors.NOW)
    return store


@pytest.fixture
def filled(model, tmp_path):
    """A store brought up to date."""
    shutil.copytree(model.folder, tmp_path / "store")
    return Store(tmp_path / "store")


def held(store: Store) -> dict[str, pd.DataFrame]:
    """Every revision of every table."""
    return {name: store.read(name, revisions=True) for name in store.tables()}


def assert_same(left: Store, right: Store) -> None:
    """The stores hold the same revisions of the same rows and cover the same days."""
    ours, theirs = held(left), held(right)
    assert list(ours) == list(theirs)
    for name, rows in ours.items():
        pd.testing.assert_frame_equal(rows, theirs[name])
        assert not rows.duplicated([*vendors.TABLES[name].key, *list(REVISION)[:1]]).any()
        coverage = [side.folder / name / "coverage.json" for side in (left, right)]
        assert coverage[0].read_text() == coverage[1].read_text()
