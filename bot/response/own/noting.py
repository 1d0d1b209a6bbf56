"""`incident.note`: a line on the incident's timeline, written once however often the step is begun."""

from __future__ import annotations

from datetime import datetime, timedelta

from pydantic import Field

from bot.documents import Strict
from bot.incidents import timeline
from bot.model.actor import Actor
from bot.model.ids import IncidentId
from bot.model.plan import ActionResult, Outcome, Plan
from bot.model.runbook import Risk
from bot.model.timeline import TimelineEntry
from bot.ports.actions import ANY_TEXT, Action, ActionSpec, Occasion, Say
from bot.ports.store import Tx
from bot.response import mirror_told
from bot.response.own.bound import NAME, Bound, Mistaken
from bot.response.record import record
from bot.response.world import World
from bot.rights import Act, require

_LONGEST = 4000


class NoteParams(Strict):
    """`with:` of incident.note."""

    text: str = Field(
        max_length=_LONGEST, description="What to write; it may hold any text.", json_schema_extra=ANY_TEXT
    )


SPEC = ActionSpec(
    name="incident.note",
    params=NoteParams,
    risk=Risk.READ,
    help="Writes a note on the timeline of the run's incident; once, even when Tocsin restarts meanwhile.",
    result={"seq": "the note's number on the timeline"},
)


def note(world: World, actor: Actor) -> Action:
    """The action."""
    noting = _Noting(world, actor)
    return Action(spec=SPEC, plan=noting.plan, run=noting.run)


class _Noting:
    def __init__(self, world: World, actor: Actor) -> None:
        self._world, self._actor = world, actor

    async def plan(self, params: NoteParams, occasion: Occasion) -> Plan:
        bound, text = Bound.to(occasion), params.text.strip()
        incident = bound.of_an_incident(SPEC.name)
        if not text:
            raise Mistaken("a note needs a text", "say what the step has found out")
        return Plan(
            action=SPEC.name,
            integration=NAME,
            params={"text": text},
            targets=(incident,),
            summary=f"write a note on {incident}",
            risk=Risk.READ,
            repeatable=True,
            preconditions=bound.preconditions,
        )

    async def run(self, plan: Plan, within: timedelta, say: Say) -> ActionResult:
        bound, text, now = Bound.of(plan), plan.params["text"], self._world.clock.now()
        require(self._actor, Act.NOTE, bound.incident, now)
        entry = await self._world.store.write(lambda tx: _written(tx, self._actor, bound, text, now))
        summary = f"wrote a note on {bound.incident}"
        return ActionResult(outcome=Outcome.SUCCEEDED, summary=summary, value={"seq": entry.seq})


def _written(tx: Tx, actor: Actor, bound: Bound, text: str, now: datetime) -> TimelineEntry:
    written = [one for one in tx.incidents.timeline(bound.incident) if one.actor == actor and one.why == bound.why]
    return written[-1] if written else _write(tx, actor, bound.incident, bound.why, text, now)


def _write(tx: Tx, actor: Actor, incident: IncidentId, why: str, text: str, now: datetime) -> TimelineEntry:
    record(tx, actor, Act.NOTE, incident, now, why=why)
    entry = tx.incidents.tell(timeline.note(incident, text, actor, now, why=why))
    mirror_told.note(tx, actor, tx.incidents.get(incident), entry, now)
    return entry
