"""What `tocsin doctor` finds out about an Alertmanager: reachable, version, clock skew."""

from __future__ import annotations

import email.utils
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, timedelta

from bot.errors import IntegrationError
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
        return [reachable, *self._clock(answer.headers.get("date"))]

    def _clock(self, date: str | None) -> list[Health]:
        """An alert is over when its end has passed by the Alertmanager's own clock, which therefore matters."""
        try:
            theirs = email.utils.parsedate_to_datetime(date or "")
        except ValueError:
            return []
        skew = theirs.replace(tzinfo=theirs.tzinfo or UTC) - self.clock.now()
        off = abs(skew) > _SKEW
        detail = f"its clock is {abs(skew).total_seconds():.0f} s {'ahead of' if skew > _NONE else 'behind'} ours"
        hint = "let both machines keep time by NTP: alerts end by its clock" if off else ""
        return [Health(what="clock", ok=not off, detail=detail, hint=hint, skew=skew)]


_NONE = timedelta(0)


def _version(answer: HttpAnswer) -> str:
    status = answer.json()
    info = status.get("versionInfo") if isinstance(status, dict) else None
    return str(info.get("version", "")) if isinstance(info, dict) else ""
