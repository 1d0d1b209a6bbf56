"""The sentences of the timeline: who, what, why. Every other file hands its reasons to these."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.documents import format_duration
from bot.model.actor import TOCSIN, Actor
from bot.model.alert import Alert, AlertGroup
from bot.model.ids import IncidentId
from bot.model.incident import Incident, IncidentKind, Severity
from bot.model.link import Link
from bot.model.timeline import EntryKind, TimelineEntry

_NAMES = 5
"""Names of alerts that a sentence about many of them holds."""


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


def joined(incident: Incident, group: AlertGroup, reason: str, actor: Actor, now: datetime) -> TimelineEntry:
    """Another alert group has to do with it."""
    return _entry(incident.id, now, actor, EntryKind.ALERT, f"alert group {group.key} joins", why=reason)


def graver(incident: Incident, before: Severity, now: datetime) -> TimelineEntry:
    """One of its alerts is graver than those it had."""
    text = f"severity rises from {before} to {incident.severity}"
    return _entry(incident.id, now, TOCSIN, EntryKind.STATUS, text, why="an alert of it says so")


def evidence_waits(incident: Incident, opened: int, until: datetime, now: datetime) -> TimelineEntry:
    """So many incidents opened lately that graver ones are looked into first."""
    return _entry(
        incident.id,
        now,
        TOCSIN,
        EntryKind.EVIDENCE,
        f"evidence waits until {until:%H:%M:%S} UTC: graver incidents come first",
        why=f"{opened} incidents opened within a minute",
    )


def declared(incident: Incident, text: str, actor: Actor, now: datetime) -> TimelineEntry:
    """A person declared it."""
    what = "" if incident.kind is IncidentKind.NORMAL else f", a {incident.kind}"
    said = f"declared as {incident.severity}{what}: {incident.title}"
    return _entry(incident.id, now, actor, EntryKind.STATUS, said, why=text)


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
        why=("its rule's expression returns nothing for it any more" if alert.rule else "so its source says")
        + (f"; {left} of the incident's alerts still fire" if left else ""),
        links=_links(alert),
    )


def many_fired(incident: IncidentId, alerts: Sequence[Alert], now: datetime) -> TimelineEntry:
    """More alerts began than are told one by one."""
    return _many(
        incident,
        "1 more alert fires" if len(alerts) == 1 else f"{len(alerts):,} more alerts fire",
        alerts,
        min(alert.starts_at for alert in alerts),
        now,
    )


def many_cleared(incident: Incident, alerts: Sequence[Alert], now: datetime) -> TimelineEntry:
    """More alerts ended than are told one by one."""
    return _many(
        incident.id,
        "1 more alert is over" if len(alerts) == 1 else f"{len(alerts):,} more alerts are over",
        alerts,
        now,
        now,
    )


def acknowledged(incident: Incident, actor: Actor, now: datetime) -> TimelineEntry:
    """Somebody has it."""
    return _entry(incident.id, now, actor, EntryKind.STATUS, f"acknowledged by {actor.name}")


def stays(incident: Incident, now: datetime) -> TimelineEntry:
    """All alerts of an incident are over that a person declared: they had a reason of their own."""
    why = f"{incident.declared_by} declared it: a person says when it is over"
    return _entry(incident.id, now, TOCSIN, EntryKind.ALERT, "every alert it held is over, and it stays open", why=why)


def resolved(incident: Incident, reason: str, actor: Actor, now: datetime) -> TimelineEntry:
    """It is over."""
    still = f"; {len(incident.firing)} of its alerts still fire" if incident.firing else ""
    return _entry(
        incident.id, now, actor, EntryKind.STATUS, f"resolved after {_lasted(incident, now)}{still}", why=reason
    )


def mitigated(incident: Incident, reason: str, actor: Actor, now: datetime) -> TimelineEntry:
    """It does not hurt any more; what caused it is still there."""
    return _entry(incident.id, now, actor, EntryKind.STATUS, f"mitigated after {_lasted(incident, now)}", why=reason)


def closed(incident: Incident, left: int, reason: str, actor: Actor, now: datetime) -> TimelineEntry:
    """Nothing is left to do but so many follow-ups, if any."""
    still = f"; {left} {'follow-up is' if left == 1 else 'follow-ups are'} still open" if left else ""
    return _entry(incident.id, now, actor, EntryKind.STATUS, f"closed{still}", why=reason)


def assigned(incident: Incident, actor: Actor, now: datetime) -> TimelineEntry:
    """Somebody gave it to somebody."""
    return _entry(incident.id, now, actor, EntryKind.STATUS, f"assigned to {incident.acknowledged_by}")


def reopened(incident: Incident, reason: str, actor: Actor, now: datetime) -> TimelineEntry:
    """It was not over."""
    return _entry(incident.id, now, actor, EntryKind.STATUS, "reopened", why=reason)


def edited(incident: Incident, different: Sequence[str], reason: str, actor: Actor, now: datetime) -> TimelineEntry:
    """What it says of itself was corrected."""
    return _entry(incident.id, now, actor, EntryKind.STATUS, "; ".join(different), why=reason)


def merged(incident: Incident, into: Incident, reason: str, actor: Actor, now: datetime) -> TimelineEntry:
    """It is part of another one from now on."""
    return _link(incident, f"merged into {into.id}: {into.title}", reason, actor, now)


def took_in(incident: Incident, part: Incident, reason: str, actor: Actor, now: datetime) -> TimelineEntry:
    """Another one is part of it from now on."""
    return _link(incident, f"{part.id} is part of this from now on: {part.title}", reason, actor, now)


def taken_out(incident: Incident, whole: Incident, reason: str, actor: Actor, now: datetime) -> TimelineEntry:
    """It is one of its own again."""
    return _link(incident, f"taken out of {whole.id} again, as {incident.status}", reason, actor, now)


def gave_back(incident: Incident, part: Incident, reason: str, actor: Actor, now: datetime) -> TimelineEntry:
    """Another one is no part of it any more."""
    return _link(incident, f"{part.id} was taken out of this again", reason, actor, now)


def linked(incident: Incident, kind: Link, to: Incident, actor: Actor, now: datetime) -> TimelineEntry:
    """Somebody says what it is of another."""
    return _link(incident, f"is a {kind} of {to.id}: {to.title}", "", actor, now)


def linked_back(incident: Incident, kind: Link, of: Incident, actor: Actor, now: datetime) -> TimelineEntry:
    """Somebody says what another is of it."""
    return _link(incident, f"{of.id} is a {kind} of this: {of.title}", "", actor, now)


def unlinked(incident: Incident, kind: Link, to: IncidentId, actor: Actor, now: datetime) -> TimelineEntry:
    """Somebody says that it is not."""
    return _link(incident, f"is no {kind} of {to} after all", "", actor, now)


def note(incident: IncidentId, text: str, actor: Actor, now: datetime, why: str = "") -> TimelineEntry:
    """What somebody wants kept."""
    return _entry(incident, now, actor, EntryKind.NOTE, text, why=why)


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


def stumbled(incident: IncidentId, kind: EntryKind, mistake: str, actor: Actor, now: datetime) -> TimelineEntry:
    """What goes by the clock met a mistake of ours: people hear that they may wait in vain."""
    text = f"a {kind} that is due now is put off: Tocsin met a mistake of its own"
    why = f"{mistake}; it is tried again every minute, and the log says more"
    return _entry(incident, now, actor, kind, text, why=why)


def _link(incident: Incident, text: str, why: str, actor: Actor, now: datetime) -> TimelineEntry:
    return _entry(incident.id, now, actor, EntryKind.LINK, text, why=why)


def _lasted(incident: Incident, now: datetime) -> str:
    return format_duration(timedelta(seconds=round((now - incident.opened_at).total_seconds())))


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
    """Where more is to be seen: its own page here first, by a path that holds wherever Tocsin is reached."""
    there = {"expression": alert.generator_url, "dashboard": alert.annotations.get("dashboard", "")}
    return {"the alert": f"/alerts/{alert.fingerprint}", **{name: link for name, link in there.items() if link}}


def _many(incident: IncidentId, text: str, alerts: Sequence[Alert], at: datetime, now: datetime) -> TimelineEntry:
    counts = Counter(alert.name for alert in alerts)
    named = ", ".join(f"{name} ({count})" for name, count in counts.most_common(_NAMES))
    rest = f", and {len(counts) - _NAMES} more names" if len(counts) > _NAMES else ""
    return TimelineEntry(
        incident=incident,
        at=min(at, now),
        recorded_at=now,
        actor=TOCSIN,
        kind=EntryKind.ALERT,
        text=text,
        why=named + rest,
    )
