"""Webhooks as simulated vendors send them: in the background, in order, and again where they are not taken."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx

_ATTEMPTS = 5
_PATIENCE_S = 5.0
_TOO_MANY = 429

# Any: a JSON object.
Json = dict[str, Any]
Headers = Callable[["Subscription", bytes, Json], Mapping[str, str]]
"""What a vendor sends beside the body: for whom, of which body, of which event."""


@dataclass(slots=True)
class Subscription:
    """Who is told, and with which secret it is signed."""

    id: str
    url: str
    secret: str
    waiting: asyncio.Queue[Json] = field(default_factory=asyncio.Queue)


class Webhooks:
    """`journal` says what became of each try. While `held` nothing leaves; what is `lost` is never told of."""

    def __init__(self, headers: Headers) -> None:
        self.subscriptions: list[Subscription] = []
        self.journal: list[Json] = []
        self.lost = False
        self._headers = headers
        self._pause_s = 0.1
        self._open = asyncio.Event()
        self._open.set()
        self._tasks: set[asyncio.Task[None]] = set()

    def tell(self, event: Json) -> None:
        """To all."""
        for one in self.subscriptions:
            if not self.lost:
                one.waiting.put_nowait(event)

    def subscribe(self, url: str, secret: str) -> Subscription:
        """From now on this address is told."""
        made = Subscription(f"PSUB{len(self.subscriptions)}", url, secret)
        self.subscriptions.append(made)
        self._tasks.add(asyncio.create_task(self._send_all(made)))
        return made

    def become(self, wanted: Json) -> None:
        """What a test wants: `held`, `lost`; `forgotten`: nobody is told any more; `url` and `secret`: who is."""
        if wanted.get("forgotten"):
            for task in self._tasks:
                task.cancel()
            self._tasks.clear()
            self.subscriptions.clear()
        if "url" in wanted:
            self.subscribe(wanted["url"], wanted.get("secret", ""))
        self.lost = wanted.get("lost", False)
        self._open.clear() if wanted.get("held", False) else self._open.set()

    async def _send_all(self, to: Subscription) -> None:
        async with httpx.AsyncClient(timeout=_PATIENCE_S, trust_env=False) as client:
            while True:
                event = await to.waiting.get()
                await self._open.wait()
                await self._send(client, to, event)

    async def _send(self, client: httpx.AsyncClient, to: Subscription, event: Json) -> None:
        body = json.dumps(event).encode()
        headers = {"content-type": "application/json", **self._headers(to, body, event)}
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                status = (await client.post(to.url, content=body, headers=headers)).status_code
            except httpx.HTTPError:
                status = 0
            said = {"at": datetime.now(UTC).isoformat(), "event": event, "attempt": attempt, "status": status}
            self.journal.append(said)
            if 0 < status < 500 and status != _TOO_MANY:
                return
            await asyncio.sleep(self._pause_s * 2 ** (attempt - 1))
