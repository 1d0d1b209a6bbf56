"""Time has passed: runbooks that the clock begins begin, each slot once, however many processes there are.

A slot that comes while the run of an earlier one is under way is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from bot.errors import NotAllowed
from bot.model.actor import Actor
from bot.model.runbook import Runbook, ScheduleTrigger
from bot.model.setup import Setup
from bot.ports.store import Tx
from bot.response import run_wanted
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


async def look(world: World, actor: Actor, *, lease: str, epoch: int) -> datetime | None:
    """Begins what is due; when the next slot comes. Fenced when another process looks after them.

    A schedule that is seen for the first time begins with its next slot.
    """
    now, setup = world.clock.now(), world.setup
    require(actor, Act.START_RUN, "schedules", now)
    clocked = list(_clocked(setup))
    if not clocked:
        return None
    done = await world.store.read(lambda tx: {one.mark: tx.marks.at(one.mark) for one in clocked})
    for one in clocked:
        last = done[one.mark]
        slot = scheduling.due_slot(one.trigger, last, now) if last is not None else None
        if last is None or slot is not None:
            await world.store.write(_keeping(setup, actor, one, (last, slot or now), now, lease=lease, epoch=epoch))
            world.nudge()
    return min(scheduling.next_slot(one.trigger, now) for one in clocked)


def _clocked(setup: Setup) -> Iterator[_Clocked]:
    for runbook in setup.runbooks.values():
        for place, trigger in enumerate(runbook.schedule_triggers):
            mark = f"schedule {runbook.name} {place} {trigger.cron} {trigger.time_zone}"
            yield _Clocked(runbook=runbook, trigger=trigger, mark=mark)


def _keeping(
    setup: Setup,
    actor: Actor,
    one: _Clocked,
    done: tuple[datetime | None, datetime],
    now: datetime,
    *,
    lease: str,
    epoch: int,
) -> Callable[[Tx], None]:
    """Up to the second of `done` its slots are done, where up to the first they were; the run begins with that."""

    def keep(tx: Tx) -> None:
        before, slot = done
        tx.leases.check(lease, epoch)
        if tx.marks.at(one.mark) != before:
            return
        tx.marks.put(one.mark, slot)
        if before is not None:
            _begin(tx, setup, actor, one, slot, now)

    return keep


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
