"""`stockcast sandbox`: what it prints, how it ends, how it refuses."""

from __future__ import annotations

import re
import time

import pytest
import requests

from stockcast.market.sandbox import command as body
from stockcast.market.sandbox.server import bound


@pytest.fixture
def interrupted(monkeypatch):
    """Ctrl-C as soon as the sandbox waits, after a request through what it printed."""
    seen = {}

    def wait(seconds: float) -> None:
        seen["slept"] = seconds
        raise KeyboardInterrupt

    monkeypatch.setattr(body.time, "sleep", wait)
    return seen


def test_it_prints_how_to_use_it_and_ends_quietly(interrupted, project, command):
    """Address, token, the client's two lines, the variables for our own commands; status 0."""
    file = project / "params" / "tiny.yml"
    words = ("sandbox", "--params", str(file), "--port", "0", "--token", "mine")
    status, out, err = command(*words, "--now", "2015-03-02T10:00")
    assert (status, err) == (0, "")
    address = re.search(r"served at (http://127\.0\.0\.1:\d+/dataapi) until Ctrl-C", out).group(1)
    assert "2015-03-02 10:00" in out
    assert f'client.DataApi._DataApi__http_url = "{address}"; pro = ts.pro_api("mine")' in out
    assert f"STOCKCAST_TUSHARE_URL={address.removesuffix('/dataapi')} TUSHARE_TOKEN=mine" in out
    assert interrupted["slept"] > 0
    with pytest.raises(requests.ConnectionError):
        requests.post(address, timeout=1)


def test_a_taken_port_is_one_line_and_status_2(params_file, command):
    """Told before the market is made."""
    with bound(0) as taken:
        taken.listen()
        port = taken.getsockname()[1]
        begun = time.monotonic()
        status, out, err = command("sandbox", "--params", str(params_file()), "--port", str(port))
    assert (status, out) == (2, "")
    assert err.startswith(f"stockcast: port: must be free; got {port}; ")
    assert err.count("\n") == 1
    assert time.monotonic() - begun < 5


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("--now", "yesterday evening"), "now: must be a time; got 'yesterday evening'"),
        (("--now", ""), "now: must be a time; got ''; write it as 2017-12-29T18:00"),
        (("--speed", "-1"), "speed: must not be negative; got -1.0"),
        (("--speed", "nan"), "speed: must be a finite number; got nan"),
        (("--speed", "inf"), "speed: must be a finite number; got inf"),
    ],
)
def test_wrong_options_are_one_line_and_status_2(params_file, command, words, line):
    """What is wrong, what must hold, what came."""
    status, out, err = command("sandbox", "--params", str(params_file()), *words)
    assert (status, out) == (2, "")
    assert line in err
    assert err.count("\n") == 1
