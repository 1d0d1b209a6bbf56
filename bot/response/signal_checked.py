"""Before a run ends the rule's own expression is asked whether the signal has recovered.

After a change that is looked at all the time; where people act, and the run has only looked, now and then.
An alert that others sent has no expression here: it is over when they say so.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

from bot.errors import IntegrationError
from bot.model.actor import Actor
from bot.model.alert import AlertStatus
from bot.model.incident import SignalState
from bot.model.run import JournalKind, RunbookRun, RunStatus
from bot.model.sample import Answer
from bot.model.timeline import EntryKind
from bot.ports.store import Tx
from bot.response import told
from bot.response.world import World
from bot.rights import Act, require
from bot.runbooks import machine, moves
from bot.runbooks.signal import still_there

_EVERY_S = 2.0
_LOOKS = 120
"""So often a signal is looked at, at most, while people act."""
_PAUSE = timedelta(seconds=1)
_WORDS = {
    SignalState.CLEAR: "the original signal has recovered",
    SignalState.FIRING: "the original signal has not recovered",
    SignalState.UNKNOWN: "whether the original signal has recovered could not be seen",
}


async def look(world: World, actor: Actor, run: RunbookRun, move: moves.Check | moves.Watch) -> RunbookRun | None:
    """The run as it rests until it looks again, or None where what was seen is written down."""
    require(actor, Act.CARRY_RUN, run.id, world.clock.now())
    if isinstance(move, moves.Watch):
        return await _watch(world, actor, run, move)
    await _check(world, actor, run, move)
    return None


async def _check(world: World, actor: Actor, run: RunbookRun, move: moves.Check) -> None:
    """Looks until the signal is clear or the time is over, and writes down what was seen last."""
    seen, why = await _look(world, run)
    while seen is not SignalState.CLEAR and world.clock.now() < move.until:
        await asyncio.sleep(_EVERY_S)
        seen, why = await _look(world, run)
    await _keep(world, actor, run, seen, why)


async def _watch(world: World, actor: Actor, run: RunbookRun, move: moves.Watch) -> RunbookRun | None:
    """Looks once, and rests until the next look."""
    seen, why = await _look(world, run)
    now = world.clock.now()
    if seen is SignalState.CLEAR or now >= move.until:
        await _keep(world, actor, run, seen, why)
        return None
    pause = max(_PAUSE, run.runbook.watch / _LOOKS)
    resting = replace(run, status=RunStatus.WAITING, wake_at=min(now + pause, move.until))

    def rest(tx: Tx) -> RunbookRun | None:
        """Decides again: somebody may want something else of it by now."""
        if not isinstance(machine.next_move(run, tx.runs.journal(run.id), now), moves.Watch):
            return None
        tx.runs.release(resting, epoch=run.epoch)
        return resting

    return await world.store.write(rest)


async def _keep(world: World, actor: Actor, run: RunbookRun, seen: SignalState, why: str) -> None:
    now = world.clock.now()

    def keep(tx: Tx) -> None:
        data = {"signal": str(seen), "text": _WORDS[seen]}
        told.note(tx, actor, run, JournalKind.CHECKED, now, data=data)
        told.say(tx, actor, run, EntryKind.SIGNAL, _WORDS[seen], now, why=why)

    await world.store.write(keep)


async def _look(world: World, run: RunbookRun) -> tuple[SignalState, str]:
    if not run.signal_expr:
        return await _told_by_others(world, run)
    if run.source in world.searches:
        return SignalState.UNKNOWN, "a saved search is not asked in between: its next run says so"
    return await _asked(world, run)


async def _asked(world: World, run: RunbookRun) -> tuple[SignalState, str]:
    source = world.sources.get(run.source)
    if source is None:
        return SignalState.UNKNOWN, f"source {run.source!r} is no longer set up"
    try:
        answer = await source.query(run.signal_expr, {}, world.clock.now())
    except IntegrationError as error:
        return SignalState.UNKNOWN, str(error)
    return _seen(run, answer)


async def _told_by_others(world: World, run: RunbookRun) -> tuple[SignalState, str]:
    alert = await world.store.read(lambda tx: tx.alerts.get(run.signal_labels.fingerprint))
    if alert is None:
        return SignalState.UNKNOWN, "the alert is not kept any more"
    if alert.status(world.clock.now()) is AlertStatus.FIRING:
        return SignalState.FIRING, f"{alert.source} has not said that it is over"
    return SignalState.CLEAR, f"{alert.source} says that it is over"


def _seen(run: RunbookRun, answer: Answer) -> tuple[SignalState, str]:
    if still_there(answer.samples, run.signal_labels):
        return SignalState.FIRING, f"the rule's expression still returns it: {run.signal_expr}"
    if answer.warnings:
        return SignalState.UNKNOWN, f"{run.source} answered in part: {answer.warnings[0]}"
    return SignalState.CLEAR, f"the rule's expression returns nothing for it: {run.signal_expr}"
