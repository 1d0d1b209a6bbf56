"""The pages with many incidents: what is on fire, and whatever else somebody looks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

from bot.errors import DocumentError
from bot.model.actor import Actor
from bot.model.ids import IncidentId
from bot.model.incident import OPEN, OVER, Incident, IncidentKind, IncidentStatus, Severity
from bot.model.incident_query import FoundIncident, FoundIncidents, IncidentQuery
from bot.model.rule import GroupStatus
from bot.model.run import Approval
from bot.response import incidents_found, looked_up
from bot.response.incidents_found import Board
from bot.response.world import World
from bot.rights import Act, No, may
from bot.web import incident_forms
from bot.web.incident_forms import Offers
from bot.web.pages import WHOLE_QUERY, Page
from bot.web.views import BlindView, blind_of

PAGE = 25
"""Incidents on one page of the list."""
STATUSES: Mapping[str, tuple[IncidentStatus, ...]] = {
    "open": OPEN,
    "over": OVER,
    **{one: (one,) for one in OPEN + OVER},
}
"""What can be asked for as `status`."""
_ASKED = ("q", "status", "severity", "kind", "service", "team", "after")


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentsView:
    """The entrance: those worked on, the last that are over, and what else needs somebody."""

    board: Board
    waiting: Sequence[Approval]
    blind: Sequence[BlindView]
    may_declare: bool
    offers: Offers

    @property
    def open(self) -> Sequence[Incident]:
        """The gravest that are open, of one severity the newest first."""
        return self.board.open

    @property
    def over(self) -> Sequence[Incident]:
        """The last that are over."""
        return self.board.over

    @property
    def title(self) -> str:
        """What the browser's tab says."""
        return f"({self.board.count:,}) Incidents" if self.board.count else "Incidents"

    @property
    def news(self) -> str:
        """What a screen reader says when the list has changed."""
        return f"{self.board.count:,} open incidents, {len(self.waiting)} questions wait for an answer"


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundView:
    """One page of what was looked for. `asked` holds each field of the form; `mistake` says why nothing was."""

    asked: Mapping[str, str]
    page: FoundIncidents
    mistake: str

    title = "Find incidents"
    news = ""

    @property
    def found(self) -> Sequence[FoundIncident]:
        """The newest first."""
        return self.page.found

    @property
    def next(self) -> str:
        """The address of the next page; empty on the last."""
        if self.page.next is None:
            return ""
        return "/incidents?" + urlencode({name: text for name, text in _next(self.asked, self.page.next) if text})


async def _see_incidents(
    world: World, actor: Actor, _key: str
) -> tuple[Board, Sequence[Approval], Sequence[GroupStatus]]:
    return (
        await incidents_found.board(world, actor),
        await looked_up.approvals(world, actor),
        await looked_up.rules(world, actor),
    )


async def _see_found(world: World, actor: Actor, key: str) -> FoundView:
    given = dict(parse_qsl(key))
    asked = {name: given.get(name, "").strip() for name in _ASKED}
    try:
        page = await incidents_found.find(world, actor, _query(asked), asked["q"])
    except DocumentError as error:
        said = f"{error.complaints[0].message}; {error.hint}"
        return FoundView(asked=asked, page=FoundIncidents(found=()), mistake=said)
    return FoundView(asked=asked, page=page, mistake="")


def _view(seen: tuple[Board, Sequence[Approval], Sequence[GroupStatus]], world: World, actor: Actor) -> IncidentsView:
    board, waiting, groups = seen
    return IncidentsView(
        board=board,
        waiting=waiting,
        blind=blind_of(groups, world.setup),
        may_declare=not isinstance(may(actor, Act.DECLARE_INCIDENT, "", world.clock.now()), No),
        offers=incident_forms.of_setup(world.setup),
    )


def _query(asked: Mapping[str, str]) -> IncidentQuery:
    """What a form that nobody tampered with asks for; what it does not offer is not asked."""
    severity, kind = asked["severity"], asked["kind"]
    return IncidentQuery(
        statuses=STATUSES.get(asked["status"], ()),
        severities=(Severity(severity),) if severity in set(Severity) else (),
        kinds=(IncidentKind(kind),) if kind in set(IncidentKind) else (),
        services=(asked["service"],) if asked["service"] else (),
        teams=(asked["team"],) if asked["team"] else (),
        after=IncidentId(asked["after"]) if asked["after"] else None,
        limit=PAGE,
    )


def _next(asked: Mapping[str, str], after: IncidentId) -> Sequence[tuple[str, str]]:
    return [*((name, text) for name, text in asked.items() if name != "after"), ("after", after)]


INCIDENTS = Page(
    template="incidents.html.jinja",
    nav="incidents",
    parts={"attention": "_attention.html.jinja", "list": "_list.html.jinja"},
    see=_see_incidents,
    view=_view,
)
FOUND = Page(
    template="found.html.jinja",
    nav="incidents",
    parts={},
    see=_see_found,
    view=lambda seen, _world, _actor: seen,
    asks=WHOLE_QUERY,
)
