"""What Slack brings to an app: events, commands and clicks, over a socket or to an address."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import aiohttp
from aiohttp import web

from bot.testing.slack.settings import SIGNING_SECRET, Settings
from bot.testing.slack.words import Json, Refused
from bot.testing.slack.workspace import APP, TEAM, Workspace

EVENTS, COMMANDS, CLICKS = "events_api", "slash_commands", "interactive"
_AFTER_S = 0.05
"""Between an event that was not acknowledged and its next delivery; Slack waits longer."""


@dataclass(slots=True)
class Delivery:
    """What became of something that was brought. `status`: of an answer over HTTP; `answer`: what came with it.

    `answered_s`: when the first answer came to the address that was brought with it; None: none came.
    """

    kind: str
    envelope_id: str
    payload: Json
    acknowledged: bool = False
    attempts: int = 0
    took_s: float = 0.0
    status: int = 0
    answer: Any = None  # Any: whatever JSON the app says
    answered_s: float | None = None
    began: float = field(default_factory=time.monotonic)
    done: asyncio.Event = field(default_factory=asyncio.Event)

    def shown(self) -> Json:
        """As a test reads it."""
        kept = ("kind", "envelope_id", "acknowledged", "attempts", "took_s", "answered_s", "status", "answer")
        return {name: getattr(self, name) for name in kept}


class Sockets:
    """The sockets of one app; each envelope goes to one of them."""

    def __init__(self) -> None:
        self._open: list[web.WebSocketResponse] = []
        self._tickets: set[str] = set()
        self._waiting: dict[str, asyncio.Future[Json]] = {}
        self._numbers = 0
        self.opened = 0

    def ticket(self) -> str:
        """Opens one socket."""
        self._numbers += 1
        ticket = f"ticket-{self._numbers}"
        self._tickets.add(ticket)
        return ticket

    @property
    def count(self) -> int:
        """How many are open."""
        return len(self._open)

    async def link(self, request: web.Request) -> web.StreamResponse:
        """One socket, until either side ends it."""
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets:
            return web.Response(status=403)
        self._tickets.discard(ticket)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self._open.append(socket)
        self.opened += 1
        try:
            await socket.send_json(_hello(len(self._open)))
            async for message in socket:
                if message.type is aiohttp.WSMsgType.TEXT:
                    self._heard(json.loads(message.data))
        finally:
            self._open.remove(socket)
        return socket

    def _heard(self, said: Json) -> None:
        waiting = self._waiting.pop(str(said.get("envelope_id")), None)
        if waiting is not None and not waiting.done():
            waiting.set_result(said)

    async def bring(self, envelope: Json, patience_s: float) -> Json | None:
        """To the newest socket; what it answers with the acknowledgement, or None where none came in time."""
        if not self._open:
            return None
        answered: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        self._waiting[envelope["envelope_id"]] = answered
        try:
            await self._open[-1].send_json(envelope)
            async with asyncio.timeout(patience_s):
                return await answered
        except (TimeoutError, ConnectionError):
            return None
        finally:
            self._waiting.pop(envelope["envelope_id"], None)

    async def disconnect(self, reason: str, *, close: bool) -> None:
        """Slack asks the app to connect anew (`warning`, `refresh_requested`), or simply goes away."""
        for socket in list(self._open):
            if reason:
                await socket.send_json({"type": "disconnect", "reason": reason, "debug_info": {"host": "simulated"}})
            if close:
                await socket.close()


class Deliveries:
    """Brings things, and remembers what became of them. What nobody acknowledged comes again if it is an event."""

    def __init__(self, workspace: Workspace, settings: Callable[[], Settings]) -> None:
        self._workspace, self._settings = workspace, settings
        self.sockets = Sockets()
        self.journal: list[Delivery] = []
        self._tasks: set[asyncio.Task[None]] = set()

    def event(self, event: Json) -> Delivery | None:
        """Something happened; None where the app did not subscribe to it."""
        if not _names(event) & set(self._settings().events):
            return None
        payload = {
            "token": "verification",
            "team_id": TEAM,
            "api_app_id": APP,
            "event": event,
            "type": "event_callback",
            "event_id": self._workspace.id("Ev"),
            "event_time": int(self._workspace.clock()),
        }
        return self.begin(EVENTS, payload)

    def begin(self, kind: str, payload: Json) -> Delivery:
        """Brings it, in the background; `done` is set when that is over."""
        delivery = Delivery(kind, self._workspace.id("env-"), payload)
        self.journal.append(delivery)
        task = asyncio.get_running_loop().create_task(self._bring(delivery))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return delivery

    async def again(self, envelope_id: str) -> Delivery:
        """The same once more, as when an acknowledgement was lost."""
        for one in self.journal:
            if one.envelope_id == envelope_id:
                await self._once(one, "redelivered")
                return one
        raise Refused("no_such_envelope")

    def answered(self, address: str) -> None:
        """Somebody was answered at this address."""
        found = next((one for one in self.journal if one.payload.get("response_url") == address), None)
        if found is not None and found.answered_s is None:
            found.answered_s = time.monotonic() - found.began

    async def end(self) -> None:
        """Nothing is on its way any more."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _bring(self, delivery: Delivery) -> None:
        most = 1 + (self._settings().redeliveries if delivery.kind == EVENTS else 0)
        try:
            while delivery.attempts < most and not delivery.acknowledged:
                if delivery.attempts:
                    await asyncio.sleep(_AFTER_S)
                await self._once(delivery, "timeout" if delivery.attempts else "")
        finally:
            delivery.done.set()

    async def _once(self, delivery: Delivery, reason: str) -> None:
        settings, began = self._settings(), time.monotonic()
        delivery.attempts += 1
        url = _url(delivery.kind, settings)
        if url:
            await self._post(delivery, url, settings, reason)
        else:
            envelope = _envelope(delivery, reason)
            said = await self.sockets.bring(envelope, settings.acknowledge_s)
            if said is not None:
                delivery.acknowledged, delivery.answer = True, said.get("payload")
        delivery.took_s = time.monotonic() - began

    async def _post(self, delivery: Delivery, url: str, settings: Settings, reason: str) -> None:
        body, kind = _body(delivery)
        again = (
            {"x-slack-retry-num": str(delivery.attempts - 1), "x-slack-retry-reason": "http_error"} if reason else {}
        )
        headers = {"content-type": kind, **signed(body, self._workspace.clock() + settings.skew_s), **again}
        patience = aiohttp.ClientTimeout(total=settings.acknowledge_s)
        try:
            async with (
                aiohttp.ClientSession(timeout=patience) as session,
                session.post(url, data=body, headers=headers) as answer,
            ):
                delivery.status, text = answer.status, await answer.text()
        except (aiohttp.ClientError, TimeoutError):
            return
        delivery.acknowledged = delivery.status < 300
        delivery.answer = _said(text)


def _names(event: Json) -> set[str]:
    """What it is subscribed to by: a message by `message`, or `message.channels` and the like, as a manifest says."""
    kinds = {"channel": "channels", "group": "groups", "im": "im"}
    kind = kinds.get(event.get("channel_type", ""), "")
    return {event["type"], f"{event['type']}.{kind}"}


def signed(body: bytes, now: float) -> dict[str, str]:
    """The headers by which an app knows that Slack sent it."""
    at = str(int(now))
    digest = hmac.new(SIGNING_SECRET.encode(), b"v0:" + at.encode() + b":" + body, hashlib.sha256).hexdigest()
    return {"x-slack-request-timestamp": at, "x-slack-signature": f"v0={digest}"}


def _url(kind: str, settings: Settings) -> str:
    urls = settings.urls
    return {EVENTS: urls.events, COMMANDS: urls.commands, CLICKS: urls.interactivity}[kind]


def _envelope(delivery: Delivery, reason: str) -> Json:
    envelope: Json = {
        "envelope_id": delivery.envelope_id,
        "type": delivery.kind,
        "payload": delivery.payload,
        "accepts_response_payload": delivery.kind != EVENTS,
    }
    if delivery.kind == EVENTS:
        envelope.update(retry_attempt=delivery.attempts - 1, retry_reason=reason)
    return envelope


def _body(delivery: Delivery) -> tuple[bytes, str]:
    if delivery.kind == EVENTS:
        return json.dumps(delivery.payload).encode(), "application/json"
    form = {"payload": json.dumps(delivery.payload)} if delivery.kind == CLICKS else delivery.payload
    return urlencode(form).encode(), "application/x-www-form-urlencoded"


def _said(text: str) -> Any:  # Any: whatever JSON the app says
    try:
        return json.loads(text) if text else None
    except ValueError:
        return {"text": text}


def _hello(connections: int) -> Json:
    return {
        "type": "hello",
        "num_connections": connections,
        "debug_info": {"host": "simulated", "build_number": 1, "approximate_connection_time": 18060},
        "connection_info": {"app_id": APP},
    }
