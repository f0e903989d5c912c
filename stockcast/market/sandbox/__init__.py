"""The simulated market served over Tushare Pro's protocol, on this machine only."""

from __future__ import annotations

from stockcast.market.sandbox.clock import Clock
from stockcast.market.sandbox.faults import Faults
from stockcast.market.sandbox.server import serving
from stockcast.market.sandbox.tokens import Account

__all__ = ["Account", "Clock", "Faults", "serving"]
