"""What can go wrong between Tushare and a table, as errors a user can act on.

    StockcastError
    ├── InputError
    │   ├── TokenError        there is no token, or Tushare does not know it
    │   ├── RequestRefused    Tushare does not accept the request's parameters
    │   └── ReplyError        a reply does not hold what it must (`stockcast.market.interfaces`)
    │       └── Damaged       it is no JSON at all: cut off, or somebody else's page
    ├── PermissionNeeded      the account has too few points for the interface
    ├── RateLimited           the account has made all the calls it may for now
    └── Unreachable           no answer: the network's fault, or the server's own

An error whose `heals` is true may be gone at the next attempt.
"""

from __future__ import annotations

import re

from stockcast.errors import InputError, StockcastError
from stockcast.market.interfaces import INTERFACES, ReplyError

__all__ = [
    "Damaged", "PermissionNeeded", "RateLimited", "RequestRefused", "TokenError", "Unreachable",
    "refusal",
]  # fmt: skip

_POINTS = "https://tushare.pro/document/1?doc_id=108"
_TOKEN_CODES = {40001, 40101}
_PERMISSION_CODES = {40203, 2002, -2002}
_RATES = (
    re.compile(r"每(?P<span>分钟|小时|天)\D*(?P<limit>\d+)\s*次"),
    re.compile(r"(?P<limit>\d+)\s*次\s*/\s*每?(?P<span>分钟|小时|天)"),
    re.compile(r"频率超限"),
)
"""Wordings of one refusal; the last tells neither limit nor span."""
_SPANS = {"分钟": "minute", "小时": "hour", "天": "day"}
_SERVERS_FAULT = re.compile(r"系统内部错误|服务器?(异常|繁忙|错误)|稍后再?试|超时")


class TokenError(InputError):
    """There is no token, or Tushare does not know it; the message never holds the token."""


class RequestRefused(InputError):
    """Tushare does not accept the request's parameters."""


class Damaged(ReplyError):
    """A reply is no JSON; the next attempt may bring a whole one."""

    heals = True


class PermissionNeeded(StockcastError):
    """The account may not call an interface.

    Attributes
    ----------
    interface
        Its name.
    points
        Points that Tushare's price list asks for it; 0 where it is sold on its own.
    """

    def __init__(self, interface: str, message: str) -> None:
        about = INTERFACES[interface]
        self.interface, self.points = interface, about.points
        price = f"{about.points} points"
        if about.sold:
            price = "a permission that is sold on its own"
        super().__init__(
            f"{interface}: the account has no permission, Tushare says {message!r}; the interface "
            f"needs {price}, see {_POINTS}; get them, or leave out table {about.table}"
        )


class RateLimited(StockcastError):
    """The account has made all the calls it may for now.

    Attributes
    ----------
    interface
        Its name.
    limit, span
        Calls allowed a `minute`, `hour` or `day`; 0 a minute where Tushare tells no number.
    """

    def __init__(self, interface: str, limit: int, span: str) -> None:
        self.interface, self.limit, self.span = interface, limit, span
        later = {"minute": "in a minute", "hour": "in an hour", "day": "tomorrow"}[span]
        allowed = f"{limit} calls per {span}" if limit else "a number of calls that it does not say"
        super().__init__(
            f"{interface}: Tushare allows this account {allowed}, and they are "
            f"made; start again {later}: what has been fetched is kept"
        )

    @property
    def heals(self) -> bool:
        """Whether waiting a minute helps."""
        return self.span == "minute"


class Unreachable(StockcastError):
    """Tushare gave no answer that can be read.

    Attributes
    ----------
    heals
        Whether another attempt may succeed.
    """

    def __init__(self, interface: str, why: str, heals: bool = True) -> None:
        self.heals = heals
        super().__init__(f"{interface}: Tushare cannot be reached: {why}")


def refusal(interface: str, code: int, message: str) -> StockcastError:
    """The error that a reply with a code other than 0 stands for.

    Parameters
    ----------
    interface
        A key of `INTERFACES`.
    code, message
        The reply's own. Message before code: Tushare sends 40203 both for missing points and for
        too many calls (recorded replies; https://tushare.pro/document/1?doc_id=130).
    """
    rate = next(filter(None, (wording.search(message) for wording in _RATES)), None)
    if rate:
        told = rate.groupdict()
        return RateLimited(interface, int(told.get("limit", 0)), _SPANS[told.get("span", "分钟")])
    if code in _TOKEN_CODES or "token" in message.lower():
        return TokenError(
            "Tushare token", "must be one that Tushare knows", message,
            "copy it anew from https://tushare.pro/user/token",
        )  # fmt: skip
    if code in _PERMISSION_CODES or "权限" in message or "积分" in message:
        return PermissionNeeded(interface, message)
    if _SERVERS_FAULT.search(message):
        return Unreachable(interface, f"it says {message!r} (code {code})")
    return RequestRefused(f"{interface}, request", "is refused", f"{message} (code {code})")
