"""The rule files and runbooks that a configuration names, read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from bot.config.document import ConfigDocument
from bot.config.files import expand, is_pattern, shown, text_of, whole
from bot.config.findings import Findings
from bot.config.kinds import Kind, is_conf, kind_of_text
from bot.config.schema import RuleFiles
from bot.config.searches import NO_SEARCHES, layers_of, read_searches
from bot.documents import Document, read
from bot.documents import Path as Place
from bot.errors import DocumentError, Gravity
from bot.model.rule import RuleGroup
from bot.model.runbook import Runbook
from bot.rules.spec import groups as read_groups
from bot.runbooks.sound_parts import more
from bot.runbooks.spec import Unsound, of_document


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleFile:
    """One rule file and its groups, in the file's order, or the saved searches of one app, each a group of its own.

    The document's `file` is how the file is shown to people. `named` is where the configuration names it.
    """

    document: Document
    groups: tuple[RuleGroup, ...]
    searches: bool = False
    named: Place = ()

    def place(self, *path: str | int) -> Place:
        """Where a group, by its number, or something of it stands in the document; without a number, all of it."""
        if not self.searches:
            return ("groups", *path)
        return (f"[{self.groups[int(path[0])].name}]",) if path else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunbookFile:
    """One runbook file; `broken` are its parts with mistakes, of which no more is said, and which it is without."""

    document: Document
    runbook: Runbook
    broken: frozenset[Place] = frozenset()

    def blame(
        self, found: Iterable[tuple[Place, str]], findings: Findings, *, gravity: Gravity = Gravity.ERROR
    ) -> None:
        """Keeps what was found of its other parts."""
        findings.blame(self.document, more(found, self.broken), gravity=gravity)


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """All rules and runbooks that could be read."""

    rules: tuple[RuleFile, ...] = ()
    runbooks: tuple[RunbookFile, ...] = ()
    partly: tuple[RunbookFile, ...] = ()
    """Runbooks with mistakes of which the rest can be understood; not to be run."""
    unsound: frozenset[str] = frozenset()
    """The names of runbooks that are there, but have mistakes."""

    @property
    def groups(self) -> tuple[RuleGroup, ...]:
        """Every group of every file."""
        return tuple(group for file in self.rules for group in file.groups)

    @property
    def by_name(self) -> Mapping[str, Runbook]:
        """The runbooks; of two with one name, the first."""
        return {file.runbook.name: file.runbook for file in reversed(self.runbooks)}


def read_content(document: ConfigDocument, cwd: Path, findings: Findings) -> Content:
    """Everything under `rules` and `runbooks`; what is wrong goes into `findings`, what is sound is returned."""
    rules = tuple(_rules(document, cwd, findings))
    runbooks = tuple(_runbooks(document, cwd, findings))
    understood = tuple(file for file in runbooks if isinstance(file, RunbookFile))
    sound = tuple(file for file in understood if not file.broken)
    partly = tuple(file for file in understood if file.broken)
    unsound = [*(one for one in runbooks if isinstance(one, str)), *(file.runbook.name for file in partly)]
    return Content(rules=rules, runbooks=sound, partly=partly, unsound=frozenset(unsound))


def rule_file(
    path: Path, name: str, key: str, entry: RuleFiles, findings: Findings, *, time_zone: str = "UTC"
) -> RuleFile | None:
    """One rule file, shown as `name` and known to the rules as `key`; None when it has mistakes.

    Of saved searches it is the sound ones of the app, seen in `time_zone` where the entry names no other.
    """
    text = _text(path, name, findings)
    if text is not None and is_conf(text):
        if "=" in text and kind_of_text(text, name) is not Kind.SEARCHES:
            findings.add(whole(name, NO_SEARCHES))
            return None
        return _search_file(path, name, key, entry, time_zone, findings)
    document = _document(text, name, Kind.RULES, findings)
    if document is None:
        return None
    try:
        groups = read_groups(replace(document, file=key), source=entry.source, default_interval=entry.interval)
    except DocumentError as error:
        findings.take(error, file=name)
        return None
    findings.rules[name] = sum(len(group.rules) for group in groups)
    return RuleFile(document=document, groups=tuple(map(entry.applied, groups)))


def runbook_file(path: Path, name: str, findings: Findings) -> RunbookFile | str:
    """One runbook, perhaps with broken parts; where it cannot be understood, what it is called, if that can be seen."""
    document = _document(_text(path, name, findings), name, Kind.RUNBOOK, findings)
    if document is None:
        return ""
    try:
        runbook = of_document(document)
    except Unsound as error:
        findings.take(error)
        if error.runbook is not None:
            return RunbookFile(document=error.document, runbook=error.runbook, broken=error.broken)
        return str(document.value.get("runbook", "")) if isinstance(document.value, dict) else ""
    findings.runbooks.add(name)
    return RunbookFile(document=document, runbook=runbook)


def _search_file(path: Path, name: str, key: str, entry: RuleFiles, time_zone: str, findings: Findings) -> RuleFile:
    layers = tuple((layer, _beside(name, path, layer)) for layer in layers_of(path))
    before = len(findings.errors)
    document, groups = read_searches(layers, _beside(key, path, layers[0][0]), entry, time_zone, findings)
    if len(findings.errors) == before:
        findings.rules[document.file] = len(groups)
    return RuleFile(document=document, groups=tuple(map(entry.applied, groups)), searches=True)


def _beside(name: str, path: Path, other: Path) -> str:
    """What a file of the same app is called by those who call `path` by this name."""
    return name if other == path else (Path(name).parent.parent / other.parent.name / other.name).as_posix()


def _text(path: Path, name: str, findings: Findings) -> str | None:
    """The file's text; None, and a complaint, when it cannot be read."""
    findings.files.setdefault(name)
    try:
        return text_of(path, name)
    except DocumentError as error:
        findings.take(error)
        return None


def _document(text: str | None, name: str, wanted: Kind, findings: Findings) -> Document | None:
    """The text as a document; None, and a complaint, when it is none or plainly of another kind."""
    if text is None:
        return None
    try:
        kind = kind_of_text(text, name)
        document = None if is_conf(text) else read(text, name)
    except DocumentError as error:
        findings.take(error)
        return None
    if document is None or kind not in (wanted, Kind.UNKNOWN):
        findings.add(whole(name, f"this is a {kind} file; a {wanted} file is expected here"))
        return None
    return document


def _rules(document: ConfigDocument, cwd: Path, findings: Findings) -> Iterator[RuleFile]:
    first: dict[Path, int] = {}
    base = document.base
    for index, entry in enumerate(document.config.rules):
        for path, place in files_named(document, entry.files, ("rules", index, "files"), findings):
            if path in first:  # in this entry too, as another layer of an app
                if first[path] != index:
                    message = f"{shown(path, base)} is already named by rules[{first[path]}]; name it once"
                    findings.add(document.complaint(place, message))
                continue
            first[path] = index
            # a group's slots hang on how its file is named in the configuration, as in Prometheus
            named = str(path) if Path(entry.files[int(place[-1])]).is_absolute() else shown(path, base)
            zone = document.config.time_zone
            file = rule_file(path, shown(path, cwd), named, entry, findings, time_zone=zone)
            if file is None:
                continue
            if file.searches:
                first |= dict.fromkeys(layers_of(path), index)
            yield replace(file, named=place)


def _runbooks(document: ConfigDocument, cwd: Path, findings: Findings) -> Iterator[RunbookFile | str]:
    names: dict[str, str] = {}
    for path, _ in files_named(document, document.config.runbooks, ("runbooks",), findings):
        file = runbook_file(path, shown(path, cwd), findings)
        if isinstance(file, str):
            yield file
            continue
        first = names.setdefault(file.runbook.name, file.document.file)
        if first != file.document.file:
            message = f"{first} has a runbook {file.runbook.name!r} too; give one of them another name"
            findings.add(file.document.complaint(("runbook",), message))
            continue
        yield file


def files_named(
    document: ConfigDocument, patterns: tuple[str, ...], place: Place, findings: Findings
) -> Iterator[tuple[Path, Place]]:
    """The files that patterns name, each once, and where. In vain, a pattern is a warning, a name a mistake."""
    seen: set[Path] = set()
    base = document.base
    for index, pattern in enumerate(patterns):
        found = expand(pattern, base)
        if not found:
            hint = f"; name the files in it: {pattern.rstrip('/')}/*.yaml" if (base / pattern).is_dir() else ""
            message = f"no file fits {pattern!r} in {base}{hint}"
            gravity = Gravity.WARNING if is_pattern(pattern) else Gravity.ERROR
            findings.add(document.complaint((*place, index), message, gravity=gravity))
        for path in found:
            if path not in seen:
                seen.add(path)
                yield path, (*place, index)
