"""What can be looked at: the list of incidents, one incident, one run, the rules; each also as a stream of changes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response, StreamingResponse

from bot.errors import NotFound
from bot.kit.http_in import DOCUMENT_POLICY, Refusal, Reply, Scope, file_headers
from bot.kit.who_asks import Asker, Door, asker, cookie, cookie_name
from bot.model.actor import Actor
from bot.model.alert import Alert
from bot.model.answer import Answer
from bot.model.automation import Pause
from bot.model.ids import EvidenceId, Fingerprint, IncidentId, RunId
from bot.model.report import Case, ReportFormat
from bot.model.rule import GroupStatus
from bot.model.run import Approval, JournalEntry, RunbookRun
from bot.response import alerts_looked_up, automation_seen, looked_up, output_heard, report_wanted, response_seen
from bot.response.response_seen import SeenResponse
from bot.response.world import World
from bot.web import views
from bot.web.live import Picture, Streams, mark_of
from bot.web.render import Moment, Templates

S = TypeVar("S")
WHOLE_QUERY = "?"
SWITCH = {"switch": "_switch.html.jinja"}
"""The part that every page has."""
Endpoint = Callable[[Request], Awaitable[Response]]


class View(Protocol):
    """What a page shows; see `bot.web.views`."""

    @property
    def title(self) -> str:
        """What the browser's tab says."""
        ...

    @property
    def news(self) -> str:
        """What a screen reader says when the page has changed."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[S]):
    """One kind of page. `parts` maps the ids of the elements that change to the templates that fill them.

    `see` answers what the page is made of; a change in it is a change of the page. `view` makes of it what is shown.
    What is asked for is named by the address, as `/incidents/INC-1`, or by the query parameter called `asks`, or,
    where that is WHOLE_QUERY, by all parameters there are.
    """

    template: str
    nav: str
    parts: Mapping[str, str]
    see: Callable[[World, Actor, str], Awaitable[S]]
    view: Callable[[S, World, Actor], View]
    asks: str = ""

    def key(self, request: Request) -> str:
        """What the request asks for."""
        if self.asks == WHOLE_QUERY:
            return request.url.query
        return request.query_params.get(self.asks, "") if self.asks else request.path_params.get("key", "")


async def _see_incident(world: World, actor: Actor, key: str) -> tuple[Case, Mapping[Fingerprint, Alert], SeenResponse]:
    case = await looked_up.case(world, actor, IncidentId(key))
    held = await alerts_looked_up.of_incident(world, actor, case.incident)
    return case, held, await response_seen.look(world, actor, case.incident.id)


async def _see_run(
    world: World, actor: Actor, key: str
) -> tuple[RunbookRun, Sequence[JournalEntry], Sequence[Approval], Mapping[str, str]]:
    printed = await output_heard.printing(world, actor, RunId(key))  # first, or an end between the two would be missed
    return *await looked_up.run(world, actor, RunId(key)), printed


async def _see_rules(world: World, actor: Actor, _key: str) -> Sequence[GroupStatus]:
    return await looked_up.rules(world, actor)


INCIDENT = Page(
    template="incident.html.jinja",
    nav="incidents",
    parts={
        "head": "_head.html.jinja",
        "questions": "_questions.html.jinja",
        "response": "_response.html.jinja",
        "alerts": "_held.html.jinja",
        "paging": "_paging.html.jinja",
        "evidence": "_evidence.html.jinja",
        "runs": "_runs.html.jinja",
        "timeline": "_timeline.html.jinja",
    },
    see=_see_incident,
    view=lambda seen, world, actor: views.of_case(*seen, world.setup, actor, world.clock.now()),
)
RUN = Page(
    template="run.html.jinja",
    nav="incidents",
    parts={"questions": "_questions.html.jinja", "runs": "_runs.html.jinja"},
    see=_see_run,
    view=lambda seen, world, actor: views.of_one_run(*seen, world.setup, actor, world.clock.now()),
)
RULES = Page(
    template="rules.html.jinja",
    nav="rules",
    parts={"rules": "_rules.html.jinja"},
    see=_see_rules,
    view=lambda seen, world, actor: views.of_rules(seen, world.setup),
)


class Pages:
    """Shows pages, follows them, and hands out what they hold."""

    def __init__(self, world: World, door: Door, streams: Streams, templates: Templates) -> None:
        self._world = world
        self._door = door
        self._streams = streams
        self._templates = templates

    def show(self, page: Page[S]) -> Endpoint:
        """The endpoint that renders this page whole."""

        async def endpoint(request: Request) -> Response:
            return await self.whole(page, request)

        return endpoint

    async def whole(self, page: Page[S], request: Request, once: Answer | None = None) -> Response:
        """This page; with `once`, what has just been made and is never shown again."""
        who, key = asker(request.scope), page.key(request)
        seen, switch = looked = await self._look(page, who.actor, key)
        values = {"nav": page.nav, "parts": page.parts, "mark": mark_of(looked), "switch": switch, "once": once}
        return HTMLResponse(
            self._render(page.template, who, view=page.view(seen, self._world, who.actor), **values),
            headers={"cache-control": "no-store"} if once else None,
        )

    def follow(self, page: Page[S]) -> Endpoint:
        """The endpoint that streams what changes on this page."""

        async def endpoint(request: Request) -> Response:
            who, key = asker(request.scope), page.key(request)
            if who.session is None or self._streams.full(who.session.secret_hash):
                return Response("too many pages of yours are open", status_code=429, media_type="text/plain")
            secret = cookie(request.scope, cookie_name(self._door.origins.of(request.scope)))

            async def look() -> tuple[S, Pause]:
                return await self._look(page, who.actor, key)

            async def paint() -> Picture:
                seen, switch = looked = await look()
                view, templates = page.view(seen, self._world, who.actor), {**SWITCH, **page.parts}
                parts = {
                    name: self._render(template, who, view=view, switch=switch) for name, template in templates.items()
                }
                return Picture(mark=mark_of(looked), parts=parts, title=view.title, news=view.news)

            async def lasts() -> bool:
                return await self._door.session(secret, seen=False) is not None

            await look()  # a page that is not there, or not theirs to see, is refused before anything is sent
            seen = request.headers.get("last-event-id") or request.query_params.get("seen", "")
            stream = self._streams.follow(
                session=who.session.secret_hash,
                key=f"{page.template} {key}",
                seen=seen,
                look=look,
                paint=paint,
                lasts=lasts,
            )
            return StreamingResponse(stream, media_type="text/event-stream", headers={"x-accel-buffering": "no"})

        return endpoint

    async def _look(self, page: Page[S], actor: Actor, key: str) -> tuple[S, Pause]:
        """What the page is made of, and how the switch stands: while it is thrown, every page says so."""
        return await page.see(self._world, actor, key), await automation_seen.switch(self._world, actor)

    async def report(self, request: Request) -> Response:
        """The postmortem as it stands: shown as a page of its own, or saved as Markdown."""
        key, form = request.path_params["key"], _form(request.path_params["form"])
        text = await report_wanted.report(self._world, asker(request.scope).actor, IncidentId(key), form)
        if form is ReportFormat.HTML:
            return HTMLResponse(text, headers={"content-security-policy": DOCUMENT_POLICY})
        headers = {"content-disposition": f'attachment; filename="{key}.md"'}
        return Response(text, media_type="text/markdown", headers=headers)

    async def evidence(self, request: Request) -> Response:
        """One file of one piece of evidence; never changed, so a browser keeps it."""
        found = await looked_up.attachment(
            self._world,
            asker(request.scope).actor,
            EvidenceId(request.path_params["key"]),
            request.path_params["name"],
        )
        headers = file_headers(found.name, found.media_type, found.sha256)
        if request.headers.get("if-none-match") == headers["etag"]:
            return Response(status_code=304, headers=headers)
        return Response(found.content, media_type=found.media_type, headers=headers)

    async def static(self, request: Request) -> Response:
        """A file whose address holds its hash."""
        file = self._templates.files.get(request.url.path)
        if file is None:
            return Response("there is no such file", status_code=404, media_type="text/plain")
        headers = {"cache-control": "public, max-age=31536000, immutable"}
        return Response(file.content, media_type=file.media_type, headers=headers)

    async def link(self, request: Request) -> Response:
        """The page of a one-time link. Looking at it uses nothing up, because chats look at links by themselves."""
        secret = request.path_params["secret"]
        return HTMLResponse(self._templates.page("open.html.jinja", self._moment(), secret=secret))

    def refuse(self, _scope: Scope, refusal: Refusal) -> Reply:
        """A refusal as a page."""
        html = self._templates.page("refused.html.jinja", self._moment(), refusal=refusal)
        headers = [("retry-after", str(refusal.retry_after))] if refusal.retry_after is not None else []
        return Reply(body=html.encode(), status=refusal.status, media_type="text/html; charset=utf-8", headers=headers)

    def _render(self, template: str, who: Asker, **values: Any) -> str:  # Any: what the template reads
        csrf = who.session.csrf if who.session else ""
        return self._templates.page(template, self._moment(), who=who.actor, csrf=csrf, **values)

    def _moment(self) -> Moment:
        return Moment(now=self._world.clock.now(), zone=ZoneInfo(self._world.setup.time_zone))


def _form(name: str) -> ReportFormat:
    try:
        return ReportFormat(name)
    except ValueError:
        raise NotFound(f"no report comes as {name!r}", hint="reports come as md and as html") from None
