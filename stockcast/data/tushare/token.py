"""Tushare's token: where it is looked for, and how it is kept out of sight.

It never stands in parameters, pages, logs or messages: it travels as a `SecretStr`, which prints as
stars, and `scrub` takes it out of whatever comes back from outside.
"""

from __future__ import annotations

import os

from pydantic import SecretStr

from stockcast.data.tushare.errors import TokenError

VARIABLE = "TUSHARE_TOKEN"
KEYRING = ("stockcast", "tushare")
"""Service and user name under which the keyring holds the token."""


def find() -> SecretStr:
    """The token from the variable `TUSHARE_TOKEN`, else from the system's keyring.

    Raises
    ------
    TokenError
        Neither has one; the line names both.
    """
    found = os.environ.get(VARIABLE) or _from_keyring()
    if not found:
        raise TokenError(
            "Tushare token", "must be given",
            hint=f"set {VARIABLE}, or keep it in the keyring with: "
            f"python -m keyring set {' '.join(KEYRING)}",
        )  # fmt: skip
    return checked(found)


def checked(token: str | SecretStr) -> SecretStr:
    """`token` without the blanks around it.

    Raises
    ------
    TokenError
        It has blanks or other characters inside that no token has.
    """
    text = token.get_secret_value() if isinstance(token, SecretStr) else token
    text = text.strip()
    if not (text.isascii() and text.isprintable() and text and " " not in text):
        raise TokenError(
            "Tushare token", "must be one word of letters and digits",
            hint="copy it anew from https://tushare.pro/user/token",
        )  # fmt: skip
    return SecretStr(text)


def scrub(content: bytes, token: SecretStr) -> bytes:
    """`content` with stars in the token's place."""
    return content.replace(token.get_secret_value().encode(), b"**********")


def _from_keyring() -> str | None:
    """The keyring's token; None where there is none, or no keyring at all."""
    import keyring
    from keyring.errors import KeyringError

    try:
        return keyring.get_password(*KEYRING)
    except KeyringError:
        return None
