"""A run rests: it waits for a time or a person, or it is over."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bot.model.actor import Actor
from bot.model.run import JournalKind, RunbookRun, RunStatus
from bot.model.timeline import EntryKind
from bot.ports.store import Tx
from bot.response import told
from bot.response.world import World
from bot.rights import Act, require
from bot.runbooks import machine


async def rest(world: World, actor: Actor, run: RunbookRun, move: machine.Done | machine.Wait) -> RunbookRun | None:
    """The run as it is now put down: ended, or waiting until it is woken. None: there is more to do after all."""
    require(actor, Act.CARRY_RUN, run.id, world.clock.now())
    if isinstance(move, machine.Done):
        return await world.store.write(lambda tx: _end(tx, actor, run, move, world.clock.now()))
    return await world.store.write(lambda tx: _wait(tx, run, world.clock.now()))


def _wait(tx: Tx, run: RunbookRun, now: datetime) -> RunbookRun | None:
    """Decides again inside the transaction, so that an answer that came in the meantime is not slept over."""
    move = machine.next_move(run, tx.runs.journal(run.id), now)
    if not isinstance(move, machine.Wait):
        return None
    waiting = replace(run, status=RunStatus.WAITING, wake_at=move.until)
    tx.runs.release(waiting, epoch=run.epoch)
    return waiting


def _end(tx: Tx, actor: Actor, run: RunbookRun, move: machine.Done, now: datetime) -> RunbookRun:
    ended = replace(run, status=move.status, wake_at=None, ended_at=now)
    told.note(tx, actor, run, JournalKind.ENDED, now, data={"status": str(move.status), "reason": move.reason})
    text = f"run {run.id} of runbook {run.runbook.name} {move.status}"
    told.say(tx, actor, run, EntryKind.RUNBOOK, text, now, why=move.reason)
    tx.runs.release(ended, epoch=run.epoch)
    return ended
