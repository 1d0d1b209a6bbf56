"""What an Opsgenie account holds, and what happens in it; each change is an action that its webhook posts."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

# Any: a JSON object.
Json = dict[str, Any]

API_KEY = "11112222-3333-4444-5555-666677778888"


@dataclass(slots=True)
class Alert:
    """One alert; while it is open its alias is taken."""

    id: str
    tiny: int
    alias: str
    message: str
    created_at: datetime
    wanted: Json
    status: str = "open"
    count: int = 1
    acknowledged_by: str = ""
    acknowledged_at: datetime | None = None
    closed_by: str = ""
    closed_at: datetime | None = None
    updated_at: datetime = datetime(1970, 1, 1, tzinfo=UTC)
    owner: str = ""
    responders: list[Json] = field(default_factory=list)
    notes: list[Json] = field(default_factory=list)


class Account:
    """One account with one API integration. `heard` is told of every action, in order."""

    def __init__(self, heard: Callable[[Json], None]) -> None:
        self.alerts: list[Alert] = []
        self.refuses = ""
        self._heard = heard
        self._numbers = itertools.count(1)

    def find(self, identifier: str, kind: str) -> Alert | None:
        """By `alias` the open one, else the last; or by `id`, or by `tiny`."""
        if kind == "alias":
            found = [one for one in self.alerts if one.alias == identifier]
            return next((one for one in found if one.status == "open"), found[-1] if found else None)
        return next((one for one in self.alerts if identifier in (one.id, str(one.tiny))), None)

    def create(self, wanted: Json) -> str:
        """A new alert, or one more of the open one with this alias; what the request's status says then."""
        number = next(self._numbers)
        alias = wanted.get("alias") or f"{number:08x}"
        found = next((one for one in self.alerts if one.alias == alias and one.status == "open"), None)
        if found is not None:
            found.count += 1
            return "Deduplicated alert"
        made = Alert(f"{number:08x}-0000-4000-8000-{number:012x}", number, alias, wanted["message"], now(), wanted)
        made.responders = list(wanted.get("responders", ()))
        self.alerts.append(made)
        self._told(made, "Create", wanted)
        return "Created alert"

    def acknowledge(self, alert: Alert, said: Json) -> None:
        """Somebody has it."""
        if alert.status == "open" and not alert.acknowledged_by:
            alert.acknowledged_by, alert.acknowledged_at = said.get("user") or "System", now()
            self._told(alert, "Acknowledge", said)

    def unacknowledge(self, alert: Alert, said: Json) -> None:
        """Nobody has it any more."""
        if alert.status == "open" and alert.acknowledged_by:
            alert.acknowledged_by, alert.acknowledged_at = "", None
            self._told(alert, "UnAcknowledge", said)

    def close(self, alert: Alert, said: Json) -> None:
        """It is over."""
        if alert.status == "open":
            alert.status, alert.closed_by, alert.closed_at = "closed", said.get("user") or "System", now()
            self._told(alert, "Close", said)

    def assign(self, alert: Alert, said: Json) -> None:
        """It is somebody's now."""
        alert.owner = said["owner"]["username"]
        self._told(alert, "AssignOwnership", said)

    def note(self, alert: Alert, said: Json) -> None:
        """Something that somebody wants kept."""
        alert.notes.append({"note": said["note"], "owner": said.get("user") or "System", "createdAt": written(now())})
        self._told(alert, "AddNote", said)

    def add_responder(self, alert: Alert, said: Json) -> None:
        """Somebody else is woken too."""
        if said["responder"] not in alert.responders:
            alert.responders.append(said["responder"])
            self._told(alert, "AddResponder", said)

    def _told(self, alert: Alert, action: str, said: Json) -> None:
        alert.updated_at = now()
        user = said.get("user") or "System"
        self._heard(
            {
                "action": action,
                "alert": {
                    "alertId": alert.id,
                    "tinyId": str(alert.tiny),
                    "alias": alert.alias,
                    "message": alert.message,
                    "username": user,
                    "userId": "",
                    "entity": alert.wanted.get("entity", ""),
                    "priority": alert.wanted.get("priority", "P3"),
                    "source": alert.wanted.get("source", ""),
                    "owner": alert.owner,
                    "tags": [],
                    "teams": [],
                    "recipients": [],
                    "createdAt": round(alert.created_at.timestamp() * 1e3),
                    "updatedAt": round(alert.updated_at.timestamp() * 1e9),
                    **({"note": said["note"]} if said.get("note") else {}),
                },
                "source": {"name": said.get("source", ""), "type": "API" if said.get("source") else "web"},
                "integrationId": "37c8f316-17c6-49d7-899b-9c7e540c048d",
                "integrationName": "Tocsin",
            }
        )

    def shown(self, alert: Alert) -> Json:
        """An alert as the API shows it."""
        report: Json = {}
        if alert.acknowledged_at is not None:
            report["ackTime"] = _ms(alert.created_at, alert.acknowledged_at)
            report["acknowledgedBy"] = alert.acknowledged_by
        if alert.closed_at is not None:
            report["closeTime"] = _ms(alert.created_at, alert.closed_at)
            report["closedBy"] = alert.closed_by
        return {
            "id": alert.id,
            "tinyId": str(alert.tiny),
            "alias": alert.alias,
            "message": alert.message,
            "status": alert.status,
            "acknowledged": bool(alert.acknowledged_by),
            "count": alert.count,
            "createdAt": written(alert.created_at),
            "updatedAt": written(alert.updated_at),
            "source": alert.wanted.get("source", ""),
            "owner": alert.owner,
            "priority": alert.wanted.get("priority", "P3"),
            "responders": alert.responders,
            "report": report,
        }


def now() -> datetime:
    """The time."""
    return datetime.now(UTC)


def written(at: datetime) -> str:
    """A time, as Opsgenie writes it."""
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _ms(first: datetime, second: datetime) -> int:
    return round((second - first).total_seconds() * 1000)
