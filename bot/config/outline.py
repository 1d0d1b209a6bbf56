"""Parts of a configuration for commands that need no more, without reading anything that it names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bot.config.document import ConfigDocument, compose
from bot.config.findings import Findings
from bot.config.places import database_url, local_address, token_file
from bot.errors import DocumentError
from bot.model.retention import Retention


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """Where the running Tocsin is found, and how its command line writes. `public_url` is empty unless it is set."""

    address: str
    public_url: str
    token_file: Path
    time_zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Storage:
    """The database's address, with the password in it, and how long things stay there."""

    url: str = field(repr=False)
    retention: Retention


def outline(path: Path | None, env: Mapping[str, str], cwd: Path) -> Outline:
    """These few things, from the file alone; mistakes elsewhere in it do not matter here.

    DocumentError when these things themselves have mistakes; StartError when there is no such file.
    """
    document = _sound(path, env, cwd, {"http", "store", "time_zone"}, secrets_needed=False)
    config = document.config
    return Outline(
        address=local_address(config),
        public_url=config.http.public_url,
        token_file=token_file(config, env, document.base),
        time_zone=config.time_zone,
    )


def storage(path: Path | None, env: Mapping[str, str], cwd: Path) -> Storage:
    """Where the database is, from the file alone. DocumentError, StartError as above."""
    config = _sound(path, env, cwd, {"store", "retention"}, secrets_needed=True).config
    return Storage(url=database_url(config), retention=config.retention.noun)


def _sound(
    path: Path | None, env: Mapping[str, str], cwd: Path, parts: set[str], *, secrets_needed: bool
) -> ConfigDocument:
    """The configuration, if these parts of it have no mistakes."""
    findings = Findings()
    document = compose(path, env, cwd, findings)
    absent = [one for one in (*document.values.wrong, *document.values.missing) if one[0][0] in parts]
    for place, message in absent if secrets_needed else ():
        findings.add(document.complaint(place, message))
    if parts & document.broken or (absent and secrets_needed):
        raise DocumentError(findings.errors)
    return document
