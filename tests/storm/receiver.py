"""Where a Tocsin's webhook posts to: keeps what it was told, when, and under which id."""

from __future__ import annotations

import http.server
import json
import threading
import time
from dataclasses import dataclass
from typing import Any, Self


@dataclass(frozen=True)
class Message:
    """One post. `at` is by the monotonic clock; `id` is the same when the same message is sent again."""

    at: float
    id: str
    body: bytes

    @property
    def said(self) -> dict[str, Any]:
        """What it says, in Alertmanager's words."""
        read: dict[str, Any] = json.loads(self.body)
        return read


class Receiver:
    """Listens on a port of 127.0.0.1 inside `with`."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        keep = self.messages.append

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                keep(Message(time.monotonic(), self.headers["idempotency-key"], body))
                self.send_response(200)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Nothing is said."""

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
