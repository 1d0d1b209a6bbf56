"""The HTTP server: bound before anything else is opened, so that a port in use is the first thing said.

Whoever connects and does not say what it wants is not waited for.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
import time
from collections.abc import Iterator

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from bot.errors import StartError
from bot.kit.http_in import App, Message, Receive, Scope, Send
from bot.kit.telemetry import Telemetry

HEAD_S = 10.0
"""How long the head of a request may take; uvicorn would wait for ever."""


def bind(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one. StartError says who to ask when it cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(1024)
    except OSError as error:
        listening.close()
        raise StartError(f"cannot listen on {host}:{port}: {_why(error)}", hint=_hint(error, port)) from None
    listening.setblocking(False)
    return listening


def _why(error: OSError) -> str:
    return "another program already does" if error.errno == errno.EADDRINUSE else (error.strerror or str(error))


def _hint(error: OSError, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"stop it (`ss -ltnp sport = :{port}` shows which it is), or set `http: {{listen: ...}}` to another port"
    return "set `http: {listen: ...}` to an address of this machine"


def counted(app: App, telemetry: Telemetry) -> App:
    """The application, with each answer counted by its status and by how long it took to begin."""

    async def count(scope: Scope, receive: Receive, send: Send) -> None:
        began = time.monotonic()

        async def begin(message: Message) -> None:
            if message["type"] == "http.response.start":
                telemetry.request(scope["method"], message["status"], time.monotonic() - began)
            await send(message)

        await app(scope, receive, begin)

    return count


class Protocol(HttpToolsProtocol):
    """uvicorn's, which hangs up on whoever takes longer than `head_s` seconds for the head of a request."""

    head_s = HEAD_S
    _patience: asyncio.TimerHandle | None = None
    _is_begun = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Somebody connected: the clock runs."""
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        """The clock runs again where a later request on the same connection is there in part."""
        super().data_received(data)
        if self._is_begun and self._patience is None:
            self._wait()

    def on_message_begin(self) -> None:
        """The first byte of a request."""
        self._is_begun = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """The head is here; how long the body may take is the door's affair."""
        self._is_begun = False
        self._wait_no_more()
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """They went away."""
        self._is_begun = False
        self._wait_no_more()
        super().connection_lost(exc)

    def _wait(self) -> None:
        self._patience = self.loop.call_later(self.head_s, self.transport.close)

    def _wait_no_more(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None


class Server(uvicorn.Server):
    """uvicorn, with the signals left to us."""

    def __init__(self, app: App, telemetry: Telemetry, protocol: type[Protocol] = Protocol) -> None:
        config = uvicorn.Config(
            counted(app, telemetry),
            http=protocol,
            loop="none",
            ws="none",
            lifespan="off",
            log_level="warning",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            date_header=True,
            timeout_graceful_shutdown=5,
            timeout_keep_alive=30,
        )
        super().__init__(config)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Nothing: `serve` decides what a signal means."""
        yield
