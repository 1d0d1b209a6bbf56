"""What stands between a client and a simulated vendor: a journal that only grows, and the faults a test asks for.

`/simulator/...` is what no vendor has: `GET journal` (from line `since` on), `PUT` and `DELETE faults`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import socket
import sys
from collections.abc import Callable, MutableMapping, Sequence
from datetime import UTC, datetime
from typing import Any

import uvicorn
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

KNOBS = "/simulator/"
_SECRET = frozenset({"routing_key"})
_PAGE = "<!doctype html><title>Sorry</title><p>This is not the page you are looking for."


class Fault(BaseModel):
    """One thing that goes wrong, of requests to paths that begin with `path`; `times` often, or until it is mended.

    It takes `latency` seconds; then what was asked is done if `effect` says so; then comes the answer: `status`, or
    `garbage` (a page with status 200), or the usual one where neither is said.
    """

    model_config = ConfigDict(extra="forbid")

    path: str = "/"
    method: str = ""
    times: int | None = Field(default=None, ge=1)
    latency: float = Field(default=0.0, ge=0)
    status: int = 0
    headers: dict[str, str] = Field(default_factory=dict)
    garbage: bool = False
    effect: bool = False

    def meets(self, method: str, path: str) -> bool:
        """Whether it is about such a request."""
        return path.startswith(self.path) and self.method in ("", method)


class Faults(BaseModel):
    """What goes wrong from now on; of each request the first that is about it."""

    faults: list[Fault]


# Any: a JSON object
Line = MutableMapping[str, Any]


class Wire:
    """An ASGI application around a vendor's: it writes down what was asked, and breaks what is to be broken."""

    def __init__(self, vendor: ASGIApp, knobs: Sequence[Route] = ()) -> None:
        self.journal: list[Line] = []
        self._faults: list[Fault] = []
        own = [
            Route("/journal", self._read, methods=["GET"]),
            Route("/faults", self._break, methods=["PUT"]),
            Route("/faults", self._mend, methods=["DELETE"]),
        ]
        self._vendor = vendor
        self._knobs = Starlette(routes=[Mount(KNOBS.rstrip("/"), routes=[*own, *knobs])])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http" or scope["path"].startswith(KNOBS):
            await self._knobs(scope, receive, send)
            return
        body = await _body(receive)
        line = self._noted(scope, body)
        fault = self._fault(scope["method"], scope["path"])
        answer = await self._answer(scope, body, fault)
        line["status"] = answer.status
        for message in answer.messages:
            await send(message)

    async def _answer(self, scope: Scope, body: bytes, fault: Fault | None) -> _Answer:
        usual, asked = _Answer(), _said(body)
        if fault is None:
            await self._vendor(scope, asked, usual)
            return usual
        await asyncio.sleep(fault.latency)
        broken = fault.garbage or fault.status
        if fault.effect or not broken:
            await self._vendor(scope, asked, usual)
        if not broken:
            return usual
        page: Response = HTMLResponse(_PAGE) if fault.garbage else JSONResponse({"error": "so it is"}, fault.status)
        page.headers.update(fault.headers)
        instead = _Answer()
        await page(scope, asked, instead)
        return instead

    def _noted(self, scope: Scope, body: bytes) -> Line:
        line: Line = {
            "at": datetime.now(UTC).isoformat(),
            "method": scope["method"],
            "path": scope["path"],
            "query": scope["query_string"].decode("latin-1"),
            "body": _shown(body),
            "status": None,
        }
        self.journal.append(line)
        return line

    def _fault(self, method: str, path: str) -> Fault | None:
        found = next((one for one in self._faults if one.meets(method, path)), None)
        if found is not None and found.times is not None:
            found.times -= 1
            if not found.times:
                self._faults.remove(found)
        return found

    async def _read(self, request: Request) -> Response:
        return JSONResponse(self.journal[int(request.query_params.get("since", "0")) :])

    async def _break(self, request: Request) -> Response:
        try:
            self._faults = Faults.model_validate_json(await request.body()).faults
        except ValidationError as error:
            return Response(str(error), 400, media_type="text/plain")
        return JSONResponse({})

    async def _mend(self, request: Request) -> Response:
        self._faults = []
        return JSONResponse({})


class _Answer:
    """An answer that is held back."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.status = 0

    async def __call__(self, message: Message) -> None:
        self.status = message.get("status", self.status)
        self.messages.append(message)


# Any: whatever JSON it is.
def _shown(body: bytes) -> Any:
    try:
        value = json.loads(body) if body else None
    except ValueError:
        return body.decode(errors="replace")
    return {name: "hidden" if name in _SECRET else one for name, one in value.items()} if type(value) is dict else value


async def _body(receive: Receive) -> bytes:
    parts: list[bytes] = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


def _said(body: bytes) -> Receive:
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


def main(argv: Sequence[str], name: str, make: Callable[[], ASGIApp]) -> int:
    """`python -m NAME --port 0`: prints the address of the simulated server, and is it until it is told to end."""
    parser = argparse.ArgumentParser(prog=f"python -m {name}", description="A simulated server, for tests.")
    parser.add_argument("--port", type=int, default=0, help="0: any that is free")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--certificate", help="PEM file: the address begins with https")
    parser.add_argument("--key", help="PEM file of the certificate's private key")
    given = parser.parse_args(argv)
    with socket.create_server((given.host, given.port), backlog=256) as listening:
        host, port = listening.getsockname()[:2]
        sys.stdout.write(f"{'https' if given.certificate else 'http'}://{host}:{port}\n")
        sys.stdout.flush()
        config = uvicorn.Config(
            make(),
            log_level="warning",
            access_log=False,
            lifespan="off",
            proxy_headers=False,
            timeout_graceful_shutdown=1,
            ssl_certfile=given.certificate,
            ssl_keyfile=given.key,
        )
        uvicorn.Server(config).run(sockets=[listening])
    return 0
