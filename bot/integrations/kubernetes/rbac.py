"""The permissions that runbooks need, as the Roles and bindings that grant exactly these."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml

from bot.integrations.kubernetes.kinds import DEPLOYMENT, Kind, find
from bot.integrations.kubernetes.kinds import named as known
from bot.integrations.kubernetes.showing import to_yaml
from bot.kit.plugin import Use

_PARAM = re.compile(r"\{(\w+)\}")
_TEMPLATE = re.compile(r"\{\{.*?\}\}", re.DOTALL)
_NAME = "tocsin-runbooks"
_API = "rbac.authorization.k8s.io/v1"
_CLUSTER_SCOPED = ("nodes", "nodes.metrics.k8s.io")


@dataclass(frozen=True, slots=True, order=True)
class Grant:
    """One verb on one resource, as `deployments` of `apps`, or `pods/eviction` of the core."""

    group: str
    resource: str
    verb: str
    everywhere: bool = field(default=False, compare=False)
    """It is not in any namespace."""


class Unknown(ValueError):
    """What a step needs is only known when it runs."""


def grants(use: Use) -> Iterator[Grant]:
    """What one step needs; Unknown when a template says which kind of object it is about."""
    for need in use.spec.needs:
        verb, _, what = need.partition(" ")
        yield _grant(verb, _PARAM.sub(lambda match: _filled(use, match[1]), what))


def manifest(uses: Sequence[Use], *, namespaces: Sequence[str], account: str) -> str:
    """YAML that grants a service account (`NAMESPACE/NAME`) what these steps need and nothing else.

    In each of `namespaces`; without any, everywhere. What only a run can know is named in a comment.
    """
    needed: dict[Grant, list[str]] = {}
    unknown = []
    for use in uses:
        try:
            for grant in grants(use):
                needed.setdefault(grant, []).append(use.step)
        except Unknown as error:
            unknown.append(f"# {use.step}: {error}; add what it needs by hand\n")
    wide = [grant for grant in needed if grant.everywhere or not namespaces]
    narrow = [grant for grant in needed if not grant.everywhere and namespaces]
    documents = []
    if wide:
        documents += [_role("ClusterRole", "", wide), _binding("ClusterRole", "", account)]
    if narrow:
        for namespace in namespaces:
            documents += [_role("Role", namespace, narrow), _binding("Role", namespace, account)]
    why = [f"# {_words(grant)}: {', '.join(sorted(set(steps)))}\n" for grant, steps in sorted(needed.items())]
    return "".join([*why, *unknown, "---\n".join(map(to_yaml, documents))])


def _filled(use: Use, param: str) -> str:
    if param == "manifest":
        return _of_manifest(str(use.params.get("manifest", ""))).resource
    info = use.spec.params.model_fields.get("kind" if param in ("kind", "revisions") else param)
    default = info.default if info is not None else ""
    value = str(use.params.get("kind" if param in ("kind", "revisions") else param, default))
    if _TEMPLATE.search(value):
        raise Unknown(f"its {param} is a template")
    if param == "kind":
        return _kind(value, use.params).resource
    if param == "revisions":
        return "replicasets.apps" if _kind(value, use.params) == DEPLOYMENT else "controllerrevisions.apps"
    return value


def _kind(word: str, params: Mapping[str, Any]) -> Kind:  # Any: as in `Use`
    try:
        return find(word, "x" if params.get("namespace") else "")
    except ValueError as error:
        raise Unknown(str(error)) from None


def _of_manifest(text: str) -> Kind:
    try:
        found = yaml.safe_load(_TEMPLATE.sub("x", text))
    except yaml.YAMLError:
        found = None
    kind = known(str(found.get("apiVersion")), str(found.get("kind"))) if isinstance(found, dict) else None
    if kind is None:
        raise Unknown("the kind of its manifest is a template, or none that is built in")
    return kind


def _grant(verb: str, what: str) -> Grant:
    whole, _, sub = what.partition("/")
    plural, _, group = whole.partition(".")
    try:
        everywhere = whole in _CLUSTER_SCOPED or not find(plural).namespaced
    except ValueError:
        everywhere = False  # a custom kind that lies in namespaces, or nobody knows
    return Grant(group, f"{plural}/{sub}" if sub else plural, verb, everywhere)


def _role(kind: str, namespace: str, needed: Sequence[Grant]) -> dict[str, Any]:
    # Any: an object of the API.
    verbs: dict[tuple[str, str], list[str]] = {}
    for grant in sorted(needed):
        verbs.setdefault((grant.group, grant.resource), []).append(grant.verb)
    rules = [
        {"apiGroups": [group], "resources": [resource], "verbs": these} for (group, resource), these in verbs.items()
    ]
    return {"apiVersion": _API, "kind": kind, "metadata": _metadata(namespace), "rules": rules}


def _binding(kind: str, namespace: str, account: str) -> dict[str, Any]:
    # Any: an object of the API.
    home, _, name = account.partition("/")
    return {
        "apiVersion": _API,
        "kind": f"{kind}Binding",
        "metadata": _metadata(namespace),
        "roleRef": {"apiGroup": _API.partition("/")[0], "kind": kind, "name": _NAME},
        "subjects": [{"kind": "ServiceAccount", "namespace": home, "name": name}],
    }


def _metadata(namespace: str) -> dict[str, str]:
    return {"name": _NAME} | ({"namespace": namespace} if namespace else {})


def _words(grant: Grant) -> str:
    plural, _, sub = grant.resource.partition("/")
    group = f".{grant.group}" if grant.group else ""
    return f"{grant.verb} {plural}{group}{'/' + sub if sub else ''}"
