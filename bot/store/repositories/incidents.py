"""Incidents and their timelines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import BigInteger, Connection, bindparam, delete, func, or_, select

from bot.errors import NotFound
from bot.model.actor import Actor
from bot.model.held_group import HeldGroup
from bot.model.ids import EvidenceId, Fingerprint, IncidentId
from bot.model.incident import OPEN, Incident, IncidentKind, IncidentStatus, Severity, SignalState
from bot.model.incident_query import FoundIncident, FoundIncidents, IncidentQuery
from bot.model.timeline import EntryKind, TimelineEntry
from bot.store.codec import encoded, from_json
from bot.store.columns import Instant, Words
from bot.store.prepared import Prepared
from bot.store.repositories.repository import Found, Repository, Values, inserting, replacing
from bot.store.repositories.search import NEWEST_FIRST, Search
from bot.store.tables import IncidentAlertRow, IncidentGroupRow, IncidentRow, TimelineRow, table

_incidents = table(IncidentRow)
_held = table(IncidentAlertRow)
_groups = table(IncidentGroupRow)
_timeline = table(TimelineRow)
_HELD_BEFORE = select(_incidents.c.alerts, _incidents.c.status).where(
    _incidents.c.id == bindparam("incident", type_=Words)
)
"""What the index of who holds which alert says, in one row."""
_OF_GROUP = (
    select(_incidents)
    .join(_groups, _groups.c.incident == _incidents.c.id)
    .where(_groups.c.group_key == bindparam("key", type_=Words))
)
_GROUPS_OF = select(_groups.c.group_key).where(_groups.c.incident == bindparam("incident", type_=Words))
_NEAR = (
    select(_groups)
    .join(_incidents, _groups.c.incident == _incidents.c.id)
    .where(
        _groups.c.apart == bindparam("apart_by", type_=Words),
        _groups.c.began_at >= bindparam("since", type_=Instant),
        _groups.c.began_at <= bindparam("until", type_=Instant),
        _incidents.c.status.in_(OPEN),
        _incidents.c.kind == IncidentKind.NORMAL,
    )
    .order_by(_groups.c.began_at)
    .limit(bindparam("most", type_=BigInteger))
)
_NEAR_BY_SHARES = _NEAR.where(_groups.c.shares == bindparam("alike", type_=Words))
_NEAR_BY_SERVICE = _NEAR.where(_groups.c.service.in_(bindparam("alike", type_=Words, expanding=True)))
_OPENED_SINCE = select(func.count()).where(_incidents.c.opened_at >= bindparam("since", type_=Instant))
_STORY = Prepared(
    select(_timeline)
    .where(_timeline.c.incident == bindparam("incident", type_=Words))
    .order_by(_timeline.c.at, _timeline.c.seq)
)
_ONE = Prepared(select(_incidents).where(_incidents.c.id == bindparam("one", type_=Words)))
_OPEN_COUNTS = (
    select(_incidents.c.severity, func.count().label("many"))
    .where(_incidents.c.status.in_(OPEN))
    .group_by(_incidents.c.severity)
)
_HOLDING = (
    select(_incidents)
    .join(_held, _held.c.incident == _incidents.c.id)
    .where(_held.c.fingerprint == bindparam("held", type_=Words))
    .order_by(*NEWEST_FIRST)
)


def incident_row(incident: Incident) -> Values:
    """An incident as a row."""
    return {
        "id": incident.id,
        "title": incident.title,
        "severity": incident.severity,
        "status": incident.status,
        "opened_at": incident.opened_at,
        "kind": incident.kind,
        "signal": incident.signal,
        "group_key": incident.group_key,
        "receiver": incident.receiver,
        "service": incident.service,
        "team": incident.team,
        "declared_by": incident.declared_by,
        "roles": dict(incident.roles),
        "custom": dict(incident.fields),
        "alerts": list(incident.alerts),
        "firing": list(incident.firing),
        "detected_at": incident.detected_at,
        "acknowledged_at": incident.acknowledged_at,
        "acknowledged_by": incident.acknowledged_by,
        "mitigated_at": incident.mitigated_at,
        "resolved_at": incident.resolved_at,
        "closed_at": incident.closed_at,
        "updated_at": incident.updated_at,
        "reopened_at": incident.reopened_at,
        "reopened": incident.reopened,
        "merged_into": incident.merged_into,
        "merged_at": incident.merged_at,
        "duplicate_of": incident.duplicate_of,
        "parent": incident.parent,
    }


def incident_noun(row: Found) -> Incident:
    """The incident in a row."""
    return Incident(
        id=IncidentId(row.id),
        title=row.title,
        severity=Severity(row.severity),
        status=IncidentStatus(row.status),
        opened_at=row.opened_at,
        kind=IncidentKind(row.kind),
        signal=SignalState(row.signal),
        group_key=row.group_key,
        receiver=row.receiver,
        service=row.service,
        team=row.team,
        declared_by=row.declared_by,
        roles=row.roles,
        fields=row.custom,
        alerts=tuple(row.alerts),
        firing=tuple(row.firing),
        detected_at=row.detected_at,
        acknowledged_at=row.acknowledged_at,
        acknowledged_by=row.acknowledged_by,
        mitigated_at=row.mitigated_at,
        resolved_at=row.resolved_at,
        closed_at=row.closed_at,
        updated_at=row.updated_at,
        reopened_at=row.reopened_at,
        reopened=row.reopened,
        merged_into=row.merged_into,
        merged_at=row.merged_at,
        duplicate_of=row.duplicate_of,
        parent=row.parent,
    )


def _held_row(group: HeldGroup) -> Values:
    return {
        "group_key": group.key,
        "incident": group.incident,
        "began_at": group.began_at,
        "service": group.service,
        "shares": group.shares,
        "apart": group.apart,
    }


def _held_noun(row: Found) -> HeldGroup:
    return HeldGroup(
        key=row.group_key,
        began_at=row.began_at,
        incident=IncidentId(row.incident),
        service=row.service,
        shares=row.shares,
        apart=row.apart,
    )


def entry_row(entry: TimelineEntry) -> Values:
    """A timeline entry as a row, without the `seq` it is about to get."""
    return {
        "incident": entry.incident,
        "at": entry.at,
        "recorded_at": entry.recorded_at,
        "actor": encoded(entry.actor),
        "kind": entry.kind,
        "text": entry.text,
        "why": entry.why,
        "links": dict(entry.links),
        "evidence": list(entry.evidence),
        "amends": entry.amends,
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
        amends=row.amends,
        seq=row.seq,
    )


class Incidents(Repository):
    """See `bot.ports.store.Incidents`."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._search = Search(connection)

    def next_id(self) -> IncidentId:
        """The next free id."""
        return IncidentId(f"INC-{self._number('incidents')}")

    def put(self, incident: Incident) -> None:
        """Creates or replaces, and keeps the index of who holds which alert in step."""
        before = self._first(_HELD_BEFORE, {"incident": incident.id})
        row = incident_row(incident)
        if before is not None:
            self._change(replacing(_incidents), {**row, "key_id": incident.id})
            self._search.rename(incident)
        else:
            self._connection.execute(inserting(_incidents), row)
            self._search.begin(incident)
        indexed = set(before.alerts) if before is not None and before.status in OPEN else set()
        self._index(incident, indexed, set(incident.alerts) if incident.is_open else set())

    def _index(self, incident: Incident, indexed: set[str], holds: set[str]) -> None:
        if indexed and not holds:
            self._change(delete(_held).where(_held.c.incident == incident.id))
            return
        for fingerprint in indexed - holds:
            self._change(delete(_held).where(_held.c.incident == incident.id, _held.c.fingerprint == fingerprint))
        if added := holds - indexed:
            self._connection.execute(
                inserting(_held), [{"fingerprint": fingerprint, "incident": incident.id} for fingerprint in added]
            )

    def get(self, incident: IncidentId) -> Incident:
        """One incident; NotFound."""
        row = self._first(_ONE, {"one": incident})
        if row is None:
            raise NotFound(f"there is no incident {incident}")
        return incident_noun(row)

    def hold(self, group: HeldGroup) -> None:
        """From now on this alert group is its incident's, and no other's, and this is what others are compared with."""
        self._put(_groups, _held_row(group))

    def near(
        self, *, shares: str, services: Sequence[str], apart: str, since: datetime, until: datetime, limit: int
    ) -> Sequence[HeldGroup]:
        """Groups of open incidents that could be one with a group that has these, those that began first."""
        asked = {"apart_by": apart, "since": since, "until": until, "most": limit}
        rows = [*self._all(_NEAR_BY_SHARES, {**asked, "alike": shares})] if shares else []
        rows += self._all(_NEAR_BY_SERVICE, {**asked, "alike": services}) if services else ()
        found = {row.group_key: _held_noun(row) for row in rows}
        return sorted(found.values(), key=lambda one: one.began_at)[:limit]

    def give(self, group_key: str, incident: IncidentId) -> None:
        """From now on this alert group is that incident's, and no other's; nothing else about it changes."""
        self._put(_groups, {"group_key": group_key, "incident": incident})

    def many_groups_of(self, incident: IncidentId, at_most: int) -> int:
        """How many alert groups are this incident's now, counted up to this many."""
        return len(self._all(_GROUPS_OF.limit(at_most), {"incident": incident}))

    def groups_of(self, incident: IncidentId) -> Sequence[str]:
        """The keys of the alert groups that are this incident's now."""
        return [row.group_key for row in self._all(_GROUPS_OF, {"incident": incident})]

    def of_group(self, key: str) -> Incident | None:
        """The incident that this alert group is part of, or was last."""
        row = self._first(_OF_GROUP, {"key": key})
        return row and incident_noun(row)

    def open_for_group(self, key: str) -> Incident | None:
        """The same, while it is open."""
        found = self.of_group(key)
        return found if found is not None and found.is_open else None

    def linked_to(self, incident: IncidentId) -> Sequence[Incident]:
        """Those merged into it, its duplicates and its children, the oldest first."""
        links = (_incidents.c.merged_into, _incidents.c.duplicate_of, _incidents.c.parent)
        wanted = select(_incidents).where(or_(*(link == incident for link in links)))
        return [incident_noun(row) for row in self._all(wanted.order_by(_incidents.c.opened_at, _incidents.c.id))]

    def opened_since(self, since: datetime) -> int:
        """How many opened then or later."""
        row = self._first(_OPENED_SINCE, {"since": since})
        return row[0] if row else 0

    def holding(self, *fingerprints: Fingerprint) -> Sequence[Incident]:
        """Open incidents that hold any of these alerts, each once, the newest first."""
        if len(fingerprints) == 1:
            return [incident_noun(row) for row in self._all(_HOLDING, {"held": fingerprints[0]})]
        holders = {row.incident for row in self._where_in(_held, "fingerprint", fingerprints)}
        found = [incident_noun(row) for row in self._where_in(_incidents, "id", holders)]
        return sorted(found, key=lambda one: (one.opened_at, len(one.id), one.id), reverse=True)

    def list(
        self,
        *,
        statuses: Sequence[IncidentStatus] = (),
        services: Sequence[str] = (),
        since: datetime | None = None,
        limit: int = 100,
    ) -> Sequence[Incident]:
        """The newest first; what is not named is not asked. Opened at `since` or later."""
        columns = _incidents.c
        wanted = select(_incidents).order_by(*NEWEST_FIRST).limit(limit)
        for column, among in ((columns.status, statuses), (columns.service, services)):
            if among:
                wanted = wanted.where(column.in_(among))
        if since is not None:
            wanted = wanted.where(columns.opened_at >= since)
        return [incident_noun(row) for row in self._all(wanted)]

    def open_counts(self) -> Mapping[Severity, int]:
        """How many are open of each severity that has any."""
        return {Severity(row.severity): row.many for row in self._all(_OPEN_COUNTS)}

    def find(self, query: IncidentQuery) -> FoundIncidents:
        """One page of those that are asked for, the newest first; NotFound: `after` is none."""
        rows = self._search.find(query)
        found = tuple(FoundIncident(incident=incident_noun(row)) for row in rows[: query.limit])
        return FoundIncidents(found=found, next=found[-1].incident.id if len(rows) > len(found) > 0 else None)

    def tell(self, entry: TimelineEntry) -> TimelineEntry:
        """Appends to the timeline; the entry with its `seq`."""
        told = replace(entry, seq=self._add(_timeline, entry_row(entry)))
        if entry.amends:
            self._search.retell(entry.incident, self.timeline(entry.incident))
        else:
            self._search.tell(entry)
        return told

    def timeline(self, incident: IncidentId) -> Sequence[TimelineEntry]:
        """The story, by the time things happened, then by `seq`."""
        return [entry_noun(row) for row in self._all(_STORY, {"incident": incident})]

    def entry(self, seq: int) -> TimelineEntry:
        """One entry of a timeline; NotFound."""
        row = self._first(select(_timeline).where(_timeline.c.seq == seq))
        if row is None:
            raise NotFound(f"there is no timeline entry {seq}")
        return entry_noun(row)
