"""The API's own description, as far as kubectl reads it: which kinds there are and which options their patches take."""

from __future__ import annotations

import json
from typing import Any

from bot.testing.kubernetes.kinds import KINDS, Kind
from bot.testing.kubernetes.refusals import Object
from bot.testing.kubernetes.schema import Schema

_OPTIONS = ("dryRun", "fieldManager", "fieldValidation", "force")


class OpenApi:
    """The documents, made when first asked for."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self._made: dict[str, bytes] = {}

    def document(self, path: str) -> bytes | None:
        """The one of a path, or None."""
        if path not in self._made:
            made = self._document(path)
            if made is None:
                return None
            self._made[path] = json.dumps(made).encode()
        return self._made[path]

    def _document(self, path: str) -> Object | None:
        versions = {kind.root.strip("/"): kind.api_version for kind in KINDS}
        if path == "/openapi/v3":
            return {"paths": {root: {"serverRelativeURL": f"/openapi/v3/{root}"} for root in versions}}
        root = path.removeprefix("/openapi/v3/")
        if root not in versions:
            return None
        kinds = [kind for kind in KINDS if kind.api_version == versions[root]]
        paths = {kind.path("{namespace}", "{name}"): {"patch": _patch(kind)} for kind in kinds}
        schemas = self.schema.reachable(iter([kind.definition for kind in kinds]))
        return {
            "openapi": "3.0.0",
            "info": {"title": "Kubernetes", "version": "v1.37.0"},
            "paths": paths,
            "components": {"schemas": {name: _relocated(one) for name, one in schemas.items()}},
        }


def _patch(kind: Kind) -> Object:
    parameters = [{"name": name, "in": "query", "schema": {"type": "string"}} for name in _OPTIONS]
    about = {"group": kind.group, "kind": kind.kind, "version": kind.version}
    return {
        "operationId": f"patch{kind.kind}",
        "parameters": parameters,
        "responses": {"200": {"description": "OK"}},
        "x-kubernetes-group-version-kind": about,
        "x-kubernetes-action": "patch",
    }


def _relocated(value: Any) -> Any:  # Any: whatever JSON it is
    """A schema whose references point to where OpenAPI keeps them, and whose types are single words."""
    if isinstance(value, list):
        return [_relocated(one) for one in value]
    if not isinstance(value, dict):
        return value
    made = {name: _relocated(one) for name, one in value.items()}
    if isinstance(made.get("$ref"), str):
        made["$ref"] = made["$ref"].replace("#/$defs/", "#/components/schemas/")
    if isinstance(made.get("type"), list):
        made["type"] = next(one for one in made["type"] if one != "null")
    return made
