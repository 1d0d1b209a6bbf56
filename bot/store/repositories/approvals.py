"""Questions to people."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import ColumnElement, func, select, update

from bot.errors import NotFound
from bot.model.actor import Actor
from bot.model.ids import ApprovalId, IncidentId, RunId
from bot.model.plan import Plan
from bot.model.run import Approval, ApprovalStatus, Question
from bot.model.runbook import Input
from bot.store.codec import from_json, to_json
from bot.store.columns import earlier
from bot.store.repositories.repository import Found, Repository, Values
from bot.store.tables import ApprovalRow, table

_approvals = table(ApprovalRow)
_OLDEST_FIRST = (_approvals.c.asked_at, func.length(_approvals.c.id), _approvals.c.id)


def approval_row(approval: Approval) -> Values:
    """An approval as a row."""
    return {
        "id": approval.id,
        "run": approval.run,
        "step": approval.step,
        "incident": approval.incident,
        "question": approval.question,
        "ask": approval.ask,
        "plan": to_json(approval.plan),
        "by": approval.by,
        "count": approval.count,
        "asked_at": approval.asked_at,
        "expires_at": approval.expires_at,
        "requested_by": to_json(approval.requested_by),
        "status": approval.status,
        "given_by": list(approval.given_by),
        "answered_at": approval.answered_at,
        "answered_by": approval.answered_by,
        "reason": approval.reason,
        "wants": [to_json(one) for one in approval.wants],
        "covers": [to_json(one) for one in approval.covers],
    }


def approval_noun(row: Found) -> Approval:
    """The approval in a row."""
    columns = row._mapping  # `count` is also a method of every row
    return Approval(
        id=ApprovalId(row.id),
        run=RunId(row.run),
        step=row.step,
        incident=row.incident and IncidentId(row.incident),
        question=Question(row.question),
        ask=row.ask,
        plan=from_json(Plan, row.plan),
        by=row.by,
        count=columns["count"],
        asked_at=row.asked_at,
        expires_at=row.expires_at,
        requested_by=from_json(Actor, row.requested_by),
        status=ApprovalStatus(row.status),
        given_by=tuple(row.given_by),
        answered_at=row.answered_at,
        answered_by=row.answered_by,
        reason=row.reason,
        wants=tuple(from_json(Input, one) for one in row.wants),
        covers=tuple(from_json(Plan, one) for one in row.covers),
    )


class Approvals(Repository):
    """See `bot.ports.store.Approvals`."""

    def next_id(self) -> ApprovalId:
        """The next free id."""
        return ApprovalId(f"APR-{self._number('approvals')}")

    def put(self, approval: Approval) -> None:
        """Creates or replaces."""
        self._put(_approvals, approval_row(approval))

    def get(self, approval: ApprovalId) -> Approval:
        """One approval; NotFound."""
        row = self._first(select(_approvals).where(_approvals.c.id == approval))
        if row is None:
            raise NotFound(f"there is no approval {approval}", hint="list the open ones with `tocsin approve`")
        return approval_noun(row)

    def open(self) -> Sequence[Approval]:
        """Those nobody has answered, the oldest first."""
        return self._where(_approvals.c.status == ApprovalStatus.OPEN)

    def of_run(self, run: RunId) -> Sequence[Approval]:
        """All of one run, the oldest first."""
        return self._where(_approvals.c.run == run)

    def of_incident(self, incident: IncidentId) -> Sequence[Approval]:
        """All of one incident, the oldest first."""
        return self._where(_approvals.c.incident == incident)

    def bring_forward(self, by: timedelta) -> None:
        """Those that are open, and those that were given, expire earlier by this much."""
        standing = _approvals.c.status.in_((ApprovalStatus.OPEN, ApprovalStatus.APPROVED))
        self._change(update(_approvals).where(standing).values(expires_at=earlier(_approvals.c.expires_at, by)))

    def _where(self, condition: ColumnElement[bool]) -> Sequence[Approval]:
        return [approval_noun(row) for row in self._all(select(_approvals).where(condition).order_by(*_OLDEST_FIRST))]
