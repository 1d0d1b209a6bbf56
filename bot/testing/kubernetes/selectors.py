"""Label selectors and field selectors, as a query writes them and as an object holds them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from bot.testing.kubernetes.kinds import EVENT, NODE, Kind
from bot.testing.kubernetes.refusals import Object, Refused, bad_request

Matches = Callable[[Object], bool]
_LABEL_KEY = re.compile(r"([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")
_LABEL_VALUE = re.compile(r"([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?")
_SET = re.compile(r"(?P<key>\S+)\s+(?P<not>not)?in\s*\((?P<values>[^()]*)\)")
_COMPARED = re.compile(r"(?P<key>[^=!<>\s]+)\s*(?P<op>[<>])\s*(?P<value>-?[0-9]+)")
_EQUAL = re.compile(r"(?P<key>[^=!<>\s]+)\s*(?P<op>==|=|!=)\s*(?P<value>[^=!<>]*)")


def by_labels(written: str) -> Matches:
    """Whether an object's labels fit a query's labelSelector; 400 for one that cannot be read."""
    wanted = [_requirement(part.strip(), written) for part in _parts(written)] if written.strip() else []
    return lambda value: _all(wanted, value["metadata"].get("labels") or {})


def by_fields(kind: Kind, written: str) -> Matches:
    """Whether an object's fields fit a query's fieldSelector; 400 for a field that cannot be asked for."""
    known = {"metadata.name", "metadata.namespace", *kind.fields}
    wanted: list[tuple[str, bool, str]] = []
    for part in written.split(",") if written else ():
        name, is_not, value = _field(part, written)
        if name not in known:
            raise bad_request(f"field label not supported: {name}")
        wanted.append((name, is_not, value))
    return lambda value: all((_text(kind, value, name) == want) is not is_not for name, is_not, want in wanted)


def of_object(selector: Object | None) -> Callable[[Mapping[str, str]], bool]:
    """Whether labels fit the selector of a Deployment, a budget, ...; None fits nothing, an empty one everything."""
    if selector is None:
        return lambda labels: False
    pairs = selector.get("matchLabels") or {}
    expressions = selector.get("matchExpressions") or []

    def fits(labels: Mapping[str, str]) -> bool:
        if any(labels.get(name) != value for name, value in pairs.items()):
            return False
        return all(_fits(one["key"], one["operator"], one.get("values") or (), labels) for one in expressions)

    return fits


def written(selector: Object | None) -> str:
    """The selector of an object as a query writes it."""
    parts = [f"{name}={value}" for name, value in sorted(((selector or {}).get("matchLabels") or {}).items())]
    for one in (selector or {}).get("matchExpressions") or []:
        values = ",".join(sorted(one.get("values") or ()))
        match one["operator"]:
            case "In" | "NotIn":
                parts.append(f"{one['key']} {one['operator'].lower()} ({values})")
            case "Exists":
                parts.append(one["key"])
            case _:
                parts.append(f"!{one['key']}")
    return ",".join(parts)


def _parts(text: str) -> list[str]:
    return re.split(r",(?![^()]*\))", text)


def _requirement(part: str, whole: str) -> tuple[str, str, tuple[str, ...]]:
    if found := _SET.fullmatch(part):
        values = tuple(one.strip() for one in found["values"].split(",")) if found["values"].strip() else ()
        if not values:
            raise bad_request("values: Invalid value: []: for 'in', 'notin' operators, values set can't be empty")
        made = (found["key"], "NotIn" if found["not"] else "In", values)
    elif found := _COMPARED.fullmatch(part):
        return found["key"], "Gt" if found["op"] == ">" else "Lt", (found["value"],)
    elif found := _EQUAL.fullmatch(part):
        made = (found["key"], "NotIn" if found["op"] == "!=" else "In", (found["value"].strip(),))
    elif part.startswith("!"):
        made = (part[1:].strip(), "DoesNotExist", ())
    else:
        made = (part, "Exists", ())
    key, _, values = made
    if not _LABEL_KEY.fullmatch(key) or not all(_LABEL_VALUE.fullmatch(value) for value in values):
        raise _unreadable(whole, part)
    return made


def _unreadable(whole: str, part: str) -> Refused:
    return bad_request(f'unable to parse requirement: found "{part}" in "{whole}", which is no label selector')


def _all(wanted: list[tuple[str, str, tuple[str, ...]]], labels: Mapping[str, str]) -> bool:
    return all(_fits(key, operator, values, labels) for key, operator, values in wanted)


def _fits(key: str, operator: str, values: tuple[str, ...], labels: Mapping[str, str]) -> bool:
    match operator:
        case "In":
            return key in labels and labels[key] in values
        case "NotIn":
            return labels.get(key) not in values
        case "Exists":
            return key in labels
        case "Gt" | "Lt":
            return _compared(labels.get(key, ""), operator, int(values[0]))
        case _:
            return key not in labels


def _compared(text: str, operator: str, than: int) -> bool:
    if not re.fullmatch(r"-?[0-9]+", text):
        return False
    return int(text) > than if operator == "Gt" else int(text) < than


def _field(part: str, whole: str) -> tuple[str, bool, str]:
    for operator, is_not in (("!=", True), ("==", False), ("=", False)):
        name, found, value = part.partition(operator)
        if found:
            return name.strip(), is_not, value.strip()
    raise bad_request(f"invalid selector: '{whole}'; can't understand '{part}'")


def _text(kind: Kind, value: Object, name: str) -> str:
    if kind is EVENT and name == "source":
        return str((value.get("source") or {}).get("component", ""))
    found: Any = value  # Any: wherever in the object we are
    for part in name.split("."):
        found = found.get(part) if isinstance(found, dict) else None
    if kind is NODE and name == "spec.unschedulable":
        return str(bool(found)).lower()
    if isinstance(found, bool):
        return str(found).lower()
    return "" if found is None else str(found)
