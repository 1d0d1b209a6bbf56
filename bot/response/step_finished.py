"""A step ended: its end goes into the journal, and what a reading step saw is filed as evidence."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Any

from bot.errors import StoreUnavailable
from bot.evidence.redaction import redact, redact_value
from bot.model.actor import Actor
from bot.model.errand import Errand, ErrandKind
from bot.model.evidence import Evidence, EvidenceKind
from bot.model.ids import EvidenceId, IncidentId
from bot.model.plan import ActionResult, Outcome
from bot.model.run import JournalKind, RunbookRun
from bot.model.runbook import Risk
from bot.model.sample import Window
from bot.model.timeline import EntryKind
from bot.ports.store import Tx
from bot.response import told
from bot.response.world import World
from bot.rights import Act, require
from bot.runbooks import machine

_RETRY_S = 1.0


async def finish(
    world: World,
    actor: Actor,
    run: RunbookRun,
    move: machine.Start | machine.Probe,
    result: ActionResult,
    *,
    probed: bool = False,
) -> None:
    """Writes the end down. What has happened has happened: while the store is away, it is tried until it is back."""
    now = world.clock.now()
    require(actor, Act.ACT, run.id, now)
    data = _data(result, probed)
    await _surely(world, lambda tx: _keep(tx, actor, run, move, data, now))


async def _surely(world: World, work: Callable[[Tx], None]) -> None:
    while True:
        try:
            return await world.store.write(work)
        except StoreUnavailable:
            await asyncio.sleep(_RETRY_S)


def _data(result: ActionResult, probed: bool) -> dict[str, Any]:  # Any: a result is plain JSON of any shape
    return {
        "outcome": str(result.outcome),
        "summary": redact(result.summary),
        "value": redact_value(dict(result.value)),
        "text": redact(result.text),
        "link": result.link,
        "temporary": result.temporary,
        "probed": probed,
        "did_not_run": probed and result.outcome is Outcome.FAILED,
    }


def _keep(
    tx: Tx,
    actor: Actor,
    run: RunbookRun,
    move: machine.Start | machine.Probe,
    data: dict[str, Any],
    now: datetime,
) -> None:
    step, plan = move.step, move.plan
    told.note(tx, actor, run, JournalKind.FINISHED, now, step=step.id, attempt=move.attempt, data=data)
    if plan.risk is not Risk.READ:
        told.say(tx, actor, run, EntryKind.ACTION, f"{data['outcome']}: {plan.summary}", now, why=data["summary"])
        _show(tx, run, step.id, move.attempt, now)
    elif run.incident is not None:
        evidence = _file(tx, run, run.incident, move, data, now)
        text = f"{step.title}: {data['summary']}"
        told.say(tx, actor, run, EntryKind.EVIDENCE, text, now, evidence=(evidence,))


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


def _file(
    tx: Tx,
    run: RunbookRun,
    incident: IncidentId,
    move: machine.Start | machine.Probe,
    data: dict[str, Any],
    now: datetime,
) -> EvidenceId:
    evidence = Evidence(
        id=tx.evidence.next_id(),
        incident=incident,
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
    return evidence.id
