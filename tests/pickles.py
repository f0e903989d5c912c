"""Finds pickles: files that run code when they are read, and source that writes or reads them."""

from __future__ import annotations

import ast
import bz2
import gzip
import io
import lzma
import pickletools
import re
import struct
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

SUFFIXES = {".pkl", ".pickle", ".joblib", ".pt", ".pth", ".dill", ".cloudpickle"}
FRAMED = re.compile(rb"\x80[\x04\x05]\x95.{4}\x00{4}", re.DOTALL)
"""How protocols 4 and 5 begin: a frame shorter than 4 GB. Found inside other files, too."""
NPY = b"\x93NUMPY"
PACKED = {
    b"\x1f\x8b": gzip.decompress,
    b"BZh": bz2.decompress,
    b"\xfd7zXZ": lzma.decompress,
    b"\x78\x01": zlib.decompress,
    b"\x78\x5e": zlib.decompress,
    b"\x78\x9c": zlib.decompress,
    b"\x78\xda": zlib.decompress,
}
MODULES = {"pickle", "cPickle", "_pickle", "cloudpickle", "dill", "joblib.numpy_pickle", "shelve"}
CALLS = {
    ("joblib", "dump"), ("joblib", "load"), ("torch", "save"), ("torch", "load"),
    ("pd", "read_pickle"), ("pandas", "read_pickle"), ("marshal", "load"), ("marshal", "loads"),
}  # fmt: skip
METHODS = {"to_pickle", "log_model"}


def below(folder: Path) -> Iterator[str]:
    """Path and reason of every file below `folder` that is or holds a pickle.

    Sphinx keeps what it has parsed in `.doctrees`, pickled; a site's building place is no artifact.
    """
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or ".doctrees" in path.relative_to(folder).parts:
            continue
        name = path.relative_to(folder).as_posix()
        reason = f"is called {path.suffix}" if path.suffix in SUFFIXES else held(path.read_bytes())
        if reason:
            yield f"{name} {reason}"


def held(data: bytes) -> str:
    """Why these bytes are or hold a pickle; empty if they do not."""
    if data.startswith(NPY):
        return "is an array of objects" if b"'descr': '|O" in data[:4096] else ""
    if zipfile.is_zipfile(io.BytesIO(data)):
        return _in_archive(data)
    for magic, unpack in PACKED.items():
        if data.startswith(magic):
            try:
                return held(unpack(data))
            except (OSError, EOFError, ValueError, lzma.LZMAError, zlib.error):
                break
    if _whole(data):
        return "is a pickle"
    return "holds a pickle" if FRAMED.search(data) else ""


def _in_archive(data: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for member in archive.namelist():
            reason = held(archive.read(member))
            if reason or Path(member).suffix in SUFFIXES:
                return f"has a member {member} that {reason or 'is a pickle by name'}"
    return ""


def _whole(data: bytes) -> bool:
    """Whether the bytes are a stream of pickle's instructions, or begin one that joblib breaks.

    joblib writes arrays raw between the instructions; a class or function is named before them.
    Protocols 0 and 1 have no mark to know them by, and many a text begins like one: they must
    be instructions to their last byte, and more than the two that a short word could be.
    """
    marked, named, count = data[:1] == b"\x80", False, 0
    try:
        with warnings.catch_warnings(action="ignore"):  # of escapes in what is no pickle
            for code, _, place in pickletools.genops(data):
                count += 1
                named |= code.name in ("GLOBAL", "STACK_GLOBAL")
                if code.name == "STOP":
                    return marked or (count > 2 and place == len(data) - 1)
    except (ValueError, struct.error, IndexError, KeyError, OverflowError):
        return marked and named
    return False


def in_source(text: str) -> list[str]:
    """Lines of Python that import a pickling module or call a function that pickles."""
    found = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)]
            names += [".".join(pair) for pair in CALLS if ".".join(pair) in names]
        elif isinstance(node, ast.Call):
            names = [_called(node)]
        else:
            continue
        bad = [n for n in names if n in MODULES or tuple(n.rsplit(".", 1)) in CALLS]
        found += [f"line {node.lineno}: {name}" for name in bad]
    return found


def _called(node: ast.Call) -> str:
    """What is called, in the words of the lists above; empty if it is none of them."""
    if any(
        word.arg == "allow_pickle" and getattr(word.value, "value", True) is not False
        for word in node.keywords
    ):
        return "pickle"
    if isinstance(node.func, ast.Attribute):
        if node.func.attr in METHODS:
            return "pickle"
        if isinstance(node.func.value, ast.Name):
            return f"{node.func.value.id}.{node.func.attr}"
    return ""
