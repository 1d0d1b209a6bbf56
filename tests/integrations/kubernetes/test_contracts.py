"""Every action keeps what an action promises."""

from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any

import pytest
from pydantic import BaseModel

from bot.integrations.kubernetes import integration as kubernetes_integration
from bot.integrations.kubernetes.config import KubernetesConfig
from bot.integrations.kubernetes.offered import SPECS
from bot.kit.plugin import Capabilities, Integration, Tools
from bot.ports.actions import Action
from bot.testing.contracts import ActionContract, IntegrationContract
from tests.integrations.kubernetes.conftest import (
    ALL,
    NEW,
    OLD,
    bare_pod,
    cron_job,
    empty,
    put,
    ready,
    rolled_out,
    twice,
    workload,
)
from tests.servers import free_port
from tests.servers.kubernetes import Cluster, SimulatedKubernetes

CART = {"name": "cart"}
ELSEWHERE = {"namespace": "elsewhere"}
MANIFEST = "{apiVersion: v1, kind: ConfigMap, metadata: {name: flags}, data: {new-cart: 'off'}}"
CASES: Mapping[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "get": ({"kind": "Deployment", **CART}, {"kind": "Nonsense"}),
    "describe": ({"kind": "deploy", **CART}, {"namespace": ""}),
    "list": ({"kind": "pods", "labels": "app=cart"}, {"kind": "Deployment", "node": "node-1"}),
    "events": ({}, {"kind": "Nonsense"}),
    "logs": ({"pod": "web"}, ELSEWHERE),
    "top": ({"of": "pods"}, {"of": "nodes"}),
    "wait": ({"kind": "Deployment", **CART, "condition": "Available"}, ELSEWHERE),
    "rollout_status": (CART, {"kind": "Pod"}),
    "rollout_history": (CART, {"kind": "Pod"}),
    "rollout_restart": (CART, {"kind": "Pod"}),
    "rollout_undo": ({"name": "shop"}, {"revision": 77}),
    "rollout_pause": ({"name": "pause"}, {"name": "nobody"}),
    "rollout_resume": ({"name": "pause"}, {"name": "nobody"}),
    "scale": ({"kind": "StatefulSet", "name": "db", "replicas": 3}, {"kind": "DaemonSet"}),
    "set_image": ({"name": "image", "container": "image", "image": NEW}, {"container": "nobody"}),
    "cordon": ({"node": "NODE"}, {"node": "nobody"}),
    "uncordon": ({"node": "NODE"}, {"node": "nobody"}),
    "evict_pod": ({"pod": "evict"}, {"pod": "nobody"}),
    "delete_pod": ({"pod": "delete"}, {"pod": "nobody"}),
    "job_run": ({"cron_job": "tidy", "wait": False}, {"cron_job": "nobody"}),
    "apply": ({"manifest": MANIFEST}, {"manifest": "kind: {"}),
    "patch": ({"kind": "Deployment", "name": "pause", "patch": "metadata: {labels: {seen: 'yes'}}"}, {"patch": "1"}),
    "exec": ({"pod": "web", "argv": ["/pause", "-v"], "bounded": False}, {"container": "nobody"}),
    "drain": ({"node": "NODE", "force": True}, {"force": False}),
}
CLUSTER_WIDE = ("cordon", "uncordon", "drain")


@pytest.fixture(scope="module")
def stand(request: pytest.FixtureRequest) -> Iterator[Cluster]:
    """One shop for all of these tests: an action touches what no other looks at."""
    with empty(request) as cluster:
        put(cluster, *(bare_pod(name) for name in ("web", "evict", "delete")))
        put(cluster, *(workload("Deployment", name, replicas=1) for name in ("pause", "image")))
        put(cluster, workload("StatefulSet", "db", replicas=1), cron_job("tidy"))
        for name in ("cart", "shop"):
            twice(cluster, "Deployment", name)
        if isinstance(cluster, SimulatedKubernetes):
            cluster.execs({"argv": ["/pause", "-v"], "stdout": "pause.c"})
        ready(cluster, "web")
        rolled_out(cluster, "StatefulSet", "db", OLD)
        yield cluster


def test_every_action_has_a_case() -> None:
    assert {spec.name for spec in SPECS} == {f"kubernetes.{name}" for name in CASES}


@pytest.mark.parametrize("case", CASES)
class TestActions(ActionContract):
    @pytest.fixture
    async def capabilities(self, stand: Cluster, tools: Tools, case: str) -> AsyncIterator[Capabilities]:
        namespaces = [] if case in CLUSTER_WIDE else [stand.namespace]
        config = KubernetesConfig(kubeconfig=stand.kubeconfig, allow=ALL, namespaces=namespaces)
        async with kubernetes_integration.open(config, tools) as capabilities:
            yield capabilities

    @pytest.fixture
    def action(self, capabilities: Capabilities, stand: Cluster, case: str) -> Action:
        if case == "drain" and not isinstance(stand, SimulatedKubernetes):
            pytest.skip("a node of a real cluster is not emptied for a test")
        return capabilities.actions[f"kubernetes.{case}"]

    @pytest.fixture
    def given(self, stand: Cluster, case: str) -> dict[str, Any]:
        within = {} if case in CLUSTER_WIDE else {"namespace": stand.namespace}
        return within | {key: node(stand) if value == "NODE" else value for key, value in CASES[case][0].items()}

    @pytest.fixture
    def params(self, action: Action, given: dict[str, Any]) -> BaseModel:
        return action.spec.params.model_validate(given)

    @pytest.fixture
    def mistaken(self, action: Action, given: dict[str, Any], case: str) -> BaseModel:
        return action.spec.params.model_validate(given | CASES[case][1])


def node(cluster: Cluster) -> str:
    """The name of a node."""
    return cluster.kubectl("get", "nodes", "-o", "jsonpath={.items[0].metadata.name}").stdout


class TestIntegration(IntegrationContract):
    @pytest.fixture
    def integration(self) -> Integration:
        return kubernetes_integration

    @pytest.fixture
    def secrets(self) -> tuple[str, ...]:
        return ("a-token-nobody-sees",)

    @pytest.fixture
    def unreachable(self, secrets: tuple[str, ...]) -> KubernetesConfig:
        return KubernetesConfig(server=f"https://127.0.0.1:{free_port()}", token=secrets[0], allow=ALL)
