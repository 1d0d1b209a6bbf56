"""Whoever runs Tocsin on this machine: a person with a token in a file that only they can read."""

from __future__ import annotations

import getpass
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from bot.errors import StartError
from bot.model.actor import ADMIN, ON_CALL, Person


def local_operator(people: Mapping[str, Person]) -> Person:
    """The operator: listed under `people:` by the name of the account, or somebody who administers.

    The operator is on call only while nobody is listed: then there is nobody else.
    """
    try:
        name = getpass.getuser()
    except (KeyError, OSError):
        name = "operator"
    roles = frozenset({ADMIN}) if people else frozenset({ADMIN, ON_CALL})
    return people.get(name) or Person(name=name, roles=roles)


def token_in(path: Path) -> str:
    """The operator's token, made and written for its owner alone when there is none yet. StartError: it cannot be."""
    try:
        return _read(path) or _made(path)
    except OSError as error:
        raise StartError(
            f"the token file {path} cannot be written: {error.strerror}",
            hint="make its folder writable, or name another file with TOCSIN_TOKEN_FILE",
        ) from None
    except UnicodeDecodeError:
        raise StartError(
            f"the token file {path} holds no token", hint="remove it, and a new one is made at the next start"
        ) from None


def _read(path: Path) -> str:
    if not path.exists():
        return ""
    if path.stat().st_mode & 0o077:
        raise StartError(f"the token file {path} can be read by others", hint=f"run: chmod 600 {path}")
    return path.read_text(encoding="utf-8").strip()


def _made(path: Path) -> str:
    token = f"tcs_{secrets.token_urlsafe(32)}"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(token + "\n")
    return token
