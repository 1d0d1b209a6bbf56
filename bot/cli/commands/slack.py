"""`tocsin slack manifest`: the app as Slack must know it, written from what tocsin.yaml wants of it."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from bot.cli.console import Console
from bot.cli.options import Family, add_config
from bot.config import catalog
from bot.config.examine import examine
from bot.config.findings import Findings
from bot.config.places import default_path
from bot.errors import DocumentError, NotFound
from bot.kit.plugin import Integration

_USUAL = "slack"


def configure(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    family = Family(parser)
    writing = family.add(
        "manifest",
        manifest,
        "write the manifest of the app: scopes, events, the slash command",
        examples="  tocsin slack manifest                 paste it at api.slack.com/apps, *From a manifest*\n"
        "  tocsin slack manifest --integration slack-eu",
    )
    writing.add_argument("--integration", metavar="NAME", default="", help="which one, where there are several")
    add_config(writing)


def manifest(arguments: argparse.Namespace, console: Console) -> int:
    """Reads the documents, asks nobody, and writes JSON. The tokens need not be there yet."""
    cwd, findings = Path.cwd(), Findings()
    loaded = examine(arguments.config or default_path(cwd), os.environ, cwd, findings=findings, secrets_needed=False)
    if findings.errors:
        raise DocumentError(findings.errors)
    name, write = _wanted(loaded.manifests, arguments.integration)
    entry = loaded.config.integrations.get(name)
    console.say(write(dict(entry.model_extra or {}) if entry is not None else {}, name, loaded.config.http.public_url))
    return 0


# Any: plain YAML.
def _wanted(
    manifests: Mapping[str, Integration], name: str
) -> tuple[str, Callable[[Mapping[str, Any], str, str], str]]:
    """The one that is named, or the first: all channels of one workspace are one app's. Without any, as it is usual."""
    known = {one: manifest.app for one, manifest in manifests.items() if manifest.app is not None}
    usual = catalog.find(_USUAL).app
    if not known and not name and usual is not None:
        return _USUAL, usual
    if name not in known and name:
        there = f"there is {', '.join(known)}" if known else "write it under `integrations:` first"
        raise NotFound(f"no app is called {name!r}", hint=there)
    chosen = name or next(iter(known))
    return chosen, known[chosen]
