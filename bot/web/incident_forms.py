"""What the forms of an incident's page, and the one that declares an incident, offer to choose from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bot.incidents.merging import UNDONE_WITHIN
from bot.model.incident import Incident, IncidentKind, Severity
from bot.model.link import Link
from bot.model.practice import CustomField
from bot.model.setup import Setup


@dataclass(frozen=True, slots=True, kw_only=True)
class Offers:
    """`severities` map each one to what it means here; `values` are what the incident's own fields hold now.

    `undo_until`: until then its merge can be undone. `standing` are the links that can be taken away.
    """

    severities: Mapping[Severity, str]
    people: Sequence[str]
    services: Sequence[str]
    fields: Sequence[CustomField]
    kinds: Sequence[IncidentKind] = tuple(IncidentKind)
    values: Mapping[str, str] = field(default_factory=dict)
    undo_until: datetime | None = None
    standing: Sequence[Link] = ()


def of_setup(setup: Setup) -> Offers:
    """For an incident that is not there yet."""
    return Offers(
        severities={severity: level.means for severity, level in setup.severities.items()},
        people=sorted(setup.people),
        services=sorted(setup.services),
        fields=tuple(setup.custom_fields.values()),
    )


def of_incident(incident: Incident, setup: Setup, now: datetime) -> Offers:
    """For one that is: with what it says of itself."""
    blank = of_setup(setup)
    gone = (CustomField(name=name) for name in incident.fields if name not in setup.custom_fields)
    until = incident.merged_at + UNDONE_WITHIN if incident.merged_at is not None else None
    links = {Link.DUPLICATE: incident.duplicate_of, Link.CHILD: incident.parent}
    return Offers(
        severities=blank.severities,
        people=blank.people,
        services=blank.services,
        fields=(*blank.fields, *gone),
        values=incident.fields,
        undo_until=until if until is not None and now <= until else None,
        standing=[link for link, to in links.items() if to is not None],
    )
