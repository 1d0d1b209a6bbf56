"""What the three older kinds of patch make of an object: JSON patch, merge patch, strategic merge patch."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

from bot.testing.kubernetes.refusals import Object, Refused, bad_request, rejected
from bot.testing.kubernetes.schema import Schema

Value = Any  # Any: whatever JSON it is
_MOST_OPERATIONS = 10_000
_DIRECTIVES = ("$patch", "$retainKeys")


def json_patch(value: Object, operations: Value) -> Object:
    """RFC 6902; 400 for what is none, 422 where it does not apply (a `test` that fails among them)."""
    if not isinstance(operations, list) or not all(isinstance(one, dict) for one in operations):
        raise bad_request("error decoding patch: json: cannot unmarshal object into Go value of type jsonpatch.Patch")
    if len(operations) > _MOST_OPERATIONS:
        message = f"The allowed maximum operations in a JSON patch is {_MOST_OPERATIONS}, got {len(operations)}"
        raise Refused(413, "RequestEntityTooLarge", message)
    holder: Object = {"": copy.deepcopy(value)}
    for one in operations:
        try:
            _operate(holder, one)
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise rejected() from error
    made = holder[""]
    if not isinstance(made, dict):
        raise rejected()
    return made


def _operate(holder: Object, one: Object) -> None:
    path = _pointer(str(one["path"]))
    match one.get("op"):
        case "add":
            _add(holder, path, copy.deepcopy(one["value"]))
        case "remove":
            _take(holder, path)
        case "replace":
            _seen(holder, path)
            _take(holder, path)
            _add(holder, path, copy.deepcopy(one["value"]))
        case "move":
            _add(holder, path, _take(holder, _pointer(str(one["from"]))))
        case "copy":
            _add(holder, path, copy.deepcopy(_seen(holder, _pointer(str(one["from"])))))
        case "test":
            if _seen(holder, path) != one.get("value"):
                raise ValueError(f"testing value {one['path']} failed: test failed")
        case other:
            raise ValueError(f"unexpected kind: {other}")


def _pointer(text: str) -> list[str]:
    if text and not text.startswith("/"):
        raise ValueError(f"{text} is no JSON pointer")
    return ["", *(part.replace("~1", "/").replace("~0", "~") for part in text.split("/")[1:])]


def _seen(value: Value, path: Sequence[str]) -> Value:
    for part in path:
        value = value[_index(value, part)] if isinstance(value, list) else value[part]
    return value


def _index(value: Sequence[Value], part: str) -> int:
    if not part.isdigit() or int(part) >= len(value):
        raise IndexError(part)
    return int(part)


def _add(holder: Value, path: Sequence[str], new: Value) -> None:
    parent = _seen(holder, path[:-1])
    last = path[-1]
    if not isinstance(parent, list):
        parent[last] = new
    elif last == "-":
        parent.append(new)
    elif last.isdigit() and int(last) <= len(parent):
        parent.insert(int(last), new)
    else:
        raise IndexError(last)


def _take(holder: Value, path: Sequence[str]) -> Value:
    parent = _seen(holder, path[:-1])
    return parent.pop(_index(parent, path[-1])) if isinstance(parent, list) else parent.pop(path[-1])


def merge_patch(value: Value, patch: Value) -> Value:
    """RFC 7386: null takes away, an object is merged, everything else replaces."""
    if not isinstance(patch, dict):
        return copy.deepcopy(patch)
    made = dict(value) if isinstance(value, dict) else {}
    for name, new in patch.items():
        if new is None:
            made.pop(name, None)
        else:
            made[name] = merge_patch(made.get(name), new)
    return made


def strategic_patch(schema: Schema, node: Object, value: Value, patch: Object) -> Object:
    """A merge patch that knows which lists are merged, by which key, and obeys its directives."""
    if patch.get("$patch") not in (None, "replace", "delete", "merge"):
        raise Refused(500, "", f"unknown patch type: {patch['$patch']} in map: {patch}")
    if patch.get("$patch") == "replace":
        return {name: copy.deepcopy(new) for name, new in patch.items() if name not in _DIRECTIVES}
    made: Object = dict(value) if isinstance(value, dict) else {}
    if (kept := patch.get("$retainKeys")) is not None:
        made = {name: old for name, old in made.items() if name in kept}
    for name, new in patch.items():
        if name in _DIRECTIVES or name.startswith("$setElementOrder/"):
            continue
        if name.startswith("$deleteFromPrimitiveList/"):
            field = name.partition("/")[2]
            made[field] = [one for one in made.get(field) or () if one not in new]
        elif new is None:
            made.pop(name, None)
        else:
            _set(schema, schema.field(node, name) or {}, made, name, new)
    for name, order in patch.items():
        if name.startswith("$setElementOrder/"):
            _order(schema, node, made, name.partition("/")[2], order)
    return made


def _set(schema: Schema, node: Object, made: Object, name: str, new: Value) -> None:
    if isinstance(new, dict):
        if new.get("$patch") == "delete":
            made.pop(name, None)
        else:
            made[name] = strategic_patch(schema, node, made.get(name), new)
    elif isinstance(new, list) and schema.merges(node):
        made[name] = _merged(schema, node, made.get(name) or [], new, name)
    else:
        made[name] = copy.deepcopy(new)


def _merged(schema: Schema, node: Object, old: list[Value], new: list[Value], name: str) -> list[Value]:
    key = schema.merge_key(node)
    if not key:
        return [*old, *(one for one in new if one not in old)]
    if any(isinstance(one, dict) and one.get("$patch") == "replace" for one in new):
        return [copy.deepcopy(one) for one in new if "$patch" not in one]
    made = list(old)
    items = schema.items(node)
    for one in new:
        if not isinstance(one, dict) or one.get(key) is None:
            raise bad_request(f"map: {one} does not contain declared merge key: {key}")
        place = next((index for index, two in enumerate(made) if two.get(key) == one[key]), None)
        if one.get("$patch") == "delete":
            made = [two for two in made if two.get(key) != one[key]]
        elif place is None:
            made.append(strategic_patch(schema, items, {}, one))
        else:
            made[place] = strategic_patch(schema, items, made[place], one)
    return made


def _order(schema: Schema, node: Object, made: Object, name: str, order: list[Value]) -> None:
    """Puts the items that the patch names into its order; the others stay before and between as they were."""
    key = schema.merge_key(schema.field(node, name) or {})
    wanted = [one.get(key) if key and isinstance(one, dict) else one for one in order]
    items = made.get(name)
    if not isinstance(items, list):
        return
    told = {id(one): (one.get(key) if key else one) for one in items}
    named = sorted((one for one in items if told[id(one)] in wanted), key=lambda one: wanted.index(told[id(one)]))
    following = iter(named)
    made[name] = [next(following) if told[id(one)] in wanted else one for one in items]
