"""The sentences of the timeline: who, what, why. Every other file hands its reasons to these."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.documents import format_duration
from bot.model.actor import TOCSIN, Actor
from bot.model.alert import Alert
from bot.model.ids import IncidentId
from bot.model.incident import Incident
from bot.model.timeline import EntryKind, TimelineEntry


def opened(incident: Incident, alert: Alert, actor: Actor, now: datetime) -> TimelineEntry:
    """An alert group became an incident."""
    return _entry(
        incident.id,
        now,
        actor,
        EntryKind.STATUS,
        f"opened as {incident.severity}: {incident.title}",
        why=f"alert {alert.name} {alert.labels!r} from {alert.source or 'a source'}, routed to {incident.receiver}",
        links=_links(alert),
    )


def declared(incident: Incident, text: str, actor: Actor, now: datetime) -> TimelineEntry:
    """A person declared it."""
    return _entry(
        incident.id, now, actor, EntryKind.STATUS, f"declared as {incident.severity}: {incident.title}", why=text
    )


def fired(incident: IncidentId, alert: Alert, now: datetime) -> TimelineEntry:
    """An alert began; `at` is when the rule saw it."""
    value = "" if alert.value is None else f", value {alert.value:.6g}"
    return TimelineEntry(
        incident=incident,
        at=min(alert.starts_at, now),
        recorded_at=now,
        actor=TOCSIN,
        kind=EntryKind.ALERT,
        text=f"alert {alert.name} fires{value}",
        why=alert.annotations.get("description", ""),
        links=_links(alert),
    )


def cleared(incident: Incident, alert: Alert, now: datetime) -> TimelineEntry:
    """An alert was seen to be over."""
    left = len(incident.firing)
    return TimelineEntry(
        incident=incident.id,
        at=min(alert.ends_at or now, now),
        recorded_at=now,
        actor=TOCSIN,
        kind=EntryKind.ALERT,
        text=f"alert {alert.name} is over",
        why="its rule's expression returns nothing for it any more"
        + (f"; {left} of the incident's alerts still fire" if left else ""),
        links=_links(alert),
    )


def acknowledged(incident: Incident, actor: Actor, now: datetime) -> TimelineEntry:
    """Somebody has it."""
    return _entry(incident.id, now, actor, EntryKind.STATUS, f"acknowledged by {actor.name}")


def resolved(incident: Incident, reason: str, actor: Actor, now: datetime) -> TimelineEntry:
    """It is over."""
    lasted = format_duration(timedelta(seconds=round((now - incident.opened_at).total_seconds())))
    still = f"; {len(incident.firing)} of its alerts still fire" if incident.firing else ""
    return _entry(incident.id, now, actor, EntryKind.STATUS, f"resolved after {lasted}{still}", why=reason)


def note(incident: IncidentId, text: str, actor: Actor, now: datetime) -> TimelineEntry:
    """What somebody wants kept."""
    return _entry(incident, now, actor, EntryKind.NOTE, text)


def blind(incident: IncidentId, source: str, error: str, since: datetime, now: datetime) -> TimelineEntry:
    """The source of its alerts cannot be seen: unknown, not resolved."""
    return TimelineEntry(
        incident=incident,
        at=since,
        recorded_at=now,
        actor=TOCSIN,
        kind=EntryKind.SIGNAL,
        text=f"the signal is unknown: {source} cannot be seen",
        why=error,
    )


def abandoned(incident: IncidentId, now: datetime) -> TimelineEntry:
    """The rule behind its alert no longer follows it: nobody will see it end."""
    why = "it was taken out of the rule files, or has hit its limit; resolve the incident by hand when it is over"
    text = "the signal is unknown: no rule follows its alert any more"
    return _entry(incident, now, TOCSIN, EntryKind.SIGNAL, text, why=why)


def sighted(incident: IncidentId, source: str, now: datetime) -> TimelineEntry:
    """The source can be seen again."""
    return _entry(incident, now, TOCSIN, EntryKind.SIGNAL, f"{source} can be seen again")


def _entry(
    incident: IncidentId,
    now: datetime,
    actor: Actor,
    kind: EntryKind,
    text: str,
    *,
    why: str = "",
    links: dict[str, str] | None = None,
) -> TimelineEntry:
    return TimelineEntry(
        incident=incident, at=now, recorded_at=now, actor=actor, kind=kind, text=text, why=why, links=links or {}
    )


def _links(alert: Alert) -> dict[str, str]:
    links = {"expression": alert.generator_url} if alert.generator_url else {}
    dashboard = alert.annotations.get("dashboard", "")
    return {**links, "dashboard": dashboard} if dashboard else links
