"""What `tocsin doctor` finds out about a Splunk: reachable, version, permission, clock skew, its own complaints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from bot.errors import IntegrationError
from bot.integrations.splunk import answers
from bot.integrations.splunk.hec import Collector
from bot.integrations.splunk.rest import Rest
from bot.kit.clocks import clock, skew_of
from bot.kit.redaction import visible
from bot.ports.actions import Health
from bot.ports.clock import Clock

_SKEW = timedelta(seconds=5)
_SHOWN = 3
_GRAVE = ("error", "warn")


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """Asks one server a few small questions; zero writes, and no search."""

    rest: Rest
    clock: Clock
    events: Collector | None

    async def examine(self) -> Sequence[Health]:
        """What cannot be told for want of the one before is left out; the collector is a server of its own."""
        return [*await self._server(), *([await self.events.examine()] if self.events else [])]

    async def _server(self) -> Sequence[Health]:
        try:
            answer = await self.rest.get("/services/server/info")
            info = answers.entries(self._fields(answer.body), self._name)[0]["content"]
        except IndexError:
            return [_ill("reachable", answers.not_splunk(self._name))]
        except IntegrationError as error:
            return [_ill("reachable", error)]
        version = visible(str(info.get("version", "")))[:40]
        reachable = Health(what="reachable", ok=True, detail=f"{self.rest.access.url} answers", version=version)
        found = [reachable, await self._permission()]
        # the window of a search ends at the time we say; a server behind it has not indexed that far
        skew = skew_of(answer.headers.get("date"), self.clock.now())
        if skew is not None:
            found.append(clock(skew, allowed=_SKEW, because="searches end at the time that we send"))
        return [*found, *await self._messages()]

    async def _permission(self) -> Health:
        try:
            answer = await self.rest.get("/services/authentication/current-context")
            found = answers.entries(self._fields(answer.body), self._name)
            content = found[0]["content"] if found else {}
        except IntegrationError as error:
            return _ill("permission", error)
        who, able = visible(str(content.get("username", "?"))), content.get("capabilities")
        if isinstance(able, list) and "search" not in able:
            hint = "give Tocsin's role in Splunk the capability `search`, and the indexes it may read"
            return Health(what="permission", ok=False, detail=f"{who} may not search", hint=hint)
        return Health(what="permission", ok=True, detail=f"it lets {who} search")

    async def _messages(self) -> list[Health]:
        """What the server says of itself: a peer that is down, a licence that is over. Not everybody may read it."""
        try:
            answer = await self.rest.get("/services/messages", {"count": "0"})
            found = answers.entries(self._fields(answer.body), self._name)
        except IntegrationError:
            return []
        grave = [one["content"] for one in found if str(one["content"].get("severity", "")).lower() in _GRAVE]
        if not grave:
            return []
        said = "; ".join(self._text(content) for content in grave[:_SHOWN])
        more = f" (and {len(grave) - _SHOWN} more)" if len(grave) > _SHOWN else ""
        return [Health(what="messages", ok=False, detail=said + more, hint="see Messages in Splunk Web")]

    def _text(self, content: Mapping[str, Any]) -> str:
        return visible(self.rest.access.redactor.clean(str(content.get("message", ""))))[:200]

    def _fields(self, body: bytes) -> Mapping[str, Any]:
        return answers.fields(body, self._name)

    @property
    def _name(self) -> str:
        return self.rest.access.name


def _ill(what: str, error: IntegrationError) -> Health:
    return Health(what=what, ok=False, detail=error.message, hint=error.hint)
