"""Escalations, the pages they lead to, and who covers for whom."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, delete, func, or_, select, update

from bot.errors import NotFound
from bot.model.escalation import Escalation
from bot.model.ids import IncidentId, OverrideId, PageId
from bot.model.incident import IncidentKind, IncidentStatus, Severity
from bot.model.page import Known, Page, PageStatus
from bot.model.schedule import Override
from bot.store.columns import earlier
from bot.store.repositories.repository import Found, Repository, Values
from bot.store.tables import EscalationRow, IncidentRow, OverrideRow, PageRow, table

_escalations = table(EscalationRow)
_pages = table(PageRow)
_overrides = table(OverrideRow)
_incidents = table(IncidentRow)
_IN_ORDER = (_pages.c.created_at, func.length(_pages.c.id), _pages.c.id)


def escalation_row(escalation: Escalation) -> Values:
    """An escalation as a row."""
    return {
        "incident": escalation.incident,
        "policy": escalation.policy,
        "started_at": escalation.started_at,
        "due_at": escalation.due_at,
        "level": escalation.level,
        "round": escalation.round,
        "why": escalation.why,
        "instead_of": escalation.instead_of,
    }


def escalation_noun(row: Found) -> Escalation:
    """The escalation in a row."""
    return Escalation(
        incident=IncidentId(row.incident),
        policy=row.policy,
        started_at=row.started_at,
        due_at=row.due_at,
        level=row.level,
        round=row.round,
        why=row.why,
        instead_of=row.instead_of,
    )


def page_row(page: Page) -> Values:
    """A page as a row."""
    return {
        "id": page.id,
        "incident": page.incident,
        "person": page.person,
        "integration": page.integration,
        "address": page.address,
        "created_at": page.created_at,
        "contact": page.contact,
        "level": page.level,
        "round": page.round,
        "status": page.status,
        "ended_at": page.ended_at,
        "ref": page.ref,
        "error": page.error,
        "left_at": page.left_at,
        "bundle": page.bundle,
    }


def page_noun(row: Found) -> Page:
    """The page in a row."""
    return Page(
        id=PageId(row.id),
        incident=IncidentId(row.incident),
        person=row.person,
        integration=row.integration,
        address=row.address,
        created_at=row.created_at,
        contact=row.contact,
        level=row.level,
        round=row.round,
        status=PageStatus(row.status),
        ended_at=row.ended_at,
        ref=row.ref,
        error=row.error,
        left_at=row.left_at,
        bundle=row.bundle,
    )


def override_row(override: Override) -> Values:
    """An override as a row."""
    return {
        "id": override.id,
        "schedule": override.schedule,
        "person": override.person,
        "starts_at": override.starts_at,
        "ends_at": override.ends_at,
        "instead": override.instead,
        "reason": override.reason,
        "created_by": override.created_by,
        "calendar": override.calendar,
    }


def override_noun(row: Found) -> Override:
    """The override in a row."""
    return Override(
        id=OverrideId(row.id),
        schedule=row.schedule,
        person=row.person,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        instead=row.instead,
        reason=row.reason,
        created_by=row.created_by,
        calendar=row.calendar,
    )


class Escalations(Repository):
    """See `bot.ports.response_store.Escalations`."""

    def put(self, escalation: Escalation) -> None:
        """Creates or replaces."""
        self._put(_escalations, escalation_row(escalation))

    def get(self, incident: IncidentId) -> Escalation | None:
        """That of one incident."""
        row = self._first(select(_escalations).where(_escalations.c.incident == incident))
        return row and escalation_noun(row)

    def due(self, now: datetime, limit: int) -> Sequence[IncidentId]:
        """Incidents for which the time of the next step has come, the oldest first."""
        due = select(_escalations.c.incident).where(_escalations.c.due_at <= now)
        return [IncidentId(row.incident) for row in self._all(due.order_by(_escalations.c.due_at).limit(limit))]

    def put_off(self, incident: IncidentId, until: datetime) -> None:
        """What is due of this incident before then is due then."""
        early = _escalations.c.incident == incident, _escalations.c.due_at < until
        self._change(update(_escalations).where(*early).values(due_at=until))

    def bring_forward(self, by: timedelta) -> None:
        """Every step that is to come comes earlier by this much."""
        to_come = _escalations.c.due_at.is_not(None)
        self._change(update(_escalations).where(to_come).values(due_at=earlier(_escalations.c.due_at, by)))

    def next_at(self) -> datetime | None:
        """When the next step is due."""
        row = self._first(select(func.min(_escalations.c.due_at).label("at")))
        return row.at if row else None


class Pages(Repository):
    """See `bot.ports.response_store.Pages`."""

    def next_id(self) -> PageId:
        """The next free id."""
        return PageId(f"PAGE-{self._number('pages')}")

    def put(self, page: Page) -> None:
        """Creates or replaces."""
        self._put(_pages, page_row(page))

    def get(self, page: PageId) -> Page:
        """One; NotFound."""
        row = self._first(select(_pages).where(_pages.c.id == page))
        if row is None:
            raise NotFound(f"there is no page {page}")
        return page_noun(row)

    def of_incident(self, incident: IncidentId) -> Sequence[Page]:
        """All of one incident, the oldest first."""
        found = select(_pages).where(_pages.c.incident == incident).order_by(*_IN_ORDER)
        return [page_noun(row) for row in self._all(found)]

    def held(self, person: str, integration: str, address: str, *, under_way: bool) -> Sequence[Page]:
        """Those that wait to leave together, the oldest first; with `under_way` those that have left as well."""
        waits = _pages.c.status == PageStatus.HELD
        if under_way:
            waits = or_(waits, and_(_pages.c.status == PageStatus.WAITING, _pages.c.bundle != ""))
        found = select(_pages).where(*_of_way(person, integration, address), waits).order_by(*_IN_ORDER)
        return [page_noun(row) for row in self._all(found)]

    def known(
        self, person: str, integration: str, address: str, *, since: datetime, beside: IncidentId
    ) -> Known | None:
        """What they were paged of that way since then, of other incidents that nobody has; None: of nothing.

        Whoever lets a drill ring has not been told of what is real: drills and tests do not count.
        """
        told = select(func.min(_incidents.c.severity).label("gravest"), func.max(_pages.c.left_at).label("left_at"))
        row = self._first(
            told.join(_incidents, _incidents.c.id == _pages.c.incident).where(
                *_of_way(person, integration, address),
                _pages.c.status.in_((PageStatus.WAITING, PageStatus.TAKEN)),
                _pages.c.left_at > since,
                _pages.c.incident != beside,
                _incidents.c.status == IncidentStatus.TRIGGERED,
                _incidents.c.kind == IncidentKind.NORMAL,
            )
        )
        return Known(gravest=Severity(row.gravest), left_at=row.left_at) if row and row.gravest else None

    def since(self, at: datetime, limit: int) -> Sequence[Page]:
        """Those created then or later, the oldest first."""
        found = select(_pages).where(_pages.c.created_at >= at).order_by(*_IN_ORDER).limit(limit)
        return [page_noun(row) for row in self._all(found)]


def _of_way(person: str, integration: str, address: str) -> tuple[ColumnElement[bool], ...]:
    columns = _pages.c
    return columns.person == person, columns.integration == integration, columns.address == address


class Overrides(Repository):
    """See `bot.ports.response_store.Overrides`."""

    def next_id(self) -> OverrideId:
        """The next free id."""
        return OverrideId(f"OVR-{self._number('overrides')}")

    def put(self, override: Override) -> None:
        """Creates or replaces."""
        self._put(_overrides, override_row(override))

    def drop(self, override: OverrideId) -> None:
        """Takes it away; NotFound."""
        if not self._change(delete(_overrides).where(_overrides.c.id == override)):
            raise NotFound(
                f"there is no override {override}",
                hint="`tocsin override list` shows those there are; one of tocsin.yaml ends there",
            )

    def after(self, at: datetime) -> Sequence[Override]:
        """Those that end later, by their start."""
        found = select(_overrides).where(_overrides.c.ends_at > at).order_by(_overrides.c.starts_at, _overrides.c.id)
        return [override_noun(row) for row in self._all(found)]
