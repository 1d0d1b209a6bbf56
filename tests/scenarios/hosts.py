"""Hosts to run commands on: each word has a risk, and does what a test tells it to."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

from pydantic import BaseModel, Field

from bot.errors import IntegrationError, Permanent
from bot.model.plan import ActionResult, Did, Outcome, Plan
from bot.model.runbook import Risk
from bot.ports.actions import Action, ActionSpec, Occasion, Say


class Params(BaseModel):
    """`with:` of host.run."""

    argv: list[str] = Field(description="The command.")


SPEC = ActionSpec(
    name="host.run",
    params=Params,
    risk=Risk.DESTRUCTIVE,
    help="Runs a command.",
    result={"stdout": "what it printed"},
)
RISKS = {"look": Risk.READ, "mend": Risk.WRITE, "wipe": Risk.DESTRUCTIVE}


DONE = ActionResult(outcome=Outcome.SUCCEEDED, summary="done")


@dataclass
class Hosts:
    """What commands do from now on; `ran` is every one that ran, in order.

    state: what the world is like, which binds every plan.  shows: the diff of every plan.
    ends: what comes of a command that is no mere look.
    takes: seconds.  probe: what the probe says; None: there is none.  effect: called when a change happens.
    witness: awaited before anything happens.
    """

    state: str = "as it was"
    shows: str = ""
    ends: ActionResult | IntegrationError = DONE
    takes: float = 0
    probe: Did | None = None
    effect: Callable[[], None] = lambda: None
    witness: Callable[[], Awaitable[None]] = lambda: asyncio.sleep(0)
    place: str = "host:cart-1"
    target: str = "cart-1"

    name: str = "hosts"

    def __post_init__(self) -> None:
        self.ran: list[str] = []
        self.failing: set[str] = set()
        """Commands that fail."""
        self._risks = dict(RISKS)

    def action(self, *, probe: bool = True) -> Action:
        """`host.run`, with a way to find out whether a command ran, or without."""
        return Action(spec=SPEC, plan=self._plan, run=self._run, probe=self._probe if probe else None, undo=self._undo)

    def works(self) -> None:
        """From now on commands do what they should."""
        self.ends = DONE

    def forgets(self, word: str) -> None:
        """From now on there is no such command."""
        del self._risks[word]

    async def _plan(self, params: Params, _: Occasion) -> Plan:
        word = " ".join(params.argv)
        if not params.argv or params.argv[0] not in self._risks:
            raise Permanent(f"no command is called {word!r}", integration=self.name, reason="client")
        risk = self._risks[params.argv[0]]
        return Plan(
            action=SPEC.name,
            integration=self.name,
            params={"argv": params.argv},
            targets=(self.target,),
            summary=f"run {word} on {self.target}",
            risk=risk,
            repeatable=risk is Risk.READ,
            can_probe=self.probe is not None,
            diff=self.shows,
            preconditions={"state": self.state},
            places=(self.place,),
        )

    async def _undo(self, plan: Plan, _: ActionResult) -> Plan:
        word, *rest = plan.params["argv"]
        return await self._plan(Params(argv=[word, "not", *rest]), Occasion())

    async def _run(self, plan: Plan, within: timedelta, say: Say) -> ActionResult:
        if plan.risk is Risk.READ:
            printed = f"looked at {plan.params['argv'][-1]}"
            return ActionResult(outcome=Outcome.SUCCEEDED, summary="done", value={"stdout": printed}, text=printed)
        await self.witness()
        await asyncio.sleep(self.takes)
        if isinstance(self.ends, IntegrationError):
            raise self.ends
        command = " ".join(plan.params["argv"])
        self.ran.append(command)
        if command in self.failing:
            return ActionResult(outcome=Outcome.FAILED, summary=f"{command}: exit status 1")
        if self.ends.outcome is Outcome.SUCCEEDED:
            self.effect()
        return self.ends

    async def _probe(self, plan: Plan) -> Did:
        return self.probe or Did.UNKNOWN
