"""Tells Sentry of Tocsin's own faults: the one home of sentry_sdk, which is loaded only where a DSN is configured.

Whatever is logged as an error becomes an event. No personal data, no local variables, no request bodies, no source
lines are sent, and every known secret is taken out of what is left.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pydantic import SecretStr

from bot import __version__
from bot.errors import IntegrationError, Permanent
from bot.kit.plugin import Tools
from bot.ports.actions import Health

if TYPE_CHECKING:
    from sentry_sdk.types import Event, Hint

_FLUSH = 2.0  # seconds


class SentryReporter:
    """Reports between `start` and `stop`."""

    def __init__(self, dsn: SecretStr, environment: str, tools: Tools) -> None:
        self._dsn = dsn
        self._environment = environment
        self._tools = tools

    def start(self) -> None:
        """Loads the library, which takes half a second, and begins to listen to the log. Does no network I/O."""
        import sentry_sdk
        from sentry_sdk.integrations.dedupe import DedupeIntegration
        from sentry_sdk.integrations.logging import LoggingIntegration

        sentry_sdk.init(
            dsn=self._dsn.get_secret_value(),
            release=f"tocsin@{__version__}",
            environment=self._environment,
            default_integrations=False,
            auto_enabling_integrations=False,
            integrations=[LoggingIntegration(), DedupeIntegration()],
            include_local_variables=False,  # personal data is off by default; saying so is deprecated
            include_source_context=False,
            max_request_body_size="never",
            before_send=self._clean,
            shutdown_timeout=_FLUSH,
        )

    def stop(self) -> None:
        """Sends what is waiting, for at most two seconds, and stops listening. Blocks."""
        import sentry_sdk

        sentry_sdk.get_client().close(timeout=_FLUSH)
        sentry_sdk.get_global_scope().set_client(None)

    async def examine(self) -> Sequence[Health]:
        """Whether its host answers. An event is not sent: a doctor should not ring the bell."""
        parts = urlsplit(self._dsn.get_secret_value())
        host = f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)
        try:
            await self._tools.http.request("GET", f"{parts.scheme}://{host}/", integration=self._tools.name)
        except Permanent:
            pass  # it answers; what it thinks of this page does not matter
        except IntegrationError as error:
            return [Health(what="reachable", ok=False, detail=error.message, hint=error.hint)]
        return [Health(what="reachable", ok=True, detail=f"{host} answers")]

    def _clean(self, event: Event, hint: Hint) -> Event | None:
        cleaned: Event = self._tools.redactor.clean_tree(event)
        return cleaned
