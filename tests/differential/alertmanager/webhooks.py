"""The receiver of both: keeps every notification with when it came, whom it came from and which receiver it was for."""

from __future__ import annotations

import http.server
import json
import threading
import urllib.parse
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self


@dataclass(frozen=True, kw_only=True)
class Heard:
    """One notification."""

    at: datetime
    who: str
    receiver: str
    body: Any


class Webhooks:
    """Listens on a port of 127.0.0.1 inside `with`; addresses are /WHO/RECEIVER."""

    def __init__(self) -> None:
        self._all: list[Heard] = []
        self._came = came = threading.Condition()

        def keep(one: Heard) -> None:
            with came:
                self._all.append(one)
                came.notify_all()

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                at, body = datetime.now(UTC), self.rfile.read(int(self.headers["content-length"]))
                _, who, receiver = urllib.parse.unquote(self.path).split("/", 2)
                keep(Heard(at=at, who=who, receiver=receiver, body=json.loads(body)))
                self.send_response(200)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Nothing is said."""

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]

    def heard(self, who: str, receivers: Collection[str]) -> Sequence[Heard]:
        """What one of the two told these receivers, in the order in which it came."""
        return [one for one in list(self._all) if one.who == who and one.receiver in receivers]

    def wait_for(self, who: str, receiver: str, seconds: float) -> None:
        """Returns once this one has told this receiver anything; raises after so many seconds."""
        with self._came:
            assert self._came.wait_for(lambda: self.heard(who, {receiver}), seconds), f"{who} tells nobody"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
