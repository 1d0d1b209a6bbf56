"""Somebody looks for incidents: by what they are, and by the words of their story."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.incidents import searching
from bot.model.actor import Actor
from bot.model.incident import OPEN, OVER, Incident
from bot.model.incident_query import FoundIncident, FoundIncidents, IncidentQuery
from bot.model.timeline import as_told
from bot.ports.store import Tx
from bot.response.world import World
from bot.rights import Act, require

SHOWN_OPEN, SHOWN_OVER = 50, 20
"""Incidents that stand at the entrance; the list has them all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """What people see first: the gravest open incidents, how many are open in all, and the last that are over."""

    open: tuple[Incident, ...]
    count: int
    over: tuple[Incident, ...]


async def board(world: World, actor: Actor) -> Board:
    """How things stand."""
    require(actor, Act.LOOK, "incidents", world.clock.now())
    return await world.store.read(_board)


async def find(world: World, actor: Actor, query: IncidentQuery, text: str = "") -> FoundIncidents:
    """One page, the newest first; with a text those whose story holds its words, and where it does.

    DocumentError when the text searches for nothing; NotFound when there is no incident to go on after.
    """
    require(actor, Act.LOOK, "incidents", world.clock.now())
    asked = replace(query, terms=searching.parse(text)) if text.strip() else query
    return await world.store.read(lambda tx: _found(tx, asked))


def _board(tx: Tx) -> Board:
    counts, shown = tx.incidents.open_counts(), list[Incident]()
    for severity in sorted(counts):
        query = IncidentQuery(statuses=OPEN, severities=(severity,), limit=SHOWN_OPEN - len(shown))
        shown += [one.incident for one in tx.incidents.find(query).found]
        if len(shown) == SHOWN_OPEN:
            break
    over = tx.incidents.find(IncidentQuery(statuses=OVER, limit=SHOWN_OVER))
    return Board(open=tuple(shown), count=sum(counts.values()), over=tuple(one.incident for one in over.found))


def _found(tx: Tx, query: IncidentQuery) -> FoundIncidents:
    page = tx.incidents.find(query)
    return replace(page, found=tuple(_with_passages(tx, query, one) for one in page.found)) if query.terms else page


def _with_passages(tx: Tx, query: IncidentQuery, found: FoundIncident) -> FoundIncident:
    story = as_told(tx.incidents.timeline(found.incident.id))
    return replace(found, passages=searching.passages(query.terms, story))
