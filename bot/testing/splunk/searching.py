"""search/jobs and search/v2/jobs: create, watch, control, read, export."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from itertools import islice
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from bot.testing.splunk import answers, dispatch
from bot.testing.splunk.answers import Entry, Json, Refused
from bot.testing.splunk.asked import Asked, named
from bot.testing.splunk.jobs import Job
from bot.testing.splunk.simulator import Simulator
from bot.testing.splunk.spl.values import Row, SplError, instant, written

_PAGE = (
    "count",
    "offset",
    "f",
    "search",
    "segmentation",
    "max_lines",
    "truncation_mode",
    "time_format",
    "output_time_format",
    "field_list",
)
_PIECE = 2_000
_Handler = Callable[[Request, Asked], Awaitable[Response]]


class Searching:
    """The handlers, for both versions of the interface."""

    def __init__(self, simulator: Simulator) -> None:
        """Of this server."""
        self.simulator = simulator

    def routes(self) -> list[Route]:
        """`v2` reads by GET and POST, the older one by GET."""
        made: list[Route] = []
        for version, base, reading in ((1, "/search/jobs", ["GET"]), (2, "/search/v2/jobs", ["GET", "POST"])):
            made += [
                self._route(version, f"{base}/export", self.export, ["GET", "POST"]),
                self._route(version, base, self.create, ["POST"]),
                self._route(version, base, self.listed, ["GET"]),
                self._route(version, base + "/{sid}", self.status, ["GET"]),
                self._route(version, base + "/{sid}", self.deleted, ["DELETE"]),
                self._route(version, base + "/{sid}/control", self.control, ["POST"]),
                self._route(version, base + "/{sid}/results", self.results, reading),
                self._route(version, base + "/{sid}/results_preview", self.preview, reading),
                self._route(version, base + "/{sid}/events", self.events, reading),
            ]
        return made

    def _route(self, version: int, path: str, handler: _Handler, methods: list[str]) -> Route:
        async def known(request: Request, asked: Asked) -> Response:
            if version == 2 and not self.simulator.faults.v2:
                raise Refused(404, "ERROR", "Not Found")
            return await handler(request, asked)

        return Route(path, self.simulator.endpoint(known, "search"), methods=methods)

    async def create(self, request: Request, asked: Asked) -> Response:
        """A new job; `blocking` waits for its end, `oneshot` gives its results and keeps nothing."""
        asked.only(*dispatch.ARGUMENTS)
        if "-" in {asked.owner, asked.app}:
            raise Refused(400, "ERROR", "A search cannot be created in a namespace with a wildcard.")
        mode = asked.get("exec_mode", "normal")
        if mode not in {"normal", "blocking", "oneshot"}:
            raise Refused(400, "FATAL", f"Invalid exec_mode: {mode}")
        job = dispatch.begin(
            self.simulator, dispatch.wanted(self.simulator, asked, asked.get("search")), asked.get("id")
        )
        if mode == "normal":
            return answers.of_sid(job.sid, as_json=asked.as_json)
        await job.ended.wait()
        if mode == "blocking":
            return answers.of_sid(job.sid, as_json=asked.as_json)
        self.simulator.jobs.remove(job.sid)
        if job.state == "FAILED":
            raise Refused(400, *job.messages[-1])
        return self._page(job, asked, job.rows, preview=False)

    async def listed(self, request: Request, asked: Asked) -> Response:
        """The jobs that are kept, the newest first."""
        jobs = sorted(self.simulator.jobs.kept.values(), key=lambda job: -job.created)
        return answers.feed("search/jobs", [self._entry(job, request) for job in jobs], as_json=asked.as_json)

    async def status(self, request: Request, asked: Asked) -> Response:
        """How far a job is; 204 before anything is known of it."""
        job = self._job(request)
        if job.state == "QUEUED" and job.fault.queued == 0:
            return answers.nothing()
        return answers.one_entry("search/jobs", self._entry(job, request), as_json=asked.as_json)

    async def deleted(self, request: Request, asked: Asked) -> Response:
        """Forgets a job."""
        self.simulator.jobs.remove(self._job(request).sid)
        return answers.said(200, [("INFO", "Search job cancelled.")], as_json=asked.as_json)

    async def control(self, request: Request, asked: Asked) -> Response:
        """cancel, finalize, pause, unpause, touch, setttl, save, unsave, setpriority, enablepreview, disablepreview."""
        job, action = self._job(request), asked.get("action")
        asked.only("action", "ttl", "priority")
        match action:
            case "cancel":
                self.simulator.jobs.remove(job.sid)
            case "finalize":
                job.hurry()
            case "pause":
                job.resumed.clear()
            case "unpause":
                job.resumed.set()
            case "setttl":
                job.ttl = asked.seconds("ttl", job.ttl)
            case "save" | "unsave":
                job.saved_for_good = action == "save"
            case "touch" | "setpriority" | "enablepreview" | "disablepreview":
                pass  # asking for the job was the touch
            case _:
                raise Refused(400, "FATAL", f"Invalid action: '{action}'.")
        told = {"cancel": "Search job cancelled.", "finalize": "Search job finalized.", "touch": "Search job touched."}
        return answers.said(200, [("INFO", told.get(action, f"Search job: {action}."))], as_json=asked.as_json)

    async def results(self, request: Request, asked: Asked) -> Response:
        """A page of the results of a job that is done; 204 before."""
        job = self._job(request)
        if not job.over:
            return answers.nothing()
        if job.state == "FAILED":
            raise Refused(400, *job.messages[-1])
        if job.fault.vanishes == "read":
            self.simulator.jobs.vanish(job.sid)
        return self._page(job, asked, job.rows, preview=False)

    async def preview(self, request: Request, asked: Asked) -> Response:
        """What is there so far; a table has none before it is done."""
        job = self._job(request)
        if job.over:
            return await self.results(request, asked)
        return self._page(job, asked, list(job.rows), preview=True) if job.rows else answers.nothing()

    async def events(self, request: Request, asked: Asked) -> Response:
        """The events of a search; without status buckets, a search that makes a table keeps none."""
        job = self._job(request)
        if job.state in {"QUEUED", "PARSING"}:
            return answers.nothing()
        return self._page(job, asked, [] if job.wanted.pipeline.transforms else job.rows, preview=False)

    async def export(self, request: Request, asked: Asked) -> Response:
        """A search whose results are streamed, line by line; nothing is kept of it."""
        asked.only(*dispatch.ARGUMENTS)
        if not asked.as_json:
            raise Refused(400, "FATAL", "The simulator exports as output_mode=json only.")
        dispatch.make_room(self.simulator)
        wanted = dispatch.wanted(self.simulator, asked, asked.get("search"))
        fault = self.simulator.faults.of_job(wanted.search)
        if fault.fails:
            raise Refused(400, "FATAL", fault.fails)
        job = self.simulator.jobs.aside(self.simulator.jobs.new_sid(), wanted, fault)
        previews = wanted.pipeline.transforms and asked.flag("preview", default=True)
        return StreamingResponse(self._exported(job, asked, previews=previews), media_type="application/json")

    async def _exported(self, job: Job, asked: Asked, *, previews: bool) -> AsyncIterator[bytes]:
        try:
            await asyncio.sleep(job.fault.queued + job.fault.running)
            most = asked.whole("max_count", 0) or None
            if previews:
                half = Job(sid=job.sid, wanted=job.wanted, fault=job.fault.model_copy(update={"share": 0.5}))
                yield b"".join(
                    await asyncio.to_thread(
                        list, _lines(half, islice(self.simulator.jobs.results(half), most), preview=True)
                    )
                )
            lines = _lines(job, islice(self.simulator.jobs.results(job), most), preview=False)
            while piece := await asyncio.to_thread(lambda: list(islice(lines, _PIECE))):
                yield b"".join(piece)
        finally:
            self.simulator.jobs.remove(job.sid)

    def _job(self, request: Request) -> Job:
        job = self.simulator.jobs.get(named(request, "sid"))
        if job is None:
            raise Refused(404, "FATAL", "Unknown sid.")
        return job

    def _page(self, job: Job, asked: Asked, rows: Sequence[Row], *, preview: bool) -> Response:
        asked.only(*_PAGE, *dispatch.ARGUMENTS)
        if asked.get("search") and asked.get("exec_mode") != "oneshot":
            raise Refused(400, "FATAL", "Argument 'search' is not simulated here; v2 has no such argument.")
        most = self.simulator.settings.max_result_rows
        count, offset = min(asked.whole("count", 100) or most, most), asked.whole("offset", 0)
        page = [job.shown(row) for row in rows[offset : offset + count]]
        chosen = asked.arguments.get("f", ())
        if chosen:
            page = [{name: row[name] for name in chosen if name in row} for row in page]
        names = answers.field_names(page, chosen or job.wanted.pipeline.field_order)
        return answers.results(page, names, job.messages, offset=offset, preview=preview, as_json=asked.as_json)

    def _entry(self, job: Job, request: Request) -> Entry:
        base = request.url.path.partition("/jobs")[0] + "/jobs"
        path = f"{base}/{quote(job.sid, safe='')}"
        parts = ("search.log", "events", "results", "results_preview", "timeline", "summary", "control")
        return Entry(
            name=job.sid,
            title=job.wanted.search,
            path=path,
            content=content(job),
            owner=job.wanted.owner,
            app=job.wanted.app,
            sharing="global",
            updated=job.created + job.took,
            links={part: f"{path}/{part}" for part in parts},
        )


_ALIKE: dict[str, Json] = {
    "cursorTime": instant(0),
    "defaultTTL": 600,
    "diskUsage": 65536,
    "dropCount": 0,
    "eventIsStreaming": True,
    "isBatchModeSearch": False,
    "isEventsPreviewEnabled": False,
    "isPreviewEnabled": False,
    "isRealTimeSearch": False,
    "isZombie": False,
    "keywords": "",
    "normalizedSearch": "",
    "numPreviews": 0,
    "pid": "0",
    "priority": 5,
    "remoteSearch": "",
    "searchProviders": ["splunk-simulator"],
    "statusBuckets": 0,
}
"""What is said of every job."""


def content(job: Job) -> dict[str, Json]:
    """What is said of a job, with the names and types of splunkd."""
    wanted, events = job.wanted, not job.wanted.pipeline.transforms
    return {
        **_ALIKE,
        "delegate": "scheduler" if wanted.saved else "",
        "dispatchState": job.shown_state,
        "doneProgress": 1.0 if job.over else 0.5 if job.state == "RUNNING" else 0.0,
        "earliestTime": instant(wanted.earliest),
        "eventAvailableCount": len(job.rows) if events else 0,
        "eventCount": job.found,
        "eventIsTruncated": job.found > wanted.max_count,
        "eventSearch": wanted.search.partition("|")[0].strip(),
        "eventSorting": "desc" if events else "none",
        "isDone": job.over,
        "isFailed": job.state == "FAILED",
        "isFinalized": job.finalized,
        "isPaused": job.shown_state == "PAUSED",
        "isSaved": job.saved_for_good,
        "isSavedSearch": bool(wanted.saved),
        "label": wanted.saved,
        "latestTime": instant(wanted.latest),
        "messages": [{"type": kind, "text": text} for kind, text in job.messages],
        "provenance": "scheduler" if wanted.saved else "rest",
        "reportSearch": "" if events else wanted.search.partition("|")[2].strip(),
        "request": {"search": wanted.search},
        "resultCount": len(job.rows),
        "resultIsStreaming": events,
        "resultPreviewCount": len(job.rows),
        "runDuration": round(job.took, 3),
        "scanCount": job.scanned,
        "searchEarliestTime": wanted.earliest,
        "searchLatestTime": wanted.latest,
        "sid": job.sid,
        "ttl": int(job.ttl),
    }


def _lines(job: Job, rows: Iterator[Row], *, preview: bool) -> Iterator[bytes]:
    offset = 0
    try:
        for one, last in _with_last(rows):
            line: dict[str, Json] = {"preview": preview, "offset": offset, "result": written(job.shown(one))}
            yield json.dumps(line | {"lastrow": True} if last else line).encode() + b"\n"
            offset += 1
    except SplError as error:
        yield json.dumps({"preview": preview, "messages": [{"type": "FATAL", "text": str(error)}]}).encode() + b"\n"
        return
    if offset == 0:
        yield json.dumps({"preview": preview, "lastrow": True}).encode() + b"\n"
    if not preview and (said := job.notices()):
        messages: Json = [{"type": kind, "text": text} for kind, text in said]
        yield json.dumps({"preview": preview, "messages": messages}).encode() + b"\n"


def _with_last(rows: Iterator[Row]) -> Iterator[tuple[Row, bool]]:
    """Each row, and whether it is the last one."""
    held = next(rows, None)
    while held is not None:
        following = next(rows, None)
        yield held, following is None
        held = following
