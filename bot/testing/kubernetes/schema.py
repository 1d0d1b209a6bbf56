"""The API's own schema, read from the package kubernetes-validate: its fields, their types, how they are merged."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from bot.testing.kubernetes.kinds import Kind
from bot.testing.kubernetes.refusals import Cause, Object, required

_PACKAGE = "kubernetes_validate"
_FILE = "kubernetes-json-schema/v1.37.0-local/_definitions.json"
_BASE64 = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=\r\n")
_GO = {"string": "string", "integer": "int64", "boolean": "bool", "number": "float64"}
_PYTHON: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "integer": int,
    "boolean": bool,
    "number": (int, float),
    "object": dict,
    "array": list,
}


@dataclass(slots=True)
class Found:
    """What a look at an object found: `unknown` fields, `missing` ones, and `mistyped` ones in Go's words."""

    unknown: list[str] = field(default_factory=list)
    missing: list[Cause] = field(default_factory=list)
    mistyped: list[str] = field(default_factory=list)


class Schema:
    """The definitions. A node is a definition, or a part of one, with its reference followed."""

    def __init__(self, definitions: Object) -> None:
        self.definitions = definitions

    @classmethod
    def installed(cls) -> Schema:
        """The one of the installed package; exits with a word on how to get it where it is not there."""
        package = importlib.util.find_spec(_PACKAGE)  # found and not imported: only its data is wanted
        if package is None or package.origin is None:
            raise SystemExit("the simulated API server reads the schema of kubernetes-validate: pip install it")
        read: Object = json.loads((Path(package.origin).parent / _FILE).read_text())
        return cls(read["$defs"])

    def of(self, kind: Kind) -> Object:
        """The node of a kind."""
        return self.node({"$ref": f"#/$defs/{kind.definition}"})

    def node(self, written: Object) -> Object:
        """Follows a reference; what stands beside it (how a list is merged) is kept."""
        while (target := written.get("$ref")) is not None:
            beside = {key: value for key, value in written.items() if key.startswith("x-")}
            written = {**self.definitions[str(target).rpartition("/")[2]], **beside}
        return written

    def field(self, node: Object, name: str) -> Object | None:
        """The node of a field; None where there is no such field. What has no schema takes everything."""
        properties = node.get("properties")
        if properties is not None and name in properties:
            return self.node(properties[name])
        more = node.get("additionalProperties")
        if isinstance(more, dict):
            return self.node(more)
        return None if properties is not None else {}

    def items(self, node: Object) -> Object:
        """The node of a list's items."""
        return self.node(node.get("items") or {})

    def look(self, kind: Kind, value: Object) -> Found:
        """Everything about an object that this schema can tell; unknown fields are taken out of it."""
        found = Found()
        self._object(self.of(kind), value, "", kind.kind, found)
        return found

    def _value(self, node: Object, value: object, path: str, owner: str, found: Found) -> None:
        if value is None or not node:
            return
        if not _is(node, value):
            go = _wanted(node)
            found.mistyped.append(
                f"json: cannot unmarshal {_json_type(value)} into Go struct field {owner}.{path} of type {go}"
            )
        elif (why := _unreadable(node, value)) is not None:
            found.mistyped.append(
                why or f"json: cannot unmarshal number {value} into Go struct field {owner}.{path} of type int32"
            )
        elif isinstance(value, dict):
            self._object(node, value, path, owner, found)
        elif isinstance(value, list):
            items = self.items(node)
            for index, one in enumerate(value):
                self._value(items, one, f"{path}[{index}]", owner, found)

    def _object(self, node: Object, value: Object, path: str, owner: str, found: Found) -> None:
        for name in list(value):
            inner = self.field(node, name)
            where = f"{path}.{name}" if path else name
            if inner is None:
                found.unknown.append(where)
                del value[name]
            else:
                self._value(inner, value[name], where, owner, found)
        if path.startswith(("status", "metadata")) or not path:
            return  # what is required of these, the server itself sets
        for name in node.get("required", ()):
            if value.get(name) is None:
                found.missing.append(required(f"{path}.{name}"))

    def merge_key(self, node: Object) -> str:
        """By which field a strategic merge patch tells the items of a list apart; empty: it replaces the list."""
        return str(node.get("x-kubernetes-patch-merge-key", "")) if self.merges(node) else ""

    @staticmethod
    def merges(node: Object) -> bool:
        """Whether a strategic merge patch merges a list."""
        return "merge" in str(node.get("x-kubernetes-patch-strategy", "")).split(",")

    def reachable(self, names: Iterator[str]) -> Object:
        """These definitions and everything they refer to."""
        found: Object = {}
        waiting = list(names)
        while waiting:
            name = waiting.pop()
            if name not in found:
                found[name] = self.definitions[name]
                waiting += _references(self.definitions[name])
        return found


def _references(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "$ref":
                yield str(inner).rpartition("/")[2]
            else:
                yield from _references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _references(inner)


def _types(node: Object) -> list[str]:
    if "oneOf" in node:
        return [name for one in node["oneOf"] for name in _types(one)]
    written = node.get("type", [])
    return [written] if isinstance(written, str) else list(written)


def _is(node: Object, value: object) -> bool:
    types = [name for name in _types(node) if name != "null"]
    if isinstance(value, bool):
        return not types or "boolean" in types
    return not types or any(isinstance(value, _PYTHON[name]) for name in types)


def _unreadable(node: Object, value: object) -> str | None:
    """Why a value of the right type cannot be read all the same: "" for a number that is too large."""
    if node.get("format") == "int32" and isinstance(value, int) and not -(2**31) <= value < 2**31:
        return ""
    if node.get("format") == "byte" and isinstance(value, str):
        bad = next((at for at, letter in enumerate(value) if letter not in _BASE64), None)
        if bad is not None or len(value) % 4:
            return f"illegal base64 data at input byte {bad if bad is not None else len(value) // 4 * 4}"
    return None


def _wanted(node: Object) -> str:
    types = [name for name in _types(node) if name != "null"]
    if types == ["integer"]:
        return str(node.get("format", "int64"))
    return _GO.get(types[0], types[0]) if types else "object"


def _json_type(value: object) -> str:
    for name in ("boolean", "string", "object", "array"):
        if isinstance(value, _PYTHON[name]):
            return "bool" if name == "boolean" else name
    return "number"
