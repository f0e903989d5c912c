"""A committee that reads every feature: trees and a line, on ranks of the day."""

from stockcast.models.committee.committee import MODEL, NAME, Committee, fit_ranks
from stockcast.models.committee.ranks import Ranks
from stockcast.models.committee.seats import SEATS, Seat

__all__ = ["MODEL", "NAME", "SEATS", "Committee", "Ranks", "Seat", "fit_ranks"]
