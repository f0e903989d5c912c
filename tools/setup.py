"""Make the environment `.venv` from requirements.lock, or say in one line what to install first.

    setup.py           make or mend .venv; silent when it is up to date (`make env`)
    setup.py --lock    renew requirements.lock from pyproject.toml (`make lock`)
    setup.py --kernel  give the running environment's Jupyter kernel the project's numerics

Standard library only, and any Python from 3.6 on, because an old one must get its answer, too.
torch goes in first and alone, so that nothing else chooses its build. The stamp is written last: an
installation that was interrupted has none, and is made anew.
"""
# ruff: noqa: UP021 (the newer spelling needs Python 3.7)

import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STAMP = VENV / "stockcast.json"
LOCK = ROOT / "requirements.lock"
SUPPORTED = ("3.11", "3.12", "3.13")
# The lock is made on the oldest Python that must install it, Debian 12's: some releases of packages
# leave out 3.11.2 and accept 3.11.5.
OLDEST = (3, 11, 2)
LOCK_HEAD = """\
# Every package of the environment, pinned; made by `make lock` from pyproject.toml, on Debian 12's
# Python 3.11.2 so that every later one can install it.
# No hashes: pip wants them for all or for none, and torch's file differs from one kind of machine
# to the next (CPU, CUDA). torch is first because the set-up installs it first and alone.
"""


class Refusal(Exception):
    """What the user has to do first, in one line."""


def main() -> int:
    """Run the command line; 0 when the environment is ready."""
    parser = argparse.ArgumentParser(description="Set up the environment of Stockcast.")
    parser.add_argument("--python", default="", help="interpreter to use, instead of looking")
    parser.add_argument("--torch", default="", help="torch's build: cpu or, say, cu128")
    task = parser.add_mutually_exclusive_group()
    task.add_argument("--lock", action="store_true", help="renew requirements.lock")
    task.add_argument("--kernel", action="store_true", help="set up the Jupyter kernel only")
    asked = parser.parse_args()
    try:
        if asked.kernel:
            check_libraries()
            install_kernel()
        elif asked.lock:
            renew_lock(find_python(asked.python, SUPPORTED[:1]), torch_index(asked.torch))
        else:
            make_environment(asked.python, torch_index(asked.torch))
    except Refusal as refusal:
        print(f"setup: {refusal}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nsetup: interrupted; the same command starts again", file=sys.stderr)
        return 130
    except OSError as error:
        print(f"setup: {error}", file=sys.stderr)
        return 1
    return 0


# Which Python


def version(python: "str | Path") -> str:
    """Version that an interpreter says it has; "" if it does not run, as a pyenv shim may not."""
    try:
        said = subprocess.run(
            [str(python), "--version"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            universal_newlines=True,
        )
    except OSError:
        return ""
    found = re.match(r"Python (\d+\.\d+\.\d+)", said.stdout)
    return found.group(1) if found and said.returncode == 0 else ""


def minor(full: str) -> str:
    """`3.12` of `3.12.1`."""
    return ".".join(full.split(".")[:2])


def find_python(named: str, wanted: tuple = SUPPORTED) -> str:
    """Path of an interpreter of a wanted version: the named one, or the first on PATH."""
    seen = []
    for name in [named] if named else ["python3"] + ["python" + v for v in reversed(wanted)]:
        path = shutil.which(name)
        found = version(path) if path else ""
        if minor(found) in wanted:
            return str(Path(path).absolute())
        if found or named:
            seen.append("{} is {}".format(name, found or "no Python that runs"))
    raise Refusal(
        "needs Python {} ({}); install one, such as Debian's python3 with python3-venv, or name "
        "one: make PYTHON=/path/to/python{}".format(
            ", ".join(wanted), "; ".join(seen) or "none found", wanted[-1]
        )
    )


def torch_index(build: str) -> list:
    """Options for pip that make torch's own index offer the build; none asked, none given."""
    if not build:
        return []
    if not re.match(r"^(cpu|cu\d+)$", build):
        raise Refusal(f"TORCH must be cpu or a CUDA build such as cu128, not {build!r}")
    return ["--extra-index-url", "https://download.pytorch.org/whl/" + build]


# The environment


def fingerprint(*paths: str) -> str:
    """Digest of some of the project's files."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update((ROOT / path).read_bytes())
    return digest.hexdigest()[:16]


def make_environment(named: str, index: list) -> None:
    """Bring .venv to what the lock says, doing only what is left to do."""
    settle_dvc()
    made_of = {"lock": fingerprint("requirements.lock"), "place": str(ROOT)}
    project = fingerprint("pyproject.toml", "stockcast/determinism.py")
    stamp = read_stamp()
    python = VENV / "bin" / "python"
    made_of["python"] = minor(version(python)) if stamp else ""
    another = named and minor(version(named)) != made_of["python"]
    if another or any(stamp.get(key) != value for key, value in made_of.items()):
        remake(find_python(named), index)
        made_of["python"] = minor(version(python))
    elif stamp.get("project") == project:
        return
    else:
        STAMP.unlink()
    install_project(python)
    write_stamp(dict(made_of, project=project))
    print("setup: environment ready", flush=True)


def read_stamp() -> dict:
    """What .venv was made of; empty when it was not finished."""
    try:
        return json.loads(STAMP.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def write_stamp(stamp: dict) -> None:
    """Declare .venv finished."""
    scratch = STAMP.with_suffix(".new")
    scratch.write_text(json.dumps(stamp, indent=2) + "\n", encoding="utf-8")
    scratch.replace(STAMP)


def remake(base: str, index: list) -> None:
    """Make .venv anew: interpreter, pip, torch, then the rest of the lock."""
    if VENV.is_symlink():
        raise Refusal(".venv is a link; remove it, the set-up makes a folder there")
    print(f"setup: making .venv with Python {version(base)} ({base})", flush=True)
    if STAMP.exists():
        STAMP.unlink()  # before the rest: a removal can be interrupted, too
    if VENV.exists():
        shutil.rmtree(str(VENV))
    create(base, VENV)
    install(VENV / "bin" / "python", index)


def create(base: str, folder: Path) -> None:
    """Virtual environment with pip, also where Debian's Python comes without python3-venv."""
    if quiet([base, "-m", "venv", folder]):
        return
    shutil.rmtree(str(folder), ignore_errors=True)
    print("setup: this Python has no pip to put into .venv; looking for Debian's", flush=True)
    if quiet([base, "-m", "venv", "--without-pip", folder]):
        with tempfile.TemporaryDirectory() as scratch:
            wheel = debian_pip(scratch)
            # A wheel is a zip file that Python can run: pip installs itself.
            if wheel and quiet(
                [folder / "bin" / "python", wheel / "pip", "install", "--no-index", wheel]
            ):
                return
    shutil.rmtree(str(folder), ignore_errors=True)
    raise Refusal(f"{base} cannot make environments; install python3-venv and try again")


def debian_pip(folder: str) -> "Path | None":
    """pip's wheel out of Debian's package; to fetch and unpack one takes no root and no install."""
    fetch = ["apt-get", "download", "python3-pip-whl"]
    as_root = hasattr(os, "geteuid") and os.geteuid() == 0
    if not quiet(fetch, folder) and not (
        as_root and quiet(["apt-get", "update"], folder) and quiet(fetch, folder)
    ):
        return None
    for package in Path(folder).glob("*.deb"):
        quiet(["dpkg-deb", "-x", package, folder])
    return next(Path(folder).glob("usr/share/python-wheels/pip-*.whl"), None)


def quiet(command: list, folder: "str | None" = None) -> bool:
    """Whether the command succeeds; what it prints is dropped."""
    try:
        done = subprocess.run(
            [str(word) for word in command],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
    except OSError:
        return False
    return done.returncode == 0


def install(python: Path, index: list) -> None:
    """Everything in the lock: torch first, held to the lock's versions of what it needs."""
    pins = [line for line in LOCK.read_text(encoding="utf-8").splitlines() if "==" in line]
    pip(python, ["install", *index, "--constraint", str(LOCK), pins[0]], len(pins))
    pip(python, ["install", "--requirement", str(LOCK)], len(pins))


def install_project(python: Path) -> None:
    """The project itself, editable, and the kernel that its notebooks run in."""
    pip(python, ["install", "--no-deps", "--no-build-isolation", "--editable", str(ROOT)], 1)
    command = [str(python), str(Path(__file__).resolve()), "--kernel"]
    if subprocess.run(command).returncode != 0:
        raise Refusal("the Jupyter kernel could not be set up (its reason is above)")


def pip(python: Path, arguments: list, total: int) -> None:
    """Run pip, its words going to install.log beside the environment's bin and progress to us."""
    command = [str(python), "-m", "pip", "--no-input", "--disable-pip-version-check", *arguments]
    count, last = 0, []
    with (python.parent.parent / "install.log").open("a", encoding="utf-8") as log:
        running = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            universal_newlines=True,
            env=dict(os.environ, PYTHONUNBUFFERED="1", PYTHONIOENCODING="utf-8"),
        )
        for line in running.stdout:
            log.write(line)
            last = [*last, line.rstrip()][-8:]
            new = line.startswith(("Collecting ", "Processing "))
            count += new
            show(count, total, line, new)
    if sys.stdout.isatty():
        print("\r\033[K", end="", flush=True)
    if running.wait() != 0:
        errors = [line for line in last if line.startswith("ERROR")] or last
        print("\n".join(line[:300] for line in errors), file=sys.stderr)
        whole = " (all of them: .venv/install.log)" if VENV in python.parents else ""
        raise Refusal("pip failed; its last words are above" + whole)


def show(count: int, total: int, line: str, new: bool) -> None:
    """Where pip is: one line written over and over on a terminal, else a line now and then."""
    unpacking = line.startswith("Installing collected")
    if sys.stdout.isatty():
        if new or unpacking or line.startswith("  Downloading"):
            width = shutil.get_terminal_size().columns - 1
            text = f"setup: {min(count, total):3}/{total} {line.strip()}"
            print("\r\033[K" + text[:width], end="", flush=True)
    elif (new and count % 50 == 0) or (unpacking and total > 1):
        doing = "unpacking" if unpacking else "fetching"
        print(f"setup: {doing}, {min(count, total)} of {total} packages", flush=True)


def install_kernel() -> None:
    """Jupyter kernel `python3` of the running environment, with the project's numerics in it."""
    sys.path.insert(0, str(ROOT))
    from stockcast.determinism import ENVIRONMENT

    command = [sys.executable, "-m", "ipykernel", "install", "--sys-prefix", "--name", "python3"]
    for name, value in ENVIRONMENT.items():
        command += ["--env", name, value]
    if not quiet(command):
        raise Refusal("`{}` failed".format(" ".join(command[:4])))


def check_libraries() -> None:
    """What a wheel leaves to the system: LightGBM's OpenMP, unless torch's build brings it."""
    if not quiet([sys.executable, "-c", "import torch, lightgbm"]):
        raise Refusal("LightGBM finds no libgomp.so.1; install libgomp1 (on Fedora libgomp)")


def settle_dvc() -> None:
    """Let DVC start in a source archive, where there is no git."""
    local = ROOT / ".dvc" / "config.local"
    setting = "[core]\n    no_scm = true\n"
    if (ROOT / ".git").exists() or not local.parent.is_dir():
        return
    known = local.read_text(encoding="utf-8") if local.exists() else ""
    if "no_scm" not in known:
        local.write_text(known + setting, encoding="utf-8")


# The lock


def renew_lock(base: str, index: list) -> None:
    """Install torch, then what pyproject.toml asks for, into a new environment; pin what came."""
    if tuple(map(int, version(base).split("."))) > OLDEST:
        oldest = ".".join(map(str, OLDEST))
        raise Refusal(f"the lock is made on Python {oldest}: make lock PYTHON=/path/to/it")
    torch = re.search(r'"(torch==[^"+]+)"', (ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "venv"
        create(base, folder)
        python = folder / "bin" / "python"
        pip(python, ["install", *index, torch.group(1)], 20)
        pip(python, ["install", f"{ROOT}[book,test]"], 250)
        pip(python, ["check"], 0)
        # --all, because torch and DVC need setuptools, which freeze leaves out on old Pythons.
        freeze = ["-m", "pip", "freeze", "--all", "--exclude", "stockcast", "--exclude", "pip"]
        frozen = subprocess.check_output([str(python), *freeze], universal_newlines=True)
    # What torch's CUDA builds bring is theirs to choose; a lock with it would force it on everyone.
    pins = [p for p in frozen.split() if not re.match(r"torch==|triton==|nvidia-|cuda-", p)]
    if any("==" not in pin for pin in pins):
        raise Refusal(f"a package came from elsewhere than an index: {pins}")
    pins = [line for pin in pins for line in for_each_machine(pin)]
    LOCK.write_text(LOCK_HEAD + "\n".join([torch.group(1), *pins]) + "\n", encoding="utf-8")
    print(f"setup: requirements.lock pins {len(pins) + 1} packages")


def for_each_machine(pin: str) -> list:
    """The pin, or where other machines take a package of another name, one for either kind."""
    name, release = pin.split("==") if "==" in pin else (pin, "")
    if name != "xgboost-cpu":
        return [pin]
    here = "sys_platform == 'linux' and platform_machine == 'x86_64'"
    there = "sys_platform != 'linux' or platform_machine != 'x86_64'"
    return [f"{pin}; {here}", f"xgboost=={release}; {there}"]


if __name__ == "__main__":
    sys.exit(main())
