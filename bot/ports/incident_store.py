"""Incidents and their timelines, as they are kept.

Part of `bot.ports.store.Tx`; what holds for every change of the store holds here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from bot.model.held_group import HeldGroup
from bot.model.ids import Fingerprint, IncidentId
from bot.model.incident import Incident, IncidentStatus, Severity
from bot.model.incident_query import FoundIncidents, IncidentQuery
from bot.model.merge import Merge
from bot.model.timeline import TimelineEntry


class Incidents(Protocol):
    """Incidents and their timelines."""

    def next_id(self) -> IncidentId:
        """The next free id."""
        ...

    def put(self, incident: Incident) -> None:
        """Creates or replaces."""
        ...

    def get(self, incident: IncidentId) -> Incident:
        """One incident; NotFound."""
        ...

    def hold(self, group: HeldGroup) -> None:
        """From now on this alert group is its incident's, and no other's, and this is what others are compared with."""
        ...

    def give(self, group_key: str, incident: IncidentId) -> None:
        """From now on this alert group is that incident's, and no other's; nothing else about it changes."""
        ...

    def near(
        self, *, shares: str, services: Sequence[str], apart: str, since: datetime, until: datetime, limit: int
    ) -> Sequence[HeldGroup]:
        """Groups of open incidents that share this (not where it is empty) or are of one of these services.

        They are not kept apart, and began between the two times; no drills and tests. Those that began first come
        first.
        """
        ...

    def many_groups_of(self, incident: IncidentId, at_most: int) -> int:
        """How many alert groups are this incident's now; `at_most` for any more than that."""
        ...

    def groups_of(self, incident: IncidentId) -> Sequence[str]:
        """The keys of the alert groups that are this incident's now."""
        ...

    def of_group(self, key: str) -> Incident | None:
        """The incident that this alert group is part of, or was last."""
        ...

    def open_for_group(self, key: str) -> Incident | None:
        """The same, while it is open."""
        ...

    def linked_to(self, incident: IncidentId) -> Sequence[Incident]:
        """Those merged into it, its duplicates and its children, the oldest first."""
        ...

    def opened_since(self, since: datetime) -> int:
        """How many opened then or later."""
        ...

    def holding(self, *fingerprints: Fingerprint) -> Sequence[Incident]:
        """Open incidents that hold any of these alerts, each once, the newest first."""
        ...

    def list(
        self,
        *,
        statuses: Sequence[IncidentStatus] = (),
        services: Sequence[str] = (),
        since: datetime | None = None,
        limit: int = 100,
    ) -> Sequence[Incident]:
        """The newest first; what is not named is not asked. Opened at `since` or later."""
        ...

    def open_counts(self) -> Mapping[Severity, int]:
        """How many are open of each severity that has any."""
        ...

    def find(self, query: IncidentQuery) -> FoundIncidents:
        """One page of those that are asked for, the newest first, without passages; NotFound: `after` is none."""
        ...

    def entry(self, seq: int) -> TimelineEntry:
        """One entry of a timeline; NotFound."""
        ...

    def tell(self, entry: TimelineEntry) -> TimelineEntry:
        """Appends to the timeline; the entry with its `seq`."""
        ...

    def timeline(self, incident: IncidentId) -> Sequence[TimelineEntry]:
        """The story, by the time things happened, then by `seq`."""
        ...


class Merges(Protocol):
    """What undoing a merge needs."""

    def put(self, merge: Merge) -> None:
        """Creates or replaces: an incident is part of one other at most."""
        ...

    def get(self, other: IncidentId) -> Merge:
        """The merge of this incident into another; NotFound."""
        ...

    def drop(self, other: IncidentId) -> None:
        """It was undone."""
        ...
