"""Who may ask for what, and how often: accounts by token."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from stockcast.market.interfaces import Interface
from stockcast.market.sandbox import refusals

TIERS = ((15000, 500), (10000, 500), (5000, 500), (2000, 200), (120, 50))
"""Points -> requests a minute for each interface, as Tushare's table of points says
(https://tushare.pro/document/1?doc_id=290, quoted by users; not read there)."""


@dataclass(frozen=True)
class Account:
    """What a token stands for.

    Parameters
    ----------
    points
        Tushare's points; interfaces ask for a minimum.
    bought
        Whether the permissions that are sold apart from points (news, `rt_k`) are there too.
    per_minute
        Requests a minute for each interface; None: as `TIERS` says; 0: as many as one likes.
    """

    points: int = 15000
    bought: bool = True
    per_minute: int | None = None

    def admit(self, interface: Interface) -> None:
        """Raise a Refusal unless this account may use `interface`."""
        if self.points < interface.points or (interface.sold and not self.bought):
            raise refusals.no_permission()

    @property
    def limit(self) -> int:
        """Requests a minute for each interface; 0: no limit."""
        if self.per_minute is not None:
            return self.per_minute
        return next((limit for points, limit in TIERS if self.points >= points), 1)


EVERYTHING = {"sandbox": Account(per_minute=0)}
"""The default: one token that may do everything, as often as it likes."""


def account(tokens: Mapping[str, Account], token: object) -> Account:
    """The account of `token`; a Refusal that does not repeat an unknown one."""
    if not isinstance(token, str) or token not in tokens:
        raise refusals.bad_token()
    return tokens[token]
