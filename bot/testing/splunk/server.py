"""The application: routes of both namespaces, the journal around them, and the faults around that."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import MutableMapping
from urllib.parse import unquote

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Mount
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from bot.testing.splunk import answers
from bot.testing.splunk.asked import ARGUMENTS, arguments, arguments_of
from bot.testing.splunk.hec import Collector
from bot.testing.splunk.knobs import Knobs
from bot.testing.splunk.saved import Saved
from bot.testing.splunk.searching import Searching
from bot.testing.splunk.settings import Answer, WireFault
from bot.testing.splunk.simulator import Simulator
from bot.testing.splunk.system import System

_SECRET = {"password", "token", "sessionKey"}
_PIECE = 1024


def application(simulator: Simulator) -> ASGIApp:
    """Everything a server answers."""
    services = [
        *Searching(simulator).routes(),  # asked most often
        *System(simulator).routes(),
        *Saved(simulator).routes(),
        *Collector(simulator).routes(),
    ]
    inner = Starlette(
        routes=[
            Mount("/servicesNS/{owner}/{app}", routes=services),
            Mount("/services", routes=services),
            Mount("/simulator", routes=Knobs(simulator).routes()),
        ],
        exception_handlers={404: _not_found, 405: _not_found},
    )
    inner.router.redirect_slashes = False
    return Wire(inner, simulator)


async def _not_found(request: Request, error: Exception) -> Response:
    given = arguments_of(request)
    status = getattr(error, "status_code", 404)
    text = "Not Found" if status == 404 else "Method Not Allowed"
    return answers.said(status, [("ERROR", text)], as_json=given.get("output_mode", ("",))[-1] == "json")


class Wire:
    """What stands between a client and the server: it writes down every request, and breaks what is to be broken."""

    def __init__(self, app: ASGIApp, simulator: Simulator) -> None:
        """Around this application."""
        self.app, self.simulator = app, simulator

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http" or scope["path"].startswith("/simulator/"):
            await self.app(scope, receive, send)
            return
        path = _path(scope["raw_path"]) or "/"
        scope = {**scope, "path": path}
        body = await _body(receive)
        line = self._noted(scope, body)
        fault = self.simulator.faults.of_request(scope["method"], path)
        sender = _Sender(send, scope.get("simulator.transport"), fault or WireFault(), line)
        if fault is not None:
            line["fault"] = fault.model_dump(exclude_defaults=True)
            await asyncio.sleep(fault.latency)
            if fault.drop == "before":
                sender.hang_up()
                return
            if fault.answer is not None:
                await _canned(fault.answer, self._as_json(line))(scope, _replayed(body, receive), sender)
                return
        await self.app(scope, _replayed(body, receive), sender)
        if fault is not None and fault.drop == "after":
            sender.hang_up()

    def _noted(self, scope: Scope, body: bytes) -> MutableMapping[str, answers.Json]:
        headers = {name.decode().lower(): value.decode("latin-1") for name, value in scope["headers"]}
        query = scope["query_string"].decode("latin-1")
        given = scope[ARGUMENTS] = arguments(query, body, headers.get("content-type", ""))
        shown: dict[str, answers.Json] = {
            name: "hidden" if name in _SECRET else values[0] if len(values) == 1 else list(values)
            for name, values in given.items()
        }
        line: dict[str, answers.Json] = {
            "method": scope["method"],
            "path": scope["path"],
            "arguments": shown,
            "scheme": headers.get("authorization", "").partition(" ")[0],
            "status": None,
        }
        self.simulator.journal.write(line)
        return self.simulator.journal.lines[-1]

    @staticmethod
    def _as_json(line: MutableMapping[str, answers.Json]) -> bool:
        given = line["arguments"]
        return isinstance(given, dict) and given.get("output_mode") == "json"


class _Sender:
    """Sends an answer on, as slowly and as little of it as the fault has it, and notes its status."""

    def __init__(
        self, send: Send, transport: asyncio.Transport | None, fault: WireFault, line: MutableMapping[str, answers.Json]
    ) -> None:
        self.send, self.transport, self.fault, self.line = send, transport, fault, line
        self.left = fault.truncate
        self.gone = False

    def hang_up(self) -> None:
        self.gone = True
        if self.transport is not None:
            self.transport.abort()

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.line["status"] = message["status"]
        if self.gone or self.fault.drop == "after":
            return
        body = message.get("body", b"")
        if self.left is not None and message["type"] == "http.response.body":
            await self.send({**message, "body": body[: self.left], "more_body": True})
            if len(body) >= self.left:
                await asyncio.sleep(0.05)  # what was sent is to arrive before the end
                self.hang_up()
            self.left -= len(body)
        elif self.fault.slow and body:
            for start in range(0, len(body), _PIECE):
                await asyncio.sleep(self.fault.slow)
                await self.send({**message, "body": body[start : start + _PIECE], "more_body": True})
            await self.send({**message, "body": b""})
        else:
            await self.send(message)


def _canned(answer: Answer, as_json: bool) -> Response:
    if answer.html:
        page = f"<!doctype html><html><head><title>{answer.status}</title></head><body>{answer.text}</body></html>"
        made: Response = HTMLResponse(page, answer.status)
    else:
        made = answers.said(answer.status, [(answer.type, answer.text)], as_json=as_json)
    if answer.retry_after is not None:
        made.headers["Retry-After"] = str(answer.retry_after)
    return made


def _path(raw: bytes) -> str:
    """A path as splunkd reads it: a plus is a blank, as its SDK writes it; the last slash says nothing.

    A slash that is part of a name stays encoded, whether it came encoded once (the SDK) or twice (as links have it).
    """
    parts = raw.decode("latin-1").partition("?")[0].split("/")
    return "/".join(unquote(part.replace("+", " ")).replace("/", "%2F") for part in parts).rstrip("/")


async def _body(receive: Receive) -> bytes:
    parts: list[bytes] = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


def _replayed(body: bytes, receive: Receive) -> Receive:
    told = False

    async def again() -> Message:
        nonlocal told
        if told:
            return await receive()
        told = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


class _Protocol(HttpToolsProtocol):
    """Lets a fault reach the connection itself."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["simulator.transport"] = self.transport  # type: ignore[typeddict-unknown-key]  # a key of our own


def serve(simulator: Simulator, listening: socket.socket) -> None:
    """Serves on a socket that listens already, until the process is told to end."""
    config = uvicorn.Config(
        application(simulator),
        http=_Protocol,
        log_level="warning",
        access_log=False,
        lifespan="off",
        proxy_headers=False,
    )
    uvicorn.Server(config).run(sockets=[listening])
