"""What `tocsin doctor` finds out about a Prometheus: reachable, version, permission to query, clock skew."""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from bot.errors import IntegrationError, Permanent
from bot.integrations.prometheus import answers
from bot.kit.clocks import clock
from bot.kit.http_out import HttpAnswer, HttpOut
from bot.kit.way_in import Access
from bot.ports.actions import Health
from bot.ports.clock import Clock

_SKEW = timedelta(seconds=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """Asks one server a few small questions; zero writes."""

    access: Access
    http: HttpOut
    clock: Clock

    async def examine(self) -> Sequence[Health]:
        """Reachable, permission, clock; what cannot be told for want of the one before is left out."""
        try:
            tls = self.access.context()
            reachable = await self._reachable(tls)
        except IntegrationError as error:
            return [Health(what="reachable", ok=False, detail=error.message, hint=error.hint)]
        try:
            return [reachable, *await self._clock(tls)]
        except IntegrationError as error:
            return [reachable, Health(what="permission", ok=False, detail=error.message, hint=error.hint)]

    async def _reachable(self, tls: ssl.SSLContext | None) -> Health:
        try:
            answer = await self._get("/api/v1/status/buildinfo", tls)
        except Permanent as error:
            if error.reason == "client":  # some that speak this API have no build information
                return Health(
                    what="reachable", ok=True, detail=f"{self.access.url} answers, and does not say what it is"
                )
            raise
        return Health(
            what="reachable", ok=True, detail=f"{self.access.url} answers", version=answers.version(answer.body)
        )

    async def _clock(self, tls: ssl.SSLContext | None) -> list[Health]:
        before = self.clock.now()
        answer = await self._get("/api/v1/query?query=time()", tls)
        after = self.clock.now()
        theirs = answers.clock(answer.body, self.access.name)
        permission = Health(what="permission", ok=True, detail="it lets Tocsin query")
        skew = theirs - (before + (after - before) / 2)
        allowed = max(_SKEW, after - before)
        return [permission, clock(skew, allowed=allowed, because="rules are evaluated at our time")]

    async def _get(self, path: str, tls: ssl.SSLContext | None) -> HttpAnswer:
        return await self.http.request(
            "GET",
            self.access.url + path,
            integration=self.access.name,
            headers=self.access.headers,
            deadline=self.access.timeout,
            tls=tls,
        )
