"""`incident.severity`: says that an incident is graver than it was; less grave only when the runbook says so."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from pydantic import Field

from bot.documents import Strict
from bot.errors import TocsinError
from bot.incidents.edits import Edit
from bot.model.actor import Actor
from bot.model.ids import IncidentId
from bot.model.incident import Severity
from bot.model.plan import ActionResult, Did, Outcome, Plan
from bot.model.runbook import Risk
from bot.ports.actions import ANY_TEXT, Action, ActionSpec, Occasion, Say
from bot.response import incident_edited
from bot.response.own.bound import NAME, Bound
from bot.response.world import World
from bot.rights import Act, require


class SeverityParams(Strict):
    """`with:` of incident.severity."""

    severity: Severity = Field(description="What it is to be: SEV1 is the gravest.")
    lower: bool = Field(default=False, description="Whether it may become less grave than it is.")
    reason: str = Field(
        default="", max_length=1000, description="Why, for the timeline; any text.", json_schema_extra=ANY_TEXT
    )


SPEC = ActionSpec(
    name="incident.severity",
    params=SeverityParams,
    risk=Risk.WRITE,
    undoes=True,
    mildest=Risk.READ,
    help="Changes the severity of the run's incident, and never lowers it unless `lower` says so.",
    result={"severity": "what it is now", "before": "what it was"},
)


def change(world: World, actor: Actor) -> Action:
    """The action."""
    changing = _Changing(world, actor)
    return Action(spec=SPEC, plan=changing.plan, run=changing.run, probe=changing.probe, undo=changing.undo)


class _Changing:
    def __init__(self, world: World, actor: Actor) -> None:
        self._world, self._actor = world, actor

    async def plan(self, params: SeverityParams, occasion: Occasion) -> Plan:
        bound = Bound.to(occasion)
        incident = bound.of_an_incident(SPEC.name)
        before = await self._now(incident)
        # SEV1 < SEV2 as words: the graver comes first
        stays = params.severity == before or (params.severity > before and not params.lower)
        said = f"leave {incident} at {before}" if stays else f"make {incident} {params.severity} instead of {before}"
        return Plan(
            action=SPEC.name,
            integration=NAME,
            params={**params.model_dump(mode="json"), "before": before},
            targets=(incident,),
            summary=said,
            risk=Risk.READ if stays else Risk.WRITE,
            repeatable=True,
            can_probe=True,
            can_undo=not stays,
            undo="" if stays else f"make it {before} again",
            diff="" if stays else f"-severity: {before}\n+severity: {params.severity}",
            preconditions=bound.preconditions,
        )

    async def run(self, plan: Plan, within: timedelta, say: Say) -> ActionResult:
        bound, before, wanted = Bound.of(plan), plan.params["before"], plan.params["severity"]
        require(self._actor, Act.CHANGE, bound.incident, self._world.clock.now())
        standing = await self._now(bound.incident)
        if plan.risk is Risk.READ or standing == wanted:
            return _is(bound, standing, before)
        if standing != before:
            return ActionResult(outcome=Outcome.FAILED, summary=f"{bound.incident} is {standing} by now, not {before}")
        reason = "; ".join(filter(None, (plan.params["reason"], bound.why)))
        edit = Edit(severity=Severity(wanted))
        try:
            await incident_edited.edit(self._world, self._actor, bound.incident, edit, reason)
        except TocsinError as error:
            return Bound.failed(error)
        return _is(bound, wanted, before)

    async def probe(self, plan: Plan) -> Did:
        bound = Bound.of(plan)
        return Did.DID if await self._now(bound.incident) == plan.params["severity"] else Did.DID_NOT

    async def undo(self, plan: Plan, _: ActionResult) -> Plan:
        before, after = plan.params["before"], plan.params["severity"]
        reason = f"taken back: {Bound.of(plan).why}"
        return replace(
            plan,
            params={"severity": before, "lower": True, "reason": reason, "before": after},
            summary=f"make {plan.targets[0]} {before} again instead of {after}",
            undo=f"make it {after} again",
            diff=f"-severity: {after}\n+severity: {before}",
        )

    async def _now(self, incident: IncidentId) -> Severity:
        require(self._actor, Act.LOOK, incident, self._world.clock.now())
        return (await self._world.store.read(lambda tx: tx.incidents.get(incident))).severity


def _is(bound: Bound, severity: str, before: str) -> ActionResult:
    value = {"severity": str(severity), "before": before}
    return ActionResult(outcome=Outcome.SUCCEEDED, summary=f"{bound.incident} is {severity}", value=value)
