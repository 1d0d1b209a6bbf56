"""What is kept of the response to incidents: tasks, reminders, updates, escalations, pages, overrides, refs.

Part of `bot.ports.store.Tx`; what holds for every change of the store holds here.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Protocol

from bot.model.escalation import Escalation
from bot.model.ids import IncidentId, OverrideId, PageId, TaskId
from bot.model.page import Known, Page
from bot.model.reminder import Reminder
from bot.model.schedule import Override
from bot.model.status_update import StatusUpdate
from bot.model.task import Task


class Tasks(Protocol):
    """Tasks and follow-ups."""

    def next_id(self) -> TaskId:
        """The next free id."""
        ...

    def put(self, task: Task) -> None:
        """Creates or replaces."""
        ...

    def get(self, task: TaskId) -> Task:
        """One; NotFound."""
        ...

    def of_incident(self, incident: IncidentId) -> Sequence[Task]:
        """All of one incident, the oldest first."""
        ...

    def open(self, *, owner: str = "", due: date | None = None, limit: int = 1000) -> Sequence[Task]:
        """Those not ended, by due date, those without last; of one owner, or due on that day or before."""
        ...


class Reminders(Protocol):
    """What incidents are reminded of."""

    def begin(self, reminders: Sequence[Reminder]) -> None:
        """Creates those of a new incident, which has none yet, at once."""
        ...

    def put(self, reminder: Reminder) -> None:
        """Creates or replaces."""
        ...

    def of_incident(self, incident: IncidentId) -> Sequence[Reminder]:
        """All of one incident."""
        ...

    def due(self, now: datetime, limit: int) -> Sequence[IncidentId]:
        """Incidents for which the time of one has come, the oldest first."""
        ...

    def put_off(self, incident: IncidentId, until: datetime) -> None:
        """What is due of this incident before then is due then."""
        ...

    def hasten(self, incident: IncidentId, at: datetime) -> None:
        """What is kept of this incident is due then at the latest."""
        ...

    def next_at(self) -> datetime | None:
        """When the next one is due."""
        ...


class Updates(Protocol):
    """Status updates."""

    def add(self, update: StatusUpdate) -> StatusUpdate:
        """Appends; the update with its `seq`."""
        ...

    def of_incident(self, incident: IncidentId) -> Sequence[StatusUpdate]:
        """All of one incident, the oldest first."""
        ...


class Escalations(Protocol):
    """Where escalations stand: one an incident."""

    def put(self, escalation: Escalation) -> None:
        """Creates or replaces."""
        ...

    def get(self, incident: IncidentId) -> Escalation | None:
        """That of one incident."""
        ...

    def due(self, now: datetime, limit: int) -> Sequence[IncidentId]:
        """Incidents for which the time of the next step has come, the oldest first."""
        ...

    def put_off(self, incident: IncidentId, until: datetime) -> None:
        """What is due of this incident before then is due then."""
        ...

    def bring_forward(self, by: timedelta) -> None:
        """Every step that is to come comes earlier by this much."""
        ...

    def next_at(self) -> datetime | None:
        """When the next step is due."""
        ...


class Pages(Protocol):
    """Every attempt to reach somebody."""

    def next_id(self) -> PageId:
        """The next free id."""
        ...

    def put(self, page: Page) -> None:
        """Creates or replaces."""
        ...

    def get(self, page: PageId) -> Page:
        """One; NotFound."""
        ...

    def of_incident(self, incident: IncidentId) -> Sequence[Page]:
        """All of one incident, the oldest first."""
        ...

    def held(self, person: str, integration: str, address: str, *, under_way: bool) -> Sequence[Page]:
        """Those that wait to leave together, the oldest first; with `under_way` those that are leaving as well."""
        ...

    def known(
        self, person: str, integration: str, address: str, *, since: datetime, beside: IncidentId
    ) -> Known | None:
        """What they were paged of that way since then, of other incidents that nobody has; None: of nothing.

        Drills and tests do not count.
        """
        ...

    def since(self, at: datetime, limit: int) -> Sequence[Page]:
        """Those created then or later, the oldest first."""
        ...


class Overrides(Protocol):
    """Who covers for whom, beside what the documents say."""

    def next_id(self) -> OverrideId:
        """The next free id."""
        ...

    def put(self, override: Override) -> None:
        """Creates or replaces."""
        ...

    def drop(self, override: OverrideId) -> None:
        """Takes it away; NotFound."""
        ...

    def after(self, at: datetime) -> Sequence[Override]:
        """Those that end later, by their start."""
        ...


class Refs(Protocol):
    """By which of their ids others know our incidents."""

    def put(self, integration: str, ref: str, incident: IncidentId) -> None:
        """They know it by this; put again it is the same."""
        ...

    def incident(self, integration: str, ref: str) -> IncidentId | None:
        """Which incident they mean."""
        ...

    def of_incident(self, incident: IncidentId) -> Sequence[tuple[str, str]]:
        """Integration and id, of all who know it."""
        ...


class Marks(Protocol):
    """Up to when things that go by the clock were looked at."""

    def at(self, name: str) -> datetime | None:
        """Up to when; None: never."""
        ...

    def put(self, name: str, at: datetime) -> None:
        """Looked at up to then."""
        ...
