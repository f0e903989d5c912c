"""A list's files, all of them or none: runs/RUN/advice/DATE/."""

from __future__ import annotations

import json
import secrets
import shutil
from pathlib import Path

from stockcast import paths
from stockcast.advice import records, render
from stockcast.advice.recommendation import Recommendation
from stockcast.advice.words import Language
from stockcast.errors import InputError


def publish(made: Recommendation, language: Language = "en", folder: Path | None = None) -> Path:
    """Write list.json, list.parquet, list.html and records/ID.json, in place of earlier ones.

    Parameters
    ----------
    made
        The list.
    language
        Of the page.
    folder
        Takes them. [default: `stockcast.advice.records.folder_of`]

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    InputError
        When it cannot be written; then what was there before still is.
    """
    target = records.folder_of(made) if folder is None else Path(folder)
    scratch = target.with_name(f".{target.name}-{secrets.token_hex(4)}")
    old = target.with_name(f".{target.name}-{secrets.token_hex(4)}")
    try:
        (scratch / "records").mkdir(parents=True)
        (scratch / "list.json").write_text(render.as_json(made), encoding="utf-8")
        (scratch / "list.parquet").write_bytes(render.as_parquet(made))
        (scratch / "list.html").write_text(render.as_html(made, language), encoding="utf-8")
        for record in made.records:
            text = json.dumps(record, ensure_ascii=False, indent=1, sort_keys=True)
            path = scratch / "records" / f"{record['id']}.json"
            path.write_text(text + "\n", encoding="utf-8")
        if target.exists():
            target.rename(old)
        scratch.rename(target)
    except OSError as error:
        if old.exists() and not target.exists():
            old.rename(target)
        raise InputError(paths.shown(target), "must be writable", error.strerror) from None
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)
    return target
