"""Goes through a configuration and everything it names, and finds every mistake of every file.

It reads in this order: the configuration, its integrations, rules, runbooks; then the references between them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel, SecretStr

from bot.config import catalog, references, routes
from bot.config.content import Content, read_content
from bot.config.document import ConfigDocument, compose
from bot.config.findings import Findings
from bot.config.schema import Config, is_loopback
from bot.config.values import Stamp
from bot.documents import Path as Place
from bot.documents import validate
from bot.errors import Complaint, DocumentError, Gravity, NotFound, StartError
from bot.kit.plugin import Integration
from bot.model.actor import Person
from bot.model.setup import Setup


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
    _blame(document, findings, _unwise(document.config), Gravity.WARNING)
    content = read_content(document, cwd, findings)
    references.in_content(document, manifests, content, findings)
    _settle_up(document, findings, secrets_needed=secrets_needed)
    return Loaded(
        path=document.path,
        base=document.base,
        config=document.config,
        setup=_setup(document.config, content),
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


def _unwise(config: Config) -> Iterator[tuple[Place, str]]:
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


def _setup(config: Config, content: Content) -> Setup:
    return Setup(
        groups=content.groups,
        route=routes.tree(config),
        receivers=routes.receivers(config),
        runbooks=content.by_name,
        log_looks=tuple(look.noun for look in config.evidence.logs),
        people={
            one.name: Person(name=one.name, email=one.email, chat=dict(one.chat), roles=one.roles)
            for one in config.people
        },
        time_zone=config.time_zone,
        public_url=config.http.public_url,
    )
