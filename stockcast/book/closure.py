"""What a notebook depends on, found by reading it: parameters, artifacts, modules.

Nothing is executed or imported. `dvc.yaml`, the manifests and the pages' stamps all come from here.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat

from stockcast import paths
from stockcast.errors import InputError, nearest
from stockcast.params import Params, digest

PACKAGE = "stockcast"
SOURCES = Path(__file__).resolve().parents[2]  # the folder that holds the package

# Every page passes through these, whatever its notebook imports.
SHAPERS = ("stockcast/book/pages.py", "stockcast/determinism.py")


def load(notebook: Path) -> nbformat.NotebookNode:
    """Read a notebook.

    Raises
    ------
    InputError
        When it is not there, naming the nearest, or is no notebook.
    """
    notebook = Path(notebook)
    try:
        return nbformat.read(notebook, as_version=4)
    except FileNotFoundError:
        beside = [file.name for file in notebook.parent.glob("[!.]*.ipynb")]
        raise InputError(
            paths.shown(notebook), "must exist", hint=nearest(notebook.name, beside)
        ) from None
    except (OSError, ValueError, nbformat.validator.NotebookValidationError) as error:
        raise InputError(paths.shown(notebook), "must be a notebook", str(error)[:80]) from None


def declared(notebook: Path) -> dict[str, Any]:
    """Parameters and defaults in the cell tagged `parameters`, in its order.

    Raises
    ------
    InputError
        When there is no such cell, or it holds more than plain assignments of parameters.
    """
    cells = [
        cell.source
        for cell in load(notebook).cells
        if cell.cell_type == "code" and "parameters" in cell.metadata.get("tags", [])
    ]
    where = f"{paths.shown(notebook)}, parameters cell"
    if len(cells) != 1:
        raise InputError(where, "must be exactly one cell tagged `parameters`", len(cells))
    found = {}
    for statement in _parse(cells[0], where).body:
        try:
            (target,) = statement.targets
            found[target.id] = ast.literal_eval(statement.value)
        except (AttributeError, ValueError):
            got = ast.unparse(statement)
            raise InputError(where, "must hold plain assignments only", got) from None
    for key in found:
        if key not in Params.model_fields:
            hint = nearest(key, Params.model_fields)
            raise InputError(f"{where}, key {key}", "is no parameter", hint=hint)
    return found


def reads(notebook: Path) -> list[tuple[str, str]]:
    """(stage, artifact) of all that the notebook reads through its stage, in order, once each.

    Its own artifacts are left out.
    """
    found = []
    for where, tree in _trees(notebook):
        for call in ast.walk(tree):
            if not _is_read(call):
                continue
            try:
                stage, names = (ast.literal_eval(argument) for argument in call.args)
            except ValueError:
                got = ast.unparse(call)
                raise InputError(where, "must name what it reads literally", got) from None
            if stage != notebook.stem:
                found += [(stage, name) for name in names.split() if (stage, name) not in found]
    return found


def modules(notebook: Path) -> list[str]:
    """Project files that the notebook's results depend on, relative to the root, sorted.

    The package modules it imports, those they import in turn, wherever in a module the import
    stands (but not under `if TYPE_CHECKING`), and the data files that these name.
    """
    found: set[str] = set(SHAPERS)
    waiting = [name for _, tree in _trees(notebook) for name in _imports(tree)]
    waiting += [str(Path(shaper).with_suffix("")).replace("/", ".") for shaper in SHAPERS]
    seen: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        file = _file(name)
        if file is None:  # `from module import name`, and the name is no module
            continue
        used, files = _look_into(file, file.stat().st_mtime_ns)
        waiting.extend(used)
        found.update(files)
    return sorted(found)


def code_hash(notebook: Path) -> str:
    """Digest of the notebook's cells and of every file that `modules` lists."""
    cells = [
        [cell.cell_type, cell.source, cell.metadata.get("tags"), cell.metadata.get("mystnb")]
        for cell in load(notebook).cells
    ]
    files = {name: (SOURCES / name).read_bytes().hex() for name in modules(notebook)}
    return digest([cells, files])


def _trees(notebook: Path) -> Iterator[tuple[str, ast.Module]]:
    """Each code cell's syntax tree, with words for where it stands."""
    count = 0
    for cell in load(notebook).cells:
        if cell.cell_type == "code":
            count += 1
            where = f"{paths.shown(notebook)}, code cell {count}"
            yield where, _parse(cell.source, where)


def _parse(source: str, where: str) -> ast.Module:
    plain = "\n".join("" if line.startswith(("%", "!")) else line for line in source.splitlines())
    try:
        return ast.parse(plain)
    except SyntaxError as error:
        raise InputError(where, "must be Python", error.msg) from None


def _is_read(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("read", "read_tables", "path")
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "stage"
        and len(node.args) == 2
    )


@functools.lru_cache(maxsize=512)
def _look_into(file: Path, _changed: int) -> tuple[list[str], list[str]]:
    """Modules that `file` imports, and the files it stands for: itself and the data it names."""
    text = file.read_text(encoding="utf-8")
    tree = ast.parse(text)
    names = [file.relative_to(SOURCES).as_posix()]
    if file.name == "__init__.py" and _only_describes(tree):
        names = []
    names += [
        data.relative_to(SOURCES).as_posix() for data in _data_files(file) if data.name in text
    ]
    return list(_imports(tree)), names


def _only_describes(tree: ast.Module) -> bool:
    """Whether a package's `__init__` holds nothing but a docstring and names such as __version__.

    Then a new version number does not make every result stale.
    """
    return all(
        (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant))
        or (isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0])[:2] == "__")
        for statement in tree.body
    )


def _data_files(module: Path) -> Iterator[Path]:
    for path in sorted(module.parent.rglob("*")):
        if path.is_file() and path.suffix not in (".py", ".pyc"):
            yield path


def _imports(tree: ast.AST) -> Iterator[str]:
    """Dotted names of package modules that the code imports; some may turn out to be functions."""
    if isinstance(tree, ast.If) and ast.unparse(tree.test).endswith("TYPE_CHECKING"):
        return
    if isinstance(tree, ast.Import):
        for alias in tree.names:
            yield from _with_parents(alias.name)
    elif isinstance(tree, ast.ImportFrom) and tree.module:
        yield from _with_parents(tree.module)
        for alias in tree.names:
            yield from _with_parents(f"{tree.module}.{alias.name}")
    for child in ast.iter_child_nodes(tree):
        yield from _imports(child)


def _with_parents(name: str) -> Iterator[str]:
    parts = name.split(".")
    if parts[0] == PACKAGE:
        for length in range(1, len(parts) + 1):
            yield ".".join(parts[:length])


def _file(name: str) -> Path | None:
    base = SOURCES.joinpath(*name.split("."))
    for file in (base.with_suffix(".py"), base / "__init__.py"):
        if file.is_file():
            return file
    return None
