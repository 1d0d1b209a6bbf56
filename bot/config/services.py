"""The service catalogue, read from the configuration and the files it names, and what is wrong in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path as File

from bot.alerts.routing import BY_ALL
from bot.config import escalations
from bot.config.content import Content, files_named
from bot.config.document import ConfigDocument
from bot.config.files import shown, text_of
from bot.config.findings import Findings
from bot.config.routes import tree
from bot.config.schema import Config
from bot.config.services_schema import ServiceEntry, ServicesFile, SloEntry
from bot.documents import Document, Path, read, suggest, validate
from bot.errors import DocumentError, Gravity
from bot.kit.plugin import Integration
from bot.model.rule import RuleGroup
from bot.model.service import Service, Slo
from bot.rules import promql, slo

Found = Iterator[tuple[Path, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """The services of each document; `files` are the names by which rules know the documents."""

    parts: tuple[tuple[Document, tuple[ServiceEntry, ...]], ...] = ()
    files: tuple[str, ...] = ()

    @property
    def services(self) -> Mapping[str, Service]:
        """By name, in the order they are written; of two with one name, the first."""
        made = {entry.name: _noun(entry) for _, entries in reversed(self.parts) for entry in reversed(entries)}
        return dict(reversed(made.items()))

    @property
    def groups(self) -> tuple[RuleGroup, ...]:
        """The rules that watch what they promise."""
        return tuple(
            group
            for file, (_, entries) in zip(self.files, self.parts, strict=True)
            for service in map(_noun, entries)
            for one in service.slos
            for group in slo.groups(service, one, file=file)
        )


def read_services(document: ConfigDocument, cwd: File, findings: Findings) -> Catalogue:
    """Everything under `services` and in `service_files`; what is wrong goes into `findings`."""
    parts = [(document.document, document.config.services)]
    files = [document.path.name if document.path else "services"]
    for path, _ in files_named(document, document.config.service_files, ("service_files",), findings):
        found = services_file(path, shown(path, cwd), findings)
        if found is not None:
            parts.append(found)
            files.append(shown(path, document.base))
    return Catalogue(parts=tuple(parts), files=tuple(files))


def services_file(path: File, name: str, findings: Findings) -> tuple[Document, tuple[ServiceEntry, ...]] | None:
    """One file of services; None when it has mistakes."""
    findings.files.setdefault(name)
    try:
        document = read(text_of(path, name), name)
        entries = validate(document, ServicesFile).services
    except DocumentError as error:
        findings.take(error)
        return None
    findings.blame(document, _expressions(entries))
    return document, entries


def check(
    catalogue: Catalogue,
    document: ConfigDocument,
    manifests: Mapping[str, Integration],
    content: Content,
    findings: Findings,
) -> None:
    """What is wrong between services, and between them and the rest. What has mistakes of its own is left out."""
    known = {entry.name: part.file for part, entries in reversed(catalogue.parts) for entry in entries}
    first: set[str] = set()
    for part, entries in catalogue.parts:
        findings.blame(part, _expressions(entries) if part is document.document else ())
        findings.blame(part, _twice(entries, first, known))
        if "integrations" not in document.broken:
            findings.blame(part, _sources(entries, document.config, manifests))
        if "escalations" not in document.broken:
            findings.blame(part, escalations.of_services(entries, document.config))
        if "runbooks" not in document.broken:
            findings.blame(part, _runbooks(entries, content))
        if not {"services", "service_files"} & document.broken:
            findings.blame(part, _unlisted(entries, known), gravity=Gravity.WARNING)


def unwise(config: Config) -> Found:
    """Labels to keep apart by which some route does not group."""
    routes = [tree(config)]
    while any(route.routes for route in routes):
        routes = [leaf for route in routes for leaf in (route.routes or (route,))]
    for index, name in enumerate(config.correlation.apart):
        if any(name not in route.group_by and route.group_by != BY_ALL for route in routes):
            message = f"not every route groups by {name!r}, and a group that may hold several stays alone"
            yield ("correlation", "apart", index), f"{message}; add it to `group_by`"


def _noun(entry: ServiceEntry) -> Service:
    noun = entry.noun
    return replace(noun, slos=tuple(replace(one, counted=slo.is_counted(one.total)) for one in noun.slos))


def _expressions(entries: Sequence[ServiceEntry]) -> Found:
    for path, entry in _slos(entries):
        for key, expr in (("good", entry.good), ("total", entry.total)):
            problem = promql.check(slo.over(expr, entry.window))
            if problem is not None:
                yield (*path, key), problem
                break
        else:
            yield from ((path, problem) for problem in _of_ratio(entry.noun) if problem)


def _of_ratio(promise: Slo) -> Iterator[str]:
    if promql.check(slo.bad_share(promise, promise.window)) is not None:
        yield "`good` and `total` do not make a ratio; write them as `sum(...)`, without comments"
    if not slo.groups(Service(name=""), promise, file=""):
        yield "no rule could watch this, because so much may fail; promise more, or for a shorter window"


def _twice(entries: Sequence[ServiceEntry], first: set[str], known: Mapping[str, str]) -> Found:
    for index, entry in enumerate(entries):
        if entry.name in first:
            yield ("services", index, "name"), f"there is another service {entry.name!r}, in {known[entry.name]}"
        first.add(entry.name)
        names = [one.name for one in entry.slo]
        for number, name in enumerate(names):
            if name in names[:number]:
                yield ("services", index, "slo", number, "name"), f"{entry.name} promises {name!r} already"


def _sources(entries: Sequence[ServiceEntry], config: Config, manifests: Mapping[str, Integration]) -> Found:
    able = [name for name, manifest in manifests.items() if "metrics" in manifest.provides]
    for path, entry in _slos(entries):
        if entry.source not in config.integrations:
            near = suggest(entry.source, able) or "; name one of `integrations` that answers PromQL"
            yield (*path, "source"), f"no integration is called {entry.source!r}{near}"
        elif entry.source in manifests and entry.source not in able:
            yield (*path, "source"), f"{entry.source!r} ({manifests[entry.source].name}) answers no PromQL"


def _runbooks(entries: Sequence[ServiceEntry], content: Content) -> Found:
    known = {*content.by_name, *content.unsound}
    for index, entry in enumerate(entries):
        for number, name in enumerate(entry.runbooks):
            if not name.startswith(("http://", "https://")) and name not in known:
                near = suggest(name, known) or "; name its file under `runbooks` in tocsin.yaml"
                yield ("services", index, "runbooks", number), f"no runbook is called {name!r}{near}"


def _unlisted(entries: Sequence[ServiceEntry], known: Mapping[str, str]) -> Found:
    for index, entry in enumerate(entries):
        for number, name in enumerate(entry.dependencies):
            if name not in known:
                near = suggest(name, known) or "; list it, so that it is known whose it is"
                yield ("services", index, "dependencies", number), f"no service is called {name!r}{near}"


def _slos(entries: Sequence[ServiceEntry]) -> Iterator[tuple[Path, SloEntry]]:
    for index, entry in enumerate(entries):
        for number, one in enumerate(entry.slo):
            yield ("services", index, "slo", number), one
