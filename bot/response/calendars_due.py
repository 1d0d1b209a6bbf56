"""Time has passed: the calendars that schedules are made of are read again, and what they say is kept.

While one cannot be had, what was read last counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.errors import IntegrationError
from bot.incidents import calendars
from bot.model.actor import Actor
from bot.model.schedule import Event, Schedule
from bot.model.setup import Setup
from bot.ports.store import Tx
from bot.response import one_by_one
from bot.response.record import record
from bot.response.world import World
from bot.rights import Act, require

EVERY = timedelta(minutes=5)
AHEAD = timedelta(weeks=27)
_SHOWN = 10


async def look(world: World, actor: Actor, *, lease: str, epoch: int) -> datetime | None:
    """Reads those that were not read for a while; when the next one is due. Fenced when another process reads them.

    An IntegrationError says of one that it could not be had, PutOff of some that they met a mistake of ours; all others
    were read all the same.
    """
    now = world.clock.now()
    require(actor, Act.COVER, "calendars", now)
    made_of = {one.name: one for one in world.setup.schedules.values() if one.calendar in world.calendars}
    if not made_of:
        return None
    tried = await world.store.read(lambda tx: {name: tx.marks.at(_mark(one)) for name, one in made_of.items()})
    due = [name for name in made_of if _is_due(tried[name], now)]
    failed: list[IntegrationError] = []

    async def read(name: str) -> None:
        failed.extend(await _read(world, actor, made_of[name], lease, epoch))

    await one_by_one.do(world, actor, due, read, _look(made_of, lease, epoch))
    if failed:
        raise failed[0]
    return min(tried[name] or now if name not in due else now for name in made_of) + EVERY


def _look(made_of: Mapping[str, Schedule], lease: str, epoch: int) -> one_by_one.Look[str]:
    def put_off(tx: Tx, name: str, until: datetime) -> None:
        tx.marks.put(_mark(made_of[name]), until - EVERY)

    return one_by_one.Look(put_off=put_off, lease=lease, epoch=epoch)


def _is_due(tried_at: datetime | None, now: datetime) -> bool:
    return tried_at is None or now - tried_at >= EVERY


async def _read(world: World, actor: Actor, schedule: Schedule, lease: str, epoch: int) -> Sequence[IntegrationError]:
    """Why it could not be had."""
    now, setup = world.clock.now(), world.setup
    try:
        events = await world.calendars[schedule.calendar].events(now, now + AHEAD, schedule.time_zone)
    except IntegrationError as error:
        await world.store.write(lambda tx: _tried(tx, schedule, lease, epoch, now))
        return [error]

    def keep(tx: Tx) -> None:
        _tried(tx, schedule, lease, epoch, now)
        _keep(tx, setup, actor, schedule, events, now)

    await world.store.write(keep)
    return ()


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
