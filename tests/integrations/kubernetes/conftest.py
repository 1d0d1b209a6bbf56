"""A cluster with a shop in it: simulated, or the real one that TOCSIN_TEST_KUBECONFIG names."""

import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.integrations.kubernetes import integration
from bot.integrations.kubernetes.config import KubernetesConfig
from bot.kit.http_out import HttpOut
from bot.kit.plugin import Capabilities, Tools
from bot.kit.redaction import Redactor
from bot.model.ids import RunId
from bot.model.plan import ActionResult, Plan
from bot.ports.actions import Action, Occasion, nobody
from bot.ports.reads_only import reads_only
from bot.testing.clock import FakeClock
from bot.testing.contracts import WITHIN
from tests.servers.kubernetes import Cluster, SimulatedKubernetes, real_cluster

OLD, NEW = "registry.k8s.io/pause:3.9", "registry.k8s.io/pause:3.10"
ALL = ["read", "write", "destructive"]
NAMESPACE = (real_cluster() or Cluster(Path())).namespace
OCCASION = Occasion(run=RunId("run-7"), step="fix")


class SystemClock:
    """The time, as it is."""

    def now(self) -> datetime:
        return datetime.now(UTC)


def container(name: str = "cart", image: str = OLD) -> dict[str, Any]:
    return {"name": name, "image": image, "env": [{"name": "DB_PASSWORD", "value": "hush-hush"}]}


def workload(kind: str, name: str, image: str = OLD, *, replicas: int = 2, **spec: Any) -> dict[str, Any]:
    labels = {"app": name}
    made: dict[str, Any] = {"selector": {"matchLabels": labels}, **spec}
    if kind != "DaemonSet":
        made["replicas"] = replicas
    if kind == "StatefulSet":
        made["serviceName"] = name
    pod = {"containers": [container(name, image)], "terminationGracePeriodSeconds": 1}
    made["template"] = {"metadata": {"labels": labels}, "spec": pod}
    metadata = {"name": name, "labels": labels}
    return {"apiVersion": "apps/v1", "kind": kind, "metadata": metadata, "spec": made}


def bare_pod(name: str, node: str = "", **metadata: Any) -> dict[str, Any]:
    spec: dict[str, Any] = {"containers": [container(name)], "terminationGracePeriodSeconds": 1}
    if node:
        spec["nodeName"] = node
    made = {"name": name, **metadata}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": made, "spec": spec}


def cron_job(name: str) -> dict[str, Any]:
    template = {"spec": {"containers": [container(name)], "restartPolicy": "Never"}}
    spec = {"schedule": "0 3 * * *", "jobTemplate": {"spec": {"template": template}}}
    return {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": name}, "spec": spec}


def named(cluster: Cluster, value: Mapping[str, Any]) -> dict[str, Any]:
    """The object in the namespace that is the tests' own."""
    return {**value, "metadata": {**value["metadata"], "namespace": cluster.namespace}}


@pytest.fixture(autouse=True)
def knobs(request: pytest.FixtureRequest) -> None:
    """What turns the simulated cluster's knobs has nothing to say about a real one."""
    if real_cluster() is not None and SimulatedKubernetes in request.function.__annotations__.values():
        pytest.skip("needs the simulated cluster: leave TOCSIN_TEST_KUBECONFIG unset")


@contextmanager
def empty(request: pytest.FixtureRequest) -> Iterator[Cluster]:
    """What needs no knobs runs on a real cluster too."""
    real = real_cluster()
    if real is None:
        simulated: SimulatedKubernetes = request.getfixturevalue("kubernetes_server")
        simulated.reset()
        yield simulated
        return
    real.kubectl("create", "namespace", real.namespace)  # one that is there already is not ours to delete
    yield real
    real.kubectl("delete", "namespace", real.namespace)


@pytest.fixture
def cluster(request: pytest.FixtureRequest) -> Iterator[Cluster]:
    """An empty one."""
    with empty(request) as found:
        yield found


@pytest.fixture
async def tools() -> AsyncIterator[Tools]:
    async with HttpOut() as http:
        yield Tools(name="prod", clock=FakeClock(), http=http, redactor=Redactor())


Opened = Callable[..., Any]


@pytest.fixture
def opened(tools: Tools, cluster: Cluster) -> Opened:
    """Opens the integration on the cluster; keywords change its config."""

    def open_it(**changes: Any) -> Any:
        values = {"kubeconfig": str(cluster.kubeconfig), "allow": ALL} | changes
        return integration.open(KubernetesConfig(**values), tools)

    return open_it


@pytest.fixture
async def capabilities(opened: Opened) -> AsyncIterator[Capabilities]:
    async with opened() as capabilities:
        yield capabilities


class Acting:
    """Plans and runs the actions of an opened cluster, as the engine does."""

    def __init__(self, capabilities: Capabilities) -> None:
        self._actions = capabilities.actions

    def action(self, name: str) -> Action:
        return self._actions[f"kubernetes.{name}"]

    async def plan(self, action: str, **params: Any) -> Plan:
        found = self.action(action)
        with reads_only():
            return await found.plan(found.spec.params.model_validate(params), OCCASION)

    async def run(self, plan: Plan, say: Callable[[str], None] = nobody) -> ActionResult:
        return await self._actions[plan.action].run(plan, WITHIN, say)

    async def do(self, action: str, **params: Any) -> ActionResult:
        return await self.run(await self.plan(action, **params))

    async def undo(self, plan: Plan, result: ActionResult) -> ActionResult:
        action = self._actions[plan.action]
        assert action.undo is not None
        with reads_only():
            back = await action.undo(plan, result)
        return await self.run(back)

    async def probe(self, plan: Plan) -> Any:
        action = self._actions[plan.action]
        assert action.probe is not None
        return await action.probe(plan)


@pytest.fixture
def acting(capabilities: Capabilities) -> Acting:
    return Acting(capabilities)


GROUPS = {"v1": "/api/v1", "apps/v1": "/apis/apps/v1", "batch/v1": "/apis/batch/v1", "policy/v1": "/apis/policy/v1"}


def put(cluster: Cluster, *objects: Mapping[str, Any]) -> None:
    """Makes objects in the tests' namespace, or replaces their specs."""
    for one in (named(cluster, value) for value in objects):
        if not isinstance(cluster, SimulatedKubernetes):
            cluster.apply(one)
            continue
        path = f"{GROUPS[one['apiVersion']]}/namespaces/{cluster.namespace}/{plural(one['kind'])}"
        name = one["metadata"]["name"]
        try:
            before = cluster.ask("GET", f"{path}/{name}")
        except ValueError:
            cluster.ask("POST", path, one)
        else:
            cluster.ask("PUT", f"{path}/{name}", {**before, "spec": one["spec"]})


def plural(kind: str) -> str:
    """The word of the API for many of a kind."""
    return kind.lower() + "s"


def seen(cluster: Cluster, kind: str, name: str) -> Any:
    """An object as it is now."""
    if not isinstance(cluster, SimulatedKubernetes):
        return cluster.get(kind, name)
    group = "/api/v1" if kind in ("Pod", "Node") else "/apis/batch/v1" if "Job" in kind else "/apis/apps/v1"
    within = "" if kind == "Node" else f"/namespaces/{cluster.namespace}"
    return cluster.ask("GET", f"{group}{within}/{plural(kind)}/{name}")


def writes(cluster: SimulatedKubernetes, since: int = 0) -> list[str]:
    """What was asked of the cluster that changes something."""
    return [f"{line['method']} {line['path']}" for line in cluster.journal(since) if is_write(line)]


def is_write(line: Mapping[str, Any]) -> bool:
    """By the API's rules, and not by those of the code that is tried: of a DELETE with a body the body alone counts."""
    if any(f"/{channel}" in line["path"] for channel in ("exec", "attach", "portforward")):
        return True
    body = line["body"] if isinstance(line["body"], dict) else None
    options = body if line["method"] == "DELETE" else (body or {}).get("deleteOptions")
    dry = line["query"].get("dryRun") == "All" if options is None else options.get("dryRun") == ["All"]
    return line["method"] not in ("GET", "HEAD") and not dry and "/selfsubject" not in line["path"]


def soon(true: Callable[[], bool], what: str) -> None:
    """Returns once the cluster has made this true."""
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline, f"it never came: {what}"
        time.sleep(0.02)


def rolled_out(cluster: Cluster, kind: str, name: str, image: str) -> None:
    """Returns once a workload's rollout of this image is complete."""

    def done() -> bool:
        value = seen(cluster, kind, name)
        status, wanted = value.get("status", {}), value["spec"].get("replicas")
        if kind == "DaemonSet":
            wanted = status.get("desiredNumberScheduled")
            updated, total = status.get("updatedNumberScheduled"), status.get("currentNumberScheduled")
            ready = status.get("numberReady")
        else:
            updated, total, ready = (status.get(f"{one}eplicas") for one in ("updatedR", "r", "readyR"))
        now = value["spec"]["template"]["spec"]["containers"][0]["image"]
        observed = status.get("observedGeneration") == value["metadata"]["generation"]
        return bool(now == image and observed and wanted == updated == total == ready)

    soon(done, f"{kind} {name} with {image}")


def ready(cluster: Cluster, name: str) -> None:
    """Returns once a pod is ready."""

    def done() -> bool:
        conditions = seen(cluster, "Pod", name).get("status", {}).get("conditions", [])
        return any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)

    soon(done, f"pod {name}")


def twice(cluster: Cluster, kind: str, name: str) -> None:
    """A workload that was rolled out twice: first of the old image, then of the new one."""
    for image in (OLD, NEW):
        put(cluster, workload(kind, name, image))
        rolled_out(cluster, kind, name, image)


@pytest.fixture
def cart(cluster: Cluster) -> Cluster:
    """The deployment `cart`: revision 1 of the old image, revision 2 of the new one."""
    twice(cluster, "Deployment", "cart")
    return cluster
