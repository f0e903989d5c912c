"""What can be wrong with a ledger: a fault that `verify` finds, an error that stops a write."""

from __future__ import annotations

from dataclasses import dataclass

from stockcast.errors import StockcastError


class LedgerError(StockcastError):
    """The ledger cannot be read or added to; what had been acknowledged before is still there."""


@dataclass(frozen=True)
class Fault:
    """One thing that a whole ledger does not show.

    Attributes
    ----------
    kind : str
        "changed", "removed", "reordered", "back-dated", "late", "early", "truncated", "rewritten",
        "unanchored", "anchor", "unprotected" or "unreadable".
    number : int
        The entry, or the line of the anchor, at which it shows; 0: the ledger as a whole.
    said : str
        What was found, as a sentence without its full stop.
    """

    kind: str
    number: int
    said: str

    def __str__(self) -> str:
        where = f"line {self.number}" if self.kind == "anchor" else f"entry {self.number}"
        return f"{self.kind}: {where}: {self.said}" if self.number else f"{self.kind}: {self.said}"
