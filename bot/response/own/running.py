"""`runbook.run`: another runbook, begun once and waited for. What it changes it asks for itself."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import timedelta

from pydantic import Field

from bot.documents import Strict, suggest
from bot.errors import TocsinError
from bot.model.actor import Actor
from bot.model.alert import Alert
from bot.model.ids import RunId
from bot.model.incident import Incident
from bot.model.plan import ActionResult, Outcome, Plan
from bot.model.run import ENDED, JournalKind, RunbookRun, RunStatus
from bot.model.runbook import Risk, Runbook
from bot.ports.actions import Action, ActionSpec, Occasion, Say
from bot.ports.store import Tx
from bot.response import run_wanted
from bot.response.own.bound import NAME, Bound, Mistaken
from bot.response.run_wanted import Above
from bot.response.world import World
from bot.rights import Act, require
from bot.runbooks.beginning import NESTING
from bot.runbooks.inputs import resolve
from bot.runbooks.journal import turned_by

DEEPEST = 3
"""So many runs may stand one above the other below the first."""
_LOOK_EVERY_S = 1.0
_TO_SAY_SO = timedelta(seconds=1)
"""Of the step's time, for the answer that the other run goes on."""


class RunParams(Strict):
    """`with:` of runbook.run."""

    runbook: str = Field(description="The runbook's name.")
    inputs: dict[str, str] = Field(
        default_factory=dict, description="Its inputs, where they do not come from the incident's alert."
    )


SPEC = ActionSpec(
    name=NESTING,
    params=RunParams,
    risk=Risk.WRITE,
    mildest=Risk.READ,
    help="Runs another runbook for the same incident and waits for its end; its changes ask for themselves.",
    result={
        "run": "the run",
        "status": "how it ended",
        "reason": "why it ended so",
        "verdict": "what became of the signal",
    },
)


def run(world: World, actor: Actor) -> Action:
    """The action."""
    running = _Running(world, actor)
    return Action(spec=SPEC, plan=running.plan, run=running.run)


class _Running:
    def __init__(self, world: World, actor: Actor) -> None:
        self._world, self._actor = world, actor

    async def plan(self, params: RunParams, occasion: Occasion) -> Plan:
        bound, runbook = Bound.to(occasion), self._known(params.runbook)
        if occasion.step.endswith(".verify"):
            raise Mistaken("`verify` may only look, and another runbook may do more", "make it a step of its own")
        if occasion.depth >= DEEPEST:
            raise Mistaken(f"{DEEPEST} runs stand above this step already", "let fewer runbooks run each other")
        require(self._actor, Act.LOOK, params.runbook, self._world.clock.now())
        incident, alert = await self._world.store.read(lambda tx: _behind(tx, self._actor, bound, runbook))
        inputs = resolve(runbook, params.inputs, alert, incident)
        shown = ", ".join(f"{name}={value}" for name, value in inputs.items())
        return Plan(
            action=SPEC.name,
            integration=NAME,
            params={"runbook": runbook.name, "inputs": dict(params.inputs), "hash": runbook.hash},
            targets=(runbook.name,),
            summary=f"run {runbook.name}" + (f" with {shown[:140]}" if shown else ""),
            risk=Risk.READ,
            repeatable=True,
            diff="\n".join(f"{name}: {value}" for name, value in inputs.items()),
            preconditions=bound.preconditions,
        )

    async def run(self, plan: Plan, within: timedelta, say: Say) -> ActionResult:
        now = self._world.clock.now()
        require(self._actor, Act.START_RUN, plan.params["runbook"], now)
        try:
            child = await self._world.store.write(lambda tx: self._begun(tx, plan))
        except TocsinError as error:
            return Bound.failed(error)
        self._world.nudge()
        say(f"{child.id} of {child.runbook.name} has begun\n")
        try:
            async with asyncio.timeout((within - min(_TO_SAY_SO, within / 10)).total_seconds()):
                ended = await self._end_of(child.id, say)
        except TimeoutError:
            summary = f"{child.id} has not ended; it goes on"
            return ActionResult(outcome=Outcome.FAILED, summary=summary, value={"run": child.id})
        return await self._told(ended)

    def _begun(self, tx: Tx, plan: Plan) -> RunbookRun:
        """The run that this step began before a crash, or one that begins now."""
        bound, now = Bound.of(plan), self._world.clock.now()
        before = tx.runs.children(bound.run, bound.step)
        if before:
            return before[-1]
        turned = turned_by(tx.runs.journal(bound.run))
        if turned is not None and turned.kind is JournalKind.CANCELLED:
            raise Mistaken(f"{bound.run} is cancelled", "nothing more of it begins")
        runbook = self._known(plan.params["runbook"])
        if runbook.hash != plan.params["hash"]:
            raise Mistaken(f"{runbook.name} is another one since it was planned", "begin the run again")
        incident, alert = _behind(tx, self._actor, bound, runbook)
        return run_wanted.begin(
            tx,
            self._world.setup,
            self._actor,
            runbook,
            incident=incident,
            alert=alert,
            given=plan.params["inputs"],
            why=bound.why,
            now=now,
            above=Above(run=tx.runs.get(bound.run), step=bound.step),
        )

    async def _end_of(self, child: RunId, say: Say) -> RunbookRun:
        said = ""
        while True:
            run = await self._world.store.read(lambda tx: tx.runs.get(child))
            if run.status != said:
                said = run.status
                say(f"{child} is {said}\n")
            if run.status in ENDED:
                return run
            await asyncio.sleep(_LOOK_EVERY_S)

    async def _told(self, run: RunbookRun) -> ActionResult:
        journal = await self._world.store.read(lambda tx: tx.runs.journal(run.id))
        reasons = [str(line.data.get("reason", "")) for line in journal if line.kind is JournalKind.ENDED]
        reason = reasons[-1] if reasons else ""
        return ActionResult(
            outcome=Outcome.SUCCEEDED if run.status is RunStatus.SUCCEEDED else Outcome.FAILED,
            summary=f"{run.id} {run.status}" + (f": {reason}" if reason else ""),
            value={"run": run.id, "status": str(run.status), "reason": reason, "verdict": str(run.verdict)},
        )

    def _known(self, name: str) -> Runbook:
        runbooks: Mapping[str, Runbook] = self._world.setup.runbooks
        if name not in runbooks:
            raise Mistaken(f"no runbook is called {name!r}{suggest(name, runbooks)}", "see `tocsin runbook list`")
        return runbooks[name]


def _behind(tx: Tx, actor: Actor, bound: Bound, runbook: Runbook) -> tuple[Incident | None, Alert | None]:
    """The incident, and the alert that the run above is for; else the one that this runbook would be run for."""
    if not bound.incident:
        return None, None
    incident = tx.incidents.get(bound.incident)
    own = run_wanted.alert_of(tx, actor, tx.runs.get(bound.run), incident) if bound.run else None
    return incident, own or run_wanted.alert_for(tx, actor, runbook, incident)
