"""Killed between the moment in which Slack is told that something came, and the one in which it is done: by both doors.

What was acknowledged is what Slack says. Afterwards it is done, once, or whoever said it reads that nobody knows.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bot.testing.slack.settings import APP_TOKEN, BOT_TOKEN, SIGNING_SECRET
from tests.integrations.slack_simulator.simulated import Slack
from tests.kill.scene import Process, until
from tests.kill.test_takeover import plain
from tests.servers import Postgres
from tests.soak import many, sample

DOORS = {"socket": ("app_token", APP_TOKEN), "posted": ("signing_secret", SIGNING_SECRET)}
CONFIG = """\
http: {{listen: "127.0.0.1:0"}}
store: {{url: "{database}"}}
integrations:
  slack: {{use: slack, url: "{url}/api", bot_token: {{file: bot}}, {door}: {{file: door}}}}
people: [{{name: ann, roles: [on-call], chat: {{slack: U0ANN}}}}]
"""
TITLE = "customers cannot pay"
UNKNOWN = "Nobody knows whether this was done"


@dataclass(frozen=True)
class Case:
    """Where it is killed, whether Slack was told before, whether it is done in the end, and what Ann reads then."""

    boundary: str
    acknowledged: bool
    done: bool
    reads: str


CASES = (
    Case("before said", acknowledged=False, done=False, reads=""),
    Case("after said", acknowledged=False, done=True, reads="INC-1 is declared"),
    Case("before begun", acknowledged=True, done=True, reads="INC-1 is declared"),
    Case("after begun", acknowledged=True, done=False, reads=UNKNOWN),
    Case("before settled", acknowledged=True, done=True, reads=UNKNOWN),
)


@pytest.fixture(scope="module")
def _simulated() -> Iterator[Slack]:
    with Slack() as slack:
        yield slack


@pytest.fixture
def slack(_simulated: Slack) -> Slack:
    _simulated.begins()
    return _simulated


class Place:
    """One folder, one database, and the processes that are started on it."""

    def __init__(self, folder: Path, slack: Slack, door: str, database: str = "") -> None:
        key, secret = DOORS[door]
        (folder / "bot").write_text(BOT_TOKEN)
        (folder / "door").write_text(secret)
        self._database = folder / "tocsin.db"
        url = database or f"sqlite:///{self._database}"
        (folder / "tocsin.yaml").write_text(CONFIG.format(database=url, url=slack.url, door=key))
        self._folder, self._slack, self._door, self._lives = folder, slack, door, 0

    def tocsin(self, boundary: str = "") -> Process:
        """The next one, not started yet."""
        self._lives += 1
        return Process(self._folder, self._lives, boundary, token=f"tocsin-{self._lives}.token")

    def finds(self, process: Process, *, others: int = 0) -> None:
        """Slack finds this one, beside so many others."""
        if self._door == "posted":
            hook = f"{process.address}/hooks/slack"
            self._slack.set(urls=dict.fromkeys(("events", "interactivity", "commands"), hook))
        else:
            until(lambda: self._slack.knob("GET", "sockets")["open"] == 1 + others, "its socket, and no other")

    def rows(self, query: str) -> Sequence[Any]:
        """The first column of what is asked of the database."""
        with closing(sqlite3.connect(f"file:{self._database}?mode=ro", uri=True)) as connection:
            return [row[0] for row in connection.execute(query)]


def read(slack: Slack) -> list[str]:
    """What only Ann reads."""
    return [json.dumps(one["message"]) for one in slack.channel("sre")["unseen"]]


def types(slack: Slack, text: str) -> bool:
    """Whether Slack was told that it came; it waits as long as Slack does."""
    return bool(slack.does("command", user="ann", channel="sre", text=text)["acknowledged"])


@pytest.mark.timeout(300)
@pytest.mark.parametrize("door", list(DOORS))
@pytest.mark.parametrize("case", sample(CASES, 2), ids=lambda case: case.boundary.replace(" ", "-"))
def test_what_was_acknowledged_is_done_or_whoever_said_it_is_told(
    case: Case, door: str, slack: Slack, tmp_path: Path
) -> None:
    place = Place(tmp_path, slack, door)
    with ExitStack() as stack:
        hands = stack.enter_context(ThreadPoolExecutor(1))
        with place.tocsin(case.boundary) as first:
            place.finds(first)
            typed: Future[bool] = hands.submit(types, slack, f"declare sev2 {TITLE}")
            until(first.marker.exists, f"standing {case.boundary}")
            assert typed.result() is case.acknowledged
            first.kill()
        before = len(read(slack))
        with place.tocsin() as second:
            place.finds(second)
            until(lambda: not any(place.rows("SELECT due_at FROM outbox WHERE kind = 'said'")), "it to be settled")
            assert place.rows("SELECT title FROM incidents") == ([TITLE] if case.done else [])
            assert [case.reads in one for one in read(slack)[before:]] == ([True] if case.reads else [])


@pytest.mark.timeout(600)
@pytest.mark.parametrize("door", list(DOORS))
def test_two_processes_on_one_database_follow_each_once(
    door: str, postgres: Postgres, slack: Slack, tmp_path: Path
) -> None:
    place = Place(tmp_path, slack, door, plain(postgres.database()))
    count = many(10, 100)
    with place.tocsin() as first, place.tocsin() as second:
        place.finds(first, others=1)
        for number in range(count):
            assert types(slack, f"declare sev5 lamp {number}")
        until(_told(slack, count), "an answer to each")
        first.kill()
        place.finds(second)
        assert types(slack, "list")
        until(_told(slack, count + 1), "the list")
        assert f"{count} open incidents" in read(slack)[-1]


def _told(slack: Slack, count: int) -> Callable[[], bool]:
    return lambda: len(read(slack)) >= count
