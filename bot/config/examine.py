"""Goes through a configuration and everything it names, and finds every mistake of every file.

It reads in this order: the configuration, its integrations, rules, runbooks; then the references between them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel, SecretStr

from bot.config import automation, catalog, escalations, oncall, practice, references, routes, services, times, updates
from bot.config.content import Content, read_content
from bot.config.document import ConfigDocument, compose
from bot.config.findings import Findings
from bot.config.schema import Config, is_loopback
from bot.config.services import Catalogue
from bot.config.values import Stamp
from bot.documents import Path as Place
from bot.documents import validate
from bot.errors import Complaint, DocumentError, Gravity, NotFound, StartError
from bot.kit.plugin import Integration
from bot.model.setup import Setup
from bot.ports.alert_hook import AlertHook


@dataclass(frozen=True, slots=True, kw_only=True)
class Configured:
    """An integration as `integrations:` in tocsin.yaml sets it up; equal ones need not be opened anew on reload."""

    name: str
    integration: Integration
    config: BaseModel


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """All that the documents say. `path` is None on the embedded defaults; `base` is where relative paths start.

    `secret_files` are the files secrets came from, with their stamps when read (None: the file was not there).
    """

    path: Path | None
    base: Path
    config: Config
    setup: Setup
    content: Content
    integrations: tuple[Configured, ...]
    manifests: Mapping[str, Integration]
    """What each of `integrations:` uses; also of those whose own keys have mistakes."""
    secrets: tuple[SecretStr, ...]
    secret_files: Mapping[Path, Stamp | None]
    warnings: tuple[Complaint, ...] = ()


def examine(
    path: Path | None, env: Mapping[str, str], cwd: Path, *, findings: Findings, secrets_needed: bool = True
) -> Loaded:
    """What the documents say, as far as they are sound; what is wrong goes into `findings`.

    Without `secrets_needed` a secret that is not there is a warning: a check often runs where no secrets are.
    Raises StartError when the file itself is not there.
    """
    document = compose(path, env, cwd, findings)
    manifests = _manifests(document, findings)
    configured = _configured(document, manifests, findings)
    _blame(document, findings, references.in_config(document, manifests))
    _blame(document, findings, _unsafe(document))
    _blame(document, findings, _unheard(document.config, configured))
    _blame(document, findings, _unwise(document.config), Gravity.WARNING)
    _blame(document, findings, automation.unwise(document.config), Gravity.WARNING)
    content = read_content(document, cwd, findings)
    references.in_content(document, manifests, content, findings)
    catalogue = services.read_services(document, cwd, findings)
    services.check(catalogue, document, manifests, content, findings)
    named = [service.escalation for service in catalogue.services.values()]
    _blame(document, findings, escalations.unwise(document.config, named), Gravity.WARNING)
    if "runbooks" not in document.broken:
        _blame(document, findings, automation.unknown_runbooks(document.config, content.by_name))
    _settle_up(document, findings, secrets_needed=secrets_needed)
    return Loaded(
        path=document.path,
        base=document.base,
        config=document.config,
        setup=_setup(document.config, content, catalogue),
        content=content,
        integrations=configured,
        manifests=manifests,
        secrets=tuple(_secrets(document)),
        secret_files=dict(document.values.files),
        warnings=findings.warnings,
    )


def _manifests(document: ConfigDocument, findings: Findings) -> dict[str, Integration]:
    """The manifest of each integration that is configured, by the configuration's name for it."""
    found: dict[str, Integration] = {}
    for name, entry in document.config.integrations.items():
        try:
            found[name] = catalog.find(entry.use)
        except (NotFound, StartError) as error:
            message = f"{error.message}; {error.hint}" if "did you mean" not in error.message else error.message
            findings.add(document.complaint(("integrations", name, "use"), message))
    return found


def _configured(
    document: ConfigDocument, manifests: Mapping[str, Integration], findings: Findings
) -> tuple[Configured, ...]:
    made: list[Configured] = []
    for name, manifest in manifests.items():
        place: Place = ("integrations", name)
        own = dict(document.config.integrations[name].model_extra or {})
        absent = {one for one, _ in (*document.values.missing, *document.values.wrong)}
        settled = document.values.settle(own, manifest.config, place)
        stand_ins = {one for one, _ in (*document.values.missing, *document.values.wrong)} - absent
        part = replace(document.document, value={"integrations": {name: settled}}, complaints=())
        try:
            config = validate(part, manifest.config, path=place)
        except DocumentError as error:
            _take_unless(error, {document.complaint(one, "").path for one in stand_ins}, findings)
            continue
        made.append(Configured(name=name, integration=manifest, config=config))
    return tuple(made)


def _take_unless(error: DocumentError, stand_ins: set[str], findings: Findings) -> None:
    """Keeps complaints, except those about the form of a secret that is not there."""
    for complaint in error.complaints:
        if complaint.path not in stand_ins:
            findings.add(complaint)


def _settle_up(document: ConfigDocument, findings: Findings, *, secrets_needed: bool) -> None:
    for place, message in document.values.wrong:
        findings.add(document.complaint(place, message))
    for place, message in document.values.missing:
        gravity = Gravity.ERROR if secrets_needed else Gravity.WARNING
        findings.add(document.complaint(place, message, gravity=gravity))


def _blame(
    document: ConfigDocument,
    findings: Findings,
    found: Iterator[tuple[Place, str]],
    gravity: Gravity = Gravity.ERROR,
) -> None:
    for place, message in found:
        findings.add(document.complaint(place, message, gravity=gravity))


def _unsafe(document: ConfigDocument) -> Iterator[tuple[Place, str]]:
    config = document.config
    if urlsplit(config.store.url).password and "store.url" not in document.overridden:
        yield (
            ("store", "url"),
            "a password is never written here itself; write `password: {env: NAME}` beside it",
        )
    if is_loopback(config.http.host) or "people" in document.broken:
        return
    if not any(person.token for person in config.people):
        yield (
            ("http", "listen"),
            f"{config.http.listen} can be reached from other machines, and nobody has a token; listen on 127.0.0.1,"
            " or give somebody in `people` a `token: {env: NAME}`",
        )


def _unheard(config: Config, configured: tuple[Configured, ...]) -> Iterator[tuple[Place, str]]:
    """Integrations that do nothing but listen, and would believe nobody."""
    for one in configured:
        reads = one.integration.reads
        hook = reads(one.config, one.name) if reads and _only_listens(one) else None
        if isinstance(hook, AlertHook) and hook.proof is None and config.integrations[one.name].hook_secret is None:
            message = "nobody who posts here could be believed; write `hook_secret: {env: NAME}`, or how it signs"
            yield ("integrations", one.name), message


def _only_listens(one: Configured) -> bool:
    """Whether it does nothing else; one that could page needs a key for that."""
    provides = one.integration.provides
    can_page = "pager" in provides and getattr(one.config, "api_key", None) is not None
    return not can_page and provides <= {"hook", "pager", "mirror"}


def _unwise(config: Config) -> Iterator[tuple[Place, str]]:
    yield from routes.unwise(config)
    yield from times.unwise(config)
    yield from services.unwise(config)
    yield from oncall.unwise(config, datetime.now(UTC))
    if not is_loopback(config.http.host) and not config.http.public_url:
        yield ("http",), "links will lead to this machine only; set `public_url` to the address people use"


def _secrets(document: ConfigDocument) -> Iterator[SecretStr]:
    """Every secret that was read, and those the environment set directly."""
    yield from document.values.secrets
    store = document.config.store
    if store.password is not None:
        yield store.password
    inside = urlsplit(store.url).password
    if inside:
        yield SecretStr(unquote(inside))


def _setup(config: Config, content: Content, catalogue: Catalogue) -> Setup:
    return Setup(
        groups=(*content.groups, *catalogue.groups),
        route=routes.tree(config),
        receivers=routes.receivers(config),
        inhibit_rules=tuple(entry.noun for entry in config.inhibit_rules),
        time_intervals=times.intervals(config),
        maintenance=times.maintenance(config),
        field_maps=tuple(entry.noun for entry in config.mapping),
        deadmen=tuple(entry.noun for entry in config.deadmen),
        life_sign=config.deadman.noun if config.deadman else None,
        resolve_timeout=config.resolve_timeout,
        runbooks=content.by_name,
        log_looks=tuple(look.noun for look in config.evidence.logs),
        services=catalogue.services,
        correlation=config.correlation.noun,
        people={one.name: one.noun for one in config.people},
        escalations=escalations.escalations(config),
        default_escalation=config.default_escalation,
        bundle_pages=config.bundle_pages,
        schedules=oncall.schedules(config),
        severities=practice.severities(config),
        roles=practice.roles(config),
        readers=updates.readers(config),
        custom_fields=practice.custom_fields(config),
        automation=config.automation.noun,
        time_zone=config.time_zone,
        public_url=config.http.public_url,
    )
