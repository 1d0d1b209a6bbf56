"""What OpenAPI says of `/api/v2/`: these calls are no FastAPI routes, so their part of the document is written here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.api.alertmanager.door import PREFIX

# Any, all over: an OpenAPI document is a tree of plain JSON.
Node = dict[str, Any]

TAG = "Alertmanager"
_TIME: Node = {"type": "string", "format": "date-time"}
_TEXT: Node = {"type": "string"}
_TEXTS: Node = {"type": "object", "additionalProperties": {"type": "string"}}
_IDS: Node = {"type": "array", "items": _TEXT}


def _object(required: Mapping[str, Node], optional: Mapping[str, Node] | None = None) -> Node:
    return {"type": "object", "required": list(required), "properties": {**required, **(optional or {})}}


def _ref(name: str) -> Node:
    return {"$ref": f"#/components/schemas/Alertmanager{name}"}


def _list(name: str) -> Node:
    return {"type": "array", "items": _ref(name)}


_ALERT = {"labels": _TEXTS, "annotations": _TEXTS, "startsAt": _TIME, "endsAt": _TIME}
_NAME = _object({"name": _TEXT})
_SILENCE = {
    "matchers": {"type": "array", "items": _ref("Matcher"), "minItems": 1},
    "startsAt": _TIME,
    "endsAt": _TIME,
    "createdBy": _TEXT,
    "comment": _TEXT,
}
_SHOWN = {
    **_ALERT,
    "fingerprint": {"type": "string", "pattern": "^[0-9a-f]{16}$"},
    "receivers": {"type": "array", "items": _NAME},
    "updatedAt": _TIME,
    "status": _object(
        {
            "state": {"type": "string", "enum": ["active", "suppressed"]},
            "silencedBy": _IDS,
            "inhibitedBy": _IDS,
            "mutedBy": _IDS,
        }
    ),
}
_SCHEMAS: Mapping[str, Node] = {
    "Fault": {
        "description": "A text where what was sent means nothing; a code and a message where it is no such call.",
        "oneOf": [_TEXT, _object({"code": {"type": "integer"}, "message": _TEXT})],
    },
    "PostableAlert": _object(
        {"labels": {**_TEXTS, "minProperties": 1, "maxProperties": 64}},
        {
            "annotations": _TEXTS,
            "startsAt": _TIME,
            "endsAt": _TIME,
            "generatorURL": {"type": "string", "format": "uri"},
        },
    ),
    "Alert": _object(_SHOWN, {"generatorURL": _TEXT}),
    "Group": _object({"alerts": _list("Alert"), "labels": _TEXTS, "receiver": _NAME}),
    "Matcher": _object(
        {"name": _TEXT, "value": _TEXT, "isRegex": {"type": "boolean"}}, {"isEqual": {"type": "boolean"}}
    ),
    "PostableSilence": _object(_SILENCE, {"id": _TEXT, "annotations": _TEXTS}),
    "Silence": _object(
        {
            "id": {"type": "string", "format": "uuid"},
            "status": _object({"state": {"type": "string", "enum": ["active", "pending", "expired"]}}),
            "updatedAt": _TIME,
            **_SILENCE,
        },
        {"annotations": _TEXTS},
    ),
    "Status": _object(
        {
            "cluster": _object({"status": _TEXT, "peers": {"type": "array", "items": {}}}),
            "config": _object({"original": _TEXT}),
            "uptime": _TIME,
            "versionInfo": {**_TEXTS, "required": ["version", "revision", "branch"]},
        }
    ),
    "Receiver": _object({"name": _TEXT, "labels": _TEXTS}),
}


def add_to(document: Node) -> None:
    """Writes the calls, their schemas and the second way to show a token into a document."""
    document["paths"].update(_paths())
    components = document.setdefault("components", {})
    components.setdefault("schemas", {}).update({f"Alertmanager{name}": node for name, node in _SCHEMAS.items()})
    basic = {"type": "http", "scheme": "basic", "description": "Any name, and the token as the password."}
    components.setdefault("securitySchemes", {})["HTTPBasic"] = basic


def _paths() -> Node:
    alerts = [_flag("active"), _flag("silenced"), _flag("inhibited"), _flag("unprocessed"), *_FILTERS]
    id_ = {"name": "id", "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}}
    return {
        f"{PREFIX}alerts": {
            "get": _call("alerts", "The alerts that fire, by fingerprint.", _json(_list("Alert")), alerts),
            "post": _call("post_alerts", "Takes alerts; all that can be are kept.", None, body=_list("PostableAlert")),
        },
        f"{PREFIX}alerts/groups": {
            "get": _call("alert_groups", "The groups.", _json(_list("Group")), [*alerts, _flag("muted")])
        },
        f"{PREFIX}silences": {
            "get": _call(
                "silences",
                "Silences, the active ones first.",
                _json(_list("Silence")),
                [_FILTERS[0], _flag("active"), _flag("pending"), _flag("expired")],
            ),
            "post": _call(
                "post_silence",
                "Makes a silence, or changes the one with its id.",
                _json(_object({"silenceID": {"type": "string", "format": "uuid"}})),
                body=_ref("PostableSilence"),
            ),
        },
        f"{PREFIX}silence/{{id}}": {
            "get": _or_none(_call("silence", "One silence.", _json(_ref("Silence")), [id_])),
            "delete": _or_none(_call("expire_silence", "Ends a silence.", None, [id_])),
        },
        f"{PREFIX}status": {"get": _call("status", "The configuration, as Alertmanager's.", _json(_ref("Status")))},
        f"{PREFIX}receivers": {"get": _call("receivers", "Who may hear of alerts.", _json(_list("Receiver")))},
    }


def _flag(name: str) -> Node:
    return {"name": name, "in": "query", "schema": {"type": "boolean", "default": True}}


_FILTERS: Sequence[Node] = (
    {
        "name": "filter",
        "in": "query",
        "description": 'One matcher each: `severity="critical"`.',
        "schema": {"type": "array", "items": _TEXT},
    },
    {"name": "receiver", "in": "query", "description": "A regular expression, anchored.", "schema": _TEXT},
    {"name": "receiver_matchers", "in": "query", "schema": {"type": "array", "items": _TEXT}},
)


def _json(schema: Node) -> Node:
    return {"application/json": {"schema": schema}}


def _call(
    name: str, what: str, answer: Node | None, parameters: Sequence[Node] = (), *, body: Node | None = None
) -> Node:
    done = {"description": "Done."} if answer is None else {"description": "Done.", "content": answer}
    call: Node = {
        "tags": [TAG],
        "operationId": f"alertmanager_{name}",
        "summary": what,
        "parameters": list(parameters),
        "security": [{"HTTPBearer": []}, {"HTTPBasic": []}],
        "responses": {"200": done, "default": {"description": "Refused, or failed.", "content": _json(_ref("Fault"))}},
    }
    if body is not None:
        call["requestBody"] = {"required": True, "content": _json(body)}
    return call


def _or_none(call: Node) -> Node:
    call["responses"]["404"] = {"description": "There is none."}
    return call
