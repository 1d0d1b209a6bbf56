"""A step ended: its end goes into the journal, and what it saw or printed is filed as evidence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from bot.evidence.pieces import shown
from bot.evidence.redaction import redact, redact_value
from bot.model.actor import Actor
from bot.model.errand import Errand, ErrandKind
from bot.model.evidence import Evidence, EvidenceKind
from bot.model.ids import EvidenceId
from bot.model.plan import ActionResult, Outcome
from bot.model.run import JournalEntry, JournalKind, RunbookRun
from bot.model.runbook import Risk
from bot.model.sample import Window
from bot.model.timeline import EntryKind
from bot.ports.store import Tx
from bot.response import output_heard, told
from bot.response.carried import Carried
from bot.response.output_heard import MOST
from bot.response.world import World
from bot.rights import Act, require
from bot.runbooks import expecting, moves, policy


async def finish(
    world: World,
    actor: Actor,
    carried: Carried,
    move: moves.Start | moves.Probe,
    result: ActionResult,
    *,
    probed: bool = False,
    spoke: bool = True,
) -> None:
    """The end is owed to the run where the step only looked, and written down at once where it may be a change.

    `spoke`: it, or an earlier attempt whose end nobody saw, may have said something while it ran.
    """
    now, run = world.clock.now(), carried.run
    require(actor, Act.ACT, run.id, now)
    if probed:
        said = await world.store.read(lambda tx: output_heard.left(tx, actor, run.id, move.step.id, move.attempt, now))
        result = replace(result, text=said)
    # a probe sees that it happened, not what came of it
    unmet = None if probed else expecting.unmet(run, carried.journal, move.step, result)
    data = {**_data(world, unmet or result, probed), "unmet": unmet is not None}
    line = told.line(actor, run, JournalKind.FINISHED, now, step=move.step.id, attempt=move.attempt, data=data)
    carried.owe(line, lambda tx: _keep(tx, actor, run, move, line, spoke), has_happened=True)
    if policy.risk_of(move.step, move.plan) is not Risk.READ:
        await carried.settle()


# Any: a result is plain JSON of any shape
def _data(world: World, result: ActionResult, probed: bool) -> dict[str, Any]:
    return {
        "outcome": str(result.outcome),
        "summary": redact(world.clean(result.summary)),
        "value": redact_value(dict(result.value), world.clean),
        "text": _capped(shown(result.text, world.clean)),
        "link": result.link,
        "temporary": result.temporary,
        "untouched": result.untouched,
        "probed": probed,
        "did_not_run": probed and result.outcome is Outcome.FAILED,
    }


def _capped(text: str) -> str:
    return text if len(text) <= MOST else f"{text[:MOST]}\n[{len(text) - MOST} more characters are not kept]"


def _keep(
    tx: Tx, actor: Actor, run: RunbookRun, move: moves.Start | moves.Probe, line: JournalEntry, spoke: bool
) -> None:
    step, plan, data, now = move.step, move.plan, line.data, line.at
    tx.runs.append(line, epoch=run.epoch)
    if spoke:
        tx.outputs.drop(run.id, step.id)
    looked = plan.risk is Risk.READ
    evidence = tuple(_filed(tx, run, move, data, now)) if looked or data["text"] else ()
    if not looked:
        text, why = f"{data['outcome']}: {plan.summary}", data["summary"]
        told.say(tx, actor, run, EntryKind.ACTION, text, now, why=why, evidence=evidence)
        _show(tx, run, step.id, move.attempt, now)
    elif evidence:
        text = f"{step.title}: {data['summary']}"
        told.say(tx, actor, run, EntryKind.EVIDENCE, text, now, evidence=evidence)


def _show(tx: Tx, run: RunbookRun, step: str, attempt: int, now: datetime) -> None:
    """The chart is taken again after a change, so that its effect shows."""
    if run.incident is not None:
        tx.outbox.add(
            Errand(
                kind=ErrandKind.EVIDENCE_WANTED,
                dedup_key=f"evidence {run.id} {step} {attempt}",
                due_at=now,
                payload={"incident": run.incident, "reason": "acted"},
            )
        )


def _filed(
    tx: Tx,
    run: RunbookRun,
    move: moves.Start | moves.Probe,
    data: Mapping[str, Any],  # Any: as above
    now: datetime,
) -> Iterator[EvidenceId]:
    """Files what came of it, where the run has an incident."""
    if run.incident is None:
        return
    evidence = Evidence(
        id=tx.evidence.next_id(),
        incident=run.incident,
        kind=EvidenceKind.STEP,
        question=move.step.title,
        source=move.plan.integration,
        query=move.plan.summary,
        window=Window(start=now, end=now),
        collected_at=now,
        summary=data["summary"],
        value={"value": data["value"], "text": data["text"]},
        link=data["link"],
        unavailable="" if data["outcome"] == Outcome.SUCCEEDED else data["summary"],
    )
    tx.evidence.put(evidence)
    yield evidence.id
