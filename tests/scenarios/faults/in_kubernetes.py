"""Faults of a simulated cluster, seen through what kube-state-metrics would tell of it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from tests.integrations.kubernetes.conftest import put, rolled_out, workload
from tests.scenarios.faults.responding import End, responding
from tests.scenarios.faults.site import Site
from tests.scenarios.faults.stories import story
from tests.servers import SimulatedKubernetes

GOOD, BAD = "shop/cart:1", "shop/cart:2"
PODS = "/api/v1/namespaces/shop/pods"
AUTOSCALERS = "/apis/autoscaling/v2/namespaces/shop/horizontalpodautoscalers"
CRASHES = {"does": "crash", "log": ["no database"]}


async def released(site: Site, bad: dict[str, Any], **spec: Any) -> SimulatedKubernetes:
    """A cluster with the deployment `cart`: its first release was fine, and was seen to be; its second is not."""
    cluster = site.shows_cluster()
    put(cluster, workload("Deployment", "cart", GOOD, **spec))
    rolled_out(cluster, "Deployment", "cart", GOOD)
    await site.sees('kube_deployment_metadata_generation{deployment="cart"}')
    cluster.images(**{BAD: bad})
    put(cluster, workload("Deployment", "cart", BAD, **spec))
    return cluster


@asynccontextmanager
async def again_and_again(act: Callable[[], None]) -> AsyncIterator[None]:
    """Within this block somebody does this all the time, as a controller would."""

    async def acts() -> None:
        while True:
            await asyncio.to_thread(act)
            await asyncio.sleep(0.1)

    acting = asyncio.create_task(acts())
    try:
        yield
    finally:
        acting.cancel()
        await asyncio.gather(acting, return_exceptions=True)


@story("deployment stuck or bad rollout")
async def rollout_stuck(site: Site, helps: bool) -> End:
    cluster = await released(site, {"does": "slow"}, progressDeadlineSeconds=1)
    async with responding(site, "rollout-stuck", "KubeRolloutStuck", helps=helps) as tocsin:
        await tocsin.asked("undo")
        if not helps:
            cluster.images(**{GOOD: {"does": "missing"}})  # the registry has dropped the release before
            cluster.ask("DELETE", PODS)
        await tocsin.agreed("undo")
        return await tocsin.ended()


@story("crash-looping pod")
async def crash_loop(site: Site, helps: bool) -> End:
    site.cluster.set(longest_backoff=1)  # a kubelet waits five minutes at most, of which lapse makes a second or so
    cluster = await released(site, CRASHES)
    async with responding(site, "pod-restarts", "KubePodCrashLooping", helps=helps) as tocsin:
        await tocsin.asked("undo")
        if not helps:
            cluster.images(**{GOOD: CRASHES})  # it is the database that is gone, and no release
            for pod in cluster.ask("GET", PODS)["items"]:  # those that still run would go on as if it were there
                if pod["spec"]["containers"][0]["image"] == GOOD:
                    cluster.ask("DELETE", f"{PODS}/{pod['metadata']['name']}")
        await tocsin.agreed("undo")
        return await tocsin.ended()


@story("image pull failing")
async def image_missing(site: Site, helps: bool) -> End:
    cluster = await released(site, {"does": "missing"})
    async with responding(site, "image-pull-failing", "KubeImagePullFails", helps=helps) as tocsin:
        if not helps:
            await tocsin.looked("pod")
            cluster.images(**{GOOD: {"does": "missing"}})  # the registry is gone
            cluster.ask("DELETE", PODS)
        await tocsin.agreed("undo")
        return await tocsin.ended()


@story("OOM killed")
async def out_of_memory(site: Site, helps: bool) -> End:
    cluster = site.shows_cluster()
    cluster.images(**{BAD: {"does": "oom"}})
    put(cluster, workload("Deployment", "cart", BAD))
    async with responding(site, "container-out-of-memory", "KubeContainerOutOfMemory", helps=helps) as tocsin:
        await tocsin.told("how_much", memory="512Mi")
        if helps:
            cluster.images(**{BAD: {"does": "run"}})  # that much is enough
        await tocsin.agreed("raise")
        return await tocsin.ended()


@story("HPA at maximum")
async def autoscaler(site: Site, helps: bool) -> End:
    cluster = site.shows_cluster()
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "cart"}
    spec = {"scaleTargetRef": target, "minReplicas": 1, "maxReplicas": 3}
    head = {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "cart"}}
    cluster.ask("POST", AUTOSCALERS, {**head, "spec": spec})
    wanted = 5 if helps else 50

    def scales() -> None:
        most = cluster.ask("GET", f"{AUTOSCALERS}/cart")["spec"]["maxReplicas"]
        replicas = min(most, wanted)
        cluster.status("autoscaling", "horizontalpodautoscalers", "cart", desiredReplicas=replicas)

    async with (
        again_and_again(scales),
        responding(site, "autoscaler-at-maximum", "KubeAutoscalerAtMaximum", helps=helps) as tocsin,
    ):
        await tocsin.told("how_far", maximum="10")
        await tocsin.agreed("raise")
        return await tocsin.ended()


@story("node not ready")
async def node_not_ready(site: Site, helps: bool) -> End:
    cluster = site.shows_cluster()
    put(cluster, workload("Deployment", "cart", GOOD))
    rolled_out(cluster, "Deployment", "cart", GOOD)
    cluster.node("node-1", ready=None)
    async with responding(site, "node-not-ready", "KubeNodeNotReady", helps=helps) as tocsin:
        await tocsin.agreed("cordon")
        await tocsin.agreed("drain")
        cluster.node("node-1", ready=True)  # somebody started it anew, now that it is empty
        await tocsin.asked("uncordon")
        if not helps:
            cluster.node("node-1", ready=False)  # and that did not last
            await site.sees('kube_node_status_condition{condition="Ready", status="true"} == 0')
            await tocsin.agreed("uncordon")  # and is asked again: what the node is tainted with has changed
        await tocsin.agreed("uncordon")
        return await tocsin.ended()


@story("pod pending")
async def pod_pending(site: Site, helps: bool) -> End:
    cluster = site.shows_cluster()
    wants = {"resources": {"requests": {"cpu": "64"}}}
    large = workload("Deployment", "large", GOOD, replicas=1)
    large["spec"]["template"]["spec"]["containers"][0] |= wants
    put(cluster, large)
    async with responding(site, "pod-not-running", "KubePodNotRunning", helps=helps) as tocsin:
        await tocsin.looked("others")
        if helps:
            cluster.node("node-9", allocatable={"cpu": "128"})  # somebody adds a node
        return await tocsin.ended()
