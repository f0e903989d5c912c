"""What the book asks of Sphinx beyond its own: reference pages that cannot fall behind the code.

`{parameters} lookback horizon` describes those fields of `stockcast.params.Params`;
`{panel-columns}` lists the columns of a panel; `{feature-catalogue}` counts the features by family,
and with the name of a family describes each of its own; `.. package:: stockcast.market` documents
every module of a package; `{measured} NAME` is a table of the lines kept of a benchmark. Chapters
are published once per run from one source, so their labels are given the run's name while they are
read.
"""

from __future__ import annotations

import pkgutil
import re
import sys
from collections.abc import Collection
from functools import lru_cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util.docutils import SphinxDirective

from stockcast import params, paths
from stockcast.book import measured
from stockcast.data.schema import PANEL
from stockcast.errors import InputError

if TYPE_CHECKING:
    from sphinx.application import Sphinx

TYPES = {"M": "date", "f": "number", "b": "true or false"}
LABEL = re.compile(r"(?<![\w-])(fig|eq|sec|tab|ex)-(?=\d\d)")
CHAPTER = re.compile(r"(\{doc\}`(?:[^`<]*<)?)(\d\d_\w+)(>?`)")
DEFAULT = "book/simulated"
KINDS = {
    "integer": "whole number",
    "number": "number",
    "string": "text",
    "boolean": "true or false",
    "array": "list of codes",
}
BOUNDS = {
    "minimum": "at least",
    "exclusiveMinimum": "above",
    "maximum": "at most",
    "exclusiveMaximum": "below",
}


class Parameters(SphinxDirective):
    """Definition list of parameters: key, allowed values, meaning, value in the default run."""

    required_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        """One definition per key named in the argument; inside a MyST page."""
        self.env.note_reread()
        text = ""
        for key in self.arguments[0].split():
            if key not in _schema():
                raise self.error(str(InputError(key, "is no parameter")))
            meaning = _schema()[key]["description"]
            text += f"`{key}` = `{_plain(_defaults()[key])}`\n: {meaning} (*{_allowed(key)}*)\n\n"
        return self.parse_text_to_nodes(text)


class PanelColumns(SphinxDirective):
    """Table of the columns that a file of quotes has, or may have."""

    def run(self) -> list[nodes.Node]:
        """One row per column of `stockcast.data.schema.PANEL`."""
        self.env.note_reread()
        rows = ["| column | type | | what |", "|---|---|---|---|"]
        for name, column in PANEL.columns.items():
            need = "" if column.required else "may be absent"
            kind = TYPES.get(column.dtype.type.kind, "text")
            rows.append(f"| `{name}` | {kind} | {need} | {column.description} |")
        return self.parse_text_to_nodes("\n".join(rows))


class FeatureCatalogue(SphinxDirective):
    """The features of a family, by group; without a family, how many there are of each."""

    optional_arguments = 1

    def run(self) -> list[nodes.Node]:
        """One section per group, one definition per feature; or a table of counts."""
        self.env.note_reread()
        if not self.arguments:
            return self.parse_text_to_nodes(feature_counts())
        try:
            return feature_sections(self.arguments[0])
        except InputError as error:
            raise self.error(str(error)) from None


class Package(SphinxDirective):
    """Documentation of every public module of a package, taken from the docstrings."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """One heading and one `automodule` per module; inside an `eval-rst` block."""
        self.env.note_reread()
        lines = []
        for name in modules(self.arguments[0]):
            lines += [name, "-" * len(name), "", f".. automodule:: {name}", ""]
        return self.parse_text_to_nodes("\n".join(lines), allow_section_headings=True)


class Measured(SphinxDirective):
    """Table of the lines that are kept of a benchmark.

    `:where:` holds pairs `key=value` and `:columns:` pairs `key=heading`, parted by semicolons.
    """

    required_arguments = 1
    option_spec = {"where": directives.unchanged, "columns": directives.unchanged_required}  # noqa: RUF012

    def run(self) -> list[nodes.Node]:
        """One row a line, in the order of the file."""
        self.env.note_dependency(str(paths.root() / measured.FILE))
        columns, where = (
            dict(
                part.strip().split("=", 1) for part in self.options.get(name, "").split(";") if part
            )
            for name in ("columns", "where")
        )
        try:
            text = measured.table(measured.lines(), self.arguments[0], columns, **where)
        except InputError as error:
            raise self.error(str(error)) from None
        return self.parse_text_to_nodes(text)


def feature_counts() -> str:
    """Markdown table by family; features that differ in nothing but lookbacks are one formula."""
    from stockcast.features import catalogue

    lines = ["| family | groups | features | formulas |", "|---|---|--:|--:|"]
    for family in catalogue.FAMILIES:
        members = catalogue.family(family)
        groups = ", ".join(dict.fromkeys(one.group for one in members))
        stems = {one.stem for one in members}
        lines.append(f"| [{family}](#features-{_slug(family)}) | {groups} | {len(members)} "
                     f"| {len(stems)} |")  # fmt: skip
    every = catalogue.CATALOGUE
    stems = {(one.family, one.stem) for one in every}
    return "\n".join([*lines, f"| all | | {len(every)} | {len(stems)} |"])


def feature_sections(family: str) -> list[nodes.Node]:
    """One section per group of a family: each feature's name, formula and facts.

    Raises
    ------
    InputError
        For an unknown family.
    """
    from stockcast.features import catalogue

    found: dict[str, nodes.definition_list] = {}
    for one in catalogue.family(family):
        days = f"{one.lookback} trading day{'s' if one.lookback > 1 else ''}"
        facts = f"From {', '.join(one.inputs)}; {days}; {one.units}. {one.source.rstrip('.')}."
        lines = (nodes.line(text=text) for text in (one.formula, facts))
        about = nodes.definition("", nodes.line_block("", *lines))
        term = nodes.term("", "", nodes.literal(text=one.name))
        item = nodes.definition_list_item("", term, about, ids=[f"feature-{_slug(one.name)}"])
        found.setdefault(one.group, nodes.definition_list()).append(item)
    return [
        nodes.section(
            "", nodes.title(text=f"{group[:1].upper()}{group[1:]} ({len(items)})"), items,
            ids=[f"features-{_slug(family)}-{_slug(group)}"],
        )
        for group, items in found.items()
    ]  # fmt: skip


def modules(package: str) -> list[str]:
    """Names of the public modules inside `package`, at any depth; of `package` if it has none."""
    inside = getattr(import_module(package), "__path__", [])
    found = [info.name for info in pkgutil.walk_packages(inside, f"{package}.") if not info.ispkg]
    public = [name for name in found if not any(part[0] == "_" for part in name.split("."))]
    return public or [package]


def scope_labels(docname: str, text: str) -> str:
    """`text` of a chapter with the run's name put into its labels: fig-03-ic, fig-ashare-03-ic.

    Pages outside `book/RUN/` are returned as they are.
    """
    parts = docname.split("/")
    if len(parts) != 3 or parts[1] == "api":
        return text
    return LABEL.sub(rf"\1-{parts[1]}-", text)


def scope_chapters(docname: str, text: str, found: Collection[str]) -> str:
    """`text` with references to chapters that its run has no page of turned to the default run's.

    Parameters
    ----------
    docname, text
        As for `scope_labels`.
    found
        Names of all pages there are.
    """
    folder, _, _ = docname.rpartition("/")

    def elsewhere(match: re.Match[str]) -> str:
        opening, chapter, closing = match.groups()
        there = f"{folder}/{chapter}" in found or f"{DEFAULT}/{chapter}" not in found
        return match[0] if there else f"{opening}/{DEFAULT}/{chapter}{closing}"

    return CHAPTER.sub(elsewhere, text) if folder.count("/") == 1 else text


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.add_directive("parameters", Parameters)
    app.add_directive("panel-columns", PanelColumns)
    app.add_directive("feature-catalogue", FeatureCatalogue)
    app.add_directive("package", Package)
    app.add_directive("measured", Measured)
    app.connect("source-read", _scope)
    app.connect("autodoc-process-docstring", _escape, priority=100)  # before napoleon
    app.connect("autodoc-skip-member", _described_above)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _slug(name: str) -> str:
    return re.sub(r"\W|_", "-", name.lower())


def _scope(app: Sphinx, docname: str, source: list[str]) -> None:
    source[0] = scope_chapters(docname, scope_labels(docname, source[0]), app.env.found_docs)


def _described_above(
    app: Sphinx, what: str, name: str, obj: Any, skip: bool, options: Any
) -> bool | None:
    """Leave out what the docstring of its class describes: fields of a NamedTuple, properties."""
    if type(obj).__name__ == "_tuplegetter":
        return True
    if not isinstance(obj, property) or obj.fget is None:
        return None
    owner: Any = sys.modules[obj.fget.__module__]
    for part in obj.fget.__qualname__.split(".")[:-1]:
        owner = getattr(owner, part, None)
    told = (owner.__doc__ or "").partition("Attributes\n")[2]
    return True if re.search(rf"(?m)^\s*{re.escape(name)} :", told) else None


def _escape(app: Sphinx, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    """Bars in a docstring are absolute values, not substitutions."""
    lines[:] = [re.sub(r"(`[^`]*`)|\|", lambda m: m[1] or r"\|", line) for line in lines]


@lru_cache(1)
def _schema() -> dict[str, Any]:
    return params.Params.model_json_schema()["properties"]


@lru_cache(1)
def _defaults() -> dict[str, Any]:
    return params.read(paths.root() / "params" / "book.yml").model_dump()


def _allowed(key: str) -> str:
    about, rules = _schema()[key], params.Params.model_fields[key].metadata
    for kind, words in ((params.Day, "date, YYYY-MM-DD"), (params.Name, "short lower-case name")):
        if kind.__metadata__[0] in rules:
            return words
    if "enum" in about:
        return "one of " + ", ".join(about["enum"])
    bounds = [f"{word} {about[bound]:,.10g}" for bound, word in BOUNDS.items() if bound in about]
    return ", ".join([KINDS[about["type"]], *bounds])


def _plain(value: Any) -> str:
    """`value` as it is written in YAML."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if value != "" else '""'
