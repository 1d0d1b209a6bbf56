"""Time has passed: runbooks that the clock begins begin, each slot once, however many processes there are.

A slot that comes while the run of an earlier one is under way is left out. A schedule that cannot be followed is put
off, and holds up no other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from bot.errors import NotAllowed
from bot.model.actor import Actor
from bot.model.runbook import Runbook, ScheduleTrigger
from bot.model.setup import Setup
from bot.ports.store import Tx
from bot.response import one_by_one, run_wanted
from bot.response.record import record
from bot.response.world import World
from bot.rights import Act, require
from bot.runbooks import scheduling
from bot.runbooks.inputs import resolve

TRIGGER = "schedule"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Clocked:
    """A runbook, one of its schedules, and the mark that says up to when its slots are done."""

    runbook: Runbook
    trigger: ScheduleTrigger
    mark: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """Up to when slots are done, the one that is due, and when the next comes; whether all begins with that one."""

    last: datetime | None
    slot: datetime | None
    next_at: datetime
    is_new: bool


_PUT_OFF = one_by_one.ByMark("run")


async def look(world: World, actor: Actor, *, lease: str, epoch: int) -> datetime | None:
    """Begins what is due; when the next slot comes. Fenced when another process looks after them; PutOff.

    A schedule that is seen for the first time begins with its next slot.
    """
    now, setup = world.clock.now(), world.setup
    require(actor, Act.START_RUN, "schedules", now)
    clocked = {one.mark: one for one in _clocked(setup)}
    if not clocked:
        return None
    done, waiting = await world.store.read(
        lambda tx: ({mark: tx.marks.at(mark) for mark in clocked}, _PUT_OFF.waiting(tx, clocked, now))
    )
    each: one_by_one.Look[str] = one_by_one.Look(put_off=_PUT_OFF.put_off, lease=lease, epoch=epoch)
    looked_at = [mark for mark in clocked if mark not in waiting]
    found, met = each.see(looked_at, lambda mark: _seen(clocked[mark].trigger, done[mark], now))
    due = [mark for mark, seen in found.items() if seen.is_new or seen.slot is not None]
    work = partial(_keep, setup=setup, actor=actor, clocked=clocked, found=found, now=now)
    await one_by_one.write(world, actor, due, work, each, met)
    return min([*(seen.next_at for seen in found.values()), *waiting.values()])


def _seen(trigger: ScheduleTrigger, last: datetime | None, now: datetime) -> _Seen:
    """What is done up to a time yet to come was done by a clock that was wrong: it would not begin for years."""
    is_new = last is None or last > now + scheduling.LATE
    slot = None if last is None or is_new else scheduling.due_slot(trigger, last, now)
    return _Seen(last=last, slot=slot, next_at=scheduling.next_slot(trigger, now), is_new=is_new)


def _clocked(setup: Setup) -> Iterator[_Clocked]:
    for runbook in setup.runbooks.values():
        for place, trigger in enumerate(runbook.schedule_triggers):
            mark = f"schedule {runbook.name} {place} {trigger.cron} {trigger.time_zone}"
            yield _Clocked(runbook=runbook, trigger=trigger, mark=mark)


def _keep(
    tx: Tx,
    mark: str,
    *,
    setup: Setup,
    actor: Actor,
    clocked: Mapping[str, _Clocked],
    found: Mapping[str, _Seen],
    now: datetime,
) -> None:
    """The run begins with the mark that its slots are done up to now, unless another look was quicker."""
    seen = found[mark]
    if tx.marks.at(mark) != seen.last:
        return
    tx.marks.put(mark, seen.slot or now)
    if seen.slot is not None:
        _begin(tx, setup, actor, clocked[mark], seen.slot, now)


def _begin(tx: Tx, setup: Setup, actor: Actor, one: _Clocked, slot: datetime, now: datetime) -> None:
    """A run that cannot begin is on record; so is one that would overtake the one before it."""
    why = f"its schedule {one.trigger.cron} ({one.trigger.time_zone}) came to {slot.isoformat()}"
    try:
        _alone(tx, one)
        run_wanted.begin(
            tx, setup, actor, one.runbook,
            incident=None, alert=None, given=one.trigger.inputs, why=why, now=now, trigger=TRIGGER,
        )  # fmt: skip
    except NotAllowed as refusal:
        record(tx, actor, Act.START_RUN, one.runbook.name, now, why=why, refused=refusal.message)


def _alone(tx: Tx, one: _Clocked) -> None:
    """NotAllowed while a run that the clock began for the same is under way: they would pile up behind a pause."""
    inputs = resolve(one.runbook, one.trigger.inputs, None, None)
    for run in tx.runs.under_way():
        if run.trigger == TRIGGER and run.runbook.name == one.runbook.name and run.inputs == inputs:
            hint = "give it a schedule that leaves it more time; `automation` may be paused"
            raise NotAllowed(f"{run.id}, which an earlier slot began, is under way", hint=hint)
