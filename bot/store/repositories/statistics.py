"""What statistics are made of: few columns of many rows, moments left as the microseconds that they are kept as."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Executable,
    bindparam,
    case,
    exists,
    func,
    or_,
    select,
    type_coerce,
    update,
)

from bot.model.ids import IncidentId
from bot.model.incident import OPEN, IncidentKind
from bot.model.page import PageStatus
from bot.model.run import ApprovalStatus, Question
from bot.model.statistics import Began, Fired, Lived, Ran, Waited, Woken
from bot.store.columns import Instant, Words
from bot.store.repositories.repository import Found, Repository, inserting
from bot.store.tables import ApprovalRow, FiringRow, IncidentRow, PageRow, RunRow, TimelineRow, table

_incidents = table(IncidentRow)
_into = table(IncidentRow).alias("into_which")
_firings = table(FiringRow)
_pages = table(PageRow)
_timeline = table(TimelineRow)
_runs = table(RunRow)
_approvals = table(ApprovalRow)
_AT_ONCE = 500
_SINCE, _UNTIL = bindparam("since", type_=Instant), bindparam("until", type_=Instant)
_THEN = (
    _incidents.c.opened_at >= _SINCE,
    _incidents.c.opened_at < _UNTIL,
    _incidents.c.kind == IncidentKind.NORMAL,
)
_BY_A_PERSON = '%"kind":"person"%'
"""In an actor as it is kept. A name cannot say it: quotation marks within a name are kept with a backslash."""


def _micros(column: ColumnElement[Any]) -> ColumnElement[Any]:  # Any: as SQLAlchemy types the columns of a table
    return type_coerce(column, BigInteger)


_LIVES = select(
    _incidents.c.service,
    _incidents.c.severity,
    _incidents.c.team,
    _incidents.c.status.in_(OPEN),
    _micros(_incidents.c.opened_at),
    _micros(_incidents.c.detected_at),
    _micros(_incidents.c.acknowledged_at),
    _micros(_incidents.c.mitigated_at),
    _micros(_incidents.c.resolved_at),
    _micros(_incidents.c.reopened_at),
).where(*_THEN, _incidents.c.merged_into.is_(None), _incidents.c.duplicate_of.is_(None))
_ACTED = or_(
    _incidents.c.acknowledged_at.is_not(None),
    _into.c.acknowledged_at.is_not(None),
    exists().where(
        _timeline.c.incident.in_((_incidents.c.id, _incidents.c.merged_into)),
        _timeline.c.actor.cast(Words).like(_BY_A_PERSON),
    ),
)
_FIRINGS = (
    select(
        _firings.c.rule,
        _firings.c.incident,
        _firings.c.fires,
        _firings.c.again,
        _firings.c.first,
        _ACTED,
        _micros(_incidents.c.opened_at),
        _micros(case((_incidents.c.merged_into.is_(None), _incidents.c.resolved_at), else_=_into.c.resolved_at)),
    )
    .join(_firings, _firings.c.incident == _incidents.c.id)
    .join(_into, _into.c.id == _incidents.c.merged_into, isouter=True)
    .where(*_THEN)
)
_WOKEN = (
    select(_pages.c.person, _pages.c.incident, _micros(_pages.c.created_at))
    .join(_incidents, _incidents.c.id == _pages.c.incident)
    .where(
        _pages.c.created_at >= _SINCE,
        _pages.c.created_at < _UNTIL,
        _pages.c.status == PageStatus.TAKEN,
        or_(_pages.c.bundle == "", _pages.c.bundle == _pages.c.id),
        _incidents.c.kind == IncidentKind.NORMAL,
    )
    .order_by(_pages.c.created_at, func.length(_pages.c.id), _pages.c.id)
)
_RAN = select(
    _runs.c.runbook_name, _runs.c.status, _runs.c.verdict, _runs.c.changed_at.is_not(None), _runs.c.verdict_after
).where(_runs.c.ended_at >= _SINCE, _runs.c.ended_at < _UNTIL)
_WAITED = (
    select(_runs.c.runbook_name, _micros(_approvals.c.asked_at), _micros(_approvals.c.answered_at))
    .join(_approvals, _approvals.c.run == _runs.c.id)
    .where(
        _runs.c.ended_at >= _SINCE,
        _runs.c.ended_at < _UNTIL,
        _approvals.c.question == Question.MAY_IT_RUN,
        _approvals.c.status.in_((ApprovalStatus.APPROVED, ApprovalStatus.REJECTED)),
        _approvals.c.answered_at.is_not(None),
    )
)
_ADD = (
    update(_firings)
    .where(
        _firings.c.incident == bindparam("of", type_=Words),
        _firings.c.rule == bindparam("name", type_=Words),
    )
    .values(
        fires=_firings.c.fires + bindparam("more", type_=BigInteger),
        again=_firings.c.again + bindparam("more_again", type_=BigInteger),
    )
)


class Statistics(Repository):
    """See `bot.ports.statistics_store.Statistics`."""

    def fired(self, incident: IncidentId, began: Mapping[str, Began]) -> None:
        """Alerts of these rules began while they were part of the incident: added to what was counted before."""
        for rule, one in began.items():
            added = {"of": incident, "name": rule, "more": one.fires, "more_again": one.again}
            if not self._change(_ADD, added):
                row = {"incident": incident, "rule": rule, **one._asdict()}
                self._connection.execute(inserting(_firings), row)

    def lives(self, since: datetime, until: datetime) -> Iterator[Lived]:
        """Incidents that opened then; without those that were merged into another, and duplicates of another."""
        return map(Lived._make, self._some(_LIVES, since, until))

    def firings(self, since: datetime, until: datetime) -> Iterator[Fired]:
        """What rules had to do with incidents that opened then, merged ones and duplicates too."""
        return map(Fired._make, self._some(_FIRINGS, since, until))

    def woken(self, since: datetime, until: datetime) -> Sequence[Woken]:
        """Pages that left then and were taken, the oldest first."""
        return [Woken._make(row) for row in self._some(_WOKEN, since, until)]

    def ran(self, since: datetime, until: datetime) -> Iterator[Ran]:
        """Runs that ended then."""
        return map(Ran._make, self._some(_RAN, since, until))

    def waited(self, since: datetime, until: datetime) -> Iterator[Waited]:
        """What runs that ended then asked leave for, and people answered."""
        return map(Waited._make, self._some(_WAITED, since, until))

    def _some(self, statement: Executable, since: datetime, until: datetime) -> Iterator[Found]:
        """All rows, a few at a time: SQLAlchemy makes rows of what it fetched while every other thread stands still."""
        answer = self._connection.execute(statement, {"since": since, "until": until})
        for portion in answer.partitions(_AT_ONCE):
            yield from portion
