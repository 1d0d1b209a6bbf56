"""What a PagerDuty account holds, and what happens in it; each change becomes a log entry and an outbound event."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

# Any: a JSON object.
Json = dict[str, Any]

API_KEY = "simulated-api-key"
ROUTING_KEY = "0123456789abcdef0123456789abcdef"

TRIGGERED, ACKNOWLEDGED, RESOLVED = "triggered", "acknowledged", "resolved"


@dataclass(frozen=True, slots=True)
class User:
    """Somebody with a login."""

    id: str
    name: str
    email: str


USERS = (User("PANN", "Ann Arbor", "ann@example.net"), User("PBEN", "Ben Nevis", "ben@example.net"))
BOT = User("PBOT", "Tocsin", "tocsin@example.net")


@dataclass(slots=True)
class Incident:
    """One incident of one service. `key` is what its events have as `dedup_key`."""

    id: str
    number: int
    title: str
    key: str
    created_at: str
    status: str = TRIGGERED
    urgency: str = "high"
    assignees: tuple[User, ...] = (USERS[0],)
    notes: list[Json] = field(default_factory=list)
    alerts: list[Json] = field(default_factory=list)
    resolve_reason: str | None = None


def reference(kind: str, id: str, summary: str, place: str) -> Json:
    """How one thing points to another."""
    return {
        "id": id,
        "type": f"{kind}_reference",
        "summary": summary,
        "self": f"https://api.pagerduty.com/{place}/{id}",
        "html_url": f"https://acme.pagerduty.com/{place}/{id}",
    }


def person(user: User) -> Json:
    """A user, pointed to."""
    return reference("user", user.id, user.name, "users")


SERVICE = reference("service", "PSHOP", "Shop", "services")
POLICY = reference("escalation_policy", "PDEFAULT", "Default", "escalation_policies")
INTEGRATION = reference("events_api_v2_inbound_integration", "PTOCSIN", "Tocsin", "services/PSHOP/integrations")


class Account:
    """One account with one service. `heard` is told of every outbound event, in order.

    `grouped`: incidents stand for groups of alerts, and have no key of their own.
    """

    def __init__(
        self, heard: Callable[[Json], None], clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self.incidents: list[Incident] = []
        self.log: list[Json] = []
        self.grouped = False
        self._heard, self._clock = heard, clock
        self._numbers: Iterator[int] = itertools.count(1)

    def incident(self, id: str) -> Incident | None:
        """The one with this id, or of this number."""
        return next((one for one in self.incidents if id in (one.id, str(one.number))), None)

    def user(self, email: str) -> User | None:
        """Who has this address."""
        return next((one for one in (*USERS, BOT) if one.email == email), None)

    # ---- events -------------------------------------------------------------------------------------------------

    def take(self, event: Mapping[str, Any]) -> None:
        """An event of the Events API that is well formed. What belongs to no open incident is dropped."""
        key, action = event["dedup_key"], event["event_action"]
        found = next((one for one in self.incidents if one.key == key and one.status != RESOLVED), None)
        if action == "trigger":
            self._trigger(found, event)
        elif found is not None and action == "acknowledge":
            self.acknowledge(found, INTEGRATION)
        elif found is not None:
            self.resolve(found, INTEGRATION)

    def _trigger(self, found: Incident | None, event: Mapping[str, Any]) -> None:
        payload = event["payload"]
        alert = {"id": self._id("A"), "type": "alert", "alert_key": event["dedup_key"], "body": {"details": payload}}
        if found is not None:
            found.alerts[-1] = alert
            return
        number = next(self._numbers)
        urgency = "low" if payload["severity"] in ("warning", "info") else "high"
        made = Incident(self._id("P"), number, payload["summary"], event["dedup_key"], self._now(), urgency=urgency)
        made.alerts.append(alert)
        self.incidents.append(made)
        self._happened(made, "triggered", "trigger_log_entry", INTEGRATION)

    # ---- what people and integrations do ------------------------------------------------------------------------

    def acknowledge(self, incident: Incident, agent: Json) -> None:
        """Somebody has it."""
        if incident.status == TRIGGERED:
            incident.status = ACKNOWLEDGED
            self._happened(incident, "acknowledged", "acknowledge_log_entry", agent)

    def resolve(self, incident: Incident, agent: Json | None, reason: str | None = None) -> None:
        """It is over; without an agent: PagerDuty's own timeout says so."""
        if incident.status != RESOLVED:
            incident.status, incident.resolve_reason = RESOLVED, reason
            self._happened(incident, "resolved", "resolve_log_entry", agent)

    def unacknowledge(self, incident: Incident, agent: Json | None) -> None:
        """Nobody has it any more; without an agent: PagerDuty's own timeout says so."""
        if incident.status == ACKNOWLEDGED:
            incident.status = TRIGGERED
            self._happened(incident, "unacknowledged", "unacknowledge_log_entry", agent)

    def reopen(self, incident: Incident, agent: Json) -> None:
        """It was not over."""
        if incident.status == RESOLVED:
            incident.status = TRIGGERED
            self._happened(incident, "reopened", "reopen_log_entry", agent)

    def assign(self, incident: Incident, to: Sequence[User], agent: Json) -> None:
        """Others are asked; whoever had acknowledged it has it no longer."""
        incident.assignees, incident.status = tuple(to), TRIGGERED
        self._happened(incident, "reassigned", "assign_log_entry", agent)

    def annotate(self, incident: Incident, content: str, user: User) -> Json:
        """A note."""
        note = {"id": self._id("N"), "user": person(user), "content": content, "created_at": self._now()}
        incident.notes.append(note)
        pointed = reference("incident", incident.id, incident.title, "incidents")
        data = {"incident": pointed, "id": note["id"], "content": content, "trimmed": False, "type": "incident_note"}
        self._entry(incident, "annotate_log_entry", person(user), {"type": "note", "summary": content})
        self._tell("annotated", person(user), data)
        return note

    # ---- what is told -------------------------------------------------------------------------------------------

    def _happened(self, incident: Incident, kind: str, entry: str, agent: Json | None) -> None:
        self._entry(incident, entry, agent, {"type": "web_ui" if agent else "timeout"})
        self._tell(kind, agent, self.outbound(incident))

    def _entry(self, incident: Incident, kind: str, agent: Json | None, channel: Json) -> None:
        self.log.append(
            {
                "id": self._id("R"),
                "type": kind,
                "created_at": self._now(),
                "agent": agent,
                "channel": channel,
                "incident": reference("incident", incident.id, incident.title, "incidents"),
                "service": SERVICE,
                "assignees": [person(user) for user in incident.assignees],
            }
        )

    def _tell(self, kind: str, agent: Json | None, data: Json) -> None:
        self._heard(
            {
                "event": {
                    "id": self._id("E"),
                    "event_type": f"incident.{kind}",
                    "resource_type": "incident",
                    "occurred_at": self._now(),
                    "agent": agent,
                    "client": None,
                    "data": data,
                }
            }
        )

    def outbound(self, incident: Incident) -> Json:
        """An incident as webhooks show it."""
        shown = self.shown(incident)
        return {
            **{name: shown[name] for name in ("id", "self", "html_url", "status", "incident_key", "title", "service")},
            **{name: shown[name] for name in ("created_at", "escalation_policy", "teams", "priority", "urgency")},
            "type": "incident",
            "number": incident.number,
            "assignees": [person(user) for user in incident.assignees],
            "conference_bridge": None,
            "resolve_reason": incident.resolve_reason,
        }

    def shown(self, incident: Incident) -> Json:
        """An incident as the REST API shows it."""
        return {
            **reference("incident", incident.id, f"[#{incident.number}] {incident.title}", "incidents"),
            "type": "incident",
            "incident_number": incident.number,
            "title": incident.title,
            "created_at": incident.created_at,
            "status": incident.status,
            "incident_key": None if self.grouped else incident.key,
            "service": SERVICE,
            "assignments": [{"at": self._now(), "assignee": person(user)} for user in incident.assignees],
            "escalation_policy": POLICY,
            "teams": [],
            "priority": None,
            "urgency": incident.urgency,
        }

    def _id(self, first: str) -> str:
        return f"{first}{next(self._numbers):06X}"

    def _now(self) -> str:
        """The time, as PagerDuty writes it."""
        return self._clock().astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
