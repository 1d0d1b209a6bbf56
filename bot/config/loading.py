"""`load`: a configuration and everything it names, or every mistake in them. It can be called again at any time."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from bot.config.examine import Loaded, examine
from bot.config.findings import Findings
from bot.config.values import stamp
from bot.errors import DocumentError


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
