"""Runs saved searches: each in the app and as the owner it belongs to, over absolute times, as one job."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from bot.integrations.splunk import answers
from bot.integrations.splunk.answers import Message, Progress, exact
from bot.integrations.splunk.jobs import Done, Jobs, Order
from bot.integrations.splunk.links import Links
from bot.integrations.splunk.room import Room
from bot.integrations.splunk.spl import piped, whole
from bot.model.sample import Window
from bot.model.search_job import Row, SearchAnswer, SearchJob

_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class SplunkSearches:
    """A `SearchSource`. `harmless` are texts of warnings after which an answer is still whole."""

    jobs: Jobs
    room: Room
    links: Links
    harmless: Sequence[str] = ()

    async def run(self, job: SearchJob) -> SearchAnswer:
        """See `SearchSource`. The rows stay on the server for a while where there are any, so that the link works."""
        async with self.room.place(job.urgency):
            done = await self.jobs.run(_order(job))
            try:
                answer = await self._answer(job, done)
            except BaseException:
                self.jobs.remove(done.path)
                raise
            if not answer.count:
                self.jobs.leave(done.path)
                return answer
            return replace(answer, link=self.links.run(done.sid, job.app))

    def link(self, search: str, app: str, window: Window | None = None) -> str:
        """See `SearchSource`."""
        return self.links.search(search, app, window)

    async def _answer(self, job: SearchJob, done: Done) -> SearchAnswer:
        rows, said = await self.jobs.rows(done, job.most_rows)
        hosts, sources = _different(rows, "host"), _different(rows, "source")
        warnings = list(_losses(job, done.progress, said, self.harmless))
        if job.counts_hosts and done.progress.kept > len(rows) and hosts + sources:
            found, more = await self._afterwards(job, done, "stats dc(host) as hosts dc(source) as sources")
            hosts, sources = (_number(found, name) for name in ("hosts", "sources"))
            warnings += more
        met = None
        if job.condition:
            found, more = await self._afterwards(job, done, job.condition)
            met = bool(found)
            warnings += more
        return SearchAnswer(
            sid=done.sid,
            count=done.progress.count,
            rows=tuple(rows),
            warnings=tuple(dict.fromkeys(warnings)),
            met=met,
            hosts=hosts,
            sources=sources,
            took=done.progress.took,
        )

    async def _afterwards(self, job: SearchJob, done: Done, search: str) -> tuple[list[Row], tuple[str, ...]]:
        """The first row that a search over the rows of this run yields, and what it says of missing data."""
        search = piped(f"| loadjob {done.sid}", search)
        form = {"search": search, "now": exact(job.scheduled_at), "max_count": "1000"}
        order = Order(key=done.sid, owner=job.owner, app=job.app, form=form)
        after = await self.jobs.run(order)
        try:
            rows, said = await self.jobs.rows(after, 1)
        finally:
            self.jobs.leave(after.path)
        return rows, answers.losses((*after.progress.messages, *said), self.harmless)


def _order(job: SearchJob) -> Order:
    times = {
        "earliest_time": job.earliest,
        "latest_time": job.latest,
        "index_earliest": job.index_earliest,
        "index_latest": job.index_latest,
    }
    form = {
        "search": whole(job.search),
        **{name: exact(at) for name, at in times.items() if at is not None},
        "now": exact(job.scheduled_at),
        "max_count": str(job.max_count),
        **({"max_time": str(max(1, round(job.max_time / _SECOND)))} if job.max_time else {}),
    }
    form.setdefault("earliest_time", "0")  # what is left out is all time: a server's own default may be less
    return Order(key=job.key, owner=job.owner, app=job.app, form=form)


def _losses(job: SearchJob, progress: Progress, said: Iterable[Message], harmless: Sequence[str]) -> tuple[str, ...]:
    told = answers.losses((*progress.messages, *said), harmless)
    if progress.is_finalized and not told:
        told = ("the search was finalized before its end",)
    if progress.transforms and progress.kept >= job.max_count:
        told = (*told, f"the search met its limit of {job.max_count} rows")
    return told


def _different(rows: Sequence[Row], name: str) -> int:
    values = (row[name] for row in rows if name in row)
    return len({value for found in values for value in ((found,) if isinstance(found, str) else found)})


def _number(rows: Sequence[Row], name: str) -> int:
    try:
        return int(float(str(rows[0][name])))
    except (LookupError, ValueError):
        return 0
