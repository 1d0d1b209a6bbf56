"""A run is due: make its next moves until it rests."""

from __future__ import annotations

from collections.abc import Sequence

from bot.model.actor import Actor
from bot.model.run import JournalEntry, RunbookRun
from bot.response import run_ended, run_taken_back, signal_checked, step_asked, step_prepared, step_started
from bot.response.carried import Carried
from bot.response.world import World
from bot.rights import Act, require
from bot.runbooks import machine, moves

_Asks = moves.Ask | moves.AskWhat | moves.AskIfItRan | moves.Expire
_LooksOrAsks = moves.Watch | moves.Observe | moves.Check | moves.TakeBack | _Asks


async def advance(world: World, actor: Actor, run: RunbookRun, journal: Sequence[JournalEntry]) -> RunbookRun:
    """Makes moves until the run waits or is over; the run as it was then put down. Fenced when it was taken over.

    `journal`: the run's, as it was when it was claimed.
    """
    require(actor, Act.CARRY_RUN, run.id, world.clock.now())
    carried, rested = Carried(world, actor, run, journal), None
    while rested is None:
        move = machine.next_move(carried.run, carried.journal, world.clock.now())
        rested = await _make(world, actor, carried, move)
    return rested


async def _make(world: World, actor: Actor, carried: Carried, move: moves.Move) -> RunbookRun | None:
    """One move; the run where it rests, or None when there is more to do."""
    match move:
        case moves.Done() | moves.Wait():
            return await run_ended.rest(world, actor, carried, move)
        case moves.Prepare():
            await step_prepared.prepare(world, actor, carried, move)
            return None
        case moves.Start() | moves.Probe():
            return await step_started.act(world, actor, carried, move)
        case _:
            return await _settled(world, actor, carried, move)


async def _settled(world: World, actor: Actor, carried: Carried, move: _LooksOrAsks) -> RunbookRun | None:
    """What is owed is written before anything is looked at or asked, and what that came to is read after it."""
    if not await carried.settle():
        return None
    rested = await _look_or_ask(world, actor, carried, move)
    await carried.look()
    return rested


async def _look_or_ask(world: World, actor: Actor, carried: Carried, move: _LooksOrAsks) -> RunbookRun | None:
    match move:
        case moves.Check() | moves.Watch():
            return await signal_checked.look(world, actor, carried, move)
        case moves.Observe():
            await step_prepared.observe(world, actor, carried, move)
        case moves.TakeBack():
            await run_taken_back.begin(world, actor, carried, move)
        case _:
            await step_asked.ask(world, actor, carried, move)
    return None
