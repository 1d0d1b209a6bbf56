"""Asks a metric source without a running Tocsin: one of tocsin.yaml by its name, or any Prometheus by its address."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from pydantic import SecretStr, ValidationError

from bot.app.connections import Connections
from bot.config import catalog
from bot.config.examine import Configured, Loaded
from bot.documents import suggest
from bot.errors import NotFound
from bot.kit.http_out import HttpOut
from bot.kit.redaction import Redactor
from bot.ports.metrics import MetricSource

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


@asynccontextmanager
async def opened(
    configured: Sequence[Configured], secrets: Sequence[SecretStr]
) -> AsyncIterator[Mapping[str, MetricSource]]:
    """These, ready to be asked, by their names; closed again at the end."""
    redactor = Redactor()
    for secret in secrets:
        redactor.add(secret.get_secret_value())
    async with HttpOut() as http:
        connections = Connections(_Clock(), http, redactor)
        await connections.become(configured)
        try:
            yield connections.sources
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
