"""The ledger: each forecast as it was issued, each outcome, in a chain that shows any change."""

from stockcast.advice.ledger.place import Place, place
from stockcast.advice.ledger.store import Ledger
from stockcast.advice.ledger.trouble import Fault, LedgerError

__all__ = ["Fault", "Ledger", "LedgerError", "Place", "place"]
