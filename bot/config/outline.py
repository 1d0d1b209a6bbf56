"""What a client needs to know of a configuration, without reading anything that the configuration names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.config.document import compose
from bot.config.findings import Findings
from bot.config.places import local_address, token_file
from bot.errors import DocumentError


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """Where the running Tocsin is found, and how its command line writes. `public_url` is empty unless it is set."""

    address: str
    public_url: str
    token_file: Path
    time_zone: str


def outline(path: Path | None, env: Mapping[str, str], cwd: Path) -> Outline:
    """These few things, from the file alone; mistakes elsewhere in it do not matter here.

    DocumentError when these things themselves have mistakes; StartError when there is no such file.
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
