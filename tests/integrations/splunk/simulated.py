"""A simulated Splunk in a process of its own, and what only a test may do with it."""

import json
import subprocess
import sys
import urllib.request
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Self

PASSWORD = "changed-it"
TOKEN = "token-of-admin"
HEC_TOKEN = "11111111-2222-3333-4444-555555555555"


class Simulator:
    """Runs inside `with`. Its `url` is both the management port and the collector."""

    def __enter__(self) -> Self:
        argv = [sys.executable, "-m", "bot.testing.splunk", "--port", "0"]
        self._process = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.url = self._process.stdout.readline().strip()
        assert self.url, "it did not start"
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(10)
        assert self._process.stdout is not None
        self._process.stdout.close()

    def index(self, *events: tuple[datetime, str], **meta: object) -> None:
        """Events of these times and texts."""
        self._ask("POST", "events", {"events": [{"raw": raw, "time": at.timestamp(), **meta} for at, raw in events]})

    def breaks(self, **faults: object) -> None:
        """What goes wrong from now on; see `Faults`."""
        self._ask("PUT", "faults", faults)

    def set_up(self, **settings: object) -> None:
        """Settings other than the usual ones; see `Settings`."""
        self._ask("PUT", "settings", settings)

    def saves(self, *searches: Mapping[str, object]) -> None:
        """The saved searches there are from now on: name, app, owner, content; see `SavedOne`."""
        self._ask("PUT", "saved", {"searches": list(searches)})

    def mended(self) -> None:
        """Without events, faults, settings and saved searches of a test's own."""
        for name in ("faults", "events"):
            self._ask("DELETE", name)
        self.set_up()
        self.saves()

    def asked(self) -> list[Mapping[str, Any]]:
        """Every request there was: method, path, arguments, scheme, status."""
        return list(self._ask("GET", "journal"))

    def kept(self) -> Sequence[Mapping[str, Any]]:
        """The jobs that are still there."""
        return list(self._ask("GET", "jobs")["kept"])

    def _ask(self, method: str, path: str, body: object = None) -> Any:
        request = urllib.request.Request(
            f"{self.url}/simulator/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"content-type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)
