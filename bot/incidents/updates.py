"""How an incident stands, worded for those who read it, and when they are told again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from string import Template
from zoneinfo import ZoneInfo

from bot.documents import format_duration, suggest
from bot.errors import NotAllowed
from bot.incidents.lifecycle import check_own
from bot.model.actor import Actor
from bot.model.incident import Incident, IncidentKind, IncidentStatus
from bot.model.practice import SeverityLevel
from bot.model.status_update import Audience, Readers, StatusUpdate
from bot.model.task import Task
from bot.model.timeline import EntryKind, TimelineEntry

NAMES = (
    "id", "title", "severity", "means", "status", "state", "service", "team", "commander", "text", "by", "began",
    "lasts", "next", "link",
)  # fmt: skip
"""What a template may hold, each after a `$`."""
_STATES = {
    IncidentStatus.TRIGGERED: "we are looking into a problem",
    IncidentStatus.ACKNOWLEDGED: "we are looking into a problem",
    IncidentStatus.MITIGATED: "the problem is eased, and we go on working on it",
    IncidentStatus.RESOLVED: "the problem is over",
    IncidentStatus.CLOSED: "the problem is over",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """What an update is worded for: whom, by whom, and in which time zone and under which address they look."""

    readers: Readers
    level: SeverityLevel
    zone: ZoneInfo
    link: str
    by: str


def mistakes(template: str) -> Sequence[str]:
    """What is wrong with a template; nothing is when it can be used."""
    made = Template(template)
    if not made.is_valid():
        return ["a `$` stands there without a name; write `$$` for the sign itself"]
    unknown = [name for name in made.get_identifiers() if name not in NAMES]
    known = "; there is " + ", ".join(f"${name}" for name in NAMES)
    return [f"nothing is called ${name} here{suggest(name, NAMES) or known}" for name in unknown]


def promised(incident: Incident, level: SeverityLevel, wanted: timedelta | None, now: datetime) -> datetime | None:
    """When people are told again: as somebody wants, else as usual; None: there is no usual, or it is over."""
    after = wanted or level.update_every
    return now + after if after is not None and incident.is_open else None


def draft(incident: Incident, wording: Wording, text: str, next_at: datetime | None, now: datetime) -> StatusUpdate:
    """The update as it would be told. NotAllowed when nothing would be in it."""
    check_own(incident, "tell how it stands with")
    said = _worded(wording.readers.template, _values(incident, wording, text, next_at, now))
    if not said:
        hint = "say something, or write a template with a line that always holds something"
        raise NotAllowed(f"nothing would be in this update for {wording.readers.audience}", hint=hint)
    return StatusUpdate(
        incident=incident.id, audience=wording.readers.audience, text=said, at=now, by=wording.by, next_at=next_at
    )


def readers_of(incident: Incident, readers: Readers, tasks: Sequence[Task], teller: str) -> Sequence[str]:
    """The people it is sent to; whoever tells it knows it."""
    people = list(readers.people)
    if readers.audience is Audience.RESPONDERS:
        owners = [task.owner for task in tasks if task.done_at is None]
        people += [*incident.roles.values(), incident.acknowledged_by, *owners]
    return [name for name in dict.fromkeys(people) if name not in ("", teller)]


def subject(incident: Incident, audience: Audience) -> str:
    """The line above it. The public reads neither titles, which alerts write, nor ids."""
    state = _STATES[incident.status]
    if audience is Audience.PUBLIC:
        said = f"{incident.service}: {state}" if incident.service else state
        return said if incident.kind is IncidentKind.NORMAL else f"[{incident.kind}] {said}"
    return f"{incident.id} {incident.severity} {incident.headline}: {incident.status}"


def told(
    incident: Incident, update: StatusUpdate, text: str, to: Sequence[str], actor: Actor, now: datetime
) -> TimelineEntry:
    """People were told how it stands; `to` are their names, and those of places."""
    said = text.strip() or _STATES[incident.status]
    why = (
        "" if to else f"sent to nobody: {unread(update.audience)}",
        f"the next one is promised for {update.next_at:%Y-%m-%d %H:%M} UTC" if update.next_at else "",
    )
    return TimelineEntry(
        incident=incident.id, at=now, recorded_at=now, actor=actor, kind=EntryKind.UPDATE,
        text=f"update for {update.audience}: {said}", why="; ".join(one for one in why if one),
    )  # fmt: skip


def unread(audience: Audience) -> str:
    """Why nobody is sent an update for this audience."""
    if audience is Audience.RESPONDERS:
        return "nobody else works on it"
    return f"`status_updates` in tocsin.yaml names nobody for {audience} who can be reached"


def _worded(template: str, values: Mapping[str, str]) -> str:
    """Values are put in once, so that a `$` inside one stays a `$`."""
    lines = [Template(line) for line in template.split("\n")]
    kept = [line for line in lines if all(values.get(name) for name in line.get_identifiers())]
    return "\n".join(line.safe_substitute(values) for line in kept).strip()


def _values(
    incident: Incident, wording: Wording, text: str, next_at: datetime | None, now: datetime
) -> Mapping[str, str]:
    ended = incident.resolved_at or incident.closed_at or now
    return {
        "id": incident.id,
        "title": incident.headline,
        "severity": incident.severity,
        "means": wording.level.means,
        "status": incident.status,
        "state": _STATES[incident.status],
        "service": incident.service,
        "team": incident.team,
        "commander": incident.commander,
        "text": text.strip(),
        "by": wording.by,
        "began": _clock(incident.detected_at or incident.opened_at, wording.zone, now),
        "lasts": format_duration(timedelta(minutes=(ended - incident.opened_at) // timedelta(minutes=1))),
        "next": _clock(next_at, wording.zone, now) if next_at else "",
        "link": wording.link,
    }


def _clock(at: datetime, zone: ZoneInfo, now: datetime) -> str:
    local = at.astimezone(zone)
    same_day = local.date() == now.astimezone(zone).date()
    return f"{local:%H:%M %Z}" if same_day else f"{local:%Y-%m-%d %H:%M %Z}"
