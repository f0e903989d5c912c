"""What a notebook depends on, found by reading it."""

from __future__ import annotations

import pytest

from stockcast.book import closure
from stockcast.errors import InputError


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A small package with imports of every kind, instead of the real one."""
    files = {
        "__init__.py": '"""Doc."""\n__version__ = "1"\n',
        "determinism.py": "",
        "errors.py": "",
        "book/__init__.py": '"""Doc."""\n',
        "book/pages.py": "from stockcast import errors\n",
        "market/__init__.py": "from stockcast.market import rules\n",
        "market/rules.py": 'TABLE = "rules.csv"\n',
        "market/rules.csv": "a,b\n",
        "market/events.csv": "a,b\n",
        "market/unused.py": "",
        "models/__init__.py": "",
        "models/net.py": "def f():\n    import stockcast.models.lazy as lazy\n",
        "models/lazy.py": "from typing import TYPE_CHECKING\n"
        "if TYPE_CHECKING:\n    from stockcast.models import typed\n",
        "models/typed.py": "",
    }
    for name, text in files.items():
        path = tmp_path / "stockcast" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.setattr(closure, "SOURCES", tmp_path)
    return tmp_path / "stockcast"


SHAPERS = ["stockcast/book/pages.py", "stockcast/determinism.py", "stockcast/errors.py"]


def modules(notebook, *code):
    """Modules of a notebook with these cells, those that every notebook has left out."""
    found = closure.modules(notebook("01_data", *code))
    assert set(SHAPERS) <= set(found)
    return [name for name in found if name not in SHAPERS]


def test_a_module_brings_its_package_and_the_data_files_that_it_names(package, notebook):
    """A change in a table of rules must make stale what reads it, and no other table must."""
    assert modules(notebook, "from stockcast.market.rules import lot") == [
        "stockcast/market/__init__.py",
        "stockcast/market/rules.csv",
        "stockcast/market/rules.py",
    ]


def test_imports_inside_functions_count_and_imports_for_types_do_not(package, notebook):
    """What runs late still runs; what only a type checker sees never does."""
    assert modules(notebook, "from stockcast.models import net") == [
        "stockcast/models/lazy.py",
        "stockcast/models/net.py",
    ]


def test_a_new_version_number_makes_nothing_stale(package, notebook):
    """A package's `__init__` that only describes it must not count."""
    path = notebook("01_data", "import stockcast")
    before = closure.code_hash(path)
    (package / "__init__.py").write_text('"""Doc."""\n__version__ = "2"\n')
    assert closure.code_hash(path) == before


@pytest.mark.parametrize("file", ["models/net.py", "models/lazy.py", "book/pages.py"])
def test_the_code_hash_follows_every_module_of_the_closure(file, package, notebook):
    """An edit anywhere in the closure must make the page stale."""
    path = notebook("01_data", "from stockcast.models import net")
    before = closure.code_hash(path)
    (package / file).write_text((package / file).read_text() + "\nx = 1\n")
    assert closure.code_hash(path) != before


def test_the_code_hash_ignores_what_is_outside(package, notebook):
    """An edit elsewhere must not."""
    path = notebook("01_data", "from stockcast.models import net")
    before = closure.code_hash(path)
    (package / "market" / "rules.py").write_text("x = 1\n")
    assert closure.code_hash(path) == before


def test_the_code_hash_follows_the_notebooks_cells(project, notebook):
    """The notebook itself is code, too."""
    before = closure.code_hash(notebook("01_data", "x = 1"))
    assert closure.code_hash(notebook("01_data", "x = 2")) != before


def test_declared_parameters_come_with_their_defaults(notebook):
    """The parameters cell is the one place that says what a notebook uses."""
    path = notebook("01_data", parameters='run = "mine"\nstocks = []\nhorizon = 5')
    assert closure.declared(path) == {"run": "mine", "stocks": [], "horizon": 5}


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("run = 'a'\nhorizn = 5", "key horizn: is no parameter; did you mean 'horizon'"),
        ("run = str(5)", "must hold plain assignments only"),
        ("import os", "must hold plain assignments only"),
        ("run = (", "must be Python"),
    ],
)
def test_a_parameters_cell_with_anything_else_is_refused(cell, said, notebook):
    """Values that only execution knows cannot be checked before it."""
    with pytest.raises(InputError, match=said):
        closure.declared(notebook("01_data", parameters=cell))


def test_what_a_notebook_reads_is_listed_once_and_in_order(notebook):
    """DVC's dependencies come from the calls of `stage.read`."""
    path = notebook(
        "06_networks",
        'a = stage.read("04_samples", "samples")\nb = stage.read("01_data", "panel")',
        '%time c = 1\nd = stage.read("04_samples", "samples", optional=True)',
        'e = stage.read("06_networks", "training")\nf = other.read("x", "y")',
    )
    assert closure.reads(path) == [("04_samples", "samples"), ("01_data", "panel")]


def test_a_name_that_only_execution_knows_is_refused(notebook):
    """A read that cannot be listed would be a dependency that DVC does not know."""
    with pytest.raises(InputError, match="code cell 3: must name what it reads literally"):
        closure.reads(notebook("x", "table = stage.read(stage_name, 'panel')"))


def test_a_misspelt_notebook_is_refused_with_the_nearest(notebook):
    """The one-line error must lead to the file that was meant."""
    path = notebook("01_data")
    with pytest.raises(InputError, match=r"did you mean '01_data\.ipynb'"):
        closure.load(path.with_name("01_dta.ipynb"))
