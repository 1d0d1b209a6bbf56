"""Asks a source without a running Tocsin: one of tocsin.yaml by its name, or any Prometheus by its address."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from pydantic import SecretStr, ValidationError

from bot.app.connections import Connections
from bot.config import catalog
from bot.config.examine import Configured, Loaded
from bot.documents import suggest
from bot.errors import Complaint, DocumentError, NotFound
from bot.kit.http_out import HttpOut
from bot.kit.redaction import Redactor
from bot.model.kept_search import KeptSearch
from bot.ports.metrics import MetricSource
from bot.ports.searches import SearchSource

_SCHEMES = ("http://", "https://")


class _Clock:
    def now(self) -> datetime:
        return datetime.now(UTC)


def wanted(name: str, loaded: Loaded) -> Configured:
    """The integration that `--source` names; NotFound when none is called so, or what it names is no address."""
    if name.startswith(_SCHEMES):
        return _at(name)
    found = {one.name: one for one in loaded.integrations if "metrics" in one.integration.provides}
    if name not in found:
        known = f"there are: {', '.join(found)}" if found else "tocsin.yaml has none"
        raise NotFound(
            f"no source is called {name!r}{suggest(name, found)}",
            hint=f"{known}; or write an address: --source http://prometheus:9090",
        )
    return found[name]


def keeper(name: str, loaded: Loaded, mistakes: Sequence[Complaint]) -> Configured:
    """The integration whose saved searches are meant: the one of this name, or without a name the only one there is.

    DocumentError where one that may be meant has mistakes.
    """
    wrong = [one for one in mistakes if one.path.startswith(f"integrations.{name}")]
    if wrong:
        raise DocumentError(wrong)
    found = {one.name: one for one in loaded.integrations if "saved" in one.integration.provides}
    if not found:
        hint = "set it up under `integrations:` in tocsin.yaml: `splunk: {use: splunk, url: ..., ...}`"
        raise NotFound("tocsin.yaml has no server that keeps saved searches", hint=hint)
    if not name and len(found) > 1:
        raise NotFound("there are several servers that keep saved searches", hint=f"--source {' | '.join(found)}")
    if name and name not in found:
        raise NotFound(f"no source is called {name!r}{suggest(name, found)}", hint=f"there are: {', '.join(found)}")
    return found[name] if name else next(iter(found.values()))


def runner(name: str, loaded: Loaded) -> Configured:
    """The integration of this name that runs saved searches; NotFound when none is called so."""
    found = {one.name: one for one in loaded.integrations if "searches" in one.integration.provides}
    if name not in found:
        known = f"there are: {', '.join(found)}" if found else "tocsin.yaml has none"
        raise NotFound(f"no source that runs searches is called {name!r}{suggest(name, found)}", hint=known)
    return found[name]


@asynccontextmanager
async def testable(
    configured: Sequence[Configured], secrets: Sequence[SecretStr]
) -> AsyncIterator[tuple[Mapping[str, MetricSource], Mapping[str, SearchSource]]]:
    """These, ready to be asked: those that answer PromQL, and those that run searches."""
    async with _connected(configured, secrets) as connections:
        yield connections.sources, connections.searches


@asynccontextmanager
async def opened(
    configured: Sequence[Configured], secrets: Sequence[SecretStr]
) -> AsyncIterator[Mapping[str, MetricSource]]:
    """These, ready to be asked, by their names; closed again at the end."""
    async with _connected(configured, secrets) as connections:
        yield connections.sources


async def saved(configured: Configured, secrets: Sequence[SecretStr], app: str, owner: str) -> Sequence[KeptSearch]:
    """The saved searches that one keeps. Raises Temporary and Permanent."""
    async with _connected([configured], secrets) as connections:
        return await connections.saved[configured.name].saved(app, owner)


@asynccontextmanager
async def _connected(configured: Sequence[Configured], secrets: Sequence[SecretStr]) -> AsyncIterator[Connections]:
    redactor = Redactor()
    for secret in secrets:
        redactor.add(secret.get_secret_value())
    async with HttpOut() as http:
        connections = Connections(_Clock(), http, redactor)
        await connections.become(configured)
        try:
            yield connections
        finally:
            await connections.close()


def _at(address: str) -> Configured:
    manifest = catalog.find("prometheus")
    try:
        config = manifest.config.model_validate({"url": address, "timeout": "30s"})
    except ValidationError as error:
        message = str(error.errors()[0].get("ctx", {}).get("error", "not an address"))
        raise NotFound(f"--source: {message}", hint="or name a source of tocsin.yaml") from None
    return Configured(name=address, integration=manifest, config=config)
