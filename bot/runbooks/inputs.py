"""The values a run begins with: given by a person, taken from the alert or the incident, or the default.

Text from outside fills only what can be checked. What is checked never begins with `-`, which a program would take for
an option, and holds no control characters.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from functools import lru_cache

from bot.documents import parse_duration
from bot.errors import NotAllowed
from bot.model import regex
from bot.model.alert import Alert
from bot.model.incident import Incident
from bot.model.runbook import Input, InputType, Runbook

_MAX_VALUE = 4096
_MAX_NAME = 253
_PORT = re.compile(r"\[?(?P<host>[^\[\]]+?)\]?:[0-9]+")
_LABEL = "[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_HOSTNAME = re.compile(rf"{_LABEL}(\.{_LABEL})*")
_INVENTORY = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
_PART = "[a-z0-9]([a-z0-9-]*[a-z0-9])?"
_K8S_NAME = re.compile(rf"{_PART}(\.{_PART})*")
_INT = re.compile(r"-?[0-9]{1,18}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_SYNTAX = ("$(id)", "`id`", "a|b", "a;b", 'a"}or', "a'b", "a{{b}}", "a<b>")
_OURS = ("incident.id", "incident.severity")
"""Of what an input may be taken from, what nobody outside writes."""


def resolve(
    runbook: Runbook, given: Mapping[str, str], alert: Alert | None, incident: Incident | None
) -> dict[str, str]:
    """Every input's value; NotAllowed names all that are missing, unknown or do not fit."""
    faults = [f"it has no input {name!r}" for name in given if name not in {one.name for one in runbook.inputs}]
    values: dict[str, str] = {}
    for one in runbook.inputs:
        value = given.get(one.name) or _taken(one, alert, incident) or one.default or ""
        normal = normalised(one, value)
        fault = fault_of(one, normal)
        if fault:
            faults.append(fault)
        values[one.name] = normal
    if faults:
        raise NotAllowed(
            f"runbook {runbook.name} cannot start: " + "; ".join(faults),
            hint=f"give values with --input NAME=VALUE; `tocsin runbook show {runbook.name}` lists them",
        )
    return values


def are_told(runbook: Runbook, values: Mapping[str, str], alert: Alert | None, incident: Incident | None) -> bool:
    """Whether the alert and the incident say all of these values, or the runbook does."""
    return all(
        values[one.name] == normalised(one, _taken(one, alert, incident) or one.default or "") for one in runbook.inputs
    )


def normalised(one: Input, value: str) -> str:
    """The value as steps get it: a host without a port, a number without zeros before it."""
    if one.type is InputType.HOST:
        return _without_port(value)
    if one.type is InputType.INT and _INT.fullmatch(value):
        return str(int(value))
    return value


def fault_of(one: Input, value: str) -> str:
    """Why this cannot be the value of the input, as `normalised` made it; empty: it can."""
    if not value:
        origin = f" (it is taken from {one.source})" if one.source else ""
        return f"input {one.name!r} has no value{origin}" if one.required else ""
    if len(value) > _MAX_VALUE or "\0" in value:
        return f"input {one.name!r} is too long or holds a NUL"
    if is_checked(one) and _CONTROL.search(value):
        return f"input {one.name!r} holds a control character"
    wanted = _CHECKS[one.type](one, value)
    if wanted:
        return f"input {one.name!r} is not {wanted}"
    if one.pattern and regex.compiled(one.pattern).fullmatch(value) is None:
        return f"input {one.name!r} does not fit {one.pattern}"
    if is_checked(one) and one.type is not InputType.INT and value.startswith("-"):
        return f"input {one.name!r} begins with `-`, which a program would take for an option"
    return ""


def is_checked(one: Input) -> bool:
    """Whether its type or its pattern says what it looks like."""
    return one.type is not InputType.TEXT or bool(one.pattern)


def is_tainted(runbook: Runbook, one: Input) -> bool:
    """Whether it may hold any text at all that somebody outside wrote."""
    posted = any(one.name in trigger.inputs for trigger in runbook.hook_triggers)
    unchecked = not is_checked(one) or (one.type is InputType.TEXT and _fits_anything(one.pattern))
    return unchecked and (posted or (bool(one.source) and one.source not in _OURS))


@lru_cache(maxsize=256)
def _fits_anything(pattern: str) -> bool:
    """Whether a pattern such as `.*` lets most of what is syntax somewhere pass: then it checks nothing."""
    return sum(regex.compiled(pattern).fullmatch(text) is not None for text in _SYNTAX) >= len(_SYNTAX) / 2


def _taken(one: Input, alert: Alert | None, incident: Incident | None) -> str | None:
    owner, _, rest = one.source.partition(".")
    if owner == "alert" and alert is not None:
        section, _, name = rest.partition(".")
        return (alert.labels if section == "labels" else alert.annotations).get(name)
    if owner == "incident" and incident is not None:
        known = {"id": incident.id, "service": incident.service, "title": incident.title, "severity": incident.severity}
        return str(known[rest])
    return None


def _without_port(value: str) -> str:
    """`web1:9100` is `web1`, `[::1]:9100` is `::1`, and so is `::1`."""
    if _is_address(value):
        return value
    found = _PORT.fullmatch(value)
    return found["host"] if found else value.removeprefix("[").removesuffix("]")


def _is_address(value: str) -> bool:
    try:
        ipaddress.ip_address(value)
    except ValueError:
        return False
    return "%" not in value  # a zone may hold anything


def _text(one: Input, value: str) -> str:
    return ""


def _host(one: Input, value: str) -> str:
    fits = len(value) <= _MAX_NAME and (_INVENTORY.fullmatch(value) or _is_address(value))
    return "" if fits else "the name or address of a host"


def _hostname(one: Input, value: str) -> str:
    fits = len(value) <= _MAX_NAME and (_HOSTNAME.fullmatch(value) or _is_address(value))
    return "" if fits else "a host name (RFC 1123) or an address"


def _k8s_name(one: Input, value: str) -> str:
    fits = len(value) <= _MAX_NAME and _K8S_NAME.fullmatch(value)
    return "" if fits else "the name of an object in Kubernetes: lower case, digits, `-` and `.`"


def _enum(one: Input, value: str) -> str:
    return "" if value in one.values else f"one of {', '.join(one.values)}"


def _int(one: Input, value: str) -> str:
    least = 0 if one.least is None else one.least
    if _INT.fullmatch(value) is None:
        return "a whole number"
    if int(value) < least or (one.most is not None and int(value) > one.most):
        return f"a whole number from {least} to {one.most}" if one.most is not None else f"{least} or more"
    return ""


def _duration(one: Input, value: str) -> str:
    try:
        parse_duration(value)
    except ValueError:
        return "a duration, such as 90s, 15m or 1h30m"
    return ""


_CHECKS: Mapping[InputType, Callable[[Input, str], str]] = {
    InputType.TEXT: _text,
    InputType.HOST: _host,
    InputType.HOSTNAME: _hostname,
    InputType.K8S_NAME: _k8s_name,
    InputType.ENUM: _enum,
    InputType.INT: _int,
    InputType.DURATION: _duration,
}
