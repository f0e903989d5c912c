"""From a notebook that papermill has executed to a page: nothing volatile, nothing private.

Two executions of the same notebook with the same parameters give the same bytes.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import nbformat
from nbformat import NotebookNode

from stockcast.errors import StockcastError
from stockcast.params import digest

KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
LANGUAGE = {"name": "python", "pygments_lexer": "ipython3"}

# What a tool, not the author, writes into a cell's metadata.
_VOLATILE = (
    "papermill",
    "execution",
    "ExecuteTime",
    "collapsed",
    "scrolled",
    "trusted",
    "editable",
)

# A path from the root of a file system: of Unix, by its usual folders, or of Windows, by its drive.
_ABSOLUTE = re.compile(
    r"(?<![\w.:/~<-])/(?:home|root|Users|tmp|usr|opt|var|mnt|srv|private|work|workspace|app|data"
    r"|builds?|github|content|kaggle|etc)/[\w.~-]+"
    r"|\b[A-Za-z]:\\{1,2}(?:Users|Windows|Program|Temp)|file://"
)
_ADDRESS = re.compile(r"\bat 0x[0-9a-f]{6,}")

FOOTER = """\
:::{{dropdown}} How this page was made
The notebook `{notebook}` was executed with the parameters of the run `{run}` (seed {seed}).
The same notebook, code, libraries, parameters and data give the same page again, byte for byte.

| what | its hash |
|---|---|
| parameters this notebook declares | `{params}` |
| notebook and the code it imports | `{code}` |
| libraries, `requirements.lock` | `{lock}` |
| data, the run's panel | `{data}` |
:::"""


class PageError(StockcastError):
    """An executed notebook holds what must not be published."""


def polish(
    executed: NotebookNode, stamp: Mapping[str, Any], aliases: Mapping[str, str] | None = None
) -> NotebookNode:
    """The page: `executed` cleaned, with its stamp and a folded footer that shows it.

    Parameters
    ----------
    executed
        Notebook as papermill left it; not changed.
    stamp
        Fields of `stockcast.book.manifest.Stamp`.
    aliases
        What to print in place of a text: a file's name for the path that a parameter gave.

    Raises
    ------
    PageError
        When a cell shows an absolute path or a memory address.
    """
    copied = json.dumps(executed, ensure_ascii=False)
    for private, public in (aliases or {}).items():
        copied = copied.replace(private, public)
    page = nbformat.from_dict(json.loads(copied))
    silenced = []
    for number, cell in numbered(page):
        if cell.cell_type == "code" and _drop_stderr(cell):
            silenced.append(number)
        _clean(cell)
    page.cells.append(
        nbformat.v4.new_markdown_cell(FOOTER.format(**stamp), metadata={"tags": ["provenance"]})
    )
    _identify(page)
    page.metadata = NotebookNode(
        kernelspec=KERNEL, language_info=LANGUAGE, stockcast=NotebookNode(**stamp)
    )
    if silenced:
        page.metadata.stockcast.stderr_in_cells = silenced
    page.nbformat, page.nbformat_minor = 4, 5
    check(page, stamp["notebook"])
    nbformat.validate(page)
    return page


def check(page: NotebookNode, name: str) -> None:
    """Refuse a page that tells about the machine it was made on.

    Raises
    ------
    PageError
        Naming the cell and what it shows.
    """
    for number, cell in numbered(page):
        for text in _texts(cell):
            for pattern, word in ((_ABSOLUTE, "an absolute path"), (_ADDRESS, "a memory address")):
                if found := pattern.search(text):
                    raise PageError(f"{name}, {place(number, cell)} shows {word}: {found[0]!r}")


def numbered(page: NotebookNode) -> Iterator[tuple[int, NotebookNode]]:
    """Cells with their number as the source notebook counts them.

    Code cells and text cells are counted apart, from 1; the cell that papermill injects shares
    the number of the parameters cell before it.
    """
    counts: Counter[str] = Counter()
    for cell in page.cells:
        if "injected-parameters" not in cell.metadata.get("tags", []):
            counts[cell.cell_type] += 1
        yield counts[cell.cell_type], cell


def place(number: int, cell: NotebookNode) -> str:
    """Words for where a cell is, such as `code cell 4`."""
    return f"{'code' if cell.cell_type == 'code' else 'text'} cell {number}"


def text(page: NotebookNode) -> str:
    """The page as the text of an .ipynb file, keys sorted."""
    return nbformat.writes(page, version=nbformat.NO_CONVERT) + "\n"


def _drop_stderr(cell: NotebookNode) -> bool:
    """Drop what the cell wrote to stderr: warnings name files of this machine."""
    kept = [output for output in cell.outputs if output.get("name") != "stderr"]
    dropped = len(kept) < len(cell.outputs)
    cell.outputs = kept
    return dropped


def _clean(cell: NotebookNode) -> None:
    for key in _VOLATILE:
        cell.metadata.pop(key, None)
    tags = cell.metadata.get("tags", [])
    if "injected-parameters" in tags and "hide-input" not in tags:
        cell.metadata["tags"] = [*tags, "hide-input"]
    elif not tags:
        cell.metadata.pop("tags", None)


def _identify(page: NotebookNode) -> None:
    """Give each cell an identifier that depends on nothing but the page's own text."""
    seen: Counter[str] = Counter()
    for cell in page.cells:
        base = digest([cell.cell_type, cell.source])[:8]
        seen[base] += 1
        cell.id = base if seen[base] == 1 else f"{base}-{seen[base]}"


def _texts(cell: NotebookNode) -> Iterator[str]:
    """Every readable text of a cell: its source, metadata and outputs, pictures left out."""
    yield cell.source
    yield json.dumps(cell.metadata, ensure_ascii=False)
    for output in cell.get("outputs", []):
        yield "".join(output.get("text", ""))
        for kind, data in output.get("data", {}).items():
            if not kind.startswith("image/") or kind == "image/svg+xml":
                yield data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)
