"""Errors a user can act on.

StockcastError
├── InputError      a parameter, file or table breaks a rule the user can mend
└── MissingArtifact a stage needs something that another command makes first
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class StockcastError(Exception):
    """Base of every error that the commands print as one line."""

    def __str__(self) -> str:
        return " ".join(super().__str__().split())


class InputError(StockcastError):
    """An input breaks a rule.

    Parameters
    ----------
    what
        The argument, parameter, file or column at fault.
    rule
        What must hold, as a phrase ("must be a date", "must not be empty").
    got
        The value that came; omitted from the message when None.
    hint
        What to do, or the nearest valid value.
    """

    def __init__(self, what: str, rule: str, got: object = None, hint: str = "") -> None:
        self.what, self.rule, self.got, self.hint = what, rule, got, hint
        message = f"{what}: {rule}"
        if got is not None:
            message += f"; got {got!r}"
        if hint:
            message += f"; {hint}"
        super().__init__(message)

    def __reduce__(self) -> tuple[type, tuple[str, str, object, str]]:
        """What makes it anew: a worker process hands its errors on."""
        return type(self), (self.what, self.rule, self.got, self.hint)


class MissingArtifact(StockcastError):
    """Something an earlier command makes is not there; the message names that command."""

    def __init__(self, what: str, made_by: str) -> None:
        self.what, self.made_by = what, made_by
        super().__init__(f"{what} is missing; make it with: {made_by}")

    def __reduce__(self) -> tuple[type, tuple[str, str]]:
        """What makes it anew: a worker process hands its errors on."""
        return type(self), (self.what, self.made_by)


def nearest(value: str, valid: Iterable[str]) -> str:
    """Phrase naming the valid spelling closest to `value`, or listing a few; may be empty."""
    valid = sorted(valid)
    close = difflib.get_close_matches(value, valid, n=1, cutoff=0.5)
    if close:
        return f"did you mean {close[0]!r}?"
    if not valid:
        return ""
    shown = ", ".join(valid[:6])
    return f"valid: {shown}{', …' if len(valid) > 6 else ''}"
