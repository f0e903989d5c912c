"""`dvc.yaml`, the one place that says which stage needs which: read, checked and kept in step.

Each stage executes one notebook. What a stage needs is found by reading its notebook (`closure`);
`stockcast pipeline --write` puts it into `dvc.yaml`, and a test asserts that it is there. Only the
order of the stages and the artifacts that each makes are written by hand.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from stockcast import paths
from stockcast.book import closure
from stockcast.book.manifest import LOCK
from stockcast.errors import InputError

FILE = "dvc.yaml"
PARAMS = "params/book.yml"
RUN = "simulated"


@dataclass(frozen=True)
class Step:
    """One stage of `dvc.yaml`.

    Attributes
    ----------
    name
        Of the stage and of its notebook, such as `03_features`.
    artifacts
        Files it makes, such as `features.parquet`, in `runs/RUN/NAME`.
    deps, params
        What DVC keys it on: files, and keys of the parameters file.
    """

    name: str
    artifacts: tuple[str, ...]
    deps: tuple[str, ...]
    params: tuple[str, ...]

    @property
    def notebook(self) -> Path:
        """The source notebook."""
        return paths.root() / "notebooks" / f"{self.name}.ipynb"


def steps() -> list[Step]:
    """The stages of `dvc.yaml` in the order they are executed in.

    Raises
    ------
    InputError
        When the file is not there or is no list of stages.
    """
    try:
        found = yaml.safe_load((paths.root() / FILE).read_text(encoding="utf-8"))
        return [_step(name, stage) for name, stage in found["stages"].items()]
    except OSError:
        raise InputError(FILE, "must exist") from None
    except (yaml.YAMLError, KeyError, TypeError, AttributeError) as error:
        raise InputError(FILE, "must hold stages", str(error)) from None


def needs(step: Step, order: list[Step]) -> tuple[list[str], list[str]]:
    """Files and parameters that `step` depends on, as its notebook tells.

    Raises
    ------
    InputError
        When it reads an artifact that no stage before it makes.
    """
    made = {}
    for earlier in order[: order.index(step)]:
        for artifact in earlier.artifacts:
            file = f"runs/{RUN}/{earlier.name}/{artifact}"
            made |= {(earlier.name, Path(artifact).stem): file, (earlier.name, artifact): file}
    upstream = []
    for wanted in closure.reads(step.notebook):
        if wanted not in made:
            raise InputError(
                f"notebooks/{step.name}.ipynb",
                "must read what an earlier stage makes",
                "/".join(wanted),
                f"list it in {FILE} under that stage's outs",
            )
        upstream.append(made[wanted])
    deps = [f"notebooks/{step.name}.ipynb", *upstream, *closure.modules(step.notebook), LOCK]
    return deps, list(closure.declared(step.notebook))


def rendered() -> str:
    """`dvc.yaml` as it should be: comments and outputs as they are, the rest by reading."""
    from ruamel.yaml import YAML

    editor = YAML()
    editor.indent(mapping=2, sequence=4, offset=2)
    editor.width = 200  # commands in one line
    document = editor.load((paths.root() / FILE).read_text(encoding="utf-8"))
    order = steps()
    for step in order:
        deps, declared = needs(step, order)
        stage = document["stages"][step.name]
        _replace(stage, "cmd", command(step.name))
        _replace(stage, "deps", deps)
        _replace(stage, "params", [{PARAMS: declared}])
    text = io.StringIO()
    editor.dump(document, text)
    return text.getvalue()


def write() -> bool:
    """Bring `dvc.yaml` up to date; whether it changed."""
    path = paths.root() / FILE
    text = rendered()
    if text == path.read_text(encoding="utf-8"):
        return False
    with paths.replacing(path) as scratch:
        scratch.write_text(text, encoding="utf-8")
    return True


def command(name: str) -> str:
    """The command line of a stage of the default run."""
    notebook = f"notebooks/{name}.ipynb"
    return f"stockcast execute {notebook} --params {PARAMS} --page book/{RUN}/{name}.ipynb"


def _step(name: str, stage: dict[str, Any]) -> Step:
    folder = f"runs/{RUN}/{name}/"
    outs = [out if isinstance(out, str) else next(iter(out)) for out in stage.get("outs", [])]
    keys = [key for entry in stage.get("params", []) for key in entry.get(PARAMS, [])]
    return Step(
        name=name,
        artifacts=tuple(out.removeprefix(folder) for out in outs if out.startswith(folder)),
        deps=tuple(stage.get("deps", [])),
        params=tuple(keys),
    )


def _replace(stage: Any, key: str, value: Any) -> None:
    """Set `key`; a new one goes before `outs`, the command before everything."""
    if key in stage:
        stage[key] = value
    else:
        stage.insert(0 if key == "cmd" else list(stage).index("outs"), key, value)
