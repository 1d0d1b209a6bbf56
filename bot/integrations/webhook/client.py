"""Who posts to one address: a few at a time, and none for a while after it did not answer."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Mapping, Sequence
from datetime import datetime

from pydantic import SecretStr

from bot import __version__
from bot.errors import IntegrationError, Temporary
from bot.integrations.webhook.body import body
from bot.integrations.webhook.people import message_body, page_body
from bot.kit.http_out import HttpOut
from bot.kit.way_in import Access
from bot.model.page import Call, Message
from bot.model.told_group import ToldGroup
from bot.ports.actions import Health

_log = logging.getLogger(__name__)

AT_ONCE = 8
_PATIENCE_S = 1.0
FIRST_REST_S, LONGEST_REST_S = 1.0, 60.0
_AWAY = frozenset({"connection", "timeout", "rate_limited"})
"""Failures that say something of the address, not of the one message."""
_AGENT = f"tocsin/{__version__}"


class Webhook:
    """A `Notifier`, `Pager`, `Messenger` and `Watcher`. Who had a message may know it by its `Idempotency-Key`.

    Nobody waits for an address that is slow or away: it refuses at once while all its places are taken, and is left
    alone after it did not answer, twice as long each time.
    """

    def __init__(self, access: Access, http: HttpOut, secret_path: SecretStr | None = None) -> None:
        self._access = access
        self._http = http
        self._url = access.url + (secret_path.get_secret_value().strip() if secret_path else "")
        self._places = asyncio.Semaphore(AT_ONCE)
        self._rest_s = FIRST_REST_S
        self._rests_until = 0.0

    async def tell(self, telling: ToldGroup) -> None:
        """See `Notifier`."""
        await self._deliver(body(telling), telling.id)

    async def send(self, message: Message) -> None:
        """See `Messenger`."""
        await self._deliver(message_body(message), message.id)

    async def page(self, call: Call) -> str:
        """See `Pager`. It stands in no line: whoever is woken does not wait for those who only read."""
        await self._try(page_body(call), f"{call.key}/{call.page}")
        return ""

    async def examine(self) -> Sequence[Health]:
        """Whether anybody answers there. No message is sent to find out, so a wrong password is not found out."""
        try:
            await self._http.request(
                "OPTIONS",
                self._url,
                integration=self._access.name,
                headers={**self._access.headers, "user-agent": _AGENT},
                deadline=self._access.timeout,
                tls=self._access.context(),
            )
        except IntegrationError as error:
            if error.reason not in ("client", "server"):
                return [Health(what="reachable", ok=False, detail=error.message, hint=error.hint)]
        return [Health(what="reachable", ok=True, detail=f"{self._access.url} answers")]

    async def lives(self, at: datetime) -> None:
        """See `Watcher`."""
        await self._post(json.dumps({"alive": "tocsin", "at": at.isoformat()}).encode(), {})

    async def _deliver(self, content: bytes, key: str) -> None:
        self._refuse_while_it_rests()
        await self._take_a_place()
        try:
            await self._try(content, key)
        finally:
            self._places.release()

    async def _try(self, content: bytes, key: str) -> None:
        """Posts it, unless the address rests; whoever did not answer rests from now on."""
        self._refuse_while_it_rests()
        try:
            await self._post(content, {"idempotency-key": key})
        except Temporary as error:
            if error.reason in _AWAY or error.retry_after is not None:
                self._leave_alone(error)
            raise
        self._is_well()

    async def _post(self, content: bytes, headers: Mapping[str, str]) -> None:
        access = self._access
        await self._http.request(
            "POST",
            self._url,
            integration=access.name,
            headers={**access.headers, "content-type": "application/json", "user-agent": _AGENT, **headers},
            content=content,
            deadline=access.timeout,
            repeatable=True,
            tls=access.context(),
        )

    async def _take_a_place(self) -> None:
        try:
            async with asyncio.timeout(_PATIENCE_S):
                await self._places.acquire()
        except TimeoutError:
            name = self._access.name
            message = f"{name} has {AT_ONCE} messages to answer already"
            raise Temporary(message, integration=name, reason="rate_limited", retry_after=2 * _PATIENCE_S) from None

    def _refuse_while_it_rests(self) -> None:
        left = self._rests_until - _now()
        if left > 0:
            name = self._access.name
            message = f"{name} did not answer a moment ago and is left alone for {left:.1f} s"
            raise Temporary(message, integration=name, reason="connection", retry_after=left)

    def _leave_alone(self, error: Temporary) -> None:
        """Those that were under way at once count as one failure, and so does who comes while it rests."""
        if _now() < self._rests_until:
            return
        if self._rest_s == FIRST_REST_S:
            _log.warning("%s is not told at the moment: %s; %s", self._access.name, error, error.hint)
        wanted = error.retry_after if error.retry_after is not None else self._rest_s
        self._rests_until = _now() + min(wanted, LONGEST_REST_S)
        self._rest_s = min(self._rest_s * 2, LONGEST_REST_S)

    def _is_well(self) -> None:
        if self._rest_s > FIRST_REST_S:
            _log.info("%s takes messages again", self._access.name)
        self._rest_s, self._rests_until = FIRST_REST_S, 0.0


def _now() -> float:
    """By a clock that never jumps; in seconds."""
    return asyncio.get_running_loop().time()
