"""Real processes that page: two on one PostgreSQL page once; one that is killed again and again keeps to the policy.

What was paged is what an address outside has taken, not what Tocsin says of itself.
"""

import json
import threading
import time
import urllib.request
from bisect import bisect
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.kill.scene import NO_ANSWER, OPENER, PATIENCE, Process, until
from tests.kill.test_takeover import plain
from tests.servers import Postgres
from tests.soak import many

WAIT = 3.0  # seconds before the next level
LEVELS = ("ann", "ben", "cyd")
CONFIG = """\
http: {{listen: "127.0.0.1:0"}}
store: {{url: "{database}"}}
integrations: {{phone: {{use: webhook, url: "{phone}"}}}}
people:
  - {{name: ann, contacts: [{{integration: phone, address: "1"}}]}}
  - {{name: ben, contacts: [{{integration: phone, address: "2"}}]}}
  - {{name: cyd, contacts: [{{integration: phone, address: "3"}}]}}
escalations:
  - name: shop
    levels: [{{people: [ann], wait: 3s}}, {{people: [ben], wait: 3s}}, {{people: [cyd], wait: 3s}}]
default_escalation: shop
bundle_pages: 0s
"""


@dataclass
class Phone:
    """Whoever is paged: what came, when, in order. It takes everything."""

    port: int = 0
    rang: list[tuple[float, dict[str, Any]]] = field(default_factory=list)

    def of(self, incident: str) -> list[tuple[str, float]]:
        """Who was woken for it, and when, by the phone's own clock; a second copy of a page wakes nobody."""
        first: dict[str, tuple[str, float]] = {}
        for at, page in self.rang:
            if page["incident"] == incident:
                first.setdefault(page["page"], (page["person"], at))
        return list(first.values())


@contextmanager
def phoned() -> Iterator[Phone]:
    """Outside, in a thread of its own."""
    phone = Phone()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            phone.rang.append((time.monotonic(), body))
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """It keeps quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    phone.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield phone
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Shift:
    """One folder, one database, and the processes that are started on it."""

    def __init__(self, folder: Path, phone: Phone, database: str) -> None:
        self._folder = folder
        self._started = 0
        text = CONFIG.format(database=database, phone=f"http://127.0.0.1:{phone.port}")
        (folder / "tocsin.yaml").write_text(text)

    def tocsin(self) -> Process:
        """The next one, not started yet."""
        self._started += 1
        return Process(self._folder, self._started)

    def ask(self, tocsin: Process, path: str, body: object = None) -> Any:
        """One question to its API."""
        headers = {"Authorization": f"Bearer {tocsin.token.read_text().strip()}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{tocsin.address}/api/v1{path}", data=data, headers=headers)
        with OPENER.open(request, timeout=PATIENCE) as answer:
            return json.load(answer)

    def declares(self, tocsin: Process, number: int) -> str:
        """A new incident's id."""
        made: str = self.ask(tocsin, "/incidents", {"title": f"case {number}", "severity": "SEV1"})["id"]
        return made

    def is_over(self, tocsin: Process, incident: str) -> bool:
        """Whether nobody else will be paged for it."""
        found = self.ask(tocsin, f"/incidents/{incident}/pages")
        return found["escalation"]["due_at"] is None and all(one["status"] != "waiting" for one in found["pages"])


@pytest.mark.timeout(900)
def test_two_processes_page_each_level_of_each_incident_once(postgres: Postgres, tmp_path: Path) -> None:
    with phoned() as phone, ExitStack() as stack:
        shift = Shift(tmp_path, phone, plain(postgres.database()))
        both = [stack.enter_context(shift.tocsin()) for _ in range(2)]
        began: dict[str, float] = {}
        acknowledged: set[str] = set()
        for number in range(many(30, 1000)):
            at = time.monotonic()
            incident = shift.declares(both[number % 2], number)
            began[incident] = at
            if number % 3 == 0:
                shift.ask(both[number // 2 % 2], f"/incidents/{incident}/acknowledge", {})
                acknowledged.add(incident)
        for incident in began:
            until(lambda incident=incident: shift.is_over(both[0], incident), f"the end of {incident}")
    copies = Counter(page["page"] for _, page in phone.rang)
    assert [page for page, count in copies.items() if count > 1] == [], "paged twice"
    for incident in began:
        woken = phone.of(incident)
        if incident in acknowledged:
            assert [name for name, _ in woken] in ([], ["ann"])
        else:
            assert [name for name, _ in woken] == list(LEVELS), incident
            check_times(woken, began[incident], late=many(30, 15))


def check_times(woken: Sequence[tuple[str, float]], began: float, *, late: float) -> None:
    """Each level when the policy says: never sooner, and lateness does not add up."""
    for number, (name, at) in enumerate(woken):
        assert number * WAIT <= at - began <= number * WAIT + late, f"{name} after {at - began:.2f} s"


@pytest.mark.timeout(600)
@pytest.mark.parametrize("round_", range(many(1, 20)))
def test_one_that_is_killed_after_every_page_reaches_the_last_level_in_time(round_: int, tmp_path: Path) -> None:
    """Killed the moment that somebody is woken: what it had done is not done again under another name."""
    with phoned() as phone:
        shift = Shift(tmp_path, phone, f"sqlite:///{tmp_path / 'tocsin.db'}")
        began = [time.monotonic()]
        with shift.tocsin() as first:
            ready = [time.monotonic()]
            incident = shift.declares(first, round_)
            until(lambda: phone.of(incident), "the first page")
            first.kill()
        for level in range(2, len(LEVELS) + 1):
            began.append(time.monotonic())
            with shift.tocsin() as tocsin:
                ready.append(time.monotonic())
                until(lambda level=level: len(phone.of(incident)) >= level, f"level {level}")
                tocsin.kill()
        began.append(time.monotonic())
        with shift.tocsin() as last:
            until(lambda: ended(shift, last, incident), "the end")
    assert [name for name, _ in phone.of(incident)] == list(LEVELS)
    copies = Counter((bisect(began, at), page["page"]) for at, page in phone.rang)
    assert max(copies.values()) == 1, "a page whose taking was not kept is sent once by whoever comes after, no oftener"
    woken = phone.of(incident)
    for number in range(1, len(LEVELS)):
        (_, before), (name, at) = woken[number - 1], woken[number]
        assert at - ready[0] >= number * WAIT, f"{name} too soon"
        assert at <= max(before + WAIT, ready[number]) + many(10, 20), f"{name} was forgotten for a while"


def ended(shift: Shift, tocsin: Process, incident: str) -> bool:
    """Whether it says so; not while it does not answer."""
    try:
        return shift.is_over(tocsin, incident)
    except NO_ANSWER:
        return False
