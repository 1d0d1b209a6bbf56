"""Somebody pages somebody by hand: a person, or whoever is on call."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from bot.errors import NotAllowed, NotFound
from bot.incidents import paging
from bot.model.actor import Actor
from bot.model.escalation import Escalation
from bot.model.ids import IncidentId
from bot.model.page import Page
from bot.model.setup import Setup
from bot.ports.store import Tx
from bot.response import escalating, page_wanted
from bot.response.record import record
from bot.response.world import World
from bot.rights import Act, require


async def page(world: World, actor: Actor, incident_id: IncidentId, whom: str, text: str = "") -> Sequence[Page]:
    """A page for each of them. NotFound when nobody is called so; NotAllowed when nobody of them can be reached."""
    now, setup = world.clock.now(), world.setup
    require(actor, Act.PAGE, incident_id, now)

    def keep(tx: Tx) -> Sequence[Page]:
        incident = tx.incidents.get(incident_id)
        people = _people(tx, setup, actor, whom, now)
        record(tx, actor, Act.PAGE, incident.id, now, whom=whom)
        tx.incidents.tell(paging.asked(incident.id, whom, text, actor, now))
        wanted = (page_wanted.add(tx, setup, actor, incident.id, name, now, text=text) for name in people)
        return _some(whom, wanted)

    pages = await world.store.write(keep)
    world.nudge()
    return pages


async def found(world: World, actor: Actor, incident_id: IncidentId) -> tuple[Sequence[Page], Escalation | None]:
    """Every attempt to reach somebody about this incident, the oldest first, and where its escalation stands."""
    require(actor, Act.LOOK, incident_id, world.clock.now())

    def read(tx: Tx) -> tuple[Sequence[Page], Escalation | None]:
        incident = tx.incidents.get(incident_id)
        return tx.pages.of_incident(incident.id), tx.escalations.get(incident.id)

    return await world.store.read(read)


def _people(tx: Tx, setup: Setup, actor: Actor, whom: str, now: datetime) -> tuple[str, ...]:
    if whom in setup.people:
        return (whom,)
    if whom not in setup.schedules:
        raise NotFound(f"neither a person nor a schedule is called {whom!r}", hint="see `people:` in tocsin.yaml")
    return escalating.on_duty(tx, setup, actor, whom, now)


def _some(whom: str, wanted: Iterable[Page | None]) -> Sequence[Page]:
    pages = [page for page in wanted if page is not None]
    if not pages:
        hint = "write `contacts` for the person under `people:` in tocsin.yaml, or see who is on call: `tocsin oncall`"
        raise NotAllowed(f"nobody can be reached under {whom!r}", hint=hint)
    return pages
