"""What is wrong with a panel that passed its schema: every fault counted, in one table."""

from stockcast.data.quality.adjustment import quarantine
from stockcast.data.quality.check import FAIL, NOTE, Check, Finding
from stockcast.data.quality.check_store import check_store
from stockcast.data.quality.membership import MEMBERS
from stockcast.data.quality.report import (
    CHECKS,
    STATEMENT_CHECKS,
    passed,
    report,
    summary_json,
)
from stockcast.data.quality.statements import Statements
from stockcast.data.quality.subject import Subject

__all__ = [
    "CHECKS", "FAIL", "MEMBERS", "NOTE", "STATEMENT_CHECKS", "Check", "Finding", "Statements",
    "Subject", "check_store", "passed", "quarantine", "report", "summary_json",
]  # fmt: skip
