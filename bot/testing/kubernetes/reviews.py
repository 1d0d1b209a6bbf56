"""Questions about rights: may I, what may I, who am I."""

from __future__ import annotations

from bot.testing.kubernetes.access import Access, Ask, User
from bot.testing.kubernetes.kinds import Kind
from bot.testing.kubernetes.refusals import Cause, Object, invalid

ACCESS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
RULES = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews"
SELF = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
_REVIEW = Kind(
    group="authorization.k8s.io", version="v1", kind="SelfSubjectAccessReview", plural="selfsubjectaccessreviews"
)
PATHS = (ACCESS, RULES, SELF)


def review(access: Access, user: User, path: str, body: Object) -> Object:
    """The question with its answer."""
    spec = body.get("spec") or {}
    if path == ACCESS:
        return _access(access, user, spec)
    if path == RULES:
        rules = access.rules(user, spec.get("namespace", ""))
        resources = [
            rule.model_dump(include={"verbs", "apiGroups", "resources", "resourceNames"})
            for rule in rules
            if rule.resources
        ]
        status: Object = {"resourceRules": resources, "nonResourceRules": [], "incomplete": False}
        return {
            "kind": "SelfSubjectRulesReview",
            "apiVersion": "authorization.k8s.io/v1",
            "spec": spec,
            "status": status,
        }
    info = {"username": user.name, "groups": [*user.groups, "system:authenticated"]}
    return {"kind": "SelfSubjectReview", "apiVersion": "authentication.k8s.io/v1", "status": {"userInfo": info}}


def _access(access: Access, user: User, spec: Object) -> Object:
    wanted, elsewhere = spec.get("resourceAttributes"), spec.get("nonResourceAttributes")
    if (wanted is None) is (elsewhere is None):
        shown = "{...}" if wanted is not None else "null"
        why = "exactly one of nonResourceAttributes or resourceAttributes must be specified"
        cause = Cause(
            reason="FieldValueInvalid", field="spec.resourceAttributes", message=f"Invalid value: {shown}: {why}"
        )
        raise invalid(_REVIEW, "", [cause])
    wanted = wanted or elsewhere or {}
    ask = Ask(
        verb=wanted.get("verb", ""),
        group=wanted.get("group", ""),
        resource=wanted.get("resource", ""),
        sub=wanted.get("subresource", ""),
        namespace=wanted.get("namespace", ""),
        name=wanted.get("name", ""),
    )
    allowed = access.allows(user, ask)
    status: Object = {"allowed": allowed}
    if allowed:
        status["reason"] = f'RBAC: allowed for user "{user.name}"'
    return {
        "kind": "SelfSubjectAccessReview",
        "apiVersion": "authorization.k8s.io/v1",
        "metadata": {},
        "spec": spec,
        "status": status,
    }
