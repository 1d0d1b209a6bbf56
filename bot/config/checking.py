"""`tocsin check`: the mistakes of a whole configuration, or of single documents that stand alone.

A single document is resolved against the configuration where there is a sound one, and otherwise against whatever
integrations are installed, so that a lone rule file or runbook can be checked anywhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bot.config import catalog, references
from bot.config.content import rule_file, runbook_file
from bot.config.examine import examine
from bot.config.files import shown, text_of, whole
from bot.config.findings import Findings
from bot.config.kinds import Kind, is_conf, kind_of_text, looks_like_ours
from bot.config.schema import RuleFiles
from bot.config.searches import NO_SEARCHES
from bot.config.services import services_file
from bot.errors import DocumentError, StartError
from bot.kit.plugin import Integration

_SUFFIXES = (".yaml", ".yml", ".conf")
_RUNBOOK = re.compile(r"^runbook\s*:", re.MULTILINE)


def check_all(config: Path | None, env: Mapping[str, str], cwd: Path) -> Findings:
    """A configuration and all it names. Secrets that are not there are warnings: a check often runs without them.

    StartError when there is no configuration: no mistakes were seen then, but nothing was looked at either.
    """
    if config is None:
        raise StartError(
            "there is no tocsin.yaml here", hint="name it with -c FILE, or name files and folders to check"
        )
    findings = Findings()
    examine(config, env, cwd, findings=findings, secrets_needed=False)
    return findings


def check_paths(paths: Sequence[Path], config: Path | None, env: Mapping[str, str], cwd: Path) -> Findings:
    """These files, and every document of ours in these folders. StartError: a path is not there."""
    desk = _Desk(config=config, env=env, cwd=cwd)
    for path in paths:
        full = cwd / path
        if full.is_dir():
            for found in _documents(full):
                desk.look(found, asked_for=False)
        elif full.exists():
            desk.look(full, asked_for=True)
        else:
            raise StartError(f"there is nothing at {path}", hint="name files or folders that exist")
    return desk.findings


def runbooks_in(path: Path, cwd: Path) -> Sequence[Path]:
    """The file, or those of a folder that are runbooks or were meant to be. StartError: there is none."""
    full = cwd / path
    if full.is_file():
        return [full]
    if not full.is_dir():
        raise StartError(f"there is no file {path}", hint="name runbook files, or folders that hold some")
    found = [one for one in _documents(full) if _is_runbook(one, shown(one, cwd))]
    if not found:
        raise StartError(f"there is no runbook in {path}", hint="a runbook begins with `runbook: NAME`")
    return found


def offering(config: Path | None, env: Mapping[str, str], cwd: Path) -> Mapping[str, Integration]:
    """The integrations of the configuration, where there is a sound one; else all that are installed."""
    loaded = config and examine(config, env, cwd, findings=(found := Findings()), secrets_needed=False)
    if loaded and not found.errors:
        return loaded.manifests
    return {name: catalog.find(name) for name in catalog.names()}


def _documents(folder: Path) -> Iterator[Path]:
    """YAML and `.conf` files below a folder, in alphabetical order, hidden ones left out."""
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if path.suffix in _SUFFIXES and path.is_file() and not hidden:
            yield path


def _is_runbook(path: Path, name: str) -> bool:
    """Whether it is one, or may be one: what cannot be read is not passed over."""
    text = ""
    try:
        text = text_of(path, name)
        return kind_of_text(text, name) is Kind.RUNBOOK
    except DocumentError:
        return not text or _RUNBOOK.search(text) is not None


@dataclass(slots=True, kw_only=True)
class _Desk:
    """Looks at one document after the other."""

    config: Path | None
    env: Mapping[str, str]
    cwd: Path
    findings: Findings = field(default_factory=Findings)
    _manifests: Mapping[str, Integration] | None = None

    def look(self, path: Path, *, asked_for: bool) -> None:
        """Checks one document; one that is not ours is a mistake only when it was asked for by name."""
        name = shown(path, self.cwd)
        if name in self.findings.files:
            return
        text = ""
        try:
            text = text_of(path, name)
            kind = kind_of_text(text, name, asked_for=asked_for)
        except DocumentError as error:
            self._unreadable(name, error, ours=asked_for or looks_like_ours(text))
            return
        match kind:
            case Kind.CONFIG:
                examine(path, self.env, self.cwd, findings=self.findings, secrets_needed=False)
            case Kind.RULES | Kind.SEARCHES:
                rule_file(path, name, name, RuleFiles(files=(name,), source="-"), self.findings)
            case Kind.RUNBOOK:
                self._runbook(path, name)
            case Kind.SERVICES:
                services_file(path, name, self.findings)
            case Kind.PROMETHEUS_TEST | Kind.UNKNOWN if asked_for:
                self.findings.files.setdefault(name)
                self.findings.add(whole(name, _not_ours(kind, text)))
            case _:
                self.findings.skipped += 1

    def _unreadable(self, name: str, error: DocumentError, *, ours: bool) -> None:
        if ours:
            self.findings.files.setdefault(name)
            self.findings.take(error)
        else:
            self.findings.skipped += 1

    def _runbook(self, path: Path, name: str) -> None:
        file = runbook_file(path, name, self.findings)
        if not isinstance(file, str):
            references.in_runbook(file, self._offering(), self.findings)

    def _offering(self) -> Mapping[str, Integration]:
        if self._manifests is None:
            self._manifests = offering(self.config, self.env, self.cwd)
        return self._manifests


def _not_ours(kind: Kind, text: str) -> str:
    if kind is Kind.PROMETHEUS_TEST:
        return "this is a unit test of promtool's: run it with `promtool test rules`"
    if is_conf(text):
        return NO_SEARCHES
    return "no document of Tocsin's: a configuration, a rule file (`groups:`) or a runbook (`runbook:`) is expected"
