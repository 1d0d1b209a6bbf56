"""What a run changed is to be taken back: because a step of it failed, or because a person asks for it."""

from __future__ import annotations

from datetime import datetime

from bot.errors import Conflict
from bot.model.actor import Actor
from bot.model.ids import RunId
from bot.model.run import JournalKind, RunbookRun, RunStatus
from bot.model.timeline import EntryKind
from bot.ports.store import Tx
from bot.response import questions_dropped, told
from bot.response.carried import Carried
from bot.response.record import record
from bot.response.world import World
from bot.rights import Act, require
from bot.runbooks import machine, moves
from bot.runbooks.journal import turned_by


async def begin(world: World, actor: Actor, carried: Carried, move: moves.TakeBack) -> None:
    """Writes ROLLBACK; the steps that take things back follow, each with its own plan and its own approval."""
    now, run = world.clock.now(), carried.run
    require(actor, Act.CARRY_RUN, run.id, now)

    def keep(tx: Tx) -> None:
        told.note(tx, actor, run, JournalKind.ROLLBACK, now, data={"reason": move.reason})
        _say(tx, actor, run, move.reason, now)

    await carried.write(keep)


async def ask(world: World, actor: Actor, run_id: RunId, *, reason: str = "") -> RunbookRun:
    """The same because a person wants it, of a run that is over or under way; Conflict when there is nothing to do."""
    now = world.clock.now()
    require(actor, Act.ROLL_BACK, run_id, now)

    def keep(tx: Tx) -> RunbookRun:
        run = tx.runs.get(run_id)
        _may(tx, run)
        why = reason or f"{actor.name} wants it taken back"
        record(tx, actor, Act.ROLL_BACK, run.id, now, reason=reason)
        told.note(tx, actor, run, JournalKind.ROLLBACK, now, data={"reason": why, "by": actor.name}, fenced=False)
        _say(tx, actor, run, why, now)
        questions_dropped.drop(tx, actor, run, f"{actor.name} wants {run.id} taken back", now)
        tx.runs.reopen(run.id, now)
        tx.runs.wake(run.id, now)
        return tx.runs.get(run_id)

    asked = await world.store.write(keep)
    world.nudge()
    return asked


def _may(tx: Tx, run: RunbookRun) -> None:
    journal = tx.runs.journal(run.id)
    turned = turned_by(journal)
    under_way = run.ended_at is None and turned is not None and turned.kind is JournalKind.ROLLBACK
    if run.status is RunStatus.ROLLED_BACK or under_way:
        raise Conflict(f"{run.id} is taken back already", hint=f"see what it did with `tocsin runbook show {run.id}`")
    if not machine.can_take_back(run, journal):
        raise Conflict(
            f"{run.id} changed nothing that its runbook says how to take back",
            hint="a step says so with `rollback:`",
        )


def _say(tx: Tx, actor: Actor, run: RunbookRun, why: str, now: datetime) -> None:
    told.say(tx, actor, run, EntryKind.RUNBOOK, f"what {run.id} changed is taken back, last things first", now, why=why)
