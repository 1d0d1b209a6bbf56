"""The HTTP server: bound before anything else is opened, so that a port in use is the first thing said."""

from __future__ import annotations

import contextlib
import errno
import socket
import time
from collections.abc import Iterator

import uvicorn

from bot.errors import StartError
from bot.kit.http_in import App, Message, Receive, Scope, Send
from bot.kit.telemetry import Telemetry


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


class Server(uvicorn.Server):
    """uvicorn, with the signals left to us."""

    def __init__(self, app: App, telemetry: Telemetry) -> None:
        config = uvicorn.Config(
            counted(app, telemetry),
            http="httptools",
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
