"""A request as the API server reads it: which object it is about, with which options, and what its body holds."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

import yaml

from bot.testing.kubernetes import protobuf
from bot.testing.kubernetes.access import Ask, User
from bot.testing.kubernetes.kinds import BY_PLACE, NAMESPACE, Kind
from bot.testing.kubernetes.refusals import (
    Cause,
    NoSuchPath,
    Object,
    Refused,
    bad_request,
    forbidden_field,
    invalid_options,
    required,
    too_long,
    unsupported,
    unsupported_media,
    wrong,
)

JSON, YAML = "application/json", "application/yaml"
APPLY = "application/apply-patch+yaml"
PATCHES = (
    "application/json-patch+json",
    "application/merge-patch+json",
    "application/strategic-merge-patch+json",
    APPLY,
)
_BODIES = (JSON, YAML, protobuf.TYPE)
_OPTIONS = {"POST": "CreateOptions", "PUT": "UpdateOptions", "PATCH": "PatchOptions", "DELETE": "DeleteOptions"}
_LONGEST_MANAGER = 128
_VALIDATIONS = ("Ignore", "Warn", "Strict")


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What an address stands for; `name` is empty for a collection, `sub` for the object itself."""

    kind: Kind
    namespace: str = ""
    name: str = ""
    sub: str = ""


@dataclass(slots=True, kw_only=True)
class Asked:
    """One request. `warnings` are what its answer will warn of."""

    method: str
    path: str
    query: Mapping[str, list[str]]
    body: bytes = b""
    content_type: str = ""
    accept: str = ""
    agent: str = ""
    user: User
    warnings: list[str] = field(default_factory=list)

    def get(self, name: str) -> str:
        """An option that is given once; empty where it is not."""
        return (self.query.get(name) or [""])[-1]

    def flag(self, name: str) -> bool:
        """An option that is true or false: whatever is not 0 or false is true, even nothing."""
        given = self.query.get(name)
        return given is not None and given[0].lower() not in ("0", "false")

    def whole(self, name: str, default: int | None = None) -> int | None:
        """An option that is a whole number."""
        given = self.get(name)
        if not given:
            return default
        try:
            return int(given)
        except ValueError as error:
            raise bad_request(f'strconv.ParseInt: parsing "{given}": invalid syntax') from error

    @property
    def watches(self) -> bool:
        """Whether a stream is wanted and no list."""
        return self.flag("watch")

    @property
    def manager(self) -> str:
        """Under which name the fields that it sets are managed; 422 for one that cannot be."""
        given = self.get("fieldManager")
        if len(given.encode()) > _LONGEST_MANAGER:
            self._refuse(too_long("fieldManager", _LONGEST_MANAGER))
        if not given.isprintable():
            self._refuse(wrong("fieldManager", given, "should only contain printable characters"))
        return given or self.agent.partition("/")[0] or "unknown"

    @property
    def is_dry(self) -> bool:
        """Whether nothing of it is to be kept; 422 for a word that is not All."""
        for word in self.query.get("dryRun") or ():
            if word != "All":
                self._refuse(unsupported("dryRun", word, ("All",)))
        return "All" in (self.query.get("dryRun") or ())

    @property
    def validation(self) -> str:
        """What is to be done about unknown fields; 422 for a word that is none."""
        given = self.get("fieldValidation") or "Warn"
        if given not in _VALIDATIONS:
            self._refuse(unsupported("fieldValidation", given, _VALIDATIONS))
        return given

    def check_patch(self) -> None:
        """Refuses what may not stand beside a patch of this kind, and a content type that is no patch."""
        if self.content_type not in PATCHES:
            raise unsupported_media(PATCHES)
        if self.content_type == APPLY:
            if not self.get("fieldManager"):
                self._refuse(required("fieldManager", "is required for apply patch"))
        elif self.flag("force"):
            self._refuse(forbidden_field("force", "may not be specified for non-apply patch"))

    def _refuse(self, cause: Cause) -> None:
        raise invalid_options(_OPTIONS.get(self.method, "Options"), cause)

    def bad_version(self) -> Refused:
        """422 for a resourceVersion that is no number."""
        cause = wrong("resourceVersion", self.get("resourceVersion"), "invalid syntax")
        return invalid_options("ListOptions", cause)

    def written(self) -> Object:
        """The body as an object; 400 for what cannot be read, 415 for a type that is not.

        Protobuf of what is not read here is declined, as the real one declines it for custom resources.
        """
        if self.content_type == protobuf.TYPE:
            try:
                return protobuf.read(self.body)
            except protobuf.NotSpoken:
                raise unsupported_media(_BODIES) from None
        if self.content_type not in ("", JSON, YAML, APPLY):
            raise unsupported_media(_BODIES)
        value = self.parsed()
        if not isinstance(value, dict):
            raise bad_request("the object provided is unrecognized (must be a JSON object)")
        return value

    def parsed(self) -> object:
        """The body, whatever it is."""
        text = self.body.decode("utf-8", "replace")
        try:
            if self.content_type in (YAML, APPLY):
                read: object = json.loads(json.dumps(yaml.load(text, Loader=_Yaml)))  # noqa: S506  # a safe loader
            else:
                read = json.loads(text)
        except (ValueError, TypeError, yaml.YAMLError) as error:
            why = f"couldn't get version/kind; json parse error: {error}"
            raise bad_request(f"the object provided is unrecognized (must be of type Object): {why}") from error
        return read


class _Yaml(yaml.SafeLoader):
    """YAML in which a date is a text, as it is for the API server."""


_Yaml.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def target(path: str) -> Target:
    """Reads an address; NoSuchPath for one that no resource has."""
    parts = path.strip("/").split("/")
    if parts[:2] == ["api", "v1"]:
        group, version, rest = "", "v1", parts[2:]
    elif parts[0] == "apis" and len(parts) > 3:
        group, version, rest = parts[1], parts[2], parts[3:]
    else:
        raise NoSuchPath(path)
    namespace = ""
    is_own = rest[:1] == ["namespaces"] and len(rest) > 2 and rest[2] == "status"
    if rest[:1] == ["namespaces"] and len(rest) > 2 and not is_own:
        namespace, rest = rest[1], rest[2:]
    kind = BY_PLACE.get((group, version, rest[0])) if rest else None
    if kind is None or len(rest) > 3 or (bool(namespace) and not kind.namespaced):
        raise NoSuchPath(path)
    name, sub = (*rest[1:], "", "")[:2]
    if (sub and sub not in kind.subresources) or (name and kind.namespaced and not namespace):
        raise NoSuchPath(path)
    if kind is NAMESPACE:
        namespace = name
    return Target(kind=kind, namespace=namespace, name=name, sub=sub)


_VERBS = {"POST": "create", "PUT": "update", "PATCH": "patch"}


def ask(one: Asked, at: Target, *, watches: bool) -> Ask:
    """What must be allowed for it. A list of what has one name is about the object of this name."""
    method, name = one.method, at.name
    verb = _VERBS.get(method)
    if method in ("GET", "HEAD"):
        verb = "get" if at.name else "watch" if watches else "list"
        parts = one.get("fieldSelector").replace("==", "=").split(",")
        name = name or next((part.partition("=")[2] for part in parts if part.startswith("metadata.name=")), "")
    elif method == "DELETE":
        verb = "delete" if at.name else "deletecollection"
    return Ask(
        verb=verb or method.lower(), group=at.kind.group, resource=at.kind.plural, sub=at.sub,
        namespace=at.namespace, name=name,
    )  # fmt: skip
