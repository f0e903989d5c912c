"""Who sits in the committee."""

from __future__ import annotations

from dataclasses import dataclass

from stockcast.models.committee.learners import LEARNERS, Learner


@dataclass(frozen=True)
class Seat:
    """One member.

    Attributes
    ----------
    name : str
    learner : str
        A key of `stockcast.models.committee.learners.LEARNERS`.
    reads : str
        Which features: a key of what `fit` is given as `groups`, or "all".
    """

    name: str
    learner: str
    reads: str

    @property
    def how(self) -> Learner:
        """How it learns."""
        return LEARNERS[self.learner]


SEATS = (
    Seat("trees_all", "trees", "all"),
    Seat("trees_own", "trees", "own"),
    Seat("trees_peer", "trees", "peer"),
    Seat("line_all", "line", "all"),
)
"""The slowest first. They differ in what they read and in the shapes they can draw, because members
that err together gain nothing from a vote."""
