"""`load`: a configuration and everything it names, or every mistake in them. It can be called again at any time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.config.document import compose
from bot.config.examine import Loaded, examine
from bot.config.findings import Findings
from bot.config.places import local_address, token_file
from bot.config.schema import DEFAULT_FILE
from bot.config.values import stamp
from bot.errors import DocumentError


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """What a client needs to know of a configuration. `public_url` is empty unless it is set."""

    address: str
    public_url: str
    token_file: Path
    time_zone: str


def default_path(cwd: Path) -> Path | None:
    """`tocsin.yaml` where there is one; None means the embedded defaults."""
    path = cwd / DEFAULT_FILE
    return path if path.exists() else None


def load(path: Path | None, env: Mapping[str, str], cwd: Path) -> Loaded:
    """All that the documents say: nothing half, so that a reload either takes whole or leaves the old as it was.

    `path` None means the embedded defaults. DocumentError holds every mistake of every file; StartError: the file
    named is not there.
    """
    findings = Findings()
    loaded = examine(path, env, cwd, findings=findings)
    if findings.errors:
        raise DocumentError(findings.errors)
    return loaded


def secrets_changed(loaded: Loaded) -> bool:
    """Whether a file that a secret came from was written, replaced or removed since; then load again."""
    return any(stamp(path) != seen for path, seen in loaded.secret_files.items())


def outline(path: Path | None, env: Mapping[str, str], cwd: Path) -> Outline:
    """The few things a client needs, from the file alone; mistakes elsewhere in it do not matter here.

    DocumentError when those few things have mistakes themselves; StartError when there is no such file.
    """
    findings = Findings()
    document = compose(path, env, cwd, findings)
    if {"http", "store", "time_zone"} & document.broken:
        raise DocumentError(findings.errors)
    config = document.config
    return Outline(
        address=local_address(config),
        public_url=config.http.public_url,
        token_file=token_file(config, env, document.base),
        time_zone=config.time_zone,
    )
