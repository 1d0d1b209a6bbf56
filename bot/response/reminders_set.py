"""Somebody wants to be reminded later, or not any more."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from bot.errors import NotAllowed
from bot.incidents import reminders
from bot.incidents.reminders import Lack
from bot.model.actor import Actor
from bot.model.ids import IncidentId
from bot.model.reminder import Reminder, ReminderKind
from bot.ports.store import Tx
from bot.response import reminders_planned
from bot.response.record import record
from bot.response.world import World
from bot.rights import Act, require

Change = Callable[[Reminder, Lack | None], Reminder]
LONGEST = timedelta(days=365)
"""A reminder that waits longer is one that somebody stopped."""


async def snooze(
    world: World, actor: Actor, incident_id: IncidentId, lasts: timedelta, kinds: Sequence[ReminderKind] = ()
) -> Sequence[Reminder]:
    """Nobody is reminded of these for so long; of everything the incident lacks, when none is named.

    NotAllowed when it lacks nothing of the sort. What was stopped is told again afterwards.
    """
    now = world.clock.now()
    if not timedelta(0) < lasts <= LONGEST:
        raise NotAllowed("a reminder waits for some time, and a year at most", hint="say for how long, such as 2h")
    until = now + lasts
    return await _set(world, actor, incident_id, kinds, lambda one, lack: reminders.snooze(one, until, lack), now)


async def stop(
    world: World, actor: Actor, incident_id: IncidentId, kinds: Sequence[ReminderKind] = ()
) -> Sequence[Reminder]:
    """Nobody is reminded of these any more; of everything, when none is named."""
    now = world.clock.now()
    return await _set(
        world, actor, incident_id, kinds or tuple(ReminderKind), lambda one, _: reminders.stop(one, actor), now
    )


async def _set(
    world: World, actor: Actor, incident_id: IncidentId, kinds: Sequence[ReminderKind], change: Change, now: datetime
) -> Sequence[Reminder]:
    require(actor, Act.SET_REMINDER, incident_id, now)
    setup = world.setup

    def keep(tx: Tx) -> Sequence[Reminder]:
        incident = tx.incidents.get(incident_id)
        found = reminders_planned.plan(tx, setup, actor, incident, now)
        asked = [change(found.kept[kind], found.lacks.get(kind)) for kind in kinds or found.lacks]
        changed = [one for one in asked if one != found.kept[one.kind]]
        if not changed:
            raise NotAllowed(f"{incident_id} lacks nothing to be reminded of", hint="there is nothing to put off")
        for one in changed:
            record(tx, actor, Act.SET_REMINDER, incident_id, now, kind=str(one.kind))
            tx.reminders.put(one)
        tx.incidents.tell(reminders.waits(incident, changed, actor, now))
        return tx.reminders.of_incident(incident_id)

    changed = await world.store.write(keep)
    world.nudge()
    return changed
