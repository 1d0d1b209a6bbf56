"""A way in with one hook behind it, and what a vendor is."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from bot.api.hooks import make_hooks
from bot.app.server import Protocol, Server, bind
from bot.kit.http_in import Origins
from bot.kit.redaction import Redactor
from bot.kit.telemetry import Telemetry
from bot.kit.who_asks import secret_hash
from bot.model.alert import Alert
from bot.ports.alert_hook import AlertHook, Call, Heard
from bot.ports.alert_store import Posted
from bot.testing.hook_contract import Answer, Attempt
from tests.integrations.web.conftest import house, played
from tests.integrations.web.house import House

__all__ = ["house", "played"]

AT = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
SECRETS = {
    "current": "current-secret-of-this-source",
    "previous": "previous-secret-of-this-source",
    "strange": "strange-secret-of-somebody",
}
BOTH = (SecretStr(SECRETS["current"]), SecretStr(SECRETS["previous"]))


@dataclass(kw_only=True)
class WayIn:
    """Posts to the hook of `source`."""

    house: House
    source: str

    async def post(self, attempt: Attempt) -> Answer:
        headers = [(name.encode(), value.encode("latin-1")) for name, value in attempt.headers]
        began = time.monotonic()
        async with self.house.client() as client:
            answer = await client.post(attempt.path or f"/hooks/{self.source}", content=attempt.body, headers=headers)
        return Answer(status=answer.status_code, body=answer.content, seconds=time.monotonic() - began)

    async def bodies(self) -> list[Posted]:
        long_ago = self.now() - timedelta(days=1)
        return list(await self.house.store.read(lambda tx: tx.posted.since(long_ago, 0, 1000)))

    async def kept(self) -> int:
        return len(await self.bodies())

    def alerts(self) -> list[Alert]:
        active = self.house.world.alerts.table.active(self.now().timestamp())
        return [alert for entry in active if (alert := entry.alert()).source == self.source]

    def active(self) -> int:
        return len(self.alerts())

    def now(self) -> datetime:
        return self.house.clock.now()

    def fixtures(self) -> Mapping[str, Any]:
        """What every vendor of a contract has of it."""
        return {"post": self.post, "kept": self.kept, "active": self.active, "now": self.now}


@pytest.fixture
def way_in(house: House) -> Callable[..., WayIn]:
    def put(hook: AlertHook, source: str, *, secrets: tuple[str, ...] = ()) -> WayIn:
        house.world.hooks = {source: hook}
        house.door.hooks = {source: [secret_hash(secret) for secret in secrets]}
        return WayIn(house=house, source=source)

    return put


@asynccontextmanager
async def serving(into: WayIn, protocol: type[Protocol] = Protocol, patience: float = 30.0) -> AsyncIterator[int]:
    """The hooks behind a real server on a port of its own."""
    listening = bind("127.0.0.1", 0)
    port: int = listening.getsockname()[1]
    into.house.door.origins = Origins.listening("127.0.0.1", port)
    hooks = make_hooks(into.house.world, into.house.door, Redactor(), patience)
    server = Server(hooks, Telemetry(), protocol)
    task = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        yield port
    finally:
        server.should_exit = True
        await task


def heard(hook: AlertHook, body: bytes, *, at: datetime = AT, **more: Any) -> Heard:
    """What a call says, from itself alone."""
    return hook.read(Call(body=body, received_at=at, **more))
