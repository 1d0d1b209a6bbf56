"""Time has passed: whoever comes on call is told, and whoever goes, with what stands open and what there was.

A handover is told in the transaction that remembers it, and only by whoever holds the lease: so it is told once. A
schedule that cannot be read is put off, and keeps no other from being handed over.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from bot.incidents import handover, oncall
from bot.incidents.handover import Handover
from bot.model.actor import Actor
from bot.model.incident import OPEN, Incident
from bot.model.schedule import Duty, Override, Schedule
from bot.model.setup import Setup
from bot.ports.store import Tx
from bot.response import messages, one_by_one
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


_PUT_OFF = one_by_one.ByMark("handover")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """Overrides; up to when handovers of each schedule were told; and those that wait, until when."""

    overrides: Sequence[Override]
    told: Mapping[str, datetime | None]
    waiting: Mapping[str, datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """Of one schedule: up to when its handovers were told, the last one since then, and when the next is."""

    told: datetime | None
    change: tuple[Duty, Duty] | None
    next_at: datetime


async def look(world: World, actor: Actor, *, lease: str, epoch: int) -> datetime | None:
    """Tells of handovers since the last look; when the next one is, as far as is known. PutOff.

    Fenced when another tells.
    """
    now, setup = world.clock.now(), world.setup
    require(actor, Act.HAND_OVER, "schedules", now)
    if not setup.schedules:
        return None
    known = await world.store.read(lambda tx: _known(tx, setup, now))
    each: one_by_one.Look[str] = one_by_one.Look(put_off=_PUT_OFF.put_off, lease=lease, epoch=epoch)
    looked_at = [name for name in setup.schedules if name not in known.waiting]
    found, met = each.see(looked_at, lambda name: _seen(setup.schedules[name], known, now))
    due = [name for name, seen in found.items() if seen.told is None or seen.change is not None]
    await one_by_one.write(world, actor, due, partial(_tell, setup=setup, actor=actor, found=found, now=now), each, met)
    return min([*(seen.next_at for seen in found.values()), *known.waiting.values()])


def _seen(schedule: Schedule, known: _Known, now: datetime) -> _Seen:
    told = known.told[schedule.name]
    change = _last_change(schedule, known.overrides, told, now)
    return _Seen(told=told, change=change, next_at=_next_change(schedule, known.overrides, now))


def _next_change(schedule: Schedule, kept: Sequence[Override], now: datetime) -> datetime:
    found = oncall.newcomers(oncall.duties(schedule, kept, now, now + AHEAD))
    return next((after.starts_at for _, after in found), now + AHEAD)


def _known(tx: Tx, setup: Setup, now: datetime) -> _Known:
    return _Known(
        overrides=tx.overrides.after(now - _PAST),
        told={name: tx.marks.at(_mark(name)) for name in setup.schedules},
        waiting=_PUT_OFF.waiting(tx, setup.schedules, now),
    )


def _last_change(
    schedule: Schedule, kept: Sequence[Override], told: datetime | None, now: datetime
) -> tuple[Duty, Duty] | None:
    """Of the handovers since then the last: what was before it, and what is now. The first look tells of none."""
    if told is None:
        return None
    found = oncall.duties(schedule, kept, max(told, now - LATE), now + _INSTANT)
    changes = [after for _, after in oncall.newcomers(found)]
    if not changes:
        return None
    before = oncall.on_duty(schedule, kept, changes[-1].starts_at - _INSTANT)
    return before, oncall.on_duty(schedule, kept, now)


def _tell(tx: Tx, name: str, *, setup: Setup, actor: Actor, found: Mapping[str, _Seen], now: datetime) -> None:
    schedule, change = setup.schedules[name], found[name].change
    if change is None:
        tx.marks.put(_mark(name), now)
        return
    before, after = change
    note = Handover(
        schedule=schedule, before=before, after=after, incidents=_incidents(tx, setup, schedule, before),
        covers=_covers(tx, schedule, after, now),
    )  # fmt: skip
    tx.marks.put(_mark(name), after.starts_at)
    record(
        tx, actor, Act.HAND_OVER, name, now,
        before=", ".join(before.people), after=", ".join(after.people), until=after.ends_at.isoformat(),
    )  # fmt: skip
    for person in (*note.coming, *note.going):
        _write(tx, setup, actor, note, person, now)


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
