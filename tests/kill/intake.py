"""Clients that send alerts and write down what was answered, and the Tocsin that is killed meanwhile."""

from __future__ import annotations

import http.client
import json
import random
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from bot.alerts import saying
from bot.model.alert import Alert
from bot.model.labels import LabelSet
from bot.model.telling import Reason, Verdict
from bot.store.store import open_store
from tests.kill.scene import NO_ANSWER, Process
from tests.storm.receiver import Receiver

GROUPS, PER_GROUP = 8, 6
SHORT, LONG = 2.0, 3600.0
"""Seconds until the end of an alert: a short one comes while Tocsin is down."""
GRACE = 300.0
"""`resolve_timeout`: so long after a start nothing ends by itself."""
HOOK_SECRET = "a-secret-of-the-checks-hook-123456"

CONFIG = """\
http: {{listen: "127.0.0.1:0"}}
store: {{url: "sqlite:///{folder}/tocsin.db"}}
resolve_timeout: 5m
integrations:
  pager: {{use: webhook, url: "{webhook}"}}
  checks:
    use: json_source
    hook_secret: {{file: hook_secret}}
    mapping:
      delivery: id
      alerts: checks
      labels: {{alertname: name, instance: host, kind: kind}}
      status: state
      starts_at: since
route: {{receiver: on-call, group_by: [alertname], group_wait: 300ms, group_interval: 1s}}
receivers: [{{name: on-call, webhook_configs: [{{integration: pager}}]}}]
"""


@dataclass
class Known:
    """What its clients know of one alert. `firing` None: the last word on it was not answered, so nobody can say."""

    firing: bool | None = False
    began: float = 0.0
    ends: float = 0.0
    """The latest end that was said of this firing."""
    until: float = 0.0
    """If it fires, it does so at least until then."""
    answered: bool = False

    def heard(self, ends: float, *, over: bool) -> None:
        """What was said of it was answered."""
        self.answered, self.firing = True, not over
        self.ends = self.until = 0.0 if over else max(self.ends, ends)


class Intake:
    """The Tocsin that is killed: one folder, one process after the other."""

    def __init__(self, folder: Path, webhook: str) -> None:
        self.folder = folder
        self.database = folder / "tocsin.db"
        (folder / "hook_secret").write_text(HOOK_SECRET)
        (folder / "tocsin.yaml").write_text(CONFIG.format(folder=folder, webhook=webhook))
        self._number = 0
        self.process = Process(folder, 0)
        self.died_at = self.started_at = 0.0
        self.lives = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()

    def starts(self) -> None:
        """One more life, until it is ready."""
        self.started_at = time.time()
        self._next().start()
        self.lives += 1

    def dies_while_it_starts(self, after: float) -> None:
        """One more life that ends before or just after it is ready."""
        process = self._next()
        with suppress(RuntimeError):  # it did not get ready
            process.start(within=after)
        process.kill()
        self.lives += 1

    def dies(self) -> None:
        """As by `kill -9`."""
        self.process.kill()
        self.died_at = time.time()

    def stops(self) -> None:
        """As by `systemctl stop`."""
        self.process.stop()

    def _next(self) -> Process:
        self._number += 1
        self.process = Process(self.folder, self._number)
        return self.process

    def rows(self, query: str) -> Sequence[tuple[Any, ...]]:
        """What stands in its database."""
        with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)) as connection:
            return connection.execute(query).fetchall()

    def unsettled(self) -> Iterator[str]:
        """What is not told yet, and alerts that fire and are on no incident."""
        if waiting := self.rows("SELECT count(*) FROM outbox WHERE due_at IS NOT NULL AND kind = 'tell_group'")[0][0]:
            yield f"{waiting} messages wait"
        held = {one for (firing,) in self.rows("SELECT firing FROM incidents") for one in json.loads(firing)}
        fire = {alert["fingerprint"] for alert in self.connection().ask("/api/v2/alerts")}
        if held != fire:
            yield f"{len(fire - held)} alerts fire on no incident, {len(held - fire)} do not fire on one"

    def connection(self) -> Connection:
        """To the process of now."""
        return Connection(self.process.address or "", self.process.token.read_text().strip())


class Connection:
    """One client's connection; one of NO_ANSWER when nobody answers any more."""

    def __init__(self, url: str, token: str) -> None:
        self._where = urlsplit(url)
        self._token = token

    def ask(self, path: str) -> Any:
        """What is answered to a look."""
        return json.loads(self._call("GET", path, b"", self._token)[1])

    def post(self, alerts: Sequence[dict[str, Any]]) -> int:
        """Alerts, as Prometheus sends them; the status."""
        return self._call("POST", "/api/v2/alerts", json.dumps(alerts).encode(), self._token)[0]

    def hook(self, body: dict[str, Any]) -> int:
        """A vendor's call; the status."""
        return self._call("POST", "/hooks/checks", json.dumps(body).encode(), HOOK_SECRET)[0]

    def _call(self, method: str, path: str, body: bytes, token: str) -> tuple[int, bytes]:
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        with closing(http.client.HTTPConnection(str(self._where.hostname), self._where.port, timeout=10)) as connection:
            connection.request(method, path, body or None, headers)
            with connection.getresponse() as answer:
                return answer.status, answer.read()


@dataclass
class Clients:
    """A Prometheus for half of the groups and a vendor for the other half, each with alerts of its own."""

    intake: Intake
    drawn: random.Random
    known: dict[str, Known] = field(default_factory=dict)
    deliveries: list[str] = field(default_factory=list)
    answered: int = 0
    unanswered: tuple[str, str, bool, dict[str, Any]] | None = None
    """A vendor's call that is sent again: its id, the alert, whether it is over, the body."""

    def __post_init__(self) -> None:
        self._going, self._stop = threading.Event(), threading.Event()
        self._idle = [threading.Event(), threading.Event()]
        works = (self._prometheus, self._vendor)
        seeds = [self.drawn.random() for _ in works]
        self._threads = [
            threading.Thread(target=self._work, args=(work, idle, random.Random(one)))
            for work, idle, one in zip(works, self._idle, seeds, strict=True)
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._going.set()
        for thread in self._threads:
            thread.join()

    def go_on(self) -> None:
        """Tocsin is up: they send, until it is not."""
        self._going.set()

    def hold(self) -> None:
        """Tocsin was killed: they have noticed once this returns. What fired when it died has time to be heard of."""
        self._going.clear()
        for idle in self._idle:
            assert idle.wait(30), "a client did not notice that Tocsin is away"

    def missed(self) -> Iterator[str]:
        """What is not as it was answered, now that Tocsin is up again."""
        now, soon = time.time(), self.intake.started_at + GRACE
        for one in self.known.values():
            if one.firing and one.until > self.intake.died_at:
                one.until = max(one.until, soon)
        fire = {_key(alert["labels"]) for alert in self.intake.connection().ask("/api/v2/alerts")}
        for key, one in self.known.items():
            if one.firing and one.until > now + 1 and key not in fire:
                yield f"{key} was answered, and does not fire"
            if one.firing is False and key in fire:
                yield f"{key} was answered to be over, and fires"

    # ---- what they send --------------------------------------------------------------------------------------------

    def _work(self, send: Any, idle: threading.Event, drawn: random.Random) -> None:
        while not self._stop.is_set():
            idle.set()
            self._going.wait()
            idle.clear()
            connection = None
            try:
                while self._going.is_set() and not self._stop.is_set():
                    connection = connection or self.intake.connection()
                    send(connection, drawn)
            except NO_ANSWER:
                time.sleep(0.02)

    def _prometheus(self, connection: Connection, drawn: random.Random) -> None:
        """New alerts, known ones with a later end, and some that are over."""
        now = time.time()
        chosen = [
            ("api", drawn.randrange(GROUPS), drawn.randrange(PER_GROUP)) for _ in range(drawn.randint(1, PER_GROUP))
        ]
        batch = {}
        for source, group, number in chosen:
            key, steady = f"{source}{group}/{number}", number % 2 == 0
            over = not steady and drawn.random() < 0.3
            batch[key] = (over, now if over else now + (LONG if steady else drawn.choice((SHORT, LONG))))
        with self._said(batch) as said:
            alerts = [
                {
                    "labels": _labels(key),
                    "startsAt": _time(self.known[key].began),
                    "endsAt": _time(ends),
                    "annotations": {"summary": key},
                }
                for key, (_, ends) in batch.items()
            ]
            said.status = connection.post(alerts)

    def _vendor(self, connection: Connection, drawn: random.Random) -> None:
        """One alert a call, each call under an id of its own."""
        delivery, key, over, body = self.unanswered or self._call(drawn)
        self.unanswered = (delivery, key, over, body)
        with self._said({key: (over, float("inf"))}) as said:
            said.status = connection.hook(body)
        if said.status // 100 == 2:
            self.deliveries.append(delivery)
            self.unanswered = None

    def _call(self, drawn: random.Random) -> tuple[str, str, bool, dict[str, Any]]:
        group, number = drawn.randrange(GROUPS), drawn.randrange(PER_GROUP)
        key, over = f"hook{group}/{number}", number % 2 == 1 and drawn.random() < 0.4
        delivery, labels = f"{self.intake.lives}-{drawn.random()}", _labels(key)
        check = {
            "name": labels["alertname"],
            "host": labels["instance"],
            "kind": labels["kind"],
            "state": "ok" if over else "problem",
            "since": _time(time.time() - 1),
        }
        return delivery, key, over, {"id": delivery, "checks": [check]}

    def _said(self, batch: dict[str, tuple[bool, float]]) -> _Said:
        return _Said(self, batch)


class _Said:
    """Inside `with`: on its way. Answered with 2xx: known. Anything else: nobody can say."""

    def __init__(self, clients: Clients, batch: dict[str, tuple[bool, float]]) -> None:
        self.status = 0
        self._clients = clients
        self._batch = batch

    def __enter__(self) -> Self:
        for key in self._batch:
            one = self._clients.known.setdefault(key, Known())
            if not one.firing:
                one.began, one.ends = time.time() - 1, 0.0
            one.firing = None
        return self

    def __exit__(self, *_: object) -> None:
        if self.status // 100 != 2:
            return
        self._clients.answered += 1
        for key, (over, ends) in self._batch.items():
            self._clients.known[key].heard(ends, over=over)


async def faults(intake: Intake, clients: Clients, receiver: Receiver) -> list[str]:
    """What is wrong with what the last Tocsin left behind."""
    groups = [key for (key,) in intake.rows("SELECT DISTINCT group_key FROM tellings")]
    async with open_store(f"sqlite:///{intake.database}") as store:
        broken = await store.read(lambda tx: tx.audit.broken_at())
        decisions = await store.read(lambda tx: tx.decisions.of(groups, 1_000_000))
    decided = {_id(key, one.at) for key, one in decisions if one.verdict is Verdict.TOLD and "to pager" in one.text}
    found = [f"the audit record does not follow at {broken}"] if broken is not None else []
    return [*found, *_incidents(intake, clients), *_messages(intake, decided, receiver), *_deliveries(intake, clients)]


def _id(group: str, at: datetime) -> str:
    """Under which a message of this group is sent that was decided on then."""
    any_alert = Alert(labels=LabelSet(), annotations={}, starts_at=at)
    return saying.said(group, "on-call", LabelSet(), [any_alert], Reason.FIRST, "", 0, at).id


def _incidents(intake: Intake, clients: Clients) -> Iterator[str]:
    """One at a time for each group; and none was resolved whose alerts nobody ended."""
    lives: dict[str, list[tuple[Any, Any]]] = {}
    steady = {
        LabelSet(_labels(key)).fingerprint: key
        for key, one in clients.known.items()
        if one.answered and int(key[-1]) % 2 == 0
    }
    query = "SELECT group_key, opened_at, resolved_at, alerts FROM incidents ORDER BY opened_at, id"
    for key, opened, resolved, alerts in intake.rows(query):
        if (before := lives.setdefault(key, [])) and (before[-1][1] is None or before[-1][1] > opened):
            yield f"group {key} had two incidents at once"
        before.append((opened, resolved))
        if resolved and (wrongly := steady.keys() & set(json.loads(alerts))):
            yield f"an incident was resolved, and {steady[wrongly.pop()]} never was"
    held = {one for (alerts,) in intake.rows("SELECT alerts FROM incidents") for one in json.loads(alerts)}
    for one in steady.keys() - held:
        yield f"{steady[one]} is on no incident"


def _messages(intake: Intake, decided: set[str], receiver: Receiver) -> Iterator[str]:
    """Each at least once, under one id however often."""
    bodies: dict[str, set[bytes]] = {}
    for message in receiver.messages:
        bodies.setdefault(message.id, set()).add(message.body)
    if lost := decided - bodies.keys():
        yield f"{len(lost)} of {len(decided)} messages were never sent"
    if strange := bodies.keys() - decided:
        yield f"{len(strange)} messages were sent that nobody decided on"
    if any(len(said) > 1 for said in bodies.values()):
        yield "one id was used for two messages"
    again = Counter(message.id for message in receiver.messages)
    if any(count > intake.lives for count in again.values()):
        yield "a message was sent more often than Tocsin was started"


def _deliveries(intake: Intake, clients: Clients) -> Iterator[str]:
    kept = Counter(key for (key,) in intake.rows("SELECT delivery FROM posted"))
    for delivery in clients.deliveries:
        if kept[delivery] != 1:
            yield f"a call that was answered is kept {kept[delivery]} times"


def _labels(key: str) -> dict[str, str]:
    group, _, number = key.partition("/")
    return {"alertname": group, "instance": f"host-{number}", "kind": "drill"}


def _key(labels: dict[str, str]) -> str:
    return f"{labels['alertname']}/{labels['instance'].removeprefix('host-')}"


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()
