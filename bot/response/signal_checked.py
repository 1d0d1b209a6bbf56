"""After a run has changed something, the rule's own expression is asked whether the signal has recovered."""

from __future__ import annotations

import asyncio

from bot.errors import IntegrationError
from bot.model.actor import Actor
from bot.model.incident import SignalState
from bot.model.run import JournalKind, RunbookRun
from bot.model.sample import Answer
from bot.model.timeline import EntryKind
from bot.ports.store import Tx
from bot.response import told
from bot.response.world import World
from bot.rights import Act, require
from bot.runbooks import machine
from bot.runbooks.signal import still_there

_EVERY_S = 2.0
_WORDS = {
    SignalState.CLEAR: "the original signal has recovered",
    SignalState.FIRING: "the original signal has not recovered",
    SignalState.UNKNOWN: "whether the original signal has recovered could not be seen",
}


async def check(world: World, actor: Actor, run: RunbookRun, move: machine.Check) -> None:
    """Looks until the signal is clear or the time is over, and writes down what was seen last."""
    require(actor, Act.CARRY_RUN, run.id, world.clock.now())
    seen, why = await _look(world, run)
    while seen is not SignalState.CLEAR and world.clock.now() < move.until:
        await asyncio.sleep(_EVERY_S)
        seen, why = await _look(world, run)
    now = world.clock.now()

    def keep(tx: Tx) -> None:
        data = {"signal": str(seen), "text": _WORDS[seen]}
        told.note(tx, actor, run, JournalKind.CHECKED, now, data=data)
        told.say(tx, actor, run, EntryKind.SIGNAL, _WORDS[seen], now, why=why)

    await world.store.write(keep)


async def _look(world: World, run: RunbookRun) -> tuple[SignalState, str]:
    source = world.sources.get(run.source)
    if run.source in world.searches:
        return SignalState.UNKNOWN, "a saved search is not asked in between: its next run says so"
    if source is None:
        return SignalState.UNKNOWN, f"source {run.source!r} is no longer set up"
    try:
        answer = await source.query(run.signal_expr, {}, world.clock.now())
    except IntegrationError as error:
        return SignalState.UNKNOWN, str(error)
    return _seen(run, answer)


def _seen(run: RunbookRun, answer: Answer) -> tuple[SignalState, str]:
    if still_there(answer.samples, run.signal_labels):
        return SignalState.FIRING, f"the rule's expression still returns it: {run.signal_expr}"
    if answer.warnings:
        return SignalState.UNKNOWN, f"{run.source} answered in part: {answer.warnings[0]}"
    return SignalState.CLEAR, f"the rule's expression returns nothing for it: {run.signal_expr}"
