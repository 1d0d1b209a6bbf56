"""Somebody covers for somebody, or does not any more."""

from __future__ import annotations

from datetime import datetime

from bot.errors import NotAllowed, NotFound
from bot.model.actor import Actor
from bot.model.ids import OverrideId
from bot.model.schedule import Override
from bot.model.setup import Setup
from bot.ports.store import Tx
from bot.response.record import record
from bot.response.world import World
from bot.rights import Act, require


async def cover(
    world: World,
    actor: Actor,
    schedule: str,
    person: str,
    since: datetime | None,
    until: datetime,
    *,
    instead: str = "",
    reason: str = "",
) -> Override:
    """This person is on call from `since` (None: now) until `until`, instead of one person or of whoever it would be.

    NotFound for a schedule or a person that the documents do not name; NotAllowed for a time that is over or none.
    """
    now = world.clock.now()
    require(actor, Act.COVER, schedule, now)
    start = since or now
    _known(world.setup, schedule, (person, instead))
    _has_a_length(start, until, now)

    def keep(tx: Tx) -> Override:
        made = Override(
            id=tx.overrides.next_id(), schedule=schedule, person=person, starts_at=start, ends_at=until,
            instead=instead, reason=reason, created_by=actor.name,
        )  # fmt: skip
        record(
            tx, actor, Act.COVER, made.id, now,
            schedule=schedule, person=person, since=start.isoformat(), until=until.isoformat(), instead=instead,
            reason=reason,
        )  # fmt: skip
        tx.overrides.put(made)
        return made

    return await world.store.write(keep)


async def drop(world: World, actor: Actor, override: OverrideId) -> None:
    """Whoever would be on call without it is again; NotFound."""
    now = world.clock.now()
    require(actor, Act.COVER, override, now)

    def keep(tx: Tx) -> None:
        record(tx, actor, Act.COVER, override, now, dropped="yes")
        tx.overrides.drop(override)

    await world.store.write(keep)


def _known(setup: Setup, schedule: str, people: tuple[str, str]) -> None:
    if schedule not in setup.schedules:
        hint = f"there are {', '.join(sorted(setup.schedules))}" if setup.schedules else "see `schedules:`"
        raise NotFound(f"no schedule is called {schedule!r}", hint=hint)
    for name in filter(None, people):
        if name not in setup.people:
            raise NotFound(f"nobody is called {name!r}", hint="see `people:` in tocsin.yaml")


def _has_a_length(start: datetime, until: datetime, now: datetime) -> None:
    if until <= start:
        raise NotAllowed("it is over before it begins", hint="say an end that is after its start")
    if until <= now:
        raise NotAllowed("that time is over already", hint="say an end that is to come")
