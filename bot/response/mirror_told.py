"""What happens to an incident here is told to whoever knows it too: decided with the change itself, told afterwards."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import NoReturn

from bot.errors import IntegrationError, Permanent, Temporary
from bot.incidents import mirroring, paging
from bot.model.actor import Actor
from bot.model.errand import Errand
from bot.model.incident import Incident
from bot.model.mirror import Happening, OurChange
from bot.model.setup import Setup
from bot.model.timeline import TimelineEntry
from bot.ports.store import Tx
from bot.response.world import World
from bot.rights import Act, require

GIVE_UP = timedelta(hours=24)
"""What is older than this is not tried again."""
_WORDS = {Happening.ACKNOWLEDGED: "acknowledged", Happening.RESOLVED: "resolved"}


def follow(tx: Tx, setup: Setup, actor: Actor, before: Incident | None, after: Incident, now: datetime) -> None:
    """An incident changed: those who know it hear of it, each in its order."""
    what = mirroring.to_tell(before, after)
    if what is not None:
        _tell_all(tx, actor, after, what, now)


def note(tx: Tx, actor: Actor, incident: Incident, entry: TimelineEntry, now: datetime) -> None:
    """A note was written, and its entry has its number."""
    for integration in _who_knows(tx, incident):
        if mirroring.must_hear(integration, Happening.NOTED, actor):
            _tell(tx, integration, incident, Happening.NOTED, actor.name, entry.text, f"note {entry.seq}", now)


def knows(tx: Tx, actor: Actor, integration: str, incident: Incident, now: datetime) -> None:
    """A page is about to leave: whatever they say of it from now on is of this incident."""
    require(actor, Act.PAGE, incident.id, now)
    tx.refs.put(integration, paging.key_of(incident), incident.id)


def page_left(tx: Tx, actor: Actor, integration: str, incident: Incident, now: datetime) -> None:
    """A page got there, or may have: while it was on its way they may have been told, too early, how it stands."""
    what = mirroring.as_it_stands(incident)
    if what is not None and integration in _who_knows(tx, incident):
        _tell(tx, integration, incident, what, actor.name, "", f"{what} seen {now.isoformat()}", now)


async def mirror_due(world: World, actor: Actor, errand: Errand) -> None:
    """Tells it. Temporary: it is to be tried again. Permanent: it is not, and the timeline says so."""
    began = world.clock.now()
    integration, change = mirroring.read(errand)
    require(actor, Act.TELL, change.incident, began)
    mirror = world.mirrors.get(integration)
    if mirror is None:
        return  # it pages, and keeps no incidents of its own; or it was taken out of tocsin.yaml
    known = await world.store.read(lambda tx: tx.refs.of_incident(change.incident))
    refs = tuple(ref for who, ref in known if who == integration)
    try:
        await mirror.tell(replace(change, refs=refs), again=errand.attempts > 1)
    except IntegrationError as error:
        await _was_not(world, integration, change, errand, error)
    if errand.attempts > 1:
        await _say(world, mirroring.caught_up(integration, change, world.clock.now()))


async def _was_not(
    world: World, integration: str, change: OurChange, errand: Errand, error: IntegrationError
) -> NoReturn:
    now = world.clock.now()
    if isinstance(error, Permanent) or now - change.at >= GIVE_UP:
        await _say(world, mirroring.lost(integration, change, error.message, now))
        raise _for_good(error) from error
    if errand.attempts == 1:
        await _say(world, mirroring.delayed(integration, change, error.message, now))
    raise error


async def _say(world: World, entry: TimelineEntry) -> None:
    await world.store.write(lambda tx: tx.incidents.tell(entry))


def _for_good(error: IntegrationError) -> Permanent:
    hint = "" if isinstance(error, Temporary) else error.hint  # a hint to wait is no help any more
    return Permanent(error.message, integration=error.integration, reason=error.reason, hint=hint)


def _tell_all(tx: Tx, actor: Actor, incident: Incident, what: Happening, now: datetime) -> None:
    name = f"{what} {incident.reopened} {now.isoformat()}"
    for integration in _who_knows(tx, incident):
        if mirroring.must_hear(integration, what, actor):
            _tell(tx, integration, incident, what, actor.name, "", name, now)
        if mirroring.must_hear(integration, Happening.NOTED, actor):  # events there say what, and not who
            _tell(tx, integration, incident, Happening.NOTED, actor.name, _WORDS[what], f"{name} by", now)


def _tell(
    tx: Tx, integration: str, incident: Incident, what: Happening, by: str, text: str, id: str, now: datetime
) -> None:
    change = OurChange(
        id=f"{incident.id} {id}", what=what, incident=incident.id, key=paging.key_of(incident), by=by, text=text, at=now
    )
    tx.outbox.add(mirroring.errand(integration, change))


def _who_knows(tx: Tx, incident: Incident) -> list[str]:
    key = paging.key_of(incident)
    return [integration for integration, ref in tx.refs.of_incident(incident.id) if ref == key]
