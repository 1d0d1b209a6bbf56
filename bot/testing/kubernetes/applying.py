"""Server-side apply: who manages which field, what one who applies changes, and where two want different things."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any, cast

from bot.testing.kubernetes.kinds import Kind
from bot.testing.kubernetes.refusals import Object, Refused
from bot.testing.kubernetes.schema import Schema

Value = Any  # Any: whatever JSON it is
Path = tuple[str, ...]
"""Elements as FieldsV1 writes them: `f:` a field, `k:` an item by its keys, `v:` an item by its value."""

_MISSING = object()
_DEFAULT_KEYS = {"protocol": "TCP"}
_IDENTITY = frozenset(
    {
        "name", "namespace", "uid", "resourceVersion", "creationTimestamp", "generation", "managedFields", "selfLink",
        "deletionTimestamp", "deletionGracePeriodSeconds",
    }
)  # fmt: skip


class Ownership:
    """Reads and writes metadata.managedFields."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema

    def paths(self, kind: Kind, value: Object) -> set[Path]:
        """Every field that an object sets and that somebody can manage."""
        shown = {name: part for name, part in value.items() if name not in ("apiVersion", "kind", "metadata")}
        metadata = value.get("metadata") or {}
        shown["metadata"] = {name: part for name, part in metadata.items() if name not in _IDENTITY}
        if not shown["metadata"]:
            del shown["metadata"]
        return set(self._paths(self.schema.of(kind), shown, ())) if shown else set()

    def _paths(self, node: Object, value: Value, at: Path) -> Iterator[Path]:
        if isinstance(value, dict) and value and not _is_atomic(node):
            for name, inner in value.items():
                yield from self._paths(self.schema.field(node, name) or {}, inner, (*at, f"f:{name}"))
        elif isinstance(value, list) and (kind := node.get("x-kubernetes-list-type")) in ("map", "set"):
            items = self.schema.items(node)
            for one in value:
                element = self.key(node, one) if kind == "map" else f"v:{_text(one)}"
                yield (*at, element)
                if kind == "map":
                    yield from self._paths(items, one, (*at, element))
        elif at and value is not None:
            yield at

    def unfit(self, kind: Kind, value: Object) -> Iterator[str]:
        """Items of lists that cannot be told from each other, by the keys that they are told by."""
        return self._unfit(self.schema.of(kind), value, "")

    def _unfit(self, node: Object, value: Value, at: str) -> Iterator[str]:
        if isinstance(value, dict):
            for name, inner in value.items():
                yield from self._unfit(self.schema.field(node, name) or {}, inner, f"{at}.{name}")
        elif isinstance(value, list) and node.get("x-kubernetes-list-type") == "map":
            seen: set[str] = set()
            for index, one in enumerate(value):
                for name in node["x-kubernetes-list-map-keys"]:
                    if one.get(name, _DEFAULT_KEYS.get(name)) is None:
                        what = "associative list with keys has an element that omits key field"
                        yield f'{at}: element {index}: {what} "{name}"'
                key = self.key(node, one)
                if key in seen:
                    yield f"{at}: duplicate entries for key {shown((key,))}"
                seen.add(key)
                yield from self._unfit(self.schema.items(node), one, f"{at}{shown((key,))}")

    def key(self, node: Object, item: Object) -> str:
        """How an item of a list is told from the others."""
        told = {name: item.get(name, _DEFAULT_KEYS.get(name)) for name in node["x-kubernetes-list-map-keys"]}
        return f"k:{_text({name: value for name, value in told.items() if value is not None})}"

    def value(self, kind: Kind, value: Object, path: Path) -> Value:
        """What stands at a path; something of its own where nothing does."""
        node, found = self.schema.of(kind), value
        for element in path:
            node, found = self.step(node, found, element)
            if found is _MISSING:
                break
        return found

    def step(self, node: Object, value: Value, element: str) -> tuple[Object, Value]:
        """The node and the value one element further on."""
        if element.startswith("f:") and isinstance(value, dict):
            name = element[2:]
            return self.schema.field(node, name) or {}, value.get(name, _MISSING)
        if isinstance(value, list):
            index = self.place(node, value, element)
            return self.schema.items(node), _MISSING if index is None else value[index]
        return {}, _MISSING

    def place(self, node: Object, value: list[Value], element: str) -> int | None:
        """Where in a list the item is that an element names."""
        for index, one in enumerate(value):
            told = self.key(node, one) if element.startswith("k:") else f"v:{_text(one)}"
            if told == element:
                return index
        return None

    def note(self, kind: Kind, before: Object | None, value: Object, *, manager: str, at: str, sub: str = "") -> None:
        """After a write that is no apply: what it changed is its manager's from now on, and nobody else's."""
        new, old = self.paths(kind, value), self.paths(kind, before) if before else set()
        if not sub and "status" in kind.subresources:
            new = {path for path in new if path[0] != "f:status"}
            old = {path for path in old if path[0] != "f:status"}
        changed = {
            path
            for path in new
            if path not in old or self.value(kind, value, path) != self.value(kind, before or {}, path)
        }
        gone = old - new
        if not changed and not gone:
            return
        entries = []
        mine: set[Path] = set()
        for entry in value["metadata"].get("managedFields") or ():
            owned = decoded(entry["fieldsV1"])
            is_mine = entry["operation"] == "Update" and _who(entry) == (manager, sub)
            if is_mine:
                mine = owned
            elif left := owned - changed - gone:
                entries.append(entry if left == owned else {**entry, "fieldsV1": encoded(left)})
        if mine := (mine | changed) - gone:
            entries.append(_entry(kind, manager, "Update", at, mine, sub))
        value["metadata"]["managedFields"] = entries


def apply(
    ownership: Ownership,
    kind: Kind,
    before: Object | None,
    wanted: Object,
    *,
    manager: str,
    force: bool,
    at: str,
    sub: str,
) -> Object:
    """What an apply makes of an object; 409 where others manage what it wants otherwise, unless it is forced."""
    base: Object = copy.deepcopy(before) if before else {}
    entries = (base.get("metadata") or {}).get("managedFields") or []
    applied = ownership.paths(kind, wanted)
    others = [one for one in entries if not (one["operation"] == "Apply" and _who(one) == (manager, sub))]
    lost: list[tuple[Object, set[Path]]] = []
    for entry in others:
        differing = {
            path for path in decoded(entry["fieldsV1"]) & applied if _differs(ownership, kind, base, wanted, path)
        }
        if differing:
            lost.append((entry, differing))
    if lost and not force:
        raise _conflict(lost)
    prior = next((decoded(one["fieldsV1"]) for one in entries if one not in others), set())
    kept = [_without(entry, next((paths for one, paths in lost if one is entry), set())) for entry in others]
    made = _merged(ownership.schema, ownership, ownership.schema.of(kind), base, wanted)
    theirs = {path for entry in kept if entry for path in decoded(entry["fieldsV1"])}
    for path in sorted(prior - applied - theirs, key=len):
        if not any(other[: len(path)] == path for other in theirs | applied):
            _drop(ownership, kind, made, path)
    mine = _entry(kind, manager, "Apply", at, applied, sub)
    made["metadata"]["managedFields"] = [*(entry for entry in kept if entry), mine]
    if before is not None and prior == applied and _unchanged(made, before):
        made["metadata"]["managedFields"] = entries
    result: Object = made
    return result


def _unchanged(made: Object, before: Object) -> bool:
    def shown(value: Object) -> Object:
        return {**value, "metadata": {k: v for k, v in value["metadata"].items() if k != "managedFields"}}

    return shown(made) == shown(before)


def _differs(ownership: Ownership, kind: Kind, base: Object, wanted: Object, path: Path) -> bool:
    if path[-1].startswith(("k:", "v:")):
        return False  # that an item is there is no matter of dispute, what it holds is
    there, theirs = ownership.value(kind, base, path), ownership.value(kind, wanted, path)
    if theirs in ({}, []) and there is not _MISSING:
        return False  # merging nothing into it changes nothing
    return bool(there != theirs)


def _merged(schema: Schema, ownership: Ownership, node: Object, base: Value, wanted: Value) -> Value:
    if isinstance(wanted, dict) and isinstance(base, dict) and not _is_atomic(node):
        made = dict(base)
        for name, value in wanted.items():
            made[name] = _merged(schema, ownership, schema.field(node, name) or {}, base.get(name), value)
        return made
    if isinstance(wanted, list) and isinstance(base, list):
        match node.get("x-kubernetes-list-type"):
            case "map":
                return _merged_items(schema, ownership, node, base, wanted)
            case "set":
                return [*base, *(one for one in wanted if one not in base)]
            case _:
                return copy.deepcopy(wanted)
    return copy.deepcopy(wanted)


def _merged_items(
    schema: Schema, ownership: Ownership, node: Object, base: list[Value], wanted: list[Value]
) -> list[Value]:
    made = list(base)
    items = schema.items(node)
    for one in wanted:
        index = ownership.place(node, made, ownership.key(node, one))
        if index is None:
            made.append(copy.deepcopy(one))
        else:
            made[index] = _merged(schema, ownership, items, made[index], one)
    return made


def _drop(ownership: Ownership, kind: Kind, value: Object, path: Path) -> None:
    node, parent = ownership.schema.of(kind), cast("Value", value)
    for element in path[:-1]:
        node, parent = ownership.step(node, parent, element)
        if parent is _MISSING:
            return
    last = path[-1]
    if isinstance(parent, dict):
        parent.pop(last[2:], None)
    elif isinstance(parent, list) and (index := ownership.place(node, parent, last)) is not None:
        del parent[index]


def _conflict(lost: list[tuple[Object, set[Path]]]) -> Refused:
    causes, said = [], []
    for entry, paths in lost:
        stamp = f" at {entry['time']}" if entry["operation"] == "Update" else ""
        part = f' with subresource "{entry["subresource"]}"' if entry.get("subresource") else ""
        message = f'conflict with "{entry["manager"]}"{part} using {entry["apiVersion"]}{stamp}'
        fields = [shown(path) for path in sorted(paths)]
        causes += [{"reason": "FieldManagerConflict", "message": message, "field": field} for field in fields]
        said.append(
            f"{message}: {fields[0]}" if len(fields) == 1 else f"{message}:\n" + "\n".join(f"- {f}" for f in fields)
        )
    number = len(causes)
    text = f"Apply failed with {number} conflict{'s' if number > 1 else ''}: {'; '.join(said)}"
    return Refused(409, "Conflict", text, details={"causes": causes})


def shown(path: Path) -> str:
    """A path as people read it: `.spec.template.spec.containers[name="cart"].image`."""
    parts = []
    for element in path:
        if element.startswith("f:"):
            parts.append(f".{element[2:]}")
        elif element.startswith("k:"):
            keys = json.loads(element[2:])
            parts.append("[" + ",".join(f"{name}={json.dumps(value)}" for name, value in keys.items()) + "]")
        else:
            parts.append(f"[={element[2:]}]")
    return "".join(parts)


def encoded(paths: set[Path]) -> Object:
    """FieldsV1."""
    made: Object = {}
    for path in sorted(paths):
        inner = made
        for element in path:
            inner = inner.setdefault(element, {})
        inner["."] = {}
    return _bare(made)


def _bare(value: Object) -> Object:
    """A leaf is written as an empty object; only what has parts says that it is there itself."""
    return {name: {} if set(inner) == {"."} else _bare(inner) for name, inner in value.items()}


def decoded(fields: Object, at: Path = ()) -> set[Path]:
    """The paths of FieldsV1."""
    found: set[Path] = set()
    for name, inner in fields.items():
        if name == ".":
            found.add(at)
        elif inner:
            found |= decoded(inner, (*at, name))
        else:
            found.add((*at, name))
    return found


def _without(entry: Object, paths: set[Path]) -> Object | None:
    if not paths:
        return entry
    left = decoded(entry["fieldsV1"]) - paths
    return {**entry, "fieldsV1": encoded(left)} if left else None


def _entry(kind: Kind, manager: str, operation: str, at: str, paths: set[Path], sub: str) -> Object:
    entry = {
        "manager": manager,
        "operation": operation,
        "apiVersion": kind.api_version,
        "time": at,
        "fieldsType": "FieldsV1",
        "fieldsV1": encoded(paths),
    }
    return {**entry, "subresource": sub} if sub else entry


def _who(entry: Object) -> tuple[str, str]:
    return entry["manager"], entry.get("subresource", "")


def _is_atomic(node: Object) -> bool:
    return not node or node.get("x-kubernetes-map-type") == "atomic"


def _text(value: Value) -> str:
    return json.dumps(value, separators=(",", ":"), sort_keys=True)
