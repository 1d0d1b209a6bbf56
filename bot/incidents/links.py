"""Links between incidents: a duplicate of another, a child of another. They change what is shown, and counted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from bot.errors import NotAllowed
from bot.model.ids import IncidentId
from bot.model.incident import Incident
from bot.model.link import Link, Related, Relation

Get = Callable[[IncidentId], Incident]


def link(incident: Incident, kind: Link, to: Incident, get: Get) -> Incident:
    """The incident, linked. `get` answers any other incident.

    NotAllowed when that would lead round in a circle, or a real incident would be counted as a drill, or the reverse.
    """
    if kind is Link.DUPLICATE and incident.kind is not to.kind:
        raise NotAllowed(
            f"cannot make incident {incident.id} a duplicate of {to.id}: one is {incident.kind}, the other {to.kind}",
            hint="change the kind of one of them first",
        )
    at: Incident | None = to
    while at is not None:
        if at.id == incident.id:
            raise NotAllowed(
                f"cannot make incident {incident.id} a {kind} of {to.id}: that leads back to {incident.id}",
                hint=f"take the link of {to.id} away first" if to.id != incident.id else "name another one",
            )
        above = linked(at, kind)
        at = None if above is None else get(above)
    return _with(incident, kind, to.id)


def unlink(incident: Incident, kind: Link) -> tuple[Incident, IncidentId]:
    """The incident without the link, and whom it led to; NotAllowed when there is none."""
    to = linked(incident, kind)
    if to is None:
        raise NotAllowed(f"incident {incident.id} is no {kind} of another", hint="there is nothing to take away")
    return _with(incident, kind, None), to


def linked(incident: Incident, kind: Link) -> IncidentId | None:
    """Whom this link leads to."""
    return incident.duplicate_of if kind is Link.DUPLICATE else incident.parent


def related(incident: Incident, others: Sequence[Incident], get: Get) -> Sequence[Related]:
    """What has to do with it: what it leads to, then those of `others` that lead to it."""
    leads = (
        (Relation.MERGED_INTO, incident.merged_into),
        (Relation.DUPLICATE_OF, incident.duplicate_of),
        (Relation.PARENT, incident.parent),
    )
    back = (
        (Relation.PART, "merged_into"),
        (Relation.DUPLICATE, "duplicate_of"),
        (Relation.CHILD, "parent"),
    )
    return [
        *(Related(relation=relation, incident=get(to)) for relation, to in leads if to is not None),
        *(
            Related(relation=relation, incident=one)
            for relation, field in back
            for one in others
            if getattr(one, field) == incident.id
        ),
    ]


def _with(incident: Incident, kind: Link, to: IncidentId | None) -> Incident:
    if kind is Link.DUPLICATE:
        return replace(incident, duplicate_of=to)
    return replace(incident, parent=to)
