"""A search source that answers what a test tells it to; it passes the same contract suite as a real client."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from bot.errors import IntegrationError, Permanent
from bot.model.sample import Window
from bot.model.search_job import Row, SearchAnswer, SearchJob

Rows = Sequence[Row]


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """What a run answers. `met` is whether its condition, if it has one, yields a row; `takes` is how long it runs."""

    rows: Rows = ()
    met: bool = False
    warnings: tuple[str, ...] = ()
    takes: timedelta = timedelta(0)
    fails: IntegrationError | None = None


class FakeSearchSource:
    """A `SearchSource` with a script: each search answers what it was told last; others are refused as mistakes.

    A run is known by its key: who asks for it again waits for the same one, or has its answer. With `clients_die` set a
    caller that goes away does not end its run: that is what a crash looks like from the server.
    """

    def __init__(self, name: str = "splunk") -> None:
        self.name = name
        self.clients_die = False
        self.started: list[SearchJob] = []
        self.ended_early: list[SearchJob] = []
        self._scripts: dict[str, Callable[[SearchJob], Script]] = {}
        self._due: dict[str, float] = {}
        self._answers: dict[str, SearchAnswer] = {}

    def shows(self, search: str, rows: Rows = ()) -> None:
        """From now on this search answers these rows."""
        self.plays(search, lambda _: Script(rows=rows))

    def plays(self, search: str, script: Callable[[SearchJob], Script]) -> None:
        """From now on each run of this search answers as the script for its job says."""
        self._scripts[search] = script

    async def run(self, job: SearchJob) -> SearchAnswer:
        """The script's answer, after the time it takes."""
        if job.search not in self._scripts:
            raise Permanent(
                f"{self.name} refuses the search {job.search!r}", integration=self.name, reason="client",
                hint="correct the search",
            )  # fmt: skip
        script, loop = self._scripts[job.search](job), asyncio.get_running_loop()
        if job.key not in self._due:
            self.started.append(job)
            self._due[job.key] = loop.time() + script.takes.total_seconds()
        try:
            await asyncio.sleep(self._due[job.key] - loop.time())
        except asyncio.CancelledError:
            if not self.clients_die:
                del self._due[job.key]
                self.ended_early.append(job)
            raise
        if script.fails is not None:
            del self._due[job.key]
            raise script.fails
        if job.key not in self._answers:
            self._answers[job.key] = _answer(job, script, len(self.started))
        return self._answers[job.key]

    def link(self, search: str, app: str, window: Window | None = None) -> str:
        """Absolute times, so that it shows the same tomorrow."""
        asked = {"q": search, **({"earliest": _epoch(window.start), "latest": _epoch(window.end)} if window else {})}
        return f"https://{self.name}.example.com/app/{app}/search?{urlencode(asked)}"


def _answer(job: SearchJob, script: Script, number: int) -> SearchAnswer:
    rows = tuple(script.rows)
    hosts, sources = (len({row[name] for row in rows if name in row}) for name in ("host", "source"))
    return SearchAnswer(
        sid=f"fake_{number}",
        count=len(rows),
        rows=rows[: job.most_rows],
        warnings=script.warnings,
        met=script.met if job.condition else None,
        link=f"https://splunk.example.com/search?sid=fake_{number}",
        hosts=hosts,
        sources=sources,
        took=script.takes,
    )


def _epoch(at: datetime) -> str:
    return f"{at.timestamp():.3f}"
