"""A run that cannot be carried to its end is given up, and somebody is woken: nothing is tried for ever.

A step may be what kills us: after five starts that nobody saw end there is a page, and no crash loop.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bot.incidents import timeline
from bot.model.actor import Actor
from bot.model.incident import Incident, IncidentStatus, Severity
from bot.model.run import JournalKind, RunbookRun, RunStatus
from bot.model.setup import Setup
from bot.model.timeline import EntryKind
from bot.ports.store import Tx
from bot.response import incident_moved, questions_dropped, told, trust_followed
from bot.response.record import record
from bot.response.world import World
from bot.rights import Act, require

AFTER = 5
"""Mistakes of ours in a row."""


async def give_up(world: World, actor: Actor, run: RunbookRun, mistake: str) -> RunbookRun:
    """Ends a run that meets a mistake of ours again and again. Fenced when another process has it by now."""
    now = world.clock.now()
    require(actor, Act.CARRY_RUN, run.id, now)
    reason = f"Tocsin met a mistake of its own {AFTER} times while it carried this run ({mistake}); its log says more"

    def keep(tx: Tx) -> RunbookRun:
        # as it is written: it may have changed something since it was claimed
        over = replace(tx.runs.get(run.id), status=RunStatus.FAILED, wake_at=None, ended_at=now)
        questions_dropped.drop(tx, actor, run, "the run is given up", now)
        told.note(tx, actor, run, JournalKind.ENDED, now, data={"status": str(over.status), "reason": reason})
        told.say(tx, actor, run, EntryKind.RUNBOOK, f"run {run.id} is given up", now, why=reason)
        tx.runs.release(over, epoch=run.epoch)
        trust_followed.follow(tx, world.setup, actor, over, now)
        wake(tx, world.setup, actor, run, reason, now)
        return over

    over = await world.store.write(keep)
    world.nudge()
    return over


def wake(tx: Tx, setup: Setup, actor: Actor, run: RunbookRun, reason: str, now: datetime) -> None:
    """An incident of its own says so: its escalation finds somebody who sees what the run has left behind."""
    require(actor, Act.OPEN_INCIDENT, run.id, now)
    about = tx.incidents.get(run.incident) if run.incident is not None else None
    incident = Incident(
        id=tx.incidents.next_id(),
        title=f"Run {run.id} of runbook {run.runbook.name} was given up",
        severity=about.severity if about is not None else Severity.SEV3,
        status=IncidentStatus.TRIGGERED,
        opened_at=now,
        declared_by=actor.name,
        service=about.service if about is not None else "",
        team=about.team if about is not None else "",
    )
    record(tx, actor, Act.OPEN_INCIDENT, incident.id, now, run=run.id)
    incident_moved.keep(tx, setup, actor, None, incident, now)
    began = f" for {about.id}" if about is not None else ""
    text = f"it began{began}, and what it began last may have been done; {reason}"
    tx.incidents.tell(timeline.declared(incident, text, actor, now))
