"""Which code made something: what is kept to go on from must not be another code's."""

from __future__ import annotations

import functools
import hashlib
from importlib.metadata import version
from pathlib import Path


@functools.cache
def code_digest(*libraries: str) -> str:
    """SHA-256 of the source of all models and of the versions of some libraries."""
    found = hashlib.sha256()
    for name in libraries:
        found.update(f"{name} {version(name)}|".encode())
    for file in sorted(Path(__file__).resolve().parent.rglob("*.py")):
        found.update(file.read_bytes() + b"|")
    return found.hexdigest()
