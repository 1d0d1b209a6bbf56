"""One receiver for both: keeps every call of `POST /api/v2/alerts` apart by the first part of its path."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self


@dataclass(frozen=True)
class Call:
    """One call. `to` is `prometheus` or `tocsin`, by the path it was sent to."""

    at: datetime
    to: str
    headers: Mapping[str, str]
    alerts: list[dict[str, Any]]


class Receiver:
    """Listens on a port of 127.0.0.1 inside `with`."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        keep = self.calls.append

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                keep(Call(datetime.now(UTC), self.path.split("/")[1], headers, json.loads(body)))
                self.send_response(200)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Nothing is said."""

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
