"""Who has which part in an incident: roles are taken, given and left, and the timeline says so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from bot.documents import suggest
from bot.errors import NotAllowed, NotFound
from bot.incidents.lifecycle import check_own
from bot.model.actor import Actor
from bot.model.incident import Incident, IncidentStatus
from bot.model.practice import Role
from bot.model.timeline import EntryKind, TimelineEntry


def named(roles: Mapping[str, Role], name: str) -> Role:
    """The role of this name; NotFound says which there are."""
    if name not in roles:
        near = suggest(name, roles)
        raise NotFound(f"no role is called {name!r}{near}", hint=f"there is {', '.join(roles) or 'none'}")
    return roles[name]


def give(incident: Incident, role: Role, person: str) -> Incident:
    """The incident in which this person has the role; NotAllowed when it is closed, or they have it already."""
    _is_worked_on(incident)
    if incident.roles.get(role.name) == person:
        raise NotAllowed(
            f"{person} is {role.name} of {incident.id} already", hint=f"see `tocsin incident show {incident.id}`"
        )
    return replace(incident, roles={**incident.roles, role.name: person})


def leave(incident: Incident, role: str) -> Incident:
    """The incident in which nobody has the role; NotAllowed when nobody had it."""
    _is_worked_on(incident)
    if role not in incident.roles:
        raise NotAllowed(f"nobody is {role} of {incident.id}", hint=f"see `tocsin incident show {incident.id}`")
    return replace(incident, roles={name: who for name, who in incident.roles.items() if name != role})


def gave(before: Incident, role: Role, person: str, actor: Actor, now: datetime) -> TimelineEntry:
    """Somebody has a role now."""
    instead = f" instead of {before.roles[role.name]}" if before.roles.get(role.name) else ""
    why = "" if person == actor.name else f"given by {actor.name}"
    return _entry(before, f"{person} is {role.name}{instead}", why, actor, now)


def left(before: Incident, role: str, actor: Actor, now: datetime) -> TimelineEntry:
    """Nobody has it any more."""
    person = before.roles[role]
    why = "" if person == actor.name else f"so {actor.name} says"
    return _entry(before, f"{person} is no longer {role}", why, actor, now)


def _is_worked_on(incident: Incident) -> None:
    check_own(incident, "change the roles of")
    if incident.status is IncidentStatus.CLOSED:
        raise NotAllowed(
            f"cannot change the roles of incident {incident.id}: it is {incident.status}",
            hint=f"see `tocsin incident show {incident.id}`",
        )


def _entry(incident: Incident, text: str, why: str, actor: Actor, now: datetime) -> TimelineEntry:
    return TimelineEntry(
        incident=incident.id, at=now, recorded_at=now, actor=actor, kind=EntryKind.ROLE, text=text, why=why
    )
