"""Incidents and their timelines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import delete, func, select

from bot.errors import NotFound
from bot.model.actor import Actor
from bot.model.ids import EvidenceId, Fingerprint, IncidentId
from bot.model.incident import OPEN, Incident, IncidentStatus, Severity, SignalState
from bot.model.timeline import EntryKind, TimelineEntry
from bot.store.codec import from_json, to_json
from bot.store.repositories.repository import Found, Repository, Values, inserting
from bot.store.tables import IncidentAlertRow, IncidentRow, TimelineRow, table

_incidents = table(IncidentRow)
_held = table(IncidentAlertRow)
_timeline = table(TimelineRow)
_NEWEST_FIRST = (_incidents.c.opened_at.desc(), func.length(_incidents.c.id).desc(), _incidents.c.id.desc())


def incident_row(incident: Incident) -> Values:
    """An incident as a row."""
    return {
        "id": incident.id,
        "title": incident.title,
        "severity": incident.severity,
        "status": incident.status,
        "opened_at": incident.opened_at,
        "signal": incident.signal,
        "group_key": incident.group_key,
        "receiver": incident.receiver,
        "service": incident.service,
        "commander": incident.commander,
        "alerts": list(incident.alerts),
        "firing": list(incident.firing),
        "acknowledged_at": incident.acknowledged_at,
        "acknowledged_by": incident.acknowledged_by,
        "mitigated_at": incident.mitigated_at,
        "resolved_at": incident.resolved_at,
        "closed_at": incident.closed_at,
    }


def incident_noun(row: Found) -> Incident:
    """The incident in a row."""
    return Incident(
        id=IncidentId(row.id),
        title=row.title,
        severity=Severity(row.severity),
        status=IncidentStatus(row.status),
        opened_at=row.opened_at,
        signal=SignalState(row.signal),
        group_key=row.group_key,
        receiver=row.receiver,
        service=row.service,
        commander=row.commander,
        alerts=tuple(Fingerprint(item) for item in row.alerts),
        firing=tuple(Fingerprint(item) for item in row.firing),
        acknowledged_at=row.acknowledged_at,
        acknowledged_by=row.acknowledged_by,
        mitigated_at=row.mitigated_at,
        resolved_at=row.resolved_at,
        closed_at=row.closed_at,
    )


def entry_row(entry: TimelineEntry) -> Values:
    """A timeline entry as a row, without the `seq` it is about to get."""
    return {
        "incident": entry.incident,
        "at": entry.at,
        "recorded_at": entry.recorded_at,
        "actor": to_json(entry.actor),
        "kind": entry.kind,
        "text": entry.text,
        "why": entry.why,
        "links": dict(entry.links),
        "evidence": list(entry.evidence),
    }


def entry_noun(row: Found) -> TimelineEntry:
    """The timeline entry in a row."""
    return TimelineEntry(
        incident=IncidentId(row.incident),
        at=row.at,
        recorded_at=row.recorded_at,
        actor=from_json(Actor, row.actor),
        kind=EntryKind(row.kind),
        text=row.text,
        why=row.why,
        links=row.links,
        evidence=tuple(EvidenceId(item) for item in row.evidence),
        seq=row.seq,
    )


class Incidents(Repository):
    """See `bot.ports.store.Incidents`."""

    def next_id(self) -> IncidentId:
        """The next free id."""
        return IncidentId(f"INC-{self._number('incidents')}")

    def put(self, incident: Incident) -> None:
        """Creates or replaces, and keeps the index of who holds which alert in step."""
        self._put(_incidents, incident_row(incident))
        indexed = {row.fingerprint for row in self._all(select(_held).where(_held.c.incident == incident.id))}
        holds = set(incident.alerts) if incident.is_open else set()
        for fingerprint in indexed - holds:
            self._change(delete(_held).where(_held.c.incident == incident.id, _held.c.fingerprint == fingerprint))
        if added := holds - indexed:
            self._connection.execute(
                inserting(_held), [{"fingerprint": fingerprint, "incident": incident.id} for fingerprint in added]
            )

    def get(self, incident: IncidentId) -> Incident:
        """One incident; NotFound."""
        row = self._first(select(_incidents).where(_incidents.c.id == incident))
        if row is None:
            raise NotFound(f"there is no incident {incident}")
        return incident_noun(row)

    def open_for_group(self, key: str) -> Incident | None:
        """The open incident of this alert group."""
        wanted = select(_incidents).where(_incidents.c.group_key == key, _incidents.c.status.in_(OPEN))
        row = self._first(wanted.order_by(*_NEWEST_FIRST).limit(1))
        return row and incident_noun(row)

    def holding(self, fingerprint: Fingerprint) -> Sequence[Incident]:
        """Open incidents that hold this alert, the newest first."""
        wanted = select(_incidents).join(_held, _held.c.incident == _incidents.c.id)
        rows = self._all(wanted.where(_held.c.fingerprint == fingerprint).order_by(*_NEWEST_FIRST))
        return [incident_noun(row) for row in rows]

    def list(self, *, statuses: Sequence[IncidentStatus] = (), limit: int = 100) -> Sequence[Incident]:
        """The newest first; all statuses when none is named."""
        wanted = select(_incidents).order_by(*_NEWEST_FIRST).limit(limit)
        if statuses:
            wanted = wanted.where(_incidents.c.status.in_(statuses))
        return [incident_noun(row) for row in self._all(wanted)]

    def tell(self, entry: TimelineEntry) -> TimelineEntry:
        """Appends to the timeline; the entry with its `seq`."""
        return replace(entry, seq=self._insert(_timeline, entry_row(entry)))

    def timeline(self, incident: IncidentId) -> Sequence[TimelineEntry]:
        """The story, by the time things happened, then by `seq`."""
        story = select(_timeline).where(_timeline.c.incident == incident).order_by(_timeline.c.at, _timeline.c.seq)
        return [entry_noun(row) for row in self._all(story)]
