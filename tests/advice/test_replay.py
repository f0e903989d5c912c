"""Sixty evenings lived through by one command, and everything computed once more by hand."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
import yaml
from scipy.stats import spearmanr

from stockcast import paths
from stockcast.advice import replay
from stockcast.advice.ledger import Ledger
from stockcast.advice.ledger.place import ANCHOR_FILE, FILE

DAYS = 60
MODEL = "ridge"


@pytest.fixture(scope="module")
def lived(whole_run, tmp_path_factory):
    """The folder that one command leaves, what it printed, and the run."""
    import contextlib
    import io
    import os

    from tests.conftest import command_line

    file = tmp_path_factory.mktemp("params") / "mine.yml"
    values = whole_run.params.model_copy(update={"headline": MODEL}).model_dump()
    file.write_text(yaml.safe_dump(values), encoding="utf-8")
    before = os.environ.get("STOCKCAST_RUNS")
    os.environ["STOCKCAST_RUNS"] = str(whole_run.folder)
    printed = io.StringIO()
