"""The knobs: what breaks when a test says so, what was asked, how time passes, and what the metrics say."""

import asyncio
import json
import time
import urllib.parse
import urllib.request
from pathlib import Path

import pytest
from aiohttp import ClientError
from kubernetes.aio import client

from tests.integrations.kubernetes_simulator.asking import APPS, CORE, MERGE, STRATEGIC, Ask, refused
from tests.integrations.kubernetes_simulator.shop import NAMESPACE, config, deployment, metadata, pod
from tests.servers import PrometheusServer, SimulatedKubernetes

CART = f"{APPS}/deployments/cart"


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (429, "TooManyRequests"),
        (500, "InternalError"),
        (503, "ServiceUnavailable"),
        (504, "Timeout"),
        (409, "Conflict"),
        (410, "Expired"),
        (401, "Unauthorized"),
        (403, "Forbidden"),
    ],
)
async def test_a_fault_is_an_answer(kubernetes: SimulatedKubernetes, ask: Ask, status: int, reason: str) -> None:
    kubernetes.breaks({"path": f"{CORE}/pods", "status": status, "times": 1})
    await refused(ask("GET", f"{CORE}/pods"), status, reason)
    await ask("GET", f"{CORE}/pods")


async def test_a_fault_may_say_when_to_come_again(kubernetes: SimulatedKubernetes, ask: Ask) -> None:
    kubernetes.breaks({"method": "GET", "status": 429, "retry_after": 7, "times": 1})
    body = await refused(ask("GET", f"{CORE}/pods"), 429, "TooManyRequests")
    assert (ask.headers["Retry-After"], body["details"]["retryAfterSeconds"]) == ("7", 7)


async def test_a_line_may_break_before_or_after_the_effect(kubernetes: SimulatedKubernetes, ask: Ask) -> None:
    for effect in (False, True):
        kubernetes.breaks({"method": "POST", "drop": True, "effect": effect, "times": 1})
        with pytest.raises(ClientError):
            await ask("POST", f"{CORE}/configmaps", config())
        assert len((await ask("GET", f"{CORE}/configmaps"))["items"]) == effect


async def test_it_may_be_slow_or_a_page(kubernetes: SimulatedKubernetes, ask: Ask) -> None:
    kubernetes.breaks({"latency": 0.3, "times": 1}, {"html": True, "status": 502, "times": 1})
    began = time.monotonic()
    await ask("GET", f"{CORE}/pods")
    assert time.monotonic() - began >= 0.3
    with pytest.raises(client.ApiException) as caught:
        await ask("GET", f"{CORE}/pods")
    assert caught.value.status == 502
    assert "<!doctype html>" in str(caught.value)


async def test_a_mistyped_knob_is_refused(kubernetes: SimulatedKubernetes) -> None:
    for knob, body in (
        ("faults", {"faults": [{"pth": "/"}]}),
        ("settings", {"nods": 3}),
        ("images", {"images": {"a": {"does": "sing"}}}),
    ):
        with pytest.raises(ValueError, match="400"):
            kubernetes.turn("PUT", knob, body)


async def test_the_journal_has_every_request(kubernetes: SimulatedKubernetes, ask: Ask) -> None:
    since = len(kubernetes.journal())
    await ask("POST", f"{CORE}/configmaps", config(a="1"), dryRun="All", fieldManager="tocsin")
    await refused(ask("GET", f"{CORE}/configmaps/prices"), 404, "NotFound")
    first, second = kubernetes.journal(since)
    assert (first["method"], first["path"], first["status"]) == ("POST", f"{CORE}/configmaps", 201)
    assert first["query"] == {"dryRun": "All", "fieldManager": "tocsin"}
    assert first["body"]["data"] == {"a": "1"}
    assert (second["method"], second["status"], second["user"]) == ("GET", 404, "admin")


async def test_usage_is_what_was_said(kubernetes: SimulatedKubernetes, ask: Ask) -> None:
    await ask("POST", f"{CORE}/pods", pod())
    kubernetes.advance(1)
    kubernetes.usage({"pod/shop/one": {"memory": "900Mi"}, "node/node-1": {"cpu": "7900m"}})
    root = "/apis/metrics.k8s.io/v1beta1"
    (one,) = (await ask("GET", f"{root}/namespaces/{NAMESPACE}/pods"))["items"]
    assert one["containers"][0]["usage"] == {"cpu": "5m", "memory": "900Mi"}
    assert (await ask("GET", f"{root}/nodes/node-1"))["usage"]["cpu"] == "7900m"
    await refused(ask("GET", f"{root}/nodes/none"), 404, "NotFound")
    kubernetes.set(metrics=False)
    with pytest.raises(client.ApiException) as caught:
        await ask("GET", f"{root}/nodes")
    assert caught.value.status == 404


async def test_an_autoscaler_is_as_the_test_says(kubernetes: SimulatedKubernetes, ask: Ask) -> None:
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "cart"}
    path = f"/apis/autoscaling/v2/namespaces/{NAMESPACE}/horizontalpodautoscalers"
    await ask("POST", path, {"metadata": metadata("cart"), "spec": {"maxReplicas": 3, "scaleTargetRef": target}})
    kubernetes.status("autoscaling", "horizontalpodautoscalers", "cart", currentReplicas=3, desiredReplicas=3)
    assert (await ask("GET", f"{path}/cart"))["status"]["currentReplicas"] == 3
    labels = 'namespace="shop",horizontalpodautoscaler="cart"'
    assert f"kube_horizontalpodautoscaler_status_current_replicas{{{labels}}} 3" in kubernetes.metrics()


async def test_the_metrics_tell_of_each_fault(kubernetes: SimulatedKubernetes, ask: Ask) -> None:
    await ask("POST", f"{CORE}/pods", pod("one", "shop/one:bad"))
    kubernetes.node("node-3", ready=False, pressure=["Disk"])
    kubernetes.advance(3)
    said = kubernetes.metrics().splitlines()

    def value(name: str, *labels: str) -> float:
        (line,) = [one for one in said if one.startswith(f"{name}{{") and all(label in one for label in labels)]
        return float(line.rpartition(" ")[2])

    assert value("kube_pod_container_status_restarts_total", 'pod="one"', 'container="one"') >= 2
    assert value("kube_pod_container_status_waiting_reason", 'pod="one"', 'reason="CrashLoopBackOff"') == 1
    assert value("kube_pod_status_phase", 'pod="one"', 'phase="Running"') == 1
    ready = ('node="node-3"', 'condition="Ready"')
    assert value("kube_node_status_condition", *ready, 'status="true"') == 0
    assert value("kube_node_status_condition", *ready, 'status="false"') == 1
    assert value("kube_node_status_condition", 'node="node-3"', 'condition="DiskPressure"', 'status="true"') == 1


async def test_prometheus_reads_them_and_sees_the_recovery(
    prometheus_binary: str, kubernetes: SimulatedKubernetes, ask: Ask, tmp_path: Path
) -> None:
    host = kubernetes.knobs.removeprefix("http://")
    scraped = f"{{job_name: ksm, metrics_path: /_sim/metrics, static_configs: [{{targets: ['{host}']}}]}}"
    often = "global: {scrape_interval: 200ms, scrape_timeout: 200ms}"
    await ask("POST", f"{APPS}/deployments", deployment(image="shop/cart:bad"))
    with PrometheusServer(tmp_path, f"{often}\nscrape_configs: [{scraped}]\n") as prometheus:
        expr = "kube_deployment_spec_replicas - kube_deployment_status_replicas_available > 0"
        await answered(prometheus, expr, rows=1)
        containers = [{"name": "cart", "image": "shop/cart:1"}]
        await ask("PATCH", CART, {"spec": {"template": {"spec": {"containers": containers}}}}, media=STRATEGIC)
        await answered(prometheus, expr, rows=0)


async def answered(prometheus: PrometheusServer, expr: str, *, rows: int) -> None:
    """Returns once the query has so many rows."""

    def asked() -> int:
        url = f"{prometheus.url}/api/v1/query?query={urllib.parse.quote(expr)}"
        with urllib.request.urlopen(url, timeout=5) as answer:
            return len(json.load(answer)["data"]["result"])

    for _ in range(150):
        if await asyncio.to_thread(asked) == rows:
            return
        await asyncio.sleep(0.1)
    raise AssertionError(f"{expr} has never had {rows} rows")


async def test_the_cluster_can_be_held_still(kubernetes: SimulatedKubernetes, ask: Ask) -> None:
    kubernetes.set(frozen=True)
    made = await ask("POST", f"{APPS}/deployments", deployment())
    await ask("PATCH", CART, {"spec": {"replicas": 1}}, media=MERGE)
    held = await ask("GET", CART)
    assert (held["metadata"]["generation"], "observedGeneration" in held["status"]) == (2, False)
    assert made["metadata"]["uid"] == held["metadata"]["uid"]
    kubernetes.set(frozen=False)
    kubernetes.advance(1)
    assert (await ask("GET", CART))["status"]["observedGeneration"] >= 2
