"""Whether what people do is heard, from the moment Slack's libraries are loaded: nobody waits for that at the start."""

from __future__ import annotations

import asyncio
import importlib
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING

from bot.integrations.slack.answers import Answers
from bot.integrations.slack.api import Api
from bot.kit.signatures import Signature, Signed
from bot.ports.actions import Health
from bot.ports.alert_hook import Call
from bot.ports.chat_hook import Acknowledged

if TYPE_CHECKING:
    from bot.integrations.slack.listeners import Listeners
    from bot.integrations.slack.sockets import Socket

_log = logging.getLogger(__name__)

_MISSING = "`pip install 'tocsin[slack]'`: without it nobody hears what is clicked, and pages have no button"
_SIGNED = Signed(
    header="x-slack-signature",
    prefix="v0=",
    parts="v0:{timestamp}:{body}",
    timestamp_header="x-slack-request-timestamp",
)


class Listening:
    """What is known of it. `hears`: somebody will listen, so that pages may have buttons."""

    def __init__(self, name: str, answers: Answers) -> None:
        self._name, self._answers = name, answers
        self.hears = find_spec("slack_bolt") is not None
        self._loading = asyncio.create_task(self._load())
        self._opening: asyncio.Task[None] | None = None
        self._socket: Socket | None = None

    async def listeners(self) -> Listeners | None:
        """Those who follow what is brought, as soon as they can; None: nobody will."""
        return await asyncio.shield(self._loading)

    def open_socket(self, api: Api) -> None:
        """Over Socket Mode too. `api` is that of the app's token."""
        self._opening = asyncio.create_task(self._open(api))

    async def examine(self) -> Health:
        """Whether anything is heard now."""
        if self._socket is not None:
            return await self._socket.examine()
        if self.hears and self._opening is None:
            return Health(what="socket", ok=True, detail="hears what Slack posts")
        detail = "hears nothing of what is clicked" + (" yet: Tocsin is starting" if self.hears else "")
        hint = "ask again in a moment" if self.hears else _MISSING
        return Health(what="socket", ok=False, detail=detail, hint=hint)

    async def close(self) -> None:
        """Nothing new is taken, and what is under way is done first."""
        if self._opening is not None:
            self._opening.cancel()
            await asyncio.gather(self._opening, return_exceptions=True)
        if self._socket is not None:
            await self._socket.close()
        self._loading.cancel()
        [loaded] = await asyncio.gather(self._loading, return_exceptions=True)
        if loaded is not None and not isinstance(loaded, BaseException):
            await loaded.close()

    async def _load(self) -> Listeners | None:
        """In a thread, as it takes more than half a second."""
        try:
            found = await asyncio.to_thread(importlib.import_module, f"{__package__}.listeners")
        except ImportError as error:  # not there, or not the one that we know
            self.hears = False
            _log.warning("%s: Slack's library cannot be loaded: %s; %s", self._name, error, _MISSING)
            return None
        made: Listeners = found.Listeners(self._answers)
        return made

    async def _open(self, api: Api) -> None:
        listeners = await self.listeners()
        if listeners is not None:
            found = await asyncio.to_thread(importlib.import_module, f"{__package__}.sockets")
            self._socket = found.Socket(api, listeners)


class Posted:
    """A `ChatHook`: what people do in Slack, as Slack posts it."""

    def __init__(self, secret: str, listening: Listening) -> None:
        self.proof = Signature(signed=_SIGNED, secrets=[secret.encode()])
        self._listening = listening

    async def take(self, call: Call) -> Acknowledged:
        """See `ChatHook`."""
        listeners = await self._listening.listeners()
        return Acknowledged(broken=True) if listeners is None else await listeners.take(call)


@asynccontextmanager
async def listening(name: str, answers: Answers) -> AsyncIterator[Listening]:
    """Inside `with` it listens, as soon as it can."""
    found = Listening(name, answers)
    try:
        yield found
    finally:
        await found.close()
