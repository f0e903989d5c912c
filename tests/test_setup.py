"""The way into the project: `make`, tools/setup.py, the lock and the files around them."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import distributions
from pathlib import Path
from types import ModuleType

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

import stockcast
from stockcast.determinism import ENVIRONMENT

ROOT = Path(__file__).resolve().parent.parent
TARGETS = "book test lab serve-book pages test-gpu bench lint lock clean"
SYSTEM = "/usr/bin:/bin"

# A Python that writes down what it is asked and can do no more than make an "environment".
STUB = """\
#!/bin/sh
PATH=/usr/bin:/bin
case "$*" in
  *"{fails_at}"*) exit 1 ;;
  --version) echo "Python {version}"; exit ;;
esac
printf '%s\\n' "$*" >> "{log}"
case "$*" in
  "-m venv "*) for folder; do :; done; mkdir -p "$folder/bin"; cp "$0" "$folder/bin/python" ;;
esac
"""


@pytest.fixture
def setup() -> ModuleType:
    """tools/setup.py as a module."""
    spec = importlib.util.spec_from_file_location("setup_tool", ROOT / "tools/setup.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Place:
    """A copy of the files that a set-up reads, and stubs for the programs that it calls."""

    def __init__(self, folder: Path) -> None:
        self.root, self.bin, self.log = folder / "a project", folder / "bin", folder / "log"
        for name in ("Makefile", "pyproject.toml", "tools/setup.py", "stockcast/determinism.py"):
            (self.root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, self.root / name)
        (self.root / ".dvc").mkdir()
        (self.root / "requirements.lock").write_text("# head\ntorch==2.13.0\npandas==3.0.0\n")
        self.bin.mkdir()

    def program(self, name: str, text: str) -> Path:
        path = self.bin / name
        path.write_text(text)
        path.chmod(0o755)
        return path

    def python(self, name: str, version: str, fails_at: str = "nothing") -> Path:
        return self.program(name, STUB.format(version=version, fails_at=fails_at, log=self.log))

    def set_up(self, *options: str) -> subprocess.CompletedProcess[str]:
        self.log.write_text("")
        command = [sys.executable, str(self.root / "tools/setup.py"), *options]
        return subprocess.run(
            command,
            cwd=self.root.parent,
            env={"PATH": str(self.bin)},
            capture_output=True,
            text=True,
            check=False,
        )

    def make(self, *words: str, path: str = SYSTEM) -> subprocess.CompletedProcess[str]:
        self.log.write_text("")
        return subprocess.run(
            [shutil.which("make"), *words],
            cwd=self.root, env={"PATH": path}, capture_output=True, text=True, check=False,
        )  # fmt: skip

    @property
    def calls(self) -> list[str]:
        """What the stubs were asked to do, with the project's folder left out."""
        return self.log.read_text().replace(f"{self.root}/", "").splitlines()


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A project of its own, in a folder with a space in its name."""
    return Place(tmp_path)


def test_first_supported_python_on_the_path_is_taken(place, setup, monkeypatch):
    """An old python3 and a shim that does not run are passed over."""
    place.python("python3", "3.10.13")
    place.program("python3.13", "#!/bin/sh\necho 'command not found' >&2\nexit 127\n")
    wanted = place.python("python3.12", "3.12.1")
    place.python("python3.11", "3.11.2")
    monkeypatch.setenv("PATH", str(place.bin))
    assert setup.find_python("") == str(wanted)


def test_named_python_is_the_only_one_considered(place, setup, monkeypatch):
    """PYTHON=... decides, for good or ill."""
    place.python("python3", "3.11.2")
    named = place.python("mine", "3.12.9")
    monkeypatch.setenv("PATH", str(place.bin))
    assert setup.find_python("mine") == setup.find_python(str(named)) == str(named)
    with pytest.raises(setup.Refusal, match="python9 is no Python that runs"):
        setup.find_python("python9")


@pytest.mark.parametrize("version", ["3.10.13", "3.14.0"])
def test_unsupported_python_is_refused_in_one_line(place, version):
    """The line tells what was found, what is needed and how to name another one."""
    old = place.python("old", version, fails_at="-c import")
    done = place.make("env", f"PYTHON={old}", path=f"{Path(sys.executable).parent}:{SYSTEM}")
    said = [line for line in done.stderr.splitlines() if not line.startswith("make: ***")]
    assert done.returncode != 0
    assert len(said) == 1
    assert all(word in said[0] for word in (version, "3.11, 3.12, 3.13", "make PYTHON="))
    assert not (place.root / ".venv").exists()


def test_no_python_at_all_is_one_line(place):
    """Without any Python, make itself says what to install."""
    done = place.make("env", path=str(place.bin))
    said = [line for line in done.stderr.splitlines() if not line.startswith("make: ***")]
    assert done.returncode != 0
    assert len(said) == 1
    assert "install python3" in said[0]


def test_torch_comes_first_and_the_stamp_last(place):
    """torch is installed alone, held to the lock; then the lock, the project, the kernel."""
    place.python("python3", "3.12.1")
    assert place.set_up().returncode == 0
    lock = "requirements.lock"
    pip = "-m pip --no-input --disable-pip-version-check install"
    assert place.calls[:4] == [
        "-m venv .venv",
        f"{pip} --constraint {lock} torch==2.13.0",
        f"{pip} --requirement {lock}",
        f"{pip} --no-deps --no-build-isolation --editable {place.root}",
    ]
    assert place.calls[4:] == ["tools/setup.py --kernel"]
    assert json.loads((place.root / ".venv/stockcast.json").read_text())["python"] == "3.12"


def test_second_set_up_does_nothing(place):
    """An environment that is up to date costs no call but for its version, and says nothing."""
    place.python("python3", "3.12.1")
    place.set_up()
    again = place.set_up()
    assert (again.returncode, again.stdout, again.stderr, place.calls) == (0, "", "", [])


@pytest.mark.parametrize("step", ["torch==", "--requirement", "--editable", "--kernel"])
def test_interrupted_set_up_is_made_anew(place, step):
    """An environment without a stamp is never trusted."""
    place.python("python3", "3.12.1", fails_at=step)
    failed = place.set_up()
    assert failed.returncode != 0
    assert "Traceback" not in failed.stderr
    place.python("python3", "3.12.1")
    assert place.set_up().returncode == 0
    assert place.calls[0] == "-m venv .venv"


def test_what_changed_decides_what_is_redone(place):
    """The lock, the place and the Python remake all; the project's own files only its install."""
    place.python("python3", "3.12.1")
    place.set_up()
    with (place.root / "requirements.lock").open("a") as lock:
        lock.write("numpy==2.1.0\n")
    place.set_up()
    assert place.calls[0] == "-m venv .venv"
    with (place.root / "pyproject.toml").open("a") as project:
        project.write("# another command\n")
    place.set_up()
    assert len(place.calls) == 2
    assert "--editable" in place.calls[0]
    another = place.python("python3.13", "3.13.0")
    place.set_up("--python", str(another))
    assert place.calls[0] == "-m venv .venv"
    place.root = place.root.rename(place.root.with_name("moved"))
    place.set_up()
    assert place.calls[0] == "-m venv .venv"


def test_broken_interpreter_remakes_the_environment(place):
    """After an upgrade of the system's Python the old link leads nowhere."""
    place.python("python3", "3.12.1")
    place.set_up()
    (place.root / ".venv/bin/python").unlink()
    assert place.set_up().returncode == 0
    assert place.calls[0] == "-m venv .venv"


def test_python_without_venv_takes_pip_from_debian(place):
    """Where `-m venv` fails for want of pip, Debian's own wheel of it is fetched, not installed."""
    place.python("python3", "3.11.2", fails_at=f"-m venv {place.root}")
    place.program("apt-get", "#!/bin/sh\n: > python3-pip-whl_1_all.deb\n")
    place.program(
        "dpkg-deb",
        "#!/bin/sh\nPATH=/usr/bin:/bin\nmkdir -p $3/usr/share/python-wheels\n"
        ": > $3/usr/share/python-wheels/pip-1-py3-none-any.whl\n",
    )
    done = place.set_up()
    assert done.returncode == 0, done.stderr
    assert place.calls[0] == "-m venv --without-pip .venv"
    assert re.search(r"pip-1-py3-none-any.whl/pip install --no-index /.*\.whl", place.calls[1])
    assert "torch==2.13.0" in place.calls[2]


def test_python_without_venv_or_apt_is_told_what_to_install(place):
    """One line, and nothing half-made stays behind."""
    place.python("python3", "3.11.2", fails_at=f"-m venv {place.root}")
    done = place.set_up()
    assert done.returncode != 0
    assert len(done.stderr.splitlines()) == 1
    assert "install python3-venv" in done.stderr
    assert not (place.root / ".venv").exists()


def test_torch_build_concerns_torch_alone(place):
    """TORCH=cpu adds torch's index to torch's own call and to no other."""
    place.python("python3", "3.12.1")
    place.set_up("--torch", "cpu")
    assert ["/whl/cpu" in call for call in place.calls] == [False, True, False, False, False]
    refused = place.set_up("--torch", "gpu")
    assert refused.returncode != 0
    assert "TORCH must be cpu" in refused.stderr


def test_kernel_carries_the_numerics(setup, monkeypatch):
    """papermill, nbval and JupyterLab get the same threads and instruction sets."""
    asked: list[str] = []
    monkeypatch.setattr(setup, "quiet", lambda command: asked.extend(command) or True)
    setup.install_kernel()
    pairs = [tuple(asked[i + 1 : i + 3]) for i, word in enumerate(asked) if word == "--env"]
    assert dict(pairs) == ENVIRONMENT
    assert asked[asked.index("--name") + 1] == "python3"


def test_a_missing_system_library_is_named(setup, monkeypatch):
    """Where LightGBM does not load, one line says what to install."""
    monkeypatch.setattr(setup, "quiet", lambda command: False)
    with pytest.raises(setup.Refusal, match="install libgomp1"):
        setup.check_libraries()


def test_dvc_starts_in_a_source_archive(place, setup, monkeypatch):
    """Without .git DVC is told so, once."""
    monkeypatch.setattr(setup, "ROOT", place.root)
    setup.settle_dvc()
    setup.settle_dvc()
    assert (place.root / ".dvc/config.local").read_text().count("no_scm = true") == 1
    (place.root / "dvc.yaml").write_text("stages: {}\n")
    status = subprocess.run(
        [sys.executable, "-m", "dvc", "status"],
        cwd=place.root, env=os.environ | {"DVC_NO_ANALYTICS": "1"}, capture_output=True, text=True,
    )  # fmt: skip
    assert status.returncode == 0, status.stderr


def test_dvc_is_left_alone_in_a_clone(place, setup, monkeypatch):
    """With .git nothing is written."""
    (place.root / ".git").mkdir()
    monkeypatch.setattr(setup, "ROOT", place.root)
    setup.settle_dvc()
    assert not (place.root / ".dvc/config.local").exists()


def pins(lines: list[str]) -> dict[str, str]:
    """Version by canonical name."""
    bare = [line.partition(";")[0] for line in lines if line and not line.startswith("#")]
    split = [pin.split("==") for pin in bare]
    return {canonicalize_name(name): version for name, version in split}


def locked() -> dict[str, str]:
    """What requirements.lock pins."""
    return pins((ROOT / "requirements.lock").read_text().splitlines())


def project() -> dict:
    """The project table of pyproject.toml."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def test_lock_starts_with_torch():
    """The set-up installs the first pin alone, and it must be torch, whatever its build."""
    lines = (ROOT / "requirements.lock").read_text().splitlines()
    first = next(line for line in lines if not line.startswith("#"))
    assert first in project()["dependencies"]
    assert first.startswith("torch==")
    assert "+" not in first


def test_lock_pins_plain_versions():
    """No hashes, no files of somebody's disk, no CUDA that everyone would have to fetch."""
    lines = (ROOT / "requirements.lock").read_text().splitlines()
    for line in lines:
        pin = line if line.startswith("#") else line.partition(";")[0]  # a marker may follow
        assert re.fullmatch(r"#.*|[A-Za-z0-9._-]+==[A-Za-z0-9._!]+", pin), line
    assert not [name for name in locked() if name.startswith(("nvidia-", "cuda-", "triton"))]


def test_lock_holds_every_direct_dependency():
    """Each requirement of pyproject.toml is pinned to a version that it allows."""
    extras = project()["optional-dependencies"]
    versions = locked()
    for text in project()["dependencies"] + extras["book"] + extras["test"]:
        requirement = Requirement(text)
        pinned = versions.get(canonicalize_name(requirement.name))
        assert pinned, f"{text} is not in the lock: make lock"
        assert requirement.specifier.contains(pinned, prereleases=True), f"{text}: {pinned}"


@pytest.mark.parametrize("python", ["3.11.2", "3.12.0", "3.13.0"])
def test_locked_packages_accept_every_supported_python(python):
    """A pin that leaves out Debian 12's 3.11.2, say, would make the set-up fail there."""
    refusing = []
    for name, version in locked().items():
        found = next(iter(distributions(name=name)), None)
        if found and found.version.split("+")[0] == version:
            rule = found.metadata.get("Requires-Python") or ""
            if not SpecifierSet(rule).contains(python):
                refusing.append(f"{name}=={version}: {rule}")
    assert not refusing


def test_conda_environment_is_the_lock():
    """environment.yml takes every package from the lock and the Pythons from pyproject.toml."""
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    python, pip, packages = environment["dependencies"]
    assert environment["name"] == project()["name"]
    assert python.replace("python ", "") == project()["requires-python"]
    assert (pip, packages) == ("pip", {"pip": ["-r requirements.lock", "-e ."]})


def test_supported_pythons_agree(setup):
    """The set-up, the package and the hosted CI speak of the same Pythons."""
    low, high = project()["requires-python"].split(",")
    assert low == f">={setup.SUPPORTED[0]}"
    assert high == f"<3.{int(setup.SUPPORTED[-1].split('.')[1]) + 1}"
    hosted = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text())
    assert tuple(hosted["jobs"]["test"]["strategy"]["matrix"]["python"]) == setup.SUPPORTED


@pytest.mark.parametrize("words", [[], ["help"]])
def test_help_lists_the_targets(place, words):
    """`make` alone tells what there is, before anything is installed."""
    done = place.make(*words)
    assert done.returncode == 0
    assert re.findall(r"^  make ([a-z-]+) ", done.stdout, re.M) == ["help", *TARGETS.split()]
    assert not (place.root / ".venv").exists()


@pytest.mark.parametrize("with_data", [True, False])
def test_ci_runs_the_tests_on_real_data_where_it_is(place, with_data):
    """`.ci/run` is `make test`, with the panel beside the project where there is one."""
    (place.root / ".ci").mkdir()
    shutil.copy(ROOT / ".ci/run", place.root / ".ci/run")
    place.program("make", '#!/bin/sh\necho "make $* $STOCKCAST_REAL_DATA"\n')
    data = place.root.parent / "shared/data"
    if with_data:
        data.mkdir(parents=True)
    done = subprocess.run(
        ["bash", str(place.root / ".ci/run")],
        env={"PATH": f"{place.bin}:{Path(sys.executable).parent}:{SYSTEM}", "CI": "true"},
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True,
    )  # fmt: skip
    shown = data if with_data else ""
    assert done.stdout.splitlines() == [f"make env {shown}", f"make test {shown}"]
    assert "no PostgreSQL" not in done.stdout
    assert os.access(ROOT / ".ci/run", os.X_OK)


@pytest.mark.parametrize("there", [True, False])
def test_ci_names_a_server_where_it_could_start_one(place, there):
    """The driver lies beside .venv and the server is stopped again; without one, tests go on."""
    (place.root / ".ci").mkdir()
    shutil.copy(ROOT / ".ci/run", place.root / ".ci/run")
    place.program("make", '#!/bin/sh\necho "make $* $STOCKCAST_TEST_POSTGRESQL|$PYTHONPATH"\n')
    started = "echo postgresql://here" if there else "exit 1"
    for file, words in (
        (".venv/bin/python", "exit 0"),
        (".ci/postgresql", f'test "$2" = stop && echo stopped && exit; {started}'),
    ):
        (place.root / file).parent.mkdir(parents=True, exist_ok=True)
        (place.root / file).write_text(f"#!/bin/sh\n{words}\n")
        (place.root / file).chmod(0o755)
    done = subprocess.run(
        ["bash", str(place.root / ".ci/run")],
        env={"PATH": f"{place.bin}:{Path(sys.executable).parent}:{SYSTEM}", "CI": "true"},
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True,
    )  # fmt: skip
    _, tested, *ended = done.stdout.splitlines()
    url, driver = tested.removeprefix("make test ").split("|")
    assert (url, driver.endswith("/driver")) == (
        ("postgresql://here", True) if there else ("", False)
    )
    assert ended == (["stopped"] if there else [])
    assert os.access(ROOT / ".ci/postgresql", os.X_OK)


def test_no_path_of_this_machine_is_committed():
    """Nothing in git names the folder it was made in, or anybody's home."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode != 0:
        pytest.skip("not a git repository")
    here = "|".join(re.escape(f"{folder}/") for folder in (ROOT, Path.home()))
    invented = "/home/ann/"  # in tests of how such a path is found
    machine = re.compile(
        rf"(?<![\w.])(?!{invented})({here}|/(home|Users)/[a-z]\w*/|/tmp/ipykernel)"
    )
    found = []
    for name in filter(None, listed.stdout.split("\0")):
        if name != "tests/test_setup.py" and (ROOT / name).is_file():
            text = (ROOT / name).read_bytes().decode("utf-8", errors="ignore")
            found += [f"{name}: {match.group()}" for match in machine.finditer(text)]
    assert not found


def test_versions_agree():
    """The package, its citation and the newest entry of the changelog name one version."""
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    newest = re.search(r"^## \[([^\]]+)\]", (ROOT / "CHANGELOG.md").read_text(), re.M)
    assert citation["version"] == newest.group(1) == stockcast.__version__
    assert citation["authors"] == [{"name": "Stockcast contributors"}]
    assert "doi" not in citation
