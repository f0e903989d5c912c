"""Tushare Pro's interfaces: fields, units, row caps, permissions, and conversion both ways.

`fields.csv` has a row for each field of each interface, in the order of its replies;
`interfaces.csv` a row for each interface. Names, order, types and units are those of recorded
replies where there is one, else of the public documentation (`document`).
"""

from __future__ import annotations

from stockcast.market.interfaces.interface import INTERFACES, Field, Interface, interface
from stockcast.market.interfaces.reply import ReplyError, from_wire
from stockcast.market.interfaces.rows import to_wire

__all__ = ["INTERFACES", "Field", "Interface", "ReplyError", "from_wire", "interface", "to_wire"]
