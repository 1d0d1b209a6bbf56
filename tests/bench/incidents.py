"""A hundred thousand incidents in the store: how soon a page, a list and a search answer, and what a word kept costs.

The whole of `tocsin run` over HTTP, its SQLite file written beforehand by plain SQL. Each incident has a story of six
entries; words are as common as in any text: some in nearly every story, most in few. A hundred are open.
"""

import asyncio
import random
import sqlite3
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from itertools import accumulate
from pathlib import Path

import httpx

from bot.model.actor import TOCSIN
from bot.model.ids import IncidentId
from bot.model.timeline import EntryKind, TimelineEntry
from bot.store.store import open_store
from tests.bench import Row, p99
from tests.bench.alerts import processor
from tests.bench.place import running

MANY, OPEN, STORY, WORDS = 100_000, 100, 6, 12
ASKED, WARM = 40, 3
"""How often each is asked for; the first few times are not counted."""
MINUTE = 60_000_000
"""In the database's microseconds."""
CONFIG = 'http: {listen: "127.0.0.1:0"}\n'
FLOOR, AIM = 100, 25
ACTOR = '{"kind":"person","name":"ann","via":"api","roles":[],"sid":""}'
VOCABULARY = [f"word{number:04x}" for number in range(5000)]
"""The n-th is n times as rare as the first."""

_INCIDENT = (
    "INSERT INTO incidents (id, title, severity, status, opened_at, kind, signal, group_key, receiver, service, team, "
    "alerts, firing, acknowledged_by) VALUES (?, ?, ?, ?, ?, 'normal', 'clear', '', 'sre', ?, ?, '[]', '[]', '')"
)
_ENTRY = (
    "INSERT INTO timeline (incident, at, recorded_at, actor, kind, text, why, links, evidence) "
    f"VALUES (?, ?, ?, '{ACTOR}', 'note', ?, '', '{{}}', '[]')"
)
_WORDS = "INSERT INTO incident_words (incident, head, story, size) VALUES (?, ?, ?, ?)"


def rows(folder: Path, prometheus: str = "") -> list[Row]:
    """All figures."""
    config = folder / "tocsin.yaml"
    config.write_text(CONFIG)
    file = folder / "tocsin.db"
    began = time.perf_counter()
    asyncio.run(empty(file))
    fill(file)
    filled = time.perf_counter() - began
    with running(config) as (process, address, ready):
        headers = {"Authorization": "Bearer " + (folder / "tocsin.token").read_text().strip()}
        with httpx.Client(base_url=address, headers=headers, trust_env=False, timeout=60) as http:
            found = over_http(http, address, process.pid)
    size = file.stat().st_size / 2**20
    note = f"{size:.0f} MiB; written in {filled:.0f} s"
    return [Row(f"ready with {MANY:,} incidents", ready, "s", note=note), *found, *asyncio.run(told(file))]


async def empty(file: Path) -> None:
    """A database with our schema."""
    async with open_store(f"sqlite:///{file}"):
        pass


def fill(file: Path) -> None:
    """All incidents, the newest a minute old, one a minute before that."""
    chance = random.Random(7)
    first = int(datetime.now(UTC).timestamp() * 1e6) - (MANY + 1) * MINUTE
    weights = list(accumulate(1 / rank for rank in range(1, len(VOCABULARY) + 1)))
    with closing(sqlite3.connect(file)) as database:
        for start in range(1, MANY + 1, 5000):
            numbers = range(start, min(start + 5000, MANY + 1))
            database.executemany(_INCIDENT, [incident(number, first) for number in numbers])
            stories = {
                number: [" ".join(chance.choices(VOCABULARY, cum_weights=weights, k=WORDS)) for _ in range(STORY)]
                for number in numbers
            }
            database.executemany(_ENTRY, entries(stories, first))
            database.executemany(_WORDS, words(stories))
            database.commit()
        database.execute("INSERT INTO counters (name, last) VALUES ('incidents', ?)", (MANY,))
        database.commit()


def incident(number: int, first: int) -> tuple[object, ...]:
    """The row of one: few are open, and a service has one in five hundred."""
    status = "triggered" if number > MANY - OPEN else "closed"
    title, severity, team = f"Checkout is slow on host-{number % 977}", f"SEV{1 + number % 5}", f"team-{number % 20}"
    return f"INC-{number}", title, severity, status, first + number * MINUTE, f"service-{number % 500}", team


def entries(stories: dict[int, list[str]], first: int) -> Iterator[tuple[object, ...]]:
    """The rows of the timelines."""
    for number, story in stories.items():
        for place, text in enumerate(story):
            at = first + number * MINUTE + place * 1_000_000
            yield f"INC-{number}", at, at, text


def words(stories: dict[int, list[str]]) -> Iterator[tuple[object, ...]]:
    """The rows that searches look into, as the store would write them."""
    for number, story in stories.items():
        head = (
            f"inc {number} ¶ checkout is slow on host {number % 977} ¶ service {number % 500} ¶ team {number % 20} ¶ "
        )
        told = " ¶ ".join(story) + " ¶ "
        yield f"INC-{number}", head, told, len(told)


def over_http(http: httpx.Client, address: str, pid: int) -> list[Row]:
    """Pages as a browser loads them, lists and searches over the API."""

    def row(name: str, ask: Callable[[], httpx.Response], floor: float | None = FLOOR) -> Row:
        return timed(name, ask, pid, floor)

    link = http.post("/api/v1/links").raise_for_status().json()["path"]
    secret = link.rpartition("/")[2]
    with httpx.Client(base_url=address, headers={"Origin": address}, trust_env=False, timeout=60) as browser:
        browser.post(link.removesuffix(secret), data={"secret": secret})
        old = f"INC-{MANY // 2}"
        found = [
            row("the entrance", lambda: browser.get("/")),
            row("the page of an incident", lambda: browser.get(f"/incidents/{old}")),
            row("the page of what was found", lambda: browser.get("/incidents", params={"q": "word0003 word0100"})),
        ]
    asked: list[tuple[str, dict[str, str | list[str]]]] = [
        ("a list of the open ones", {"status": ["triggered", "acknowledged", "mitigated"]}),
        ("a list of those that are over", {"status": ["resolved", "closed"]}),
        ("a list narrowed to a service", {"service": "service-77", "status": "closed"}),
        ("a list narrowed to what nobody has", {"team": "nobody"}),
        ("a list narrowed to one in a hundred", {"team": "team-7", "severity": "SEV3", "limit": "50"}),
        ("a list deep in the past", {"after": "INC-500"}),
        ("a search for a word of every incident", {"q": "checkout", "limit": "20"}),
        ("a search for a word of few", {"q": "word1300", "limit": "20"}),
        ("a search for a beginning", {"q": "word13*", "limit": "20"}),
        ("a search for two words of many", {"q": "word0001 word0002 -word0000", "limit": "20"}),
        ("a search for words in a row", {"q": '"word0000 word0005"', "limit": "20"}),
        ("a search that finds nothing in words of many", {"q": '"word0001 checkout word0000"', "limit": "20"}),
    ]
    worst = {"q": "checkout", "team": "nobody", "limit": "20"}
    return [
        *found,
        *(row(name, lambda q=query: http.get("/api/v1/incidents", params=q)) for name, query in asked),
        row("a search that all hold, and no team has", lambda: http.get("/api/v1/incidents", params=worst), floor=None),
    ]


def timed(name: str, ask: Callable[[], httpx.Response], pid: int, floor: float | None) -> Row:
    """How late 99 of 100 answers are, and what one costs."""
    took, before = [], 0.0
    for number in range(WARM + ASKED):
        before = processor(pid) if number == WARM else before
        began = time.perf_counter()
        answer = ask()
        took.append((time.perf_counter() - began) * 1e3)
        assert answer.status_code == 200, answer.text
    took, used = took[WARM:], (processor(pid) - before) / ASKED * 1e3
    return Row(
        name,
        p99(took),
        "ms",
        floor=floor,
        aim=AIM,
        note=f"median {statistics.median(took):.1f} ms, processor {used:.1f} ms",
    )


async def told(file: Path) -> list[Row]:
    """What it costs to write to a story: a short one, and one of nine hundred entries, nearly all that is kept."""
    found = []
    async with open_store(f"sqlite:///{file}") as store:
        for name, incident, before in (("a short", MANY, 0), ("a long", MANY - 1, 900)):
            await store.write(lambda tx, it=incident, n=before: [tx.incidents.tell(entry(it)) for _ in range(n)])
            began = time.process_time()
            await store.write(lambda tx, it=incident: [tx.incidents.tell(entry(it)) for _ in range(50)])
            each = (time.process_time() - began) / 50 * 1e3
            found.append(Row(f"processor time to write to {name} story", each, "ms", floor=10, aim=1))
    return found


def entry(incident: int) -> TimelineEntry:
    """Something happened."""
    now = datetime.now(UTC)
    return TimelineEntry(
        incident=IncidentId(f"INC-{incident}"), at=now, recorded_at=now, actor=TOCSIN, kind=EntryKind.ALERT,
        text="alert KubePodCrashLooping fires, value 3.5", why="cart-7f9c of namespace shop restarts again and again",
    )  # fmt: skip
