"""The JSON Schema of a runbook file (draft 2020-12), so that editors complete and check it, parameters included.

It is made from the models that read the file, and from those of the actions. It knows less than `tocsin check`, and
takes whatever that takes, but for keys that are left empty and for what YAML reads as another type than the one asked
for: `required: yes`, `min: "1"`. Whatever is written as the format's documents write it, both take.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from bot.ports.actions import ActionSpec
from bot.runbooks.schema import UNDO, RunbookSpec

# Any, below: a node of a JSON Schema.
Node = dict[str, Any]

_DRAFT = "https://json-schema.org/draft/2020-12/schema"
_DURATION = r"^(0|(?=[0-9])([0-9]+y)?([0-9]+w)?([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?)$"
_TEMPLATE: Node = {"type": "string", "pattern": r"\{\{"}
_NAMED_ACTION: Node = {"type": "string", "pattern": r"^[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)?$"}
_WORD = ["string", "number", "boolean"]
"""What YAML makes of a text that needs no quotes here: `default: 3` is a text to us, and a number to an editor."""
_WITH_ACTIONS = ("StepSpec", "VerifySpec", "RollbackSpec")


def json_schema(specs: Iterable[ActionSpec]) -> Node:
    """The whole schema. `specs` are the actions whose parameters it knows; others are taken as they are."""
    made = _plain(RunbookSpec.model_json_schema())
    defs = made["$defs"]
    known = sorted(specs, key=lambda spec: spec.name)
    for spec in known:
        defs |= _params(spec)
    defs |= {"action": _action(known), "parameters": _parameters(known)}
    for name in _WITH_ACTIONS:
        uses = defs[name]["properties"]["uses"]
        defs[name]["properties"]["uses"] = {"description": uses["description"], "$ref": "#/$defs/action"}
        defs[name]["allOf"] = [{"$ref": "#/$defs/parameters"}]
    for name in ("status", "severity", "service"):
        _or_one(defs["IncidentTriggerSpec"]["properties"], name)
    results = defs["TestSpec"]["properties"]["results"]
    _or_one(results, "additionalProperties")
    rollback = defs["StepSpec"]["properties"]["rollback"]
    rollback["anyOf"] = [{"const": UNDO, "description": "The action's own way back."}, {"$ref": rollback.pop("$ref")}]
    return {"$schema": _DRAFT, **made, "title": "A runbook of Tocsin"}


def _action(specs: Iterable[ActionSpec]) -> Node:
    """What `uses` may say: completed from the actions that are known."""
    return {"anyOf": [*({"const": spec.name, "description": spec.help} for spec in specs), _NAMED_ACTION]}


def _parameters(specs: Iterable[ActionSpec]) -> Node:
    """`with` is held to the parameters of the action that `uses` names."""
    return {
        "allOf": [
            {
                "if": {"properties": {"uses": {"const": spec.name}}, "required": ["uses"]},
                "then": {"properties": {"with": {"$ref": f"#/$defs/with.{spec.name}"}}},
            }
            for spec in specs
        ]
    }


def _params(spec: ActionSpec) -> Mapping[str, Node]:
    """The definitions of an action's parameters; every single value may be a template instead."""
    template = f"#/$defs/with.{spec.name}.{{model}}"
    made = _plain(spec.params.model_json_schema(ref_template=template))
    own = {f"with.{spec.name}.{name}": node for name, node in made.pop("$defs", {}).items()}
    made["title"] = f"The parameters of {spec.name}"
    return {name: _or_template(node) for name, node in {f"with.{spec.name}": made, **own}.items()}


def _or_one(owner: Node, name: str) -> None:
    """A list that may be written as the one thing in it."""
    node = owner[name]
    kept = {key: node[key] for key in ("description",) if key in node}
    owner[name] = {**kept, "anyOf": [node["items"], {"type": "array", "items": node["items"]}]}


def _plain(node: Any) -> Any:
    """The same in our words: durations as we write them, texts as YAML has them, no titles made up from names."""
    if isinstance(node, list):
        return [_plain(item) for item in node]
    if not isinstance(node, dict):
        return node
    if node.get("type") == "string" and node.get("format") == "duration":
        return _kept(node, {"type": ["string", "integer"], "pattern": _DURATION, "minimum": 0, "maximum": 0})
    if {"type": "null"} in (forms := node.get("anyOf", ())) and len(forms) == 2:
        present = next(form for form in forms if form != {"type": "null"})
        return _plain({key: value for key, value in node.items() if key not in ("anyOf", "default")} | present)
    made = {key: _named(value) if key in ("properties", "$defs") else _plain(value) for key, value in node.items()}
    if node.get("type") == "string" and not {"pattern", "enum", "const", "format"} & node.keys():
        made["type"] = _WORD
    if not isinstance(node.get("title"), str) or "properties" in node or "enum" in node:
        return made
    made.pop("title")
    return made


def _named(nodes: Mapping[str, Any]) -> Node:
    """Properties, whose names are no keywords."""
    return {name: _plain(node) for name, node in nodes.items()}


def _kept(node: Node, instead: Node) -> Node:
    return instead | ({"description": node["description"]} if "description" in node else {})


def _or_template(node: Any) -> Any:
    if isinstance(node, list):
        return [_or_template(item) for item in node]
    if not isinstance(node, dict):
        return node
    if _is_scalar(node):
        outside = {key: node[key] for key in ("description", "default") if key in node}
        return {**outside, "anyOf": [{key: value for key, value in node.items() if key not in outside}, _TEMPLATE]}
    below = ("properties", "$defs")
    return {
        key: {name: _or_template(one) for name, one in value.items()} if key in below else _or_template(value)
        for key, value in node.items()
    }


def _is_scalar(node: Node) -> bool:
    """Whether it is a single value that a template would not fit as it stands."""
    kind = node.get("type")
    checked = bool({"pattern", "enum", "const", "format"} & node.keys())
    return kind in ("integer", "number", "boolean") or (checked and kind != "object")
