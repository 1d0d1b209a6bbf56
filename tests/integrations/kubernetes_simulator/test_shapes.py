"""Whatever the simulated cluster makes is shaped as the API's own schema has it, its status included."""

import functools

import jsonschema
from kubernetes.aio import client

from bot.testing.kubernetes.kinds import BY_NAME
from bot.testing.kubernetes.schema import Schema
from tests.integrations.kubernetes_simulator.asking import APPS, CORE, Ask
from tests.integrations.kubernetes_simulator.shop import NAMESPACE, Json, budget, deployment, job, metadata, pod
from tests.servers import SimulatedKubernetes

BATCH = f"/apis/batch/v1/namespaces/{NAMESPACE}"
POLICY = f"/apis/policy/v1/namespaces/{NAMESPACE}"
SCALING = f"/apis/autoscaling/v2/namespaces/{NAMESPACE}"
SETS = ("deployments", "replicasets", "statefulsets", "daemonsets", "controllerrevisions")
KINDS = (
    *(f"{CORE}/{plural}" for plural in ("pods", "events", "services", "configmaps")),
    *(f"{APPS}/{plural}" for plural in SETS),
    f"{BATCH}/jobs",
    f"{BATCH}/cronjobs",
    f"{POLICY}/poddisruptionbudgets",
    f"{SCALING}/horizontalpodautoscalers",
    "/api/v1/nodes",
    "/api/v1/namespaces",
)


async def everything(kubernetes: SimulatedKubernetes, ask: Ask) -> None:
    """One of each, some of them well, some not."""
    await ask("POST", f"{APPS}/deployments", deployment())
    await ask("POST", f"{APPS}/deployments", deployment("bad", "shop/cart:bad", progressDeadlineSeconds=5))
    await ask("POST", f"{APPS}/statefulsets", deployment("db", serviceName="db") | {"kind": "StatefulSet"})
    agent = deployment("agent") | {"kind": "DaemonSet"}
    del agent["spec"]["replicas"]
    await ask("POST", f"{APPS}/daemonsets", agent)
    await ask("POST", f"{BATCH}/jobs", job())
    await ask("POST", f"{BATCH}/jobs", job("broken", "shop/broken:bad", backoffLimit=0))
    cron = {"schedule": "* * * * *", "jobTemplate": {"spec": job()["spec"]}}
    await ask("POST", f"{BATCH}/cronjobs", {"metadata": metadata("tidy"), "spec": cron})
    await ask("POST", f"{POLICY}/poddisruptionbudgets", budget(minAvailable="50%"))
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "cart"}
    scaler = {"metadata": metadata("cart"), "spec": {"maxReplicas": 5, "scaleTargetRef": target}}
    await ask("POST", f"{SCALING}/horizontalpodautoscalers", scaler)
    await ask("POST", f"{CORE}/services", {"metadata": metadata("cart"), "spec": {"ports": [{"port": 80}]}})
    await ask("POST", f"{CORE}/configmaps", {"metadata": metadata("prices"), "data": {"a": "1"}})
    large = [{"name": "one", "image": "shop/one:1", "resources": {"requests": {"cpu": "64"}}}]
    await ask("POST", f"{CORE}/pods", pod("large", containers=large))
    for tag in ("oom", "missing", "slow", "done", "unconfigured"):
        await ask("POST", f"{CORE}/pods", pod(tag, f"shop/one:{tag}"))
    kubernetes.node("node-2", ready=None, pressure=["Memory"])
    kubernetes.advance(65)


@functools.cache
def validator(api_version: str, kind: str) -> jsonschema.Draft202012Validator:
    """What checks one kind; an independent reader of the same definitions."""
    definition = BY_NAME[api_version, kind].definition
    return jsonschema.Draft202012Validator({"$ref": f"#/$defs/{definition}", "$defs": Schema.installed().definitions})


def wrong_with(value: Json) -> list[str]:
    name = f"{value['kind']} {value['metadata']['name']}"
    found = validator(value["apiVersion"], value["kind"]).iter_errors(value)
    return [f"{name}: {error.json_path}: {error.message[:200]}" for error in found]


async def test_everything_fits_the_schema(kubernetes: SimulatedKubernetes, ask: Ask) -> None:
    await everything(kubernetes, ask)
    wrong = []
    for path in KINDS:
        listed = await ask("GET", path, limit="40")
        head = {"apiVersion": listed["apiVersion"], "kind": listed["kind"].removesuffix("List")}
        assert listed["items"], path
        wrong += [why for one in listed["items"] for why in wrong_with({**head, **one})]
    assert wrong == []


async def test_the_typed_client_reads_everything(kubernetes: SimulatedKubernetes, ask: Ask) -> None:
    await everything(kubernetes, ask)
    core, apps, batch = client.CoreV1Api(ask.api), client.AppsV1Api(ask.api), client.BatchV1Api(ask.api)
    listed = [
        await core.list_pod_for_all_namespaces(),
        await core.list_node(),
        await core.list_event_for_all_namespaces(),
        await apps.list_namespaced_deployment(NAMESPACE),
        await apps.list_namespaced_replica_set(NAMESPACE),
        await apps.list_namespaced_stateful_set(NAMESPACE),
        await apps.list_namespaced_daemon_set(NAMESPACE),
        await apps.list_namespaced_controller_revision(NAMESPACE),
        await batch.list_namespaced_job(NAMESPACE),
        await batch.list_namespaced_cron_job(NAMESPACE),
        await client.PolicyV1Api(ask.api).list_namespaced_pod_disruption_budget(NAMESPACE),
        await client.AutoscalingV2Api(ask.api).list_namespaced_horizontal_pod_autoscaler(NAMESPACE),
    ]
    assert all(one.items and one.metadata.resource_version for one in listed)
