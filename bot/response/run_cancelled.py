"""A person wants nothing more of a run to begin.

A change that is under way goes on to its end, and is written down: to cut it short would leave half of it. One that is
made in several places goes on to no further one. A look, or a wait, is cut short. What was changed stays until somebody
asks for it to be taken back.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterator
from datetime import datetime

from bot.errors import Conflict, StoreUnavailable
from bot.model.actor import Actor
from bot.model.ids import RunId
from bot.model.plan import ActionResult, Outcome
from bot.model.run import JournalKind, RunbookRun
from bot.model.timeline import EntryKind
from bot.ports.store import Tx
from bot.response import questions_dropped, told
from bot.response.record import record
from bot.response.world import RUN_LEASE, World
from bot.rights import Act, require
from bot.runbooks import limits
from bot.runbooks.journal import each_step, turned_by

_LOOK_EVERY_S = 1.0


async def cancel(world: World, actor: Actor, run_id: RunId, *, reason: str = "") -> RunbookRun:
    """Cancels it and the runs that its steps began. Conflict when it is over, or cancelled already."""
    now = world.clock.now()
    require(actor, Act.CANCEL_RUN, run_id, now)

    def keep(tx: Tx) -> RunbookRun:
        run = tx.runs.get(run_id)
        _may(tx, run)
        for each in (run, *_below(tx, run)):
            _cancel(tx, actor, each, reason or f"cancelled by {actor.name}", now)
        return tx.runs.get(run_id)

    cancelled = await world.store.write(keep)
    world.nudge()
    return cancelled


async def cut_short(world: World, actor: Actor, run: RunbookRun, reading: Awaitable[ActionResult]) -> ActionResult:
    """What a step that only reads comes to; FAILED as soon as its run is cancelled."""
    require(actor, Act.ACT, run.id, world.clock.now())
    acting = asyncio.ensure_future(reading)
    try:
        await asyncio.sleep(0)  # most ends there and then
        while not acting.done() and not (await asyncio.wait({acting}, timeout=_LOOK_EVERY_S))[0]:
            if await _heard(world, run):
                return ActionResult(outcome=Outcome.FAILED, summary="cut short: the run is cancelled")
        return acting.result()
    finally:
        acting.cancel()


async def why_not_on(world: World, actor: Actor, run: RunbookRun) -> str:
    """Why a step that acts in several places goes on to no further one; empty: it does.

    While the store is away nobody can tell: it waits, for as long as the run is surely ours, and then goes no further.
    """
    require(actor, Act.ACT, run.id, world.clock.now())
    loop = asyncio.get_running_loop()
    until = loop.time() + RUN_LEASE.total_seconds()
    while True:
        try:
            return await world.store.read(lambda tx: _stopped(tx, run))
        except StoreUnavailable as away:
            if loop.time() >= until:
                return f"nobody can tell whether it may go on: {away}"
        await asyncio.sleep(_LOOK_EVERY_S)


def _stopped(tx: Tx, run: RunbookRun) -> str:
    pause = tx.automation.pause()
    if pause.paused:
        return limits.paused(pause)
    if tx.runs.get(run.id).epoch != run.epoch:
        return f"another process carries {run.id} by now"
    return f"{run.id} is cancelled" if _is_cancelled(tx, run) else ""


def _may(tx: Tx, run: RunbookRun) -> None:
    if run.ended_at is not None:
        raise Conflict(f"{run.id} is over: {run.status}", hint=f"see it with `tocsin runbook follow {run.id}`")
    if _is_cancelled(tx, run):
        raise Conflict(f"{run.id} is cancelled already", hint="it ends as soon as what has begun is over")


def _is_cancelled(tx: Tx, run: RunbookRun) -> bool:
    """Whether somebody cancelled it, and nobody asked for more since."""
    turned = turned_by(tx.runs.journal(run.id))
    return turned is not None and turned.kind is JournalKind.CANCELLED


async def _heard(world: World, run: RunbookRun) -> bool:
    """While the store is away nobody can tell, and nothing is cut short."""
    try:
        return await world.store.read(lambda tx: _is_cancelled(tx, run))
    except StoreUnavailable:
        return False


def _below(tx: Tx, run: RunbookRun) -> Iterator[RunbookRun]:
    for step in each_step(run.runbook):
        for child in tx.runs.children(run.id, step.id):
            if child.ended_at is None and not _is_cancelled(tx, child):
                yield child
                yield from _below(tx, child)


def _cancel(tx: Tx, actor: Actor, run: RunbookRun, why: str, now: datetime) -> None:
    record(tx, actor, Act.CANCEL_RUN, run.id, now, runbook=run.runbook.name, reason=why)
    told.note(tx, actor, run, JournalKind.CANCELLED, now, data={"reason": why}, fenced=False)
    told.say(tx, actor, run, EntryKind.RUNBOOK, f"{run.id} is cancelled: nothing more of it begins", now, why=why)
    questions_dropped.drop(tx, actor, run, why, now)
    tx.runs.wake(run.id, now)
