"""Search jobs: their life from QUEUED to DONE or FAILED, what they found, and how long they are kept."""

from __future__ import annotations

import asyncio
import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from typing import Literal

from bot.testing.splunk.events import Event, Events
from bot.testing.splunk.moments import moment
from bot.testing.splunk.settings import JobFault
from bot.testing.splunk.spl.pipeline import Pipeline, Run
from bot.testing.splunk.spl.values import Row, Rows, SplError, pattern

Message = tuple[str, str]
State = Literal["QUEUED", "PARSING", "RUNNING", "PAUSED", "FINALIZING", "DONE", "FAILED"]

PEER_DOWN = (
    'Unable to distribute to peer named peer2 at uri https://peer2:8089 because peer has status = "Down". Verify uri '
    "scheme, connectivity to the search peer, that the search peer is up, and that an adequate level of system "
    "resources are available."
)
PARTIAL = (
    "The following error(s) and caution(s) occurred while the search ran. "
    "Therefore, search results might be incomplete."
)
_ALWAYS_SHOWN = {"host", "source", "sourcetype", "index", "linecount", "splunk_server"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a job is asked to be."""

    search: str
    pipeline: Pipeline
    owner: str
    app: str
    now: float
    earliest: float
    latest: float
    index_earliest: str = ""
    index_latest: str = ""
    max_count: int = 500_000
    max_time: float = 0
    ttl: float = 600
    auto_cancel: float = 0
    fields: tuple[str, ...] = ()
    """`rf`, and `*` where field discovery is on."""
    saved: str = ""
    """The saved search it is a run of."""
    partial_allowed: bool = True


@dataclass(slots=True, kw_only=True)
class Job:
    """A job, and everything it found."""

    sid: str
    wanted: Wanted
    fault: JobFault
    created: float = field(default_factory=time.time)
    state: State = "QUEUED"
    rows: list[Row] = field(default_factory=list)
    found: int = 0
    scanned: int = 0
    messages: list[Message] = field(default_factory=list)
    finalized: bool = False
    took: float = 0
    touched: float = field(default_factory=time.monotonic)
    ttl: float = 600
    saved_for_good: bool = False
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    hurried: asyncio.Event = field(default_factory=asyncio.Event)
    resumed: asyncio.Event = field(default_factory=asyncio.Event)
    stop: threading.Event = field(default_factory=threading.Event)
    gone: bool = False

    @property
    def over(self) -> bool:
        """Whether it has ended, well or not."""
        return self.state in {"DONE", "FAILED"}

    @property
    def shown_state(self) -> str:
        """Its state as it is told."""
        return "PAUSED" if self.state == "RUNNING" and not self.resumed.is_set() else self.state

    def notices(self) -> list[Message]:
        """What is to be said of what it found."""
        missing = [("ERROR", PARTIAL), ("ERROR", f"[search-head] {PEER_DOWN}")] if self.fault.share < 1 else []
        return [*missing, *self.fault.messages]

    def hurry(self) -> None:
        """Reads no further: what was found so far is the result."""
        self.stop.set()
        self.hurried.set()
        self.resumed.set()

    def shown(self, row: Row) -> Row:
        """A result as it is given away: without field discovery, an event shows what its search names."""
        wanted = self.wanted
        if wanted.pipeline.transforms or wanted.pipeline.all_fields or "*" in wanted.fields:
            return row
        named = set(re.findall(r"[\w.{}]+", wanted.search))
        return {
            name: value
            for name, value in row.items()
            if name.startswith("_")
            or name in _ALWAYS_SHOWN
            or name in named
            or any(pattern(wild).fullmatch(name) for wild in wanted.fields)
        }


class Jobs:
    """All jobs of a server, by sid."""

    def __init__(self, events: Events) -> None:
        """They search in these events."""
        self.events = events
        self.kept: dict[str, Job] = {}
        self.vanished: list[str] = []
        self._numbers = count(1)
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def running(self) -> int:
        """How many count against the server's limit."""
        return sum(not job.over for job in self.kept.values())

    def new_sid(self) -> str:
        """Splunk's form: when, and a number."""
        return f"{int(time.time())}.{next(self._numbers)}"

    def start(self, sid: str, wanted: Wanted, fault: JobFault) -> Job:
        """Lets a job run; it goes on by itself."""
        job = Job(sid=sid, wanted=wanted, fault=fault, ttl=wanted.ttl)
        self.kept[sid] = job
        task = asyncio.create_task(self._live(job))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return job

    def aside(self, sid: str, wanted: Wanted, fault: JobFault) -> Job:
        """A job whose rows are taken as they are made (`results`); it counts as running until it is removed."""
        job = self.kept[sid] = Job(sid=sid, wanted=wanted, fault=fault, state="RUNNING")
        job.resumed.set()
        return job

    def get(self, sid: str) -> Job | None:
        """A job that is still kept."""
        self._sweep()
        job = self.kept.get(sid)
        if job is not None:
            job.touched = time.monotonic()
        return job

    def remove(self, sid: str) -> None:
        """Forgets a job, and stops it where it runs."""
        job = self.kept.pop(sid, None)
        if job is not None:
            job.gone = True
            job.hurry()
            job.ended.set()

    def vanish(self, sid: str) -> None:
        """Forgets a job that nobody asked to forget."""
        self.vanished.append(sid)
        self.remove(sid)

    def _sweep(self) -> None:
        now = time.monotonic()
        for job in list(self.kept.values()):
            idle = now - job.touched
            expired = job.over and not job.saved_for_good and idle > job.ttl
            if expired or (not job.over and job.wanted.auto_cancel and idle > job.wanted.auto_cancel):
                self.remove(job.sid)

    async def _live(self, job: Job) -> None:
        job.resumed.set()
        await asyncio.sleep(job.fault.queued)
        job.state = "PARSING"
        await asyncio.sleep(0)
        job.state = "RUNNING"
        if job.fault.vanishes == "running":
            self.vanish(job.sid)
        began = time.perf_counter()
        await self._evaluate(job)
        job.took = time.perf_counter() - began
        job.ended.set()
        if job.fault.vanishes == "done":
            self.vanish(job.sid)

    async def _evaluate(self, job: Job) -> None:
        limit = job.wanted.max_time
        alarm = asyncio.get_running_loop().call_later(limit, self._time_is_up, job) if limit else None
        try:
            with suppress(TimeoutError):
                await asyncio.wait_for(job.hurried.wait(), job.fault.running)
            await job.resumed.wait()
            if job.fault.fails:
                raise SplError(job.fault.fails)
            if job.fault.share < 1 and not job.wanted.partial_allowed:
                raise SplError(f"{PEER_DOWN} Partial results are not allowed.")
            await asyncio.to_thread(self._search, job)
        except SplError as error:
            job.messages.append(("FATAL", str(error)))
            job.state = "FAILED"
            return
        finally:
            if alarm is not None:
                alarm.cancel()
        job.finalized = job.stop.is_set()
        job.messages += job.notices()
        job.state = "FINALIZING"
        await asyncio.sleep(0)
        job.state = "DONE"

    def _time_is_up(self, job: Job) -> None:
        limit = f"{job.wanted.max_time:g}"
        job.messages.append(("INFO", f"Search auto-finalized after time limit ({limit} seconds) reached."))
        job.hurry()

    def _search(self, job: Job) -> None:
        for row in self.results(job):
            if job.gone:
                return
            if len(job.rows) < job.wanted.max_count:
                job.rows.append(row)

    def results(self, job: Job) -> Rows:
        """The rows of a job as they are made; what goes by is counted in the job."""

        def tap(rows: Rows) -> Rows:
            for row in rows:
                job.found += 1
                yield row

        return job.wanted.pipeline.rows(self._run(job), tap)

    def _run(self, job: Job) -> Run:
        wanted = job.wanted
        return Run(
            now=wanted.now,
            earliest=wanted.earliest,
            latest=wanted.latest,
            events=lambda times: self._events(job, times),
            results=self._results_of,
        )

    def _results_of(self, sid: str) -> Iterable[Row]:
        job = self.kept.get(sid)
        if job is None or not job.over:
            raise SplError(f"Error in 'loadjob' command: Cannot find artifacts for search_id '{sid}'.")
        return [job.shown(row) for row in job.rows]

    def _events(self, job: Job, times: Mapping[str, str]) -> Iterator[Row]:
        wanted = job.wanted
        named = {name: moment(text, wanted.now) for name, text in times.items()}
        first, last = named.get("earliest", wanted.earliest), named.get("latest", wanted.latest)
        indexed = _indexed(wanted, named)
        for event in self.events.newest_first(first, last):
            if job.stop.is_set():
                return
            job.scanned += 1
            if indexed(event) and _seen(event, job.fault.share):
                yield event.row


def _indexed(wanted: Wanted, named: Mapping[str, float]) -> Callable[[Event], bool]:
    limits = {
        name: named.get(f"_index_{name}", moment(text, wanted.now) if text else None)
        for name, text in (("earliest", wanted.index_earliest), ("latest", wanted.index_latest))
    }
    first, last = limits["earliest"], limits["latest"]
    return lambda event: (first is None or event.indexed_at >= first) and (last is None or event.indexed_at < last)


def _seen(event: Event, share: float) -> bool:
    """Of a server whose peers are down in part, the same events are missing every time."""
    return share >= 1 or (event.number * 2654435761 % 1000) / 1000 < share
