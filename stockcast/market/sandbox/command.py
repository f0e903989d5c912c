"""The command `stockcast sandbox`: one run's market, served until Ctrl-C."""

from __future__ import annotations

import math
import time
from dataclasses import fields
from pathlib import Path

import pandas as pd

from stockcast import determinism, params
from stockcast.errors import InputError
from stockcast.market import calendar
from stockcast.market.sandbox.clock import Clock
from stockcast.market.sandbox.faults import Faults
from stockcast.market.sandbox.server import bound, serving
from stockcast.market.sandbox.tokens import Account
from stockcast.market.simulated import Market, Strengths, simulate

FAULT_RATE = 0.02
"""Share of the requests that meet each kind of fault, when faults are wanted."""


def sandbox(file: Path, port: int, now: str | None, speed: float, faults: bool, token: str) -> None:
    """Serve the market of a parameters file until Ctrl-C.

    Parameters
    ----------
    file
        Parameters; their days, stocks, strengths and seed make the market.
    port
        0: any free one.
    now
        The sandbox's time to begin with, ISO text; None: after everything of the last day.
    speed
        Sandbox seconds in a second.
    faults
        Whether replies fail at `FAULT_RATE` in each way there is.
    token
        The token that may do everything.

    Raises
    ------
    InputError
        When the port is taken, `now` is no time, `speed` is negative or no number, or the
        parameters are wrong.
    """
    if speed < 0:
        raise InputError("speed", "must not be negative", speed)
    if not math.isfinite(speed):
        raise InputError("speed", "must be a finite number", speed)
    begins = _time(now)
    bound(port).close()  # a taken port is told before the market is made
    market = _market(file)
    days = market.table("bars")["date"]
    clock = Clock(begins or Clock.after(days.drop_duplicates()).start, speed)
    wrong = Faults.every_kind(FAULT_RATE, silence=FAULT_RATE / 10) if faults else Faults()
    tokens = {token: Account(per_minute=0)}
    with serving(market, clock=clock, faults=wrong, tokens=tokens, port=port) as address:
        _tell(address, token, clock)
        try:
            while True:
                time.sleep(3600)
        except KeyboardInterrupt:
            print()


def _time(text: str | None) -> pd.Timestamp | None:
    if text is None:
        return None
    try:
        moment = pd.Timestamp(text).tz_localize(None)
    except (TypeError, ValueError):
        moment = pd.NaT
    if moment is pd.NaT:
        raise InputError("now", "must be a time", text, "write it as 2017-12-29T18:00")
    return moment


def _market(file: Path) -> Market:
    run = params.read(file)
    names = (field.name for field in fields(Strengths))
    strengths = Strengths(**{name: getattr(run, f"strength_{name}") for name in names})
    days = calendar.sessions(run.start, run.end)
    return simulate(days, run.simulated_stocks, strengths, determinism.stream(run.seed, "market"))


def _tell(address: str, token: str, clock: Clock) -> None:
    server = address.removesuffix("/dataapi")
    print(f"The simulated market is served at {address} until Ctrl-C")
    print(f"Its time is {clock.now():%Y-%m-%d %H:%M}; the token: {token}")
    print("In Python, before any request:")
    print("    import tushare as ts; from tushare.pro import client")
    print(f'    client.DataApi._DataApi__http_url = "{address}"; pro = ts.pro_api("{token}")')
    print(f"For stockcast: export STOCKCAST_TUSHARE_URL={server} TUSHARE_TOKEN={token}", flush=True)
