"""Somebody looks: lists, one incident with all that is known of it, one run, the state of the rules."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import TypeVar

from bot.errors import NotFound
from bot.incidents import links
from bot.model.actor import Actor
from bot.model.evidence import Attachment
from bot.model.ids import EvidenceId, IncidentId, RunId
from bot.model.link import Related, Relation
from bot.model.report import Case
from bot.model.rule import GroupStatus
from bot.model.run import Approval, JournalEntry, RunbookRun
from bot.model.runbook import Runbook
from bot.model.setup import Setup
from bot.model.task import TaskKind
from bot.ports.store import Tx
from bot.response.world import World
from bot.rights import Act, require

T = TypeVar("T")


async def case(world: World, actor: Actor, incident_id: IncidentId) -> Case:
    """All that is known of one incident; attachments by name only."""
    require(actor, Act.LOOK, incident_id, world.clock.now())
    return await world.store.read(lambda tx: case_of(tx, actor, incident_id))


def case_of(tx: Tx, actor: Actor, incident_id: IncidentId) -> Case:
    """The same, inside a transaction the caller holds."""
    incident = tx.incidents.get(incident_id)
    related = links.related(incident, tx.incidents.linked_to(incident_id), tx.incidents.get)
    parts = [incident_id, *_parts(tx, related)]
    runs = [run for part in parts for run in tx.runs.list(incident=part)]
    return Case(
        incident=incident,
        timeline=tuple(sorted(_all(tx.incidents.timeline, parts), key=lambda entry: (entry.at, entry.seq))),
        evidence=tuple(sorted(_all(tx.evidence.of_incident, parts), key=lambda one: one.collected_at)),
        runs=tuple((run, tuple(tx.runs.journal(run.id))) for run in sorted(runs, key=lambda run: run.started_at)),
        approvals=tuple(sorted(_all(tx.approvals.of_incident, parts), key=lambda one: one.asked_at)),
        related=tuple(related),
        pages=tuple(_all(tx.pages.of_incident, parts)),
        escalation=tx.escalations.get(incident_id),
        follow_ups=tuple(one for one in _all(tx.tasks.of_incident, parts) if one.kind is TaskKind.FOLLOW_UP),
    )


def _parts(tx: Tx, related: Sequence[Related]) -> Iterator[IncidentId]:
    """What was merged into it, and into that."""
    for one in related:
        if one.relation is Relation.PART:
            yield one.incident.id
            yield from _parts(
                tx, links.related(one.incident, tx.incidents.linked_to(one.incident.id), tx.incidents.get)
            )


def _all(of: Callable[[IncidentId], Sequence[T]], incidents: Sequence[IncidentId]) -> list[T]:
    return [one for incident in incidents for one in of(incident)]


async def runs(
    world: World, actor: Actor, *, incident: IncidentId | None, runbook: str, limit: int
) -> Sequence[RunbookRun]:
    """The newest runs, of all or of those for an incident, or of a runbook; NotFound: there is no such incident."""
    require(actor, Act.LOOK, "runs", world.clock.now())

    def found(tx: Tx) -> Sequence[RunbookRun]:
        known = tx.incidents.get(incident).id if incident is not None else None
        return tx.runs.list(incident=known, runbook=runbook, limit=limit)

    return await world.store.read(found)


async def run(
    world: World, actor: Actor, run_id: RunId
) -> tuple[RunbookRun, Sequence[JournalEntry], Sequence[Approval]]:
    """One run, its journal and its questions."""
    require(actor, Act.LOOK, run_id, world.clock.now())
    return await world.store.read(
        lambda tx: (tx.runs.get(run_id), tx.runs.journal(run_id), tx.approvals.of_run(run_id))
    )


async def approvals(world: World, actor: Actor) -> Sequence[Approval]:
    """The questions nobody has answered yet."""
    require(actor, Act.LOOK, "approvals", world.clock.now())
    return await world.store.read(lambda tx: tx.approvals.open())


async def attachment(world: World, actor: Actor, evidence_id: EvidenceId, name: str) -> Attachment:
    """One file of one piece of evidence."""
    require(actor, Act.LOOK, evidence_id, world.clock.now())
    return await world.store.read(lambda tx: tx.evidence.attachment(evidence_id, name))


async def rules(world: World, actor: Actor) -> Sequence[GroupStatus]:
    """The state of every rule group that is set up now and was evaluated."""
    require(actor, Act.LOOK, "rules", world.clock.now())
    standing = {group.key for group in world.setup.groups}
    statuses = await world.store.read(lambda tx: tx.rules.statuses())
    return [status for status in statuses if status.key in standing]


def documents(world: World, actor: Actor) -> Setup:
    """What the documents say now."""
    require(actor, Act.LOOK, "documents", world.clock.now())
    return world.setup


async def runbooks(world: World, actor: Actor) -> Sequence[Runbook]:
    """Those that are set up now, by name."""
    require(actor, Act.LOOK, "runbooks", world.clock.now())
    return [world.setup.runbooks[name] for name in sorted(world.setup.runbooks)]


async def runbook(world: World, actor: Actor, name: str) -> Runbook:
    """One of them; NotFound."""
    found = {one.name: one for one in await runbooks(world, actor)}
    if name not in found:
        raise NotFound(f"no runbook is called {name!r}", hint="list them with `tocsin runbook list`")
    return found[name]


async def examined(world: World, actor: Actor, ask: Callable[[], Awaitable[T]]) -> T:
    """What `ask` finds out about the integrations, for those who may have them asked."""
    require(actor, Act.EXAMINE, "integrations", world.clock.now())
    return await ask()
