"""Questions that lost their object, as their run is over, cancelled or taken back, wait for nobody any more."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bot.model.actor import Actor
from bot.model.run import ApprovalStatus, JournalKind, Question, RunbookRun
from bot.ports.store import Tx
from bot.response import told
from bot.rights import Act, require


def drop(tx: Tx, actor: Actor, run: RunbookRun, why: str, now: datetime) -> None:
    """Makes the open ones of a run void, but never whether something ran: that must still be known."""
    require(actor, Act.LOOK, run.id, now)
    for approval in tx.approvals.of_run(run.id):
        if approval.status is ApprovalStatus.OPEN and approval.question is not Question.DID_IT_RUN:
            tx.approvals.put(replace(approval, status=ApprovalStatus.VOID, reason=why))
            data = {"answer": "void", "plan_hash": approval.plan.hash, "reason": why}
            told.note(tx, actor, run, JournalKind.ANSWERED, now, step=approval.step, data=data, fenced=False)
