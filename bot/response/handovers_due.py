"""Time has passed: whoever comes on call is told, and whoever goes, with what stands open and what there was.

A handover is told in the transaction that remembers it, and only by whoever holds the lease: so it is told once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from bot.incidents import handover, oncall
from bot.incidents.handover import Handover
from bot.model.actor import Actor
from bot.model.incident import OPEN, Incident
from bot.model.schedule import Duty, Override, Schedule
from bot.model.setup import Setup
from bot.ports.store import Tx
from bot.response import messages
from bot.response.record import record
from bot.response.world import World
from bot.rights import Act, require

LATE = timedelta(hours=12)
"""A handover that is longer past than this, because Tocsin was down, is told to nobody."""
AHEAD = timedelta(hours=6)
"""A handover that is further away than this is looked for again by then."""
_PAST = timedelta(days=40)
_INSTANT = timedelta(microseconds=1)
_MOST = 200


async def look(world: World, actor: Actor, *, lease: str, epoch: int) -> datetime | None:
    """Tells of handovers since the last look; when the next one is, as far as is known. Fenced when another tells."""
    now, setup = world.clock.now(), world.setup
    require(actor, Act.HAND_OVER, "schedules", now)
    if not setup.schedules:
        return None
    kept, told = await world.store.read(lambda tx: _known(tx, setup, now))
    due = {name: _last_change(setup.schedules[name], kept, at, now) for name, at in told.items()}
    fresh = [name for name, at in told.items() if at is None]
    if fresh or any(due.values()):
        changes = [change for change in due.values() if change]
        await world.store.write(lambda tx: _tell(tx, setup, actor, changes, fresh, lease, epoch, now))
        world.nudge()
    return min(_next_change(schedule, kept, now) for schedule in setup.schedules.values())


def _next_change(schedule: Schedule, kept: Sequence[Override], now: datetime) -> datetime:
    found = oncall.newcomers(oncall.duties(schedule, kept, now, now + AHEAD))
    return next((after.starts_at for _, after in found), now + AHEAD)


def _known(tx: Tx, setup: Setup, now: datetime) -> tuple[Sequence[Override], Mapping[str, datetime | None]]:
    """Overrides, and up to when handovers of each schedule were told."""
    return tx.overrides.after(now - _PAST), {name: tx.marks.at(_mark(name)) for name in setup.schedules}


def _last_change(
    schedule: Schedule, kept: Sequence[Override], told: datetime | None, now: datetime
) -> tuple[Schedule, Duty, Duty] | None:
    """Of the handovers since then the last: what was before it, and what is now. The first look tells of none."""
    if told is None:
        return None
    found = oncall.duties(schedule, kept, max(told, now - LATE), now + _INSTANT)
    changes = [after for _, after in oncall.newcomers(found)]
    if not changes:
        return None
    before = oncall.on_duty(schedule, kept, changes[-1].starts_at - _INSTANT)
    return schedule, before, oncall.on_duty(schedule, kept, now)


def _tell(
    tx: Tx,
    setup: Setup,
    actor: Actor,
    changes: Sequence[tuple[Schedule, Duty, Duty]],
    fresh: Sequence[str],
    lease: str,
    epoch: int,
    now: datetime,
) -> None:
    tx.leases.check(lease, epoch)
    for name in fresh:
        tx.marks.put(_mark(name), now)
    for schedule, before, after in changes:
        found = Handover(
            schedule=schedule, before=before, after=after, incidents=_incidents(tx, setup, schedule, before),
            covers=_covers(tx, schedule, after, now),
        )  # fmt: skip
        tx.marks.put(_mark(schedule.name), after.starts_at)
        record(
            tx, actor, Act.HAND_OVER, schedule.name, now,
            before=", ".join(before.people), after=", ".join(after.people), until=after.ends_at.isoformat(),
        )  # fmt: skip
        for person in (*found.coming, *found.going):
            _write(tx, setup, actor, found, person, now)


def _write(tx: Tx, setup: Setup, actor: Actor, found: Handover, person: str, now: datetime) -> None:
    known = setup.people.get(person)
    messages.send(
        tx, setup, actor, person,
        subject=handover.subject(found, person),
        text=handover.note(found, person, (known and known.time_zone) or setup.time_zone),
        link=f"{setup.public_url}/oncall",
        id=f"handover {found.schedule.name} {found.after.starts_at.isoformat()} {person}",
        now=now,
    )  # fmt: skip


def _incidents(tx: Tx, setup: Setup, schedule: Schedule, before: Duty) -> tuple[Incident, ...]:
    """Those that stand open, and those of the duty that ends; the newest first."""
    standing = tx.incidents.list(statuses=tuple(OPEN), limit=_MOST)
    recent = tx.incidents.list(since=before.starts_at, limit=_MOST)
    both = {one.id: one for one in (*recent, *standing) if one.merged_into is None}
    chosen = [one for one in both.values() if handover.concerns(setup, schedule, one)]
    return tuple(sorted(chosen, key=lambda one: one.opened_at, reverse=True))


def _covers(tx: Tx, schedule: Schedule, after: Duty, now: datetime) -> tuple[Override, ...]:
    """Who covers for whom later in this duty."""
    kept = (*schedule.overrides, *tx.overrides.after(now))
    return tuple(
        one
        for one in kept
        if one.schedule == schedule.name and not one.calendar and now < one.starts_at < after.ends_at
    )


def _mark(schedule: str) -> str:
    return f"handover {schedule}"
