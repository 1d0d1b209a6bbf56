"""A run is due: make its next moves until it rests."""

from __future__ import annotations

from collections.abc import Sequence

from bot.model.actor import Actor
from bot.model.run import JournalEntry, RunbookRun
from bot.response import run_ended, signal_checked, step_asked, step_prepared, step_started
from bot.response.world import World
from bot.rights import Act, require
from bot.runbooks import machine


async def advance(world: World, actor: Actor, run: RunbookRun) -> RunbookRun:
    """Makes moves until the run waits or is over; the run as it was then put down. Fenced when it was taken over."""
    require(actor, Act.CARRY_RUN, run.id, world.clock.now())
    rested: RunbookRun | None = None
    while rested is None:
        journal = await world.store.read(lambda tx: tx.runs.journal(run.id))
        move = machine.next_move(run, journal, world.clock.now())
        rested = await _make(world, actor, run, journal, move)
    return rested


async def _make(
    world: World, actor: Actor, run: RunbookRun, journal: Sequence[JournalEntry], move: machine.Move
) -> RunbookRun | None:
    """One move; the run where it rests, or None when there is more to do."""
    if isinstance(move, machine.Done | machine.Wait):
        return await run_ended.rest(world, actor, run, move)
    if isinstance(move, machine.Check):
        await signal_checked.check(world, actor, run, move)
    else:
        await _make_of_step(world, actor, run, journal, move)
    return None


async def _make_of_step(
    world: World, actor: Actor, run: RunbookRun, journal: Sequence[JournalEntry], move: machine.StepMove
) -> None:
    match move:
        case machine.Prepare():
            await step_prepared.prepare(world, actor, run, journal, move)
        case machine.Start() | machine.Probe():
            await step_started.act(world, actor, run, move)
        case machine.Ask() | machine.AskIfItRan() | machine.Expire():
            await step_asked.ask(world, actor, run, journal, move)
