"""A run rests: it waits for a time or a person, or it is over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from bot.model.actor import Actor
from bot.model.run import JournalEntry, JournalKind, RunbookRun, RunStatus
from bot.model.setup import Setup
from bot.model.timeline import EntryKind
from bot.ports.store import Tx
from bot.response import questions_dropped, run_given_up, told, trust_followed
from bot.response.carried import Carried
from bot.response.world import World
from bot.rights import Act, require
from bot.runbooks import moves, verdict


async def rest(world: World, actor: Actor, carried: Carried, move: moves.Done | moves.Wait) -> RunbookRun | None:
    """The run as it is now put down: ended, or waiting until it is woken. None: there is more to do after all.

    An answer that came in the meantime is not slept over, and who just asked for everything to be taken back is heard.
    """
    run, journal = carried.run, carried.journal
    require(actor, Act.CARRY_RUN, run.id, world.clock.now())
    if isinstance(move, moves.Wait):
        return await carried.write(lambda tx: _wait(tx, run, move))
    return await carried.write(lambda tx: _end(tx, world.setup, actor, run, journal, move, world.clock.now()))


def _wait(tx: Tx, run: RunbookRun, move: moves.Wait) -> RunbookRun:
    waiting = replace(run, status=RunStatus.WAITING, wake_at=move.until)
    tx.runs.release(waiting, epoch=run.epoch)
    return waiting


def _end(
    tx: Tx,
    setup: Setup,
    actor: Actor,
    run: RunbookRun,
    journal: Sequence[JournalEntry],
    move: moves.Done,
    now: datetime,
) -> RunbookRun:
    over = replace(run, status=move.status, wake_at=None, ended_at=now)
    ended = verdict.judged(over, journal)
    if any(line.kind is JournalKind.ASKED for line in journal):
        questions_dropped.drop(tx, actor, run, f"the run is over: {move.reason or move.status}", now)
    told.note(tx, actor, run, JournalKind.ENDED, now, data={"status": str(move.status), "reason": move.reason})
    _say_verdict(tx, actor, run, ended, journal, now)
    text = f"run {run.id} of runbook {run.runbook.name} {move.status}"
    told.say(tx, actor, run, EntryKind.RUNBOOK, text, now, why=move.reason)
    tx.runs.release(ended, epoch=run.epoch)
    trust_followed.follow(tx, setup, actor, ended, now)
    if move.given_up:
        run_given_up.wake(tx, setup, actor, ended, move.reason, now)
    return ended


def _say_verdict(
    tx: Tx, actor: Actor, before: RunbookRun, ended: RunbookRun, journal: Sequence[JournalEntry], now: datetime
) -> None:
    """Once: a run that is taken back afterwards keeps the verdict it had."""
    if ended.verdict is not before.verdict:
        text, why = verdict.told(ended, journal, tx.approvals.of_run(ended.id))
        told.say(tx, actor, ended, EntryKind.RUNBOOK, text, now, why=why)
