"""What people correct about an incident: its title, severity, kind, service, team and the fields of their own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from bot.documents import suggest
from bot.errors import NotAllowed, NotFound
from bot.incidents.lifecycle import check_own
from bot.model.incident import Incident, IncidentKind, Severity
from bot.model.practice import CustomField
from bot.model.service import Service
from bot.model.wording import one_line

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """What is to be different; None leaves a thing as it is. An empty service, team or field is taken away.

    With a new service comes the team that owns it, unless a team is named too.
    """

    title: str | None = None
    severity: Severity | None = None
    kind: IncidentKind | None = None
    service: str | None = None
    team: str | None = None
    fields: Mapping[str, str] = field(default_factory=dict)


def edit(
    incident: Incident, wanted: Edit, services: Mapping[str, Service], fields: Mapping[str, CustomField]
) -> Incident:
    """The incident after the edit.

    NotFound for a service that the catalogue does not have, where there is one, and for a field that nobody defined.
    NotAllowed for a value that is not among a field's choices, for an empty title, and for one that was merged.
    """
    check_own(incident, "change")
    title = one_line(_or(wanted.title, incident.title))
    if not title:
        raise NotAllowed("an incident needs a title", hint="say in a few words what is wrong")
    service = _or(wanted.service, incident.service)
    if wanted.service and services and service not in services:
        raise _unknown("service", service, services, "services are named under `services:` in tocsin.yaml")
    return replace(
        incident,
        title=title,
        severity=_or(wanted.severity, incident.severity),
        kind=_or(wanted.kind, incident.kind),
        service=service,
        team=_team(incident, wanted, services),
        fields=_fields(incident.fields, wanted.fields, fields),
    )


def differences(before: Incident, after: Incident) -> Sequence[str]:
    """What an edit changed, a sentence each."""
    names = sorted({*before.fields, *after.fields})
    pairs = [
        *((name, str(getattr(before, name)), str(getattr(after, name))) for name in _SAID),
        *((name, before.fields.get(name, ""), after.fields.get(name, "")) for name in names),
    ]
    return [_difference(name, was, now) for name, was, now in pairs if was != now]


_SAID = ("title", "severity", "kind", "service", "team")


def _difference(name: str, was: str, now: str) -> str:
    if not was:
        return f"{name} is {now}"
    return f"{name} changed from {was} to {now}" if now else f"{name} is no longer {was}"


def _or(wanted: T | None, standing: T) -> T:
    return standing if wanted is None else wanted


def _team(incident: Incident, wanted: Edit, services: Mapping[str, Service]) -> str:
    if wanted.team is not None:
        return wanted.team
    owned = services.get(wanted.service or "")
    return owned.owner if owned is not None and owned.owner else incident.team


def _fields(
    standing: Mapping[str, str], wanted: Mapping[str, str], defined: Mapping[str, CustomField]
) -> Mapping[str, str]:
    for name, value in wanted.items():
        if name not in defined and value:
            raise _unknown("field", name, defined, "fields are named under `custom_fields:` in tocsin.yaml")
        choices = defined[name].choices if name in defined else ()
        if value and choices and value not in choices:
            raise NotAllowed(
                f"{name} cannot be {value!r}{suggest(value, choices)}", hint=f"one of {', '.join(choices)}"
            )
    return {name: value for name, value in {**standing, **wanted}.items() if value}


def _unknown(what: str, name: str, known: Iterable[str], hint: str) -> NotFound:
    return NotFound(f"no {what} is called {name!r}{suggest(name, known)}", hint=hint)
