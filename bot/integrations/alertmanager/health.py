"""What `tocsin doctor` finds out about an Alertmanager: reachable, version, clock skew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from bot.errors import IntegrationError
from bot.kit.clocks import clock, skew_of
from bot.kit.http_out import HttpAnswer, HttpOut
from bot.kit.way_in import Access
from bot.ports.actions import Health
from bot.ports.clock import Clock

_SKEW = timedelta(seconds=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """Asks for its status; tells it nothing."""

    access: Access
    http: HttpOut
    clock: Clock

    async def examine(self) -> Sequence[Health]:
        """Reachable, with its version; then its clock, where its answer says the time."""
        try:
            answer = await self.http.request(
                "GET",
                f"{self.access.url}/api/v2/status",
                integration=self.access.name,
                headers=self.access.headers,
                deadline=self.access.timeout,
                tls=self.access.context(),
            )
            version = _version(answer)
        except IntegrationError as error:
            return [Health(what="reachable", ok=False, detail=error.message, hint=error.hint)]
        reachable = Health(what="reachable", ok=True, detail=f"{self.access.url} answers", version=version)
        # an alert is over when its end has passed by the Alertmanager's own clock, which therefore matters
        skew = skew_of(answer.headers.get("date"), self.clock.now())
        return (
            [reachable] if skew is None else [reachable, clock(skew, allowed=_SKEW, because="alerts end by its clock")]
        )


def _version(answer: HttpAnswer) -> str:
    status = answer.json()
    info = status.get("versionInfo") if isinstance(status, dict) else None
    return str(info.get("version", "")) if isinstance(info, dict) else ""
