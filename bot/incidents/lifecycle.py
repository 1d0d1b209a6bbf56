"""triggered -> acknowledged -> mitigated -> resolved -> closed: what is allowed, and what it changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from enum import StrEnum

from bot.errors import NotAllowed
from bot.model.actor import Actor, ActorKind
from bot.model.incident import Incident, IncidentStatus, SignalState


class Command(StrEnum):
    """What can be done to an incident's status."""

    ACKNOWLEDGE = "acknowledge"
    RESOLVE = "resolve"


_ALLOWED = {
    Command.ACKNOWLEDGE: (IncidentStatus.TRIGGERED,),
    Command.RESOLVE: (IncidentStatus.TRIGGERED, IncidentStatus.ACKNOWLEDGED, IncidentStatus.MITIGATED),
}


def apply(incident: Incident, command: Command, actor: Actor, now: datetime) -> Incident:
    """The incident after the command; NotAllowed when its status forbids it.

    Tocsin itself resolves only what is seen to be clear: an incident whose signal is unknown stays open.
    """
    if incident.status not in _ALLOWED[command]:
        raise NotAllowed(
            f"cannot {command} incident {incident.id}: it is {incident.status}",
            hint=f"see `tocsin incident show {incident.id}`",
        )
    if command is Command.ACKNOWLEDGE:
        return replace(incident, status=IncidentStatus.ACKNOWLEDGED, acknowledged_at=now, acknowledged_by=actor.name)
    if actor.kind is not ActorKind.PERSON and incident.signal is not SignalState.CLEAR:
        raise NotAllowed(
            f"cannot resolve incident {incident.id}: its signal is {incident.signal}; only a person may overrule that",
            hint="wait until the signal is seen to be clear, or resolve it yourself",
        )
    return replace(incident, status=IncidentStatus.RESOLVED, resolved_at=now)
