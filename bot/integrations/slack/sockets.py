"""Socket Mode: what people do in Slack comes over a connection that we open, to Bolt's listeners."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient

from bot.errors import IntegrationError
from bot.integrations.slack.api import Api
from bot.integrations.slack.listeners import VENDOR, Listeners
from bot.ports.actions import Health

_log = logging.getLogger(__name__)

_PING_S = 5.0


class Socket:
    """Open until it is closed, through any number of connections; where Slack cannot be reached it goes on trying."""

    def __init__(self, api: Api, listeners: Listeners) -> None:
        self._api, self._listeners = api, listeners
        self._trouble: IntegrationError | None = None
        self._client = _Client(self._address)
        self._client.message_listeners.append(self._greeted)
        self._handler = _Handler(listeners.app, self._client)
        connect: Callable[[], Awaitable[None]] = self._handler.connect_async  # it has no types
        self._connecting = asyncio.ensure_future(connect())

    async def examine(self) -> Health:
        """Whether a connection is open, and answers."""
        if await self._client.is_connected():
            return Health(what="socket", ok=True, detail="hears what is clicked")
        if self._trouble is not None:
            detail = f"hears nothing of what is clicked: {self._trouble.message}"
            return Health(what="socket", ok=False, detail=detail, hint=self._trouble.hint)
        hint = "it goes on trying; if it lasts, see whether Tocsin may open WebSockets to Slack"
        return Health(what="socket", ok=False, detail="hears nothing of what is clicked just now", hint=hint)

    async def close(self) -> None:
        """Nothing new is taken."""
        close: Callable[[], Awaitable[None]] = self._handler.close_async  # as above
        await close()
        self._connecting.cancel()
        await asyncio.gather(self._connecting, return_exceptions=True)

    async def _address(self) -> str:
        """Of a new connection. Where there is none, that is said once, and asked again."""
        try:
            said = await self._api.call("apps.connections.open", repeatable=True)
        except IntegrationError as error:
            if self._trouble is None:
                _log.warning("nothing that is clicked in Slack is heard: %s; %s", error, error.hint)
            self._trouble = error
            raise
        if self._trouble is not None:
            _log.info("what is clicked in Slack is heard again")
        self._trouble = None
        return str(said.get("url", ""))

    async def _greeted(
        self, client: AsyncBaseSocketModeClient, message: dict[str, Any], raw: str | None = None
    ) -> None:  # Any: it holds whatever JSON Slack sends
        if message.get("type") == "hello":
            self._listeners.may_have_missed()


class _Handler(AsyncSocketModeHandler):
    """Bolt's, with a client of ours in the place of the one that it would make."""

    def __init__(self, app: AsyncApp, client: SocketModeClient) -> None:
        self.app, self.client = app, client
        client.socket_mode_request_listeners.append(self.handle)  # type: ignore[arg-type]  # as Bolt's own does


class _Client(SocketModeClient):
    """Asks for the address of each connection as we ask for everything else, and not with a client of its own."""

    def __init__(self, address: Callable[[], Awaitable[str]]) -> None:
        super().__init__(app_token="", logger=VENDOR, ping_interval=_PING_S)
        self._new_address = address
        self.proxy = None  # as all that Tocsin asks: the environment says nothing of the way out

    async def issue_new_wss_url(self) -> str:
        """The address of a new connection; whatever it raises, it is asked again in a while."""
        return await self._new_address()
