"""`stockcast daily`: the whole evening in one command."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from stockcast.cli_advice import Language, ParamsFile
from stockcast.errors import InputError
