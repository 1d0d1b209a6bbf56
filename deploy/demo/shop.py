"""The shop: a chain of services, and the customers who use it, each one process.

    python shop.py serve checkout --dir DIR
    python shop.py serve cart --dir DIR --behind http://127.0.0.1:PORT --patience 0.5
    python shop.py customers --dir DIR --front http://127.0.0.1:PORT --rate 20

A service answers 200, 500 when it fails itself, and 502 or 504 when the service behind it failed or took longer
than its patience: so the metrics tell the culprit from its victims. How it behaves is decided by the release that
runs, which is read from `DIR/releases/NAME.json` when that file changes. Every process answers on `/metrics` in
Prometheus' text format, on a port of the system's choosing, which it writes to `DIR/NAME.port` once it listens.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import signal
import threading
import time
import urllib.error
import urllib.request
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 1.5, 2.5, math.inf)
OWN_FAILURE, BEHIND_FAILED, BEHIND_SLOW = 500, 502, 504

# Never through a proxy, whatever the environment says: the shop is all on this machine.
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))

Labels = tuple[tuple[str, str], ...]


class Metrics:
    """Counters and gauges by name and labels, written out in Prometheus' text format."""

    def __init__(self) -> None:
        self._values: dict[str, dict[Labels, float]] = defaultdict(lambda: defaultdict(float))
        self._kinds: dict[str, tuple[str, str]] = {}
        self._lock = threading.Lock()

    def describe(self, name: str, kind: str, help_text: str) -> None:
        """Announce a family: its type and what it counts."""
        self._kinds[name] = (kind, help_text)

    def add(self, name: str, amount: float = 1.0, **labels: str) -> None:
        """Count on; an amount of 0 makes the series exist, so that its first increase is seen."""
        with self._lock:
            self._values[name][tuple(labels.items())] += amount

    def only(self, name: str, **labels: str) -> None:
        """Make this the one series of an info gauge: its value is 1, every other is gone."""
        with self._lock:
            self._values[name] = defaultdict(float, {tuple(labels.items()): 1.0})

    def observe(self, name: str, seconds: float, **labels: str) -> None:
        """Put one duration into every bucket it fits."""
        for bound in BUCKETS:
            edge = "+Inf" if math.isinf(bound) else f"{bound:g}"
            self.add(f"{name}_bucket", 1.0 if seconds <= bound else 0.0, **labels, le=edge)
        self.add(f"{name}_sum", seconds, **labels)
        self.add(f"{name}_count", 1.0, **labels)

    def text(self) -> str:
        """Everything counted so far."""
        with self._lock:
            return "".join(self._lines())

    def _lines(self) -> Iterator[str]:
        for family, (kind, help_text) in self._kinds.items():
            yield f"# HELP {family} {help_text}\n# TYPE {family} {kind}\n"
            parts = ("_bucket", "_sum", "_count") if kind == "histogram" else ("",)
            for name in (family + part for part in parts):
                for labels, value in self._values[name].items():
                    inside = ",".join(f'{key}="{text}"' for key, text in labels)
                    yield f"{name}{{{inside}}} {value!r}\n"


class Release:
    """The release of one service that runs now, read again whenever its file changes."""

    def __init__(self, service: str, path: Path) -> None:
        self.service = service
        self._path = path
        self._seen: tuple[int, int] = (0, 0)
        self._now: tuple[str, dict[str, float]] = ("", {})
        self._lock = threading.Lock()

    def now(self) -> tuple[str, dict[str, float]]:
        """The version that runs and how it behaves."""
        with self._lock:
            stat = self._path.stat()
            if (stat.st_ino, stat.st_mtime_ns) != self._seen:
                ledger = json.loads(self._path.read_text())
                self._seen = (stat.st_ino, stat.st_mtime_ns)
                self._now = (ledger["current"], ledger["releases"][ledger["current"]])
            return self._now


class Service:
    """What a service does with a request: be as slow, and fail as often, as its release makes it."""

    def __init__(self, release: Release, behind: str | None, patience: float) -> None:
        self.metrics = Metrics()
        self._release = release
        self._behind = behind
        self._patience = patience
        self._turns: dict[str, int] = defaultdict(int)
        self._lock = threading.Lock()
        self.metrics.describe("shop_requests_total", "counter", "Requests answered, by status code and release.")
        self.metrics.describe("shop_request_duration_seconds", "histogram", "How long an answer took.")
        self.metrics.describe("shop_release_info", "gauge", "The release that runs.")

    def handle(self) -> int:
        """Answer one request of the shop; returns the status code."""
        began = time.monotonic()
        version, behaviour = self._release.now()
        self._announce(version)
        time.sleep(behaviour["latency_seconds"])
        code = OWN_FAILURE if self._fails(version, behaviour["error_ratio"]) else self._ask_behind()
        self.metrics.add("shop_requests_total", service=self._release.service, release=version, code=str(code))
        self.metrics.observe(
            "shop_request_duration_seconds", time.monotonic() - began, service=self._release.service, release=version
        )
        return code

    def exposition(self) -> str:
        """The service's metrics, with every series a rule could ask for, even before the first request."""
        self._announce(self._release.now()[0])
        return self.metrics.text()

    def _announce(self, version: str) -> None:
        self.metrics.only("shop_release_info", service=self._release.service, release=version)
        for code in (200, OWN_FAILURE):
            self.metrics.add("shop_requests_total", 0, service=self._release.service, release=version, code=str(code))

    def _fails(self, version: str, ratio: float) -> bool:
        """Spread failures evenly instead of at random: a demo should not depend on luck."""
        with self._lock:
            self._turns[version] += 1
            turn = self._turns[version]
        return math.floor(turn * ratio) > math.floor((turn - 1) * ratio)

    def _ask_behind(self) -> int:
        if self._behind is None:
            return 200
        code = ask(self._behind, self._patience)
        return code if code in (200, BEHIND_SLOW) else BEHIND_FAILED


def ask(url: str, patience: float) -> int:
    """Send one request; returns its status code, 504 when it took too long, 502 when nobody answered."""
    try:
        with DIRECT.open(url, timeout=patience) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        error.close()
        return error.code
    except TimeoutError:
        return BEHIND_SLOW
    except urllib.error.URLError as error:
        return BEHIND_SLOW if isinstance(error.reason, TimeoutError) else BEHIND_FAILED
    except OSError:
        return BEHIND_FAILED


class Door(BaseHTTPRequestHandler):
    """The HTTP face: `/metrics` for Prometheus, everything else is a request of the shop."""

    server: Server

    def do_GET(self) -> None:
        """Answer one request."""
        if self.path == "/metrics":
            self._answer(200, self.server.exposition(), "text/plain; version=0.0.4; charset=utf-8")
            return
        code = self.server.handle()
        self._answer(code, f"{code}\n", "text/plain; charset=utf-8")

    def _answer(self, code: int, text: str, kind: str) -> None:
        body = text.encode()
        try:
            self.send_response(code)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        except (BrokenPipeError, ConnectionResetError):
            pass  # the caller ran out of patience, which its own metrics tell

    def log_message(self, *_: object) -> None:
        """Say nothing: twenty requests a second would bury what matters."""


class Server(ThreadingHTTPServer):
    """One process of the shop, listening on a port of the system's choosing."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, name: str, folder: Path, port: int) -> None:
        super().__init__(("127.0.0.1", port), Door)
        self.name, self.folder = name, folder
        self.handle: Callable[[], int] = lambda: 404
        self.exposition: Callable[[], str] = lambda: ""

    def serve(self) -> None:
        """Say where we listen, in one move so that nobody reads half a number, and serve until told to stop."""
        draft = self.folder / f".{self.name}.port"
        draft.write_text(str(self.server_address[1]))
        draft.replace(self.folder / f"{self.name}.port")
        self.serve_forever()


def customers(server: Server, front: str, rate: float) -> None:
    """Send `rate` requests a second to the front of the shop, however slow it answers, and count what they get."""
    metrics = Metrics()
    metrics.describe("shop_customer_requests_total", "counter", "What the customers got.")
    server.exposition = metrics.text
    threading.Thread(target=server.serve, daemon=True).start()

    def one() -> None:
        outcome = "served" if ask(front, 5.0) == 200 else "failed"
        metrics.add("shop_customer_requests_total", outcome=outcome)

    for outcome in ("served", "failed"):
        metrics.add("shop_customer_requests_total", 0, outcome=outcome)
    due = time.monotonic()
    with ThreadPoolExecutor(max_workers=64) as pool:
        while True:
            pool.submit(one)
            due = max(due + 1 / rate, time.monotonic() - 1)  # after a pause, do not send all that was missed
            time.sleep(max(0.0, due - time.monotonic()))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    words = parser.add_subparsers(dest="word", required=True, metavar="COMMAND")
    serve = words.add_parser("serve", help="run one service")
    serve.add_argument("name")
    serve.add_argument("--behind", metavar="URL", help="the service this one asks; none: it is the last of the chain")
    serve.add_argument("--patience", type=float, default=1.0, metavar="SECONDS", help="how long to wait for it")
    load = words.add_parser("customers", help="send a steady stream of requests")
    load.add_argument("--front", required=True, metavar="URL")
    load.add_argument("--rate", type=float, default=20.0, metavar="PER_SECOND")
    for command in (serve, load):
        command.add_argument("--dir", type=Path, required=True, help="the shop's folder")
        command.add_argument("--port", type=int, default=0, help="0: the system chooses")
    return parser


def main() -> None:
    """Run one process of the shop until it is told to stop."""
    asked = _parser().parse_args()
    # os._exit: threads that still wait for an answer are of no use to anybody once the shop closes.
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    if asked.word == "customers":
        customers(Server("customers", asked.dir, asked.port), asked.front, asked.rate)
        return
    server = Server(asked.name, asked.dir, asked.port)
    service = Service(Release(asked.name, asked.dir / "releases" / f"{asked.name}.json"), asked.behind, asked.patience)
    server.handle, server.exposition = service.handle, service.exposition
    server.serve()


if __name__ == "__main__":
    main()
