"""What `deploy/` says can be believed: it parses, and its commands exist."""

from __future__ import annotations

import configparser
import shlex
import shutil
import subprocess
from pathlib import Path

import pandas as pd
import pytest
import typer
import yaml

from stockcast import cli
from stockcast.advice.daily import NotYet

ROOT = Path(__file__).resolve().parents[1]
UNITS = ROOT / "deploy" / "systemd"
MANIFESTS = sorted((ROOT / "deploy" / "kubernetes").glob("*.yaml"))


def unit(name: str) -> configparser.ConfigParser:
    """A unit file; systemd's own format is a little wider than this, ours is not."""
    read = configparser.ConfigParser(strict=True, interpolation=None)
    read.optionxform = str
    assert read.read(UNITS / name)
    return read


def command_of(words: list[str]) -> tuple[typer.core.TyperCommand, list[str]]:
    """The command that `stockcast WORDS` runs, and its options."""
    program, name, *rest = words
    assert program.endswith("/.venv/bin/stockcast")
    group = typer.main.get_command(cli.app)
    assert name in group.commands
    return group.commands[name], [word for word in rest if word.startswith("--")]


def check_command(words: list[str]) -> None:
    command, options = command_of(words)
    known = {option for param in command.params for option in param.opts}
    assert set(options) <= known


def test_the_service_runs_the_evening():
    """systemd starts a command there is, with options it has."""
    service = unit("stockcast-daily.service")["Service"]
    check_command(shlex.split(service["ExecStart"]))
    assert "daily" in service["ExecStart"]
    # A vendor that is late is asked again, three times; bad input is not mended by trying again.
    assert service["Restart"] == "on-failure"
    assert service["RestartPreventExitStatus"].split() == ["2"]
    assert str(NotYet.status) not in service["RestartPreventExitStatus"].split()
    limits = unit("stockcast-daily.service")["Unit"]
    tries = int(limits["StartLimitBurst"])
    assert tries == 4
    assert tries * pd.Timedelta(service["RestartSec"]) < pd.Timedelta(
        limits["StartLimitIntervalSec"]
    )


def test_the_timer_is_after_the_close_in_shanghai():
    """At 18:30 of the exchange's clock, whatever the machine's."""
    timer = unit("stockcast-daily.timer")["Timer"]
    days, time, zone = timer["OnCalendar"].split()
    assert (days, zone) == ("Mon..Fri", "Asia/Shanghai")
    assert time > "15:00"


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="there is no systemd-analyze here")
def test_systemd_reads_the_timers_times():
    """systemd itself understands when the timer is to ring."""
    when = unit("stockcast-daily.timer")["Timer"]["OnCalendar"]
    told = subprocess.run(["systemd-analyze", "calendar", when], capture_output=True, text=True)
    assert told.returncode == 0, told.stderr
    assert "Mon..Fri" in told.stdout


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path.name)
def test_manifests_parse_and_hold_no_secret(path):
    """Every document says what it is; secrets come from a Secret, by reference."""
    documents = list(yaml.safe_load_all(path.read_text(encoding="utf-8")))
    for document in documents:
        assert {"apiVersion", "kind", "metadata"} <= set(document)
        assert document["kind"] != "Secret"


def test_the_cron_job_runs_the_evening_once_at_a_time():
    """The same command, tried four times; two never overlap, and only its volume is written."""
    documents = yaml.safe_load_all((ROOT / "deploy/kubernetes/daily.yaml").read_text("utf-8"))
    (job,) = (each for each in documents if each["kind"] == "CronJob")
    spec = job["spec"]
    assert spec["concurrencyPolicy"] == "Forbid"
    assert (spec["schedule"], spec["timeZone"]) == ("*/15 19 * * 1-5", "Asia/Shanghai")
    assert spec["jobTemplate"]["spec"]["backoffLimit"] == 0
    pod = spec["jobTemplate"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    check_command(container["command"])
    assert container["securityContext"]["readOnlyRootFilesystem"]
    values = {entry["name"]: entry for entry in container["env"]}
    for secret in ("TUSHARE_TOKEN", "STOCKCAST_LEDGER_URL"):
        assert "value" not in values[secret]
        assert values[secret]["valueFrom"]["secretKeyRef"]["name"] == "stockcast"
