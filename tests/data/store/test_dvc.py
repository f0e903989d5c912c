"""DVC keeps versions of the store."""

from __future__ import annotations

import subprocess
import sys

from stockcast.data.store import Store
from tests.data.store import vendor as vendors
from tests.data.store.conftest import assert_same

CONFIG = """[core]
    no_scm = true
    analytics = false
    check_update = false
    remote = elsewhere
['remote "elsewhere"']
    url = {remote}
"""


COMMANDS = """
import shutil, sys
from dvc.cli import main
here, there = sys.argv[1:]
assert main(["--cd", here, "add", "-q", "store"]) == 0
assert main(["--cd", here, "push", "-q"]) == 0
shutil.copy(here + "/store.dvc", there)
assert main(["--cd", there, "pull", "-q"]) == 0
"""


def test_dvc_pushes_the_store_and_brings_it_back(tmp_path, vendor):
    """`dvc add`, `dvc push`; and on a machine with nothing but the .dvc file, `dvc pull`."""
    here, there = tmp_path / "here", tmp_path / "there"
    for folder in (here, there):
        (folder / ".dvc").mkdir(parents=True)
        (folder / ".dvc" / "config").write_text(CONFIG.format(remote=tmp_path / "remote"))
    store = Store(here / "store")
    store.update(vendor, vendors.START, vendors.END, vendors.NAMES, now=vendors.NOW)
    subprocess.run([sys.executable, "-c", COMMANDS, str(here), str(there)], check=True)
    assert_same(store, Store(there / "store"))
    later = {"now": "2016-03-02 18:00", "recheck": 0}
    outcomes = Store(there / "store").update(vendor, tables=["bars"], **later)
    assert outcomes[0].counts.added == 2 * len(vendors.CODES)
