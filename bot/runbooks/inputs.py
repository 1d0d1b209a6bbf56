"""The values a run begins with: given by a person, taken from the alert or the incident, or the default."""

from __future__ import annotations

import re
from collections.abc import Mapping

from bot.errors import NotAllowed
from bot.model.alert import Alert
from bot.model.incident import Incident
from bot.model.runbook import Input, Runbook

_PORT = re.compile(r":\d+$")
_MAX_VALUE = 4096


def resolve(
    runbook: Runbook, given: Mapping[str, str], alert: Alert | None, incident: Incident | None
) -> dict[str, str]:
    """Every input's value; NotAllowed names all that are missing, unknown or do not fit."""
    faults = [f"it has no input {name!r}" for name in given if name not in {one.name for one in runbook.inputs}]
    values: dict[str, str] = {}
    for one in runbook.inputs:
        value = given.get(one.name, _taken(one, alert, incident))
        fault = _fault(one, value)
        if fault:
            faults.append(fault)
        elif value is not None:
            values[one.name] = _PORT.sub("", value) if one.type == "host" else value
    if faults:
        raise NotAllowed(
            f"runbook {runbook.name} cannot start: " + "; ".join(faults),
            hint=f"give values with --input NAME=VALUE; `tocsin runbook show {runbook.name}` lists them",
        )
    return values


def _taken(one: Input, alert: Alert | None, incident: Incident | None) -> str | None:
    owner, _, rest = one.source.partition(".")
    found: str | None = None
    if owner == "alert" and alert is not None:
        section, _, name = rest.partition(".")
        found = (alert.labels if section == "labels" else alert.annotations).get(name)
    elif owner == "incident" and incident is not None:
        found = {"id": str(incident.id), "service": incident.service, "title": incident.title}.get(rest)
    return found or one.default


def _fault(one: Input, value: str | None) -> str:
    if value is None or value == "":
        origin = f" (it is taken from {one.source})" if one.source else ""
        return f"input {one.name!r} has no value{origin}"
    if len(value) > _MAX_VALUE or "\0" in value:
        return f"input {one.name!r} is too long or holds a NUL"
    if one.pattern and re.fullmatch(one.pattern, value) is None:
        return f"input {one.name!r} does not fit {one.pattern}"
    return ""
