"""Deleting: whose options count, how long something gets, and what becomes of what it owns."""

from kubernetes.aio import client

from tests.integrations.kubernetes_simulator.asking import APPS, CORE, Ask, refused
from tests.integrations.kubernetes_simulator.shop import NAMESPACE, config, deployment, job, pod
from tests.servers import SimulatedKubernetes

BATCH = f"/apis/batch/v1/namespaces/{NAMESPACE}"


async def test_of_body_and_query_the_body_alone_counts(core: client.CoreV1Api, ask: Ask) -> None:
    """`dryRun=All` beside a body is no dry run: the object is gone."""
    await core.create_namespaced_config_map(NAMESPACE, config())
    await core.delete_namespaced_config_map("prices", NAMESPACE, dry_run="All")
    await core.read_namespaced_config_map("prices", NAMESPACE)
    await core.delete_namespaced_config_map("prices", NAMESPACE, dry_run="All", body=client.V1DeleteOptions())
    await refused(core.read_namespaced_config_map("prices", NAMESPACE), 404, "NotFound")


async def test_a_job_leaves_its_pods_behind_unless_it_is_told_not_to(kubernetes: SimulatedKubernetes, ask: Ask) -> None:
    for options, left, warned in ((None, 1, True), ({"propagationPolicy": "Background"}, 0, False)):
        await ask("POST", f"{BATCH}/jobs", job())
        kubernetes.advance(1)
        await ask("DELETE", f"{BATCH}/jobs/tidy", options)
        assert ("child pods are preserved by default" in ask.headers.get("Warning", "")) is warned
        kubernetes.advance(60)
        assert (await ask("GET", f"{BATCH}/jobs"))["items"] == []
        kept = (await ask("GET", f"{CORE}/pods"))["items"]
        assert len(kept) == left
        assert not any("ownerReferences" in one["metadata"] for one in kept)
        for one in kept:
            await ask("DELETE", f"{CORE}/pods/{one['metadata']['name']}", {"gracePeriodSeconds": 0})


async def test_a_pod_gets_a_second_when_less_than_none_is_asked_for(
    kubernetes: SimulatedKubernetes, core: client.CoreV1Api, ask: Ask
) -> None:
    await ask("POST", f"{CORE}/pods", pod())
    kubernetes.advance(1)
    kubernetes.set(frozen=True)
    await core.delete_namespaced_pod("one", NAMESPACE, grace_period_seconds=-5)
    assert (await ask("GET", f"{CORE}/pods/one"))["metadata"]["deletionGracePeriodSeconds"] == 1
    await core.delete_namespaced_pod("one", NAMESPACE, grace_period_seconds=20)
    assert (await ask("GET", f"{CORE}/pods/one"))["metadata"]["deletionGracePeriodSeconds"] == 1
    await core.delete_namespaced_pod("one", NAMESPACE, grace_period_seconds=0)
    await refused(core.read_namespaced_pod("one", NAMESPACE), 404, "NotFound")


async def test_options_are_options(ask: Ask) -> None:
    await ask("POST", f"{CORE}/configmaps", config())
    for wrong in ({"gracePeriodSeconds": "soon"}, {"apiVersion": "v1", "kind": "Pod"}):
        await refused(ask("DELETE", f"{CORE}/configmaps/prices", wrong), 400, "BadRequest")
    await ask("GET", f"{CORE}/configmaps/prices")


async def test_some_namespaces_are_never_deleted(core: client.CoreV1Api, ask: Ask) -> None:
    for name in ("default", "kube-system"):
        body = await refused(core.delete_namespace(name), 403, "Forbidden")
        assert body["message"] == f'namespaces "{name}" is forbidden: this namespace may not be deleted'
    await refused(ask("DELETE", "/api/v1/namespaces"), 405, "MethodNotAllowed")


async def test_a_deletion_holds_to_its_version(core: client.CoreV1Api, ask: Ask) -> None:
    made = await ask("POST", f"{APPS}/deployments", deployment(replicas=0))
    stale = {"preconditions": {"resourceVersion": "1"}}
    body = await refused(ask("DELETE", f"{APPS}/deployments/cart", stale), 409, "Conflict")
    assert body["message"].startswith(
        'Operation cannot be fulfilled on Deployment.apps "cart": the ResourceVersion in the precondition (1) does not'
    )
    now = await ask("GET", f"{APPS}/deployments/cart")
    assert now["metadata"]["uid"] == made["metadata"]["uid"]
