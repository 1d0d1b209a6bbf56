"""Who asks is known by a token, and may what the rules say: those of a test, or those kept as objects."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest
from kubernetes.aio import client, config

from tests.integrations.kubernetes_simulator.asking import APPS, CORE, MERGE, Ask, refused
from tests.integrations.kubernetes_simulator.shop import NAMESPACE, Json, deployment, pod
from tests.servers import SimulatedKubernetes

RBAC = "/apis/rbac.authorization.k8s.io/v1"
ANN = "system:serviceaccount:shop:ann"
As = Callable[[str], AbstractAsyncContextManager[Ask]]


@pytest.fixture
def as_token(kubernetes: SimulatedKubernetes) -> As:
    """The client with another token."""

    @asynccontextmanager
    async def opened(token: str) -> AsyncIterator[Ask]:
        file = str(kubernetes.kubeconfig_for(token))
        async with await config.new_client_from_config(config_file=file) as api:
            yield Ask(api)

    return opened


def allowed(kubernetes: SimulatedKubernetes, *rules: Json) -> None:
    kubernetes.users(**{"token-of-ann": {"name": ANN, "rules": list(rules)}})


async def test_a_token_must_be_known(as_token: As) -> None:
    async with as_token("nobodys") as ask:
        body = await refused(ask("GET", f"{CORE}/pods"), 401, "Unauthorized")
    assert body["message"] == "Unauthorized"


async def test_what_is_not_allowed_is_named(kubernetes: SimulatedKubernetes, ask: Ask, as_token: As) -> None:
    await ask("POST", f"{APPS}/deployments", deployment())
    kubernetes.advance(1)
    (name, *_) = [one["metadata"]["name"] for one in (await ask("GET", f"{CORE}/pods"))["items"]]
    allowed(kubernetes, {"verbs": ["get", "list"], "resources": ["pods", "pods/log"], "namespaces": ["shop"]})
    async with as_token("token-of-ann") as ann:
        await ann("GET", f"{CORE}/pods")
        body = await refused(ann("DELETE", f"{CORE}/pods/{name}"), 403, "Forbidden")
        assert body["message"] == (
            f'pods "{name}" is forbidden: User "{ANN}" cannot delete resource "pods" in API group "" '
            'in the namespace "shop"'
        )
        assert body["details"] == {"name": name, "kind": "pods"}
        body = await refused(ann("GET", "/api/v1/pods"), 403, "Forbidden")
        assert body["message"].endswith('cannot list resource "pods" in API group "" at the cluster scope')
        body = await refused(
            ann("PATCH", f"{APPS}/deployments/cart/scale", {"spec": {"replicas": 1}}, media=MERGE), 403, "Forbidden"
        )
        assert 'cannot patch resource "deployments/scale" in API group "apps"' in body["message"]
        eviction = {"metadata": {"name": name, "namespace": NAMESPACE}}
        body = await refused(ann("POST", f"{CORE}/pods/{name}/eviction", eviction), 403, "Forbidden")
        assert 'cannot create resource "pods/eviction"' in body["message"]
        body = await refused(ann("GET", f"{CORE}/pods", watch="true"), 403, "Forbidden")
        assert 'cannot watch resource "pods"' in body["message"]
        await refused(ann("GET", f"{CORE}/pods/none/exec", command="ls", stdout="true"), 403, "Forbidden")
        await refused(ann("GET", "/apis/metrics.k8s.io/v1beta1/nodes"), 403, "Forbidden")
    assert {line["status"] for line in kubernetes.journal() if line["user"] == ANN} == {200, 403}


async def test_exec_takes_two_rights(kubernetes: SimulatedKubernetes, ask: Ask, as_token: As) -> None:
    await ask("POST", f"{CORE}/pods", pod())
    kubernetes.advance(1)
    allowed(kubernetes, {"verbs": ["get"], "resources": ["pods/exec"]})
    async with as_token("token-of-ann") as ann:
        body = await refused(ann("GET", f"{CORE}/pods/one/exec", command="ls", stdout="true"), 403, "Forbidden")
    assert 'cannot create resource "pods/exec"' in body["message"]


async def test_a_rule_may_be_about_one_object(kubernetes: SimulatedKubernetes, ask: Ask, as_token: As) -> None:
    await ask("POST", f"{CORE}/pods", pod("one"))
    await ask("POST", f"{CORE}/pods", pod("two"))
    allowed(kubernetes, {"verbs": ["get"], "resources": ["pods"], "resourceNames": ["one"]})
    async with as_token("token-of-ann") as ann:
        await ann("GET", f"{CORE}/pods/one")
        await refused(ann("GET", f"{CORE}/pods/two"), 403, "Forbidden")


async def test_a_list_of_one_name_is_about_that_object(kubernetes: SimulatedKubernetes, ask: Ask, as_token: As) -> None:
    rule = {"verbs": ["list"], "resources": ["configmaps"], "resourceNames": ["prices"]}
    kubernetes.users(**{"token-of-eve": {"name": "eve", "rules": [rule]}})
    path = f"/api/v1/namespaces/{NAMESPACE}/configmaps"
    async with as_token("token-of-eve") as eve:
        await eve("GET", path, fieldSelector="metadata.name=prices")
        for fields in ("metadata.name=other", "metadata.name!=prices", ""):
            await refused(eve("GET", path, fieldSelector=fields), 403, "Forbidden")


async def test_roles_that_are_kept_are_rules(kubernetes: SimulatedKubernetes, ask: Ask, as_token: As) -> None:
    allowed(kubernetes)
    rules = [{"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["get", "list"]}]
    subject = {"kind": "ServiceAccount", "name": "ann", "namespace": NAMESPACE}
    await ask("POST", f"{RBAC}/clusterroles", {"metadata": {"name": "reader"}, "rules": rules})
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "reader"}
    binding: Json = {
        "metadata": {"name": "readers", "namespace": NAMESPACE},
        "subjects": [subject],
        "roleRef": reference,
    }
    async with as_token("token-of-ann") as ann:
        await refused(ann("GET", f"{APPS}/deployments"), 403, "Forbidden")
        await ask("POST", f"{RBAC}/namespaces/{NAMESPACE}/rolebindings", binding)
        await ann("GET", f"{APPS}/deployments")
        await refused(ann("GET", "/apis/apps/v1/deployments"), 403, "Forbidden")
        await ask("POST", f"{RBAC}/clusterrolebindings", binding | {"metadata": {"name": "readers"}})
        await ann("GET", "/apis/apps/v1/deployments")


async def test_everybody_may_ask_what_they_may(kubernetes: SimulatedKubernetes, as_token: As) -> None:
    allowed(
        kubernetes, {"verbs": ["patch"], "apiGroups": ["apps"], "resources": ["deployments"], "namespaces": ["shop"]}
    )
    async with as_token("token-of-ann") as ann:
        reviews = client.AuthorizationV1Api(ann.api)
        for verb, expected in (("patch", True), ("delete", False)):
            attributes = client.V1ResourceAttributes(
                group="apps", resource="deployments", verb=verb, namespace=NAMESPACE, name="cart"
            )
            spec = client.V1SelfSubjectAccessReviewSpec(resource_attributes=attributes)
            made = await reviews.create_self_subject_access_review(client.V1SelfSubjectAccessReview(spec=spec))
            assert made.status.allowed is expected
        spec = client.V1SelfSubjectRulesReviewSpec(namespace=NAMESPACE)
        told = await reviews.create_self_subject_rules_review(client.V1SelfSubjectRulesReview(spec=spec))
        assert [(one.verbs, one.resources) for one in told.status.resource_rules] == [(["patch"], ["deployments"])]
        path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
        await refused(ann("POST", path, {"spec": {}}), 422, "Invalid")
        await refused(ann("GET", path), 405, "MethodNotAllowed")


async def test_the_version_is_for_everybody(as_token: As, ask: Ask) -> None:
    assert (await ask("GET", "/version"))["gitVersion"] == "v1.37.0"
    groups = await client.ApisApi(ask.api).get_api_versions()
    assert {"apps", "batch", "policy", "autoscaling", "metrics.k8s.io"} <= {one.name for one in groups.groups}
