"""triggered -> acknowledged -> mitigated -> resolved -> closed: what is allowed, and what it changes.

A status follows from the times an incident holds (`status_of`), so that one that was merged can be taken out again as
it was.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from enum import StrEnum

from bot.errors import NotAllowed
from bot.model.actor import Actor, ActorKind
from bot.model.incident import OPEN, Incident, IncidentStatus, SignalState


class Command(StrEnum):
    """What can be done to an incident's status."""

    ACKNOWLEDGE = "acknowledge"
    MITIGATE = "mitigate"
    RESOLVE = "resolve"
    CLOSE = "close"
    REOPEN = "reopen"


_OVER = (IncidentStatus.RESOLVED, IncidentStatus.CLOSED)
_ALLOWED = {
    Command.ACKNOWLEDGE: (IncidentStatus.TRIGGERED,),
    Command.MITIGATE: (IncidentStatus.TRIGGERED, IncidentStatus.ACKNOWLEDGED),
    Command.RESOLVE: OPEN,
    Command.CLOSE: (IncidentStatus.RESOLVED,),
    Command.REOPEN: _OVER,
}
_HINTS = {
    (Command.MITIGATE, IncidentStatus.MITIGATED): "resolve it once it is over",
    (Command.CLOSE, IncidentStatus.TRIGGERED): "resolve it first",
    (Command.CLOSE, IncidentStatus.ACKNOWLEDGED): "resolve it first",
    (Command.CLOSE, IncidentStatus.MITIGATED): "resolve it first",
}
_REOPEN_FIRST = "if it goes on, reopen it first"


def apply(incident: Incident, command: Command, actor: Actor, now: datetime) -> Incident:
    """The incident after the command; NotAllowed when its status forbids it, or when it is part of another one.

    Tocsin itself resolves only what is seen to be clear: an incident whose signal is unknown stays open. It reopens
    only what is not closed yet. Whoever mitigates what nobody had has it.
    """
    check_own(incident, command)
    if incident.status not in _ALLOWED[command]:
        raise NotAllowed(
            f"cannot {command} incident {incident.id}: it is {incident.status}",
            hint=_hint(incident, command),
        )
    match command:
        case Command.ACKNOWLEDGE:
            return _acknowledged(incident, actor.name, IncidentStatus.ACKNOWLEDGED, now)
        case Command.MITIGATE:
            return replace(_acknowledged(incident, actor.name, IncidentStatus.MITIGATED, now), mitigated_at=now)
        case Command.RESOLVE:
            _check_clear(incident, actor)
            return replace(incident, status=IncidentStatus.RESOLVED, resolved_at=now)
        case Command.CLOSE:
            return replace(incident, status=IncidentStatus.CLOSED, closed_at=now)
        case _:
            _check_not_closed(incident, actor)
            return _reopened(incident, now)


def assign(incident: Incident, person: str, now: datetime) -> Incident:
    """From now on this person has it, whoever had it before; NotAllowed when nobody works on it any more."""
    check_own(incident, "assign")
    if not incident.is_open:
        raise NotAllowed(f"cannot assign incident {incident.id}: it is {incident.status}", hint=_REOPEN_FIRST)
    if incident.status is IncidentStatus.TRIGGERED:
        return _acknowledged(incident, person, IncidentStatus.ACKNOWLEDGED, now)
    return replace(incident, acknowledged_by=person)


def check_own(incident: Incident, what: str) -> None:
    """NotAllowed when the incident was merged into another: nothing is done to it but to undo that."""
    if incident.merged_into is not None:
        raise NotAllowed(
            f"cannot {what} incident {incident.id}: it was merged into {incident.merged_into}",
            hint=f"do it to {incident.merged_into}; the merge can be undone for 10 minutes",
        )


def status_of(incident: Incident) -> IncidentStatus:
    """The status that its times say it has."""
    if incident.closed_at is not None:
        return IncidentStatus.CLOSED
    if incident.resolved_at is not None:
        return IncidentStatus.RESOLVED
    if incident.mitigated_at is not None:
        return IncidentStatus.MITIGATED
    return IncidentStatus.TRIGGERED if incident.acknowledged_at is None else IncidentStatus.ACKNOWLEDGED


def _hint(incident: Incident, command: Command) -> str:
    if incident.status in _OVER and command is not Command.CLOSE:
        return _REOPEN_FIRST
    return _HINTS.get((command, incident.status), f"see `tocsin incident show {incident.id}`")


def _check_clear(incident: Incident, actor: Actor) -> None:
    if actor.kind is not ActorKind.PERSON and incident.signal is not SignalState.CLEAR:
        raise NotAllowed(
            f"cannot resolve incident {incident.id}: its signal is {incident.signal}; only a person may overrule that",
            hint="wait until the signal is seen to be clear, or resolve it yourself",
        )


def _check_not_closed(incident: Incident, actor: Actor) -> None:
    if actor.kind is not ActorKind.PERSON and incident.status is IncidentStatus.CLOSED:
        raise NotAllowed(
            f"cannot reopen incident {incident.id}: it is closed, and only a person may overrule that",
            hint="what happens now is a new incident",
        )


def _acknowledged(incident: Incident, person: str, status: IncidentStatus, now: datetime) -> Incident:
    """Somebody has it: whoever had it first, where somebody did."""
    if incident.acknowledged_at is not None:
        return replace(incident, status=status)
    return replace(incident, status=status, acknowledged_at=now, acknowledged_by=person)


def _reopened(incident: Incident, now: datetime) -> Incident:
    """Nobody has it any more: whoever had it is told anew."""
    return replace(
        incident, status=IncidentStatus.TRIGGERED, reopened=incident.reopened + 1, reopened_at=now,
        acknowledged_at=None, acknowledged_by="", mitigated_at=None, resolved_at=None, closed_at=None,
    )  # fmt: skip
