"""Deployments roll, stick, come back; what a pod does is what its image does, so that a fault is real."""

from kubernetes.aio import client

from tests.integrations.kubernetes_simulator.asking import APPS, CORE, MERGE, STRATEGIC, Ask
from tests.integrations.kubernetes_simulator.shop import NAMESPACE, Json, deployment, job, pod
from tests.servers import SimulatedKubernetes

REVISION = "deployment.kubernetes.io/revision"
CART = f"{APPS}/deployments/cart"


def image(name: str) -> Json:
    return {"spec": {"template": {"spec": {"containers": [{"name": "cart", "image": name}]}}}}


def conditions(value: Json) -> dict[str, tuple[str, str]]:
    return {one["type"]: (one["status"], one.get("reason", "")) for one in value["status"]["conditions"]}


async def sets(ask: Ask) -> dict[str, tuple[int, str]]:
    """How many pods each revision wants, and its image."""
    listed = await ask("GET", f"{APPS}/replicasets")
    return {
        one["metadata"]["annotations"][REVISION]: (
            one["spec"]["replicas"],
            one["spec"]["template"]["spec"]["containers"][0]["image"],
        )
        for one in listed["items"]
    }


async def waiting(ask: Ask) -> list[str]:
    """Why containers do not run, sorted."""
    pods = (await ask("GET", f"{CORE}/pods"))["items"]
    states = [one["state"] for value in pods for one in value["status"].get("containerStatuses", ())]
    return sorted(state["waiting"]["reason"] for state in states if "waiting" in state)


async def test_a_deployment_comes_up(kubernetes: SimulatedKubernetes, ask: Ask, apps: client.AppsV1Api) -> None:
    await ask("POST", f"{APPS}/deployments", deployment())
    kubernetes.advance(1)
    made = await apps.read_namespaced_deployment("cart", NAMESPACE)
    assert (made.status.ready_replicas, made.status.available_replicas, made.status.updated_replicas) == (3, 3, 3)
    assert made.status.observed_generation == made.metadata.generation
    assert made.metadata.annotations["deployment.kubernetes.io/revision"] == "1"
    pods = await client.CoreV1Api(ask.api).list_namespaced_pod(NAMESPACE, label_selector="app=cart")
    assert sorted(one.spec.node_name for one in pods.items) == ["node-1", "node-2", "node-3"]
    owner = pods.items[0].metadata.owner_references[0]
    assert (owner.kind, owner.controller) == ("ReplicaSet", True)
    assert pods.items[0].metadata.labels["pod-template-hash"] in owner.name


async def test_a_bad_image_sticks_and_going_back_heals(kubernetes: SimulatedKubernetes, ask: Ask) -> None:
    await ask("POST", f"{APPS}/deployments", deployment(progressDeadlineSeconds=60))
    kubernetes.advance(1)
    await ask("PATCH", CART, image("shop/cart:bad"), media=STRATEGIC)
    kubernetes.advance(30)
    stuck = await ask("GET", CART)
    assert await waiting(ask) == ["CrashLoopBackOff"], "no more than the surge, as nothing is to be missed"
    assert stuck["status"]["availableReplicas"] == 3
    assert conditions(stuck)["Progressing"] == ("True", "ReplicaSetUpdated")
    kubernetes.advance(60)
    assert conditions(await ask("GET", CART))["Progressing"] == ("False", "ProgressDeadlineExceeded")
    assert await sets(ask) == {"1": (3, "shop/cart:1"), "2": (1, "shop/cart:bad")}
    listed = await ask("GET", f"{APPS}/replicasets", labelSelector="app=cart")
    (old,) = (one for one in listed["items"] if one["metadata"]["annotations"][REVISION] == "1")
    template = old["spec"]["template"]
    del template["metadata"]["labels"]["pod-template-hash"]
    patch = [{"op": "replace", "path": "/spec/template", "value": template}]
    await ask("PATCH", CART, patch, media="application/json-patch+json")
    kubernetes.advance(2)
    healed = await ask("GET", CART)
    assert conditions(healed) == {
        "Available": ("True", "MinimumReplicasAvailable"),
        "Progressing": ("True", "NewReplicaSetAvailable"),
    }
    assert await sets(ask) == {"3": (3, "shop/cart:1"), "2": (0, "shop/cart:bad")}
    assert await waiting(ask) == []


async def test_each_fault_of_an_image_is_its_own(kubernetes: SimulatedKubernetes, ask: Ask) -> None:
    for tag in ("bad", "missing", "unconfigured", "slow", "oom"):
        await ask("POST", f"{CORE}/pods", pod(tag, f"shop/one:{tag}"))
    kubernetes.advance(4)
    found = {}
    for value in (await ask("GET", f"{CORE}/pods"))["items"]:
        (one,) = value["status"]["containerStatuses"]
        state = one["state"].get("waiting", {}).get("reason", next(iter(one["state"])))
        last = one["lastState"].get("terminated", {}).get("reason", "")
        found[value["metadata"]["name"]] = (state, last, one["ready"], one["restartCount"] > 1)
    assert found == {
        "bad": ("CrashLoopBackOff", "Error", False, True),
        "missing": ("ImagePullBackOff", "", False, False),
        "unconfigured": ("CreateContainerConfigError", "", False, False),
        "slow": ("running", "", False, False),
        "oom": ("CrashLoopBackOff", "OOMKilled", False, True),
    }


async def test_an_image_can_be_mended(kubernetes: SimulatedKubernetes, ask: Ask) -> None:
    kubernetes.images(**{"shop/one:7": {"does": "missing"}})
    await ask("POST", f"{CORE}/pods", pod("one", "shop/one:7"))
    kubernetes.advance(5)
    assert await waiting(ask) == ["ImagePullBackOff"]
    kubernetes.images(**{"shop/one:7": {"does": "run"}})
    kubernetes.advance(1)
    assert await waiting(ask) == []


async def test_a_paused_deployment_stays_as_it_is(kubernetes: SimulatedKubernetes, ask: Ask) -> None:
    await ask("POST", f"{APPS}/deployments", deployment())
    kubernetes.advance(1)
    await ask("PATCH", CART, {"spec": {"paused": True}}, media=MERGE)
    await ask("PATCH", CART, image("shop/cart:2"), media=STRATEGIC)
    kubernetes.advance(1)
    paused = await ask("GET", CART)
    assert conditions(paused)["Progressing"] == ("Unknown", "DeploymentPaused")
    assert await sets(ask) == {"1": (3, "shop/cart:1")}
    await ask("PATCH", CART, {"spec": {"paused": None}}, media=MERGE)
    kubernetes.advance(3)
    assert await sets(ask) == {"1": (0, "shop/cart:1"), "2": (3, "shop/cart:2")}


async def test_scaling_and_recreating(kubernetes: SimulatedKubernetes, ask: Ask) -> None:
    await ask("POST", f"{APPS}/deployments", deployment(strategy={"type": "Recreate"}))
    kubernetes.advance(1)
    await ask("PATCH", f"{CART}/scale", {"spec": {"replicas": 5}}, media=MERGE)
    kubernetes.advance(1)
    scale = await ask("GET", f"{CART}/scale")
    assert (scale["spec"], scale["status"]) == ({"replicas": 5}, {"replicas": 5, "selector": "app=cart"})
    await ask("PATCH", CART, image("shop/cart:2"), media=STRATEGIC)
    pods = (await ask("GET", f"{CORE}/pods"))["items"]
    assert {one["spec"]["containers"][0]["image"] for one in pods} == {"shop/cart:1"}, "all of the old go first"
    kubernetes.advance(2)
    assert await sets(ask) == {"1": (0, "shop/cart:1"), "2": (5, "shop/cart:2")}


async def test_old_revisions_are_forgotten(kubernetes: SimulatedKubernetes, ask: Ask) -> None:
    await ask("POST", f"{APPS}/deployments", deployment(revisionHistoryLimit=1))
    for version in (2, 3, 4):
        kubernetes.advance(2)
        await ask("PATCH", CART, image(f"shop/cart:{version}"), media=STRATEGIC)
    kubernetes.advance(2)
    assert sorted(await sets(ask)) == ["3", "4"]


async def test_a_stateful_set_goes_one_by_one(kubernetes: SimulatedKubernetes, ask: Ask) -> None:
    made = deployment("db", serviceName="db") | {"kind": "StatefulSet"}
    await ask("POST", f"{APPS}/statefulsets", made)
    kubernetes.advance(1)
    containers = [{"name": "db", "image": "shop/db:bad"}]
    change = {"spec": {"template": {"spec": {"containers": containers}}}}
    await ask("PATCH", f"{APPS}/statefulsets/db", change, media=STRATEGIC)
    kubernetes.advance(5)
    listed = (await ask("GET", f"{CORE}/pods"))["items"]
    pods = {one["metadata"]["name"]: one["spec"]["containers"][0]["image"] for one in listed}
    assert pods == {"db-0": "shop/db:1", "db-1": "shop/db:1", "db-2": "shop/db:bad"}
    status = (await ask("GET", f"{APPS}/statefulsets/db"))["status"]
    assert (status["readyReplicas"], status["updatedReplicas"]) == (2, 1)
    assert len((await ask("GET", f"{APPS}/controllerrevisions"))["items"]) == 2


async def test_a_daemon_set_is_on_every_node(kubernetes: SimulatedKubernetes, ask: Ask) -> None:
    made = deployment("agent") | {"kind": "DaemonSet"}
    del made["spec"]["replicas"]
    await ask("POST", f"{APPS}/daemonsets", made)
    kubernetes.node("node-4")
    kubernetes.advance(1)
    status = (await ask("GET", f"{APPS}/daemonsets/agent"))["status"]
    assert (status["desiredNumberScheduled"], status["numberReady"]) == (4, 4)


async def test_jobs_end_well_or_give_up(kubernetes: SimulatedKubernetes, ask: Ask) -> None:
    jobs = f"/apis/batch/v1/namespaces/{NAMESPACE}/jobs"
    await ask("POST", jobs, job())
    await ask("POST", jobs, job("broken", "shop/broken:bad", backoffLimit=1))
    await ask("POST", jobs, job("gone", ttlSecondsAfterFinished=5))
    kubernetes.advance(3)
    assert conditions(await ask("GET", f"{jobs}/tidy"))["Complete"][0] == "True"
    assert conditions(await ask("GET", f"{jobs}/broken"))["Failed"] == ("True", "BackoffLimitExceeded")
    kubernetes.advance(10)
    assert [one["metadata"]["name"] for one in (await ask("GET", jobs))["items"]] == ["broken", "tidy"]


async def test_a_cron_job_runs_when_it_is_time(kubernetes: SimulatedKubernetes, ask: Ask) -> None:
    batch = f"/apis/batch/v1/namespaces/{NAMESPACE}"
    cron = {
        "metadata": {"name": "tidy", "namespace": NAMESPACE},
        "spec": {"schedule": "*/10 * * * *", "jobTemplate": {"spec": job()["spec"]}},
    }
    await ask("POST", f"{batch}/cronjobs", cron)
    kubernetes.advance(601)
    (made,) = (await ask("GET", f"{batch}/jobs"))["items"]
    assert made["metadata"]["ownerReferences"][0]["name"] == "tidy"
    await ask("PATCH", f"{batch}/cronjobs/tidy", {"spec": {"suspend": True}}, media=MERGE)
    kubernetes.advance(3600)
    assert len((await ask("GET", f"{batch}/jobs"))["items"]) == 1
    await ask("PATCH", f"{batch}/cronjobs/tidy", {"spec": {"suspend": False, "schedule": "@hourly"}}, media=MERGE)
    kubernetes.advance(1)
    assert len((await ask("GET", f"{batch}/jobs"))["items"]) == 2, "of those that were missed, the last"


async def test_what_is_owned_goes_with_its_owner(kubernetes: SimulatedKubernetes, ask: Ask) -> None:
    for policy, left in (("Background", 0), ("Foreground", 0), ("Orphan", 1)):
        await ask("POST", f"{APPS}/deployments", deployment())
        kubernetes.advance(1)
        await ask("DELETE", CART, {"propagationPolicy": policy})
        kubernetes.advance(2)
        assert (await ask("GET", f"{APPS}/deployments"))["items"] == []
        kept = (await ask("GET", f"{APPS}/replicasets"))["items"]
        assert len(kept) == left, policy
        assert not any("ownerReferences" in one["metadata"] for one in kept)


async def test_a_finalizer_holds_what_is_to_go(ask: Ask) -> None:
    made = deployment(replicas=0)
    made["metadata"]["finalizers"] = ["example.net/hold"]
    await ask("POST", f"{APPS}/deployments", made)
    await ask("DELETE", CART)
    held = await ask("GET", CART)
    assert held["metadata"]["deletionTimestamp"]
    await ask("PATCH", CART, {"metadata": {"finalizers": None}}, media=MERGE)
    assert (await ask("GET", f"{APPS}/deployments"))["items"] == []
