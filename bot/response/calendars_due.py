"""Time has passed: the calendars that schedules are made of are read again, and what they say is kept.

While one cannot be had, what was read last counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.errors import IntegrationError
from bot.incidents import calendars
from bot.model.actor import Actor
from bot.model.schedule import Event, Schedule
from bot.model.setup import Setup
from bot.ports.store import Tx
from bot.response.record import record
from bot.response.world import World
from bot.rights import Act, require

EVERY = timedelta(minutes=5)
AHEAD = timedelta(weeks=27)
_SHOWN = 10


async def look(world: World, actor: Actor, *, lease: str, epoch: int) -> datetime | None:
    """Reads those that were not read for a while; when the next one is due. Fenced when another process reads them.

    An IntegrationError says of one that it could not be had; all others were read all the same.
    """
    now = world.clock.now()
    require(actor, Act.COVER, "calendars", now)
    made_of = [one for one in world.setup.schedules.values() if one.calendar in world.calendars]
    if not made_of:
        return None
    tried = await world.store.read(lambda tx: {one.name: tx.marks.at(_mark(one)) for one in made_of})
    due = [one for one in made_of if _is_due(tried[one.name], now)]
    failed = [error for one in due if (error := await _read(world, actor, one, lease, epoch))]
    if failed:
        raise failed[0]
    return min(tried[one.name] or now if one not in due else now for one in made_of) + EVERY


def _is_due(tried_at: datetime | None, now: datetime) -> bool:
    return tried_at is None or now - tried_at >= EVERY


async def _read(world: World, actor: Actor, schedule: Schedule, lease: str, epoch: int) -> IntegrationError | None:
    now, setup = world.clock.now(), world.setup
    try:
        events = await world.calendars[schedule.calendar].events(now, now + AHEAD, schedule.time_zone)
    except IntegrationError as error:
        await world.store.write(lambda tx: _tried(tx, schedule, lease, epoch, now))
        return error

    def keep(tx: Tx) -> None:
        _tried(tx, schedule, lease, epoch, now)
        _keep(tx, setup, actor, schedule, events, now)

    await world.store.write(keep)
    return None


def _tried(tx: Tx, schedule: Schedule, lease: str, epoch: int, now: datetime) -> None:
    tx.leases.check(lease, epoch)
    tx.marks.put(_mark(schedule), now)


def _keep(tx: Tx, setup: Setup, actor: Actor, schedule: Schedule, events: Sequence[Event], now: datetime) -> None:
    kept = [one for one in tx.overrides.after(now) if one.schedule == schedule.name]
    found = calendars.changes(schedule.name, schedule.calendar, events, kept, setup.people)
    if not found.gone and not found.fresh:
        return
    for override in found.gone:
        tx.overrides.drop(override)
    for one in found.fresh:
        tx.overrides.put(replace(one, id=tx.overrides.next_id(), created_by=actor.name))
    record(
        tx, actor, Act.COVER, schedule.name, now,
        calendar=schedule.calendar, new=str(len(found.fresh)), gone=str(len(found.gone)),
        nobody=", ".join(calendars.unknown(events, setup.people)[:_SHOWN]),
    )  # fmt: skip


def _mark(schedule: Schedule) -> str:
    return f"calendar {schedule.name} {schedule.calendar}"
