"""The rules a command line names: files, or names of rules and groups of tocsin.yaml; none named means all of those."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from bot.config.content import RuleFile, rule_file
from bot.config.examine import Loaded, examine
from bot.config.files import expand, is_pattern, shown, text_of
from bot.config.findings import Findings
from bot.config.kinds import Kind, kind_of
from bot.config.places import default_path
from bot.config.schema import RuleFiles
from bot.documents import read, suggest
from bot.errors import Complaint, DocumentError, NotFound
from bot.model.rule import RuleGroup

Wanted = Callable[[RuleGroup, str], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """The rule files in question, and which of their rules: by group and name."""

    loaded: Loaded
    files: tuple[RuleFile, ...]
    wanted: Wanted
    mistakes: tuple[Complaint, ...]
    """Those of the configuration; whoever needs a part of it that is not sound says them."""

    @property
    def groups(self) -> tuple[RuleGroup, ...]:
        """All groups of these files, with the rules that are not wanted too: others may read what those record."""
        return tuple(group for file in self.files for group in file.groups)


def choose(
    named: Sequence[str], config: Path | None, env: Mapping[str, str], cwd: Path, *, interval: timedelta
) -> Chosen:
    """What these arguments mean. `interval` is for groups of files that tocsin.yaml does not name.

    DocumentError for mistakes in a rule file that is meant; NotFound for a name that nothing has.
    """
    findings = Findings()
    loaded = examine(config or default_path(cwd), env, cwd, findings=findings)
    known = {file.groups[0].file: file for file in loaded.content.rules if file.groups}
    files: dict[str, RuleFile] = {}
    names: list[str] = []
    own = Findings()
    for text in named:
        paths = _paths(text, cwd)
        if not paths:
            names.append(text)
        for path in paths:
            key = shown(path, loaded.base)
            file = known.get(key) or _alone(path, cwd, interval, own)
            if file is not None:
                files[key] = file
    if own.errors:
        raise DocumentError(own.errors)
    _refuse_unknown(names, loaded)
    whole = frozenset(group.key for file in files.values() for group in file.groups)
    if names or not named:
        files = {**known, **files}

    def wanted(group: RuleGroup, rule: str) -> bool:
        return not named or group.key in whole or rule in names or group.name in names

    return Chosen(loaded=loaded, files=tuple(files.values()), wanted=wanted, mistakes=findings.errors)


def _paths(text: str, cwd: Path) -> Sequence[Path]:
    """The files that an argument names; a folder stands for the rule files in it."""
    path = cwd / text
    if path.is_dir():
        return [found for found in sorted(path.rglob("*")) if _holds_rules(found)]
    return expand(text, cwd) if is_pattern(text) or path.is_file() else ()


def _holds_rules(path: Path) -> bool:
    if path.suffix not in (".yaml", ".yml") or not path.is_file():
        return False
    try:
        return kind_of(read(text_of(path, path.name), path.name)) is Kind.RULES
    except DocumentError:
        return False


def _alone(path: Path, cwd: Path, interval: timedelta, findings: Findings) -> RuleFile | None:
    name = shown(path, cwd)
    return rule_file(path, name, name, RuleFiles(files=(name,), source="-", interval=interval), findings)


def _refuse_unknown(names: Sequence[str], loaded: Loaded) -> None:
    known = {rule.name for group in loaded.content.groups for rule in group.rules}
    known |= {group.name for group in loaded.content.groups}
    for name in names:
        if name not in known:
            raise NotFound(
                f"there is no file, rule or group called {name!r}{suggest(name, known)}",
                hint="name rule files, or rules and groups of the files that tocsin.yaml names",
            )
