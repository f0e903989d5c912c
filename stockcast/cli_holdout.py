"""`stockcast holdout`: the sealed window, which holds back what nobody may have chosen by."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from stockcast.errors import InputError

holdout_app = typer.Typer(
    help="The sealed window of days: see how it stands, freeze choices, open it."
)

SHOWN = 12
"""Hexadecimal digits of a hash that are printed."""

Window = Annotated[str, typer.Option("--window", help="Which one. [default: the first]")]
Who = Annotated[str, typer.Option("--who", help="Who asks. [default: the name in git, or login]")]


@holdout_app.command()
def status(window: Window = "") -> None:
    """Tell which days are sealed, how often they were opened, by whom, and what has changed."""
    from stockcast.data import holdout
    from stockcast.data.holdout import record
    from stockcast.data.holdout.seals import find

    seal = find(window)
    committed = record.check_history()
    lines, choices = holdout.opened(window), holdout.frozen(window)
    print(f"{seal}: {'open' if holdout.is_open(window) else 'sealed'}")
    print(f"opened {len(lines)} of at most {seal.most} times")
    for line in lines:
        print(f"  {line['when']} by {line['who']} at {_commit(line)}: {line['why']}")
    if choices is None:
        print("no choices are frozen")
    else:
        named = f"{len(choices['choices'])} choices of {choices['params']}"
        print(f"frozen {choices['when']} by {choices['who']} at {_commit(choices)}: {named}")
        print(f"changed since: {', '.join(_changed(choices)) or 'nothing'}")
    whole = f"agrees with {committed} versions in git" if committed else "has no version in git"
    print(f"the record is whole, {whole}; its last hash is {record.head()[:SHOWN]}")


@holdout_app.command()
def freeze(
    params: Annotated[
        Path, typer.Option("--params", help="Parameters of the run that will use the window.")
    ],
    also: Annotated[
        list[Path] | None, typer.Option("--also", help="Another file that decides; repeatable.")
    ] = None,
    window: Window = "",
    who: Who = "",
) -> None:
    """Write down the hashes of all choices. Seals the window, until it is opened for these."""
    from stockcast.book import manifest
    from stockcast.data import holdout
    from stockcast.data.holdout import record
    from stockcast.data.holdout.seals import find

    seal = find(window)
    if holdout.count(window) >= seal.most:
        raise InputError(
            f"window {seal.name}", f"must not be opened more than {seal.most} times",
            holdout.count(window), "freezing would seal it for good",
        )  # fmt: skip
    own, *files = [_inside(file) for file in [params, *(also or [])]]
    choices = _choices(own, files)
    entry = record.add(
        record.FREEZE, seal.name, who=who or _login(), commit=manifest.commit(),
        params=own, also=files, choices=choices,
    )  # fmt: skip
    print(f"{len(choices)} choices are frozen for {seal}; commit {record.FILE}")
    print(f"the record's last hash is {entry['hash'][:SHOWN]}")


@holdout_app.command("open")
def open_window(
    why: Annotated[str, typer.Option("--why", help="The question that the window answers.")],
    window: Window = "",
    who: Who = "",
) -> None:
    """Open the window for the choices that are frozen, and write down who asked, when and why."""
    from stockcast.book import manifest
    from stockcast.data import holdout
    from stockcast.data.holdout import record
    from stockcast.data.holdout.seals import find
    from stockcast.params import digest

    seal, before, choices = find(window), holdout.count(window), holdout.frozen(window)
    what = f"window {seal.name}"
    if not why.strip():
        raise InputError("--why", "must not be empty", hint="say which question it answers")
    if holdout.is_open(window):
        raise InputError(what, "is open already", hint=f"opened {before} of {seal.most} times")
    if before >= seal.most:
        raise InputError(what, f"must not be opened more than {seal.most} times", before)
    if choices is None:
        hint = "stockcast holdout freeze --params FILE"
        raise InputError(what, "must have frozen choices before it is opened", hint=hint)
    if differs := _changed(choices):
        hint = "put them back, or freeze the new ones"
        raise InputError(what, "must find its choices as they were frozen", differs, hint)
    entry = record.add(
        record.OPEN, seal.name, who=who or _login(), why=why.strip(),
        commit=manifest.commit(), frozen=choices["number"], choices=digest(choices["choices"]),
        opened_before=before,
    )  # fmt: skip
    print(f"{seal} is open, {before + 1} of at most {seal.most} times")
    print(f"commit {record.FILE}; its last hash is {entry['hash'][:SHOWN]}")


def _inside(file: Path) -> str:
    """Where the file is in the project: what is frozen is found again by that, and committed."""
    from stockcast import paths

    if not (file.is_file() and file.absolute().is_relative_to(paths.root())):
        raise InputError(str(file), "must be a file that exists, inside the project")
    return file.absolute().relative_to(paths.root()).as_posix()


def _choices(params_file: str, also: list[str]) -> dict[str, str]:
    """Name -> hash of all that decides a result: parameters, notebooks with code, lock, data."""
    from stockcast import params, paths
    from stockcast.book import closure, manifest

    values = params.read(paths.root() / params_file)
    found = {params_file: values.hash()}
    for notebook in sorted((paths.root() / "notebooks").glob("[!.]*.ipynb")):
        found[paths.shown(notebook)] = closure.code_hash(notebook)
    found[manifest.LOCK] = manifest.file_hash(paths.root() / manifest.LOCK)
    found |= {file: manifest.file_hash(paths.root() / file) for file in also}
    return found | _data(values)


def _data(values: Any) -> dict[str, str]:
    """Hashes of the files that the parameters name as data; none for other sources."""
    from stockcast.book import manifest
    from stockcast.data import files

    named = {key: getattr(values, key) for key in ("panel", "benchmark", "columns")}
    found = {key: files.find(name, key) for key, name in named.items() if name}
    return {key: manifest.file_hash(path) for key, path in found.items() if path.is_file()}


def _changed(entry: dict[str, Any]) -> list[str]:
    """What differs now from what that line froze."""
    from stockcast.data.holdout import record

    try:
        now = _choices(entry["params"], entry["also"])
    except InputError as error:
        return [error.what]
    return record.changed(entry["choices"], now)


def _commit(entry: dict[str, Any]) -> str:
    """The commit as it is printed: short, with `+` for a tree that had changes of its own."""
    commit = entry["commit"]
    return commit[:SHOWN] + "+" * commit.endswith("+") if commit else "no commit"


def _login() -> str:
    import getpass
    import subprocess

    from stockcast import paths

    command = ["git", "-C", str(paths.root()), "config", "user.name"]
    try:
        named = subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
        return named or getpass.getuser()
    except (OSError, KeyError):
        return "unknown"
