"""Who asks, and whether they may: bearer tokens, and the rules of RBAC, given by a test or kept as objects."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pydantic import Field

from bot.testing.kubernetes.kinds import CLUSTER_ROLE, CLUSTER_ROLE_BINDING, ROLE, ROLE_BINDING, Kind
from bot.testing.kubernetes.refusals import Object, Refused, unauthorized
from bot.testing.kubernetes.settings import Strict
from bot.testing.kubernetes.store import Store

ADMIN_TOKEN = "token-of-admin"  # noqa: S105  # of a cluster that does not exist
_MASTERS = "system:masters"


class Rule(Strict):
    """A rule as a Role has it. `namespaces`: where it holds; none is everywhere, cluster scope included."""

    verbs: list[str]
    apiGroups: list[str] = Field(default_factory=lambda: [""])  # noqa: N815  # the API's own word
    resources: list[str] = Field(default_factory=list)
    resourceNames: list[str] = Field(default_factory=list)  # noqa: N815  # the API's own word
    nonResourceURLs: list[str] = Field(default_factory=list)  # noqa: N815  # the API's own word
    namespaces: list[str] = Field(default_factory=list)

    def allows(self, ask: Ask) -> bool:
        """Whether what is asked falls under it."""
        return (
            _one_of(ask.verb, self.verbs)
            and _one_of(ask.group, self.apiGroups)
            and (_one_of(ask.whole, self.resources) or (bool(ask.sub) and f"*/{ask.sub}" in self.resources))
            and (not self.resourceNames or ask.name in self.resourceNames)
            and (not self.namespaces or ask.namespace in self.namespaces)
        )


class User(Strict):
    """Whom a token stands for. What is bound to the name or a group in RBAC objects comes on top of `rules`."""

    name: str
    groups: list[str] = Field(default_factory=list)
    rules: list[Rule] = Field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What is asked: a verb on a resource. `sub` is a subresource, or empty."""

    verb: str
    group: str = ""
    resource: str = ""
    sub: str = ""
    namespace: str = ""
    name: str = ""

    @property
    def whole(self) -> str:
        """The resource as a rule has it."""
        return f"{self.resource}/{self.sub}" if self.sub else self.resource


class Access:
    """Tokens and the rules behind them."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.users: dict[str, User] = {ADMIN_TOKEN: User(name="admin", groups=[_MASTERS])}

    def who(self, header: str) -> User:
        """Whom an Authorization header stands for; 401 for nobody."""
        scheme, _, token = header.partition(" ")
        user = self.users.get(token.strip()) if scheme.lower() == "bearer" else None
        if user is None:
            raise unauthorized()
        return user

    def allows(self, user: User, ask: Ask) -> bool:
        """Whether they may."""
        if _MASTERS in user.groups or any(rule.allows(ask) for rule in user.rules):
            return True
        return any(rule.allows(ask) for rule in self._bound(user, ask.namespace))

    def check(self, user: User, ask: Ask, kind: Kind | None = None) -> None:
        """Refuses with 403, in the words of the API server, who may not."""
        if self.allows(user, ask):
            return
        resource = f"{ask.resource}.{ask.group}" if ask.group else ask.resource
        subject = f'{resource} "{ask.name}"' if ask.name else resource
        where = f'in the namespace "{ask.namespace}"' if ask.namespace else "at the cluster scope"
        message = (
            f'{subject} is forbidden: User "{user.name}" cannot {ask.verb} resource "{ask.whole}" '
            f'in API group "{ask.group}" {where}'
        )
        details = {"name": ask.name, "group": ask.group, "kind": ask.resource}
        raise Refused(403, "Forbidden", message, details={key: value for key, value in details.items() if value})

    def rules(self, user: User, namespace: str) -> list[Rule]:
        """Every rule that holds for them in a namespace."""
        if _MASTERS in user.groups:
            return [Rule(verbs=["*"], apiGroups=["*"], resources=["*"])]
        own = [rule for rule in user.rules if not rule.namespaces or namespace in rule.namespaces]
        return [*own, *self._bound(user, namespace)]

    def _bound(self, user: User, namespace: str) -> Iterator[Rule]:
        for binding in self.store.all(CLUSTER_ROLE_BINDING):
            if _binds(binding, user):
                yield from self._rules(binding["roleRef"], "")
        for binding in self.store.all(ROLE_BINDING, namespace) if namespace else ():
            if _binds(binding, user):
                yield from self._rules(binding["roleRef"], namespace)

    def _rules(self, reference: Object, namespace: str) -> Iterator[Rule]:
        if reference["kind"] == "ClusterRole":
            role = self.store.get(CLUSTER_ROLE, ("", reference["name"]))
        else:
            role = self.store.get(ROLE, (namespace, reference["name"]))
        for rule in (role or {}).get("rules") or ():
            yield Rule.model_validate({"apiGroups": [], **rule})


def _binds(binding: Object, user: User) -> bool:
    namespace = binding["metadata"].get("namespace", "")
    for subject in binding.get("subjects") or ():
        account = f"system:serviceaccount:{subject.get('namespace') or namespace}:{subject['name']}"
        match subject["kind"]:
            case "ServiceAccount" if user.name == account:
                return True
            case "User" if user.name == subject["name"]:
                return True
            case "Group" if subject["name"] in user.groups:
                return True
    return False


def _one_of(word: str, words: Sequence[str]) -> bool:
    return "*" in words or word in words
