"""`wait`: lets time pass. The time begins when the step does, and a restart does not begin it anew."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from pydantic import Field

from bot.documents import Duration, Strict, format_duration, parse_duration
from bot.model.actor import Actor
from bot.model.plan import ActionResult, Outcome, Plan
from bot.model.run import JournalKind
from bot.model.runbook import Risk
from bot.ports.actions import Action, ActionSpec, Occasion, Say
from bot.ports.store import Tx
from bot.response.own.bound import NAME, Bound
from bot.response.world import World
from bot.rights import Act, require


class WaitParams(Strict):
    """`with:` of wait."""

    length: Duration = Field(
        alias="for", gt=timedelta(0), le=timedelta(hours=24), description="How long; the step's `timeout` is longer."
    )


SPEC = ActionSpec(
    name="wait",
    params=WaitParams,
    risk=Risk.READ,
    help="Lets time pass, counted from the step's beginning, also over a restart of Tocsin.",
    result={"waited": "seconds from the step's beginning to now"},
)


def wait(world: World, actor: Actor) -> Action:
    """The action."""
    waiting = _Waiting(world, actor)
    return Action(spec=SPEC, plan=waiting.plan, run=waiting.run)


class _Waiting:
    def __init__(self, world: World, actor: Actor) -> None:
        self._world, self._actor = world, actor

    async def plan(self, params: WaitParams, occasion: Occasion) -> Plan:
        length = format_duration(params.length)
        return Plan(
            action=SPEC.name,
            integration=NAME,
            params={"for": length},
            targets=(),
            summary=f"wait for {length}",
            risk=Risk.READ,
            repeatable=True,
            preconditions=Bound.to(occasion).preconditions,
        )

    async def run(self, plan: Plan, within: timedelta, say: Say) -> ActionResult:
        now = self._world.clock.now()
        require(self._actor, Act.ACT, SPEC.name, now)
        length, bound = parse_duration(plan.params["for"]), Bound.of(plan)
        begun = await self._world.store.read(lambda tx: _begun(tx, bound, now))
        left = begun + length - now
        if left > within:
            why = f"the step may take {format_duration(within)} and is to wait for {format_duration(length)}"
            return ActionResult(outcome=Outcome.FAILED, summary=why, text="give the step a longer `timeout`")
        say(f"waiting until {begun + length:%H:%M:%S} UTC\n")
        await asyncio.sleep(max(0.0, left.total_seconds()))
        waited = round(max(self._world.clock.now() - begun, length).total_seconds(), 3)  # the clock may be set back
        summary = f"waited for {format_duration(length)}"
        return ActionResult(outcome=Outcome.SUCCEEDED, summary=summary, value={"waited": waited})


def _begun(tx: Tx, bound: Bound, now: datetime) -> datetime:
    """When the step was begun for the first time."""
    journal = tx.runs.journal(bound.run)
    intended = (line.at for line in journal if line.kind is JournalKind.INTENDED and line.step == bound.step)
    return min(intended, default=now)
