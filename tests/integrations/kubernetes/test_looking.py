"""What is seen of a cluster: states in its own words, logs as they come, events; and what is not shown."""

import asyncio
import json
from urllib.parse import parse_qs

import pytest
from pydantic import SecretStr

from bot.errors import Permanent
from bot.integrations.kubernetes import integration
from bot.integrations.kubernetes.client import Api
from bot.integrations.kubernetes.cluster import Cluster as ClusterView
from bot.integrations.kubernetes.config import KubernetesConfig
from bot.integrations.kubernetes.kinds import find
from bot.integrations.kubernetes.looking import unwell
from bot.kit.plugin import Tools
from bot.model.plan import Outcome
from bot.testing.contracts import WITHIN
from tests.integrations.http_server import Asked, HttpServer, says
from tests.integrations.kubernetes.conftest import (
    NAMESPACE,
    NEW,
    OLD,
    Acting,
    bare_pod,
    put,
    ready,
    soon,
    workload,
)
from tests.servers.kubernetes import Cluster, SimulatedKubernetes

SHOP = {"namespace": NAMESPACE}
CART = SHOP | {"name": "cart"}


def waiting(cluster: SimulatedKubernetes, reason: str) -> str:
    """The name of a pod of `cart`, once a container of one waits for this reason."""
    found: list[str] = []

    def look() -> bool:
        for pod in cluster.ask("GET", "/api/v1/namespaces/shop/pods?labelSelector=app%3Dcart")["items"]:
            statuses = pod.get("status", {}).get("containerStatuses", [])
            reasons = [one["state"]["waiting"]["reason"] for one in statuses if "waiting" in one.get("state", {})]
            if reason in reasons and statuses[0]["restartCount"]:
                found.append(pod["metadata"]["name"])
        return bool(found)

    soon(look, reason)
    return found[0]


async def test_a_crash_is_told_in_the_clusters_own_words(cluster: SimulatedKubernetes, acting: Acting) -> None:
    cluster.images(**{OLD: {"does": "crash", "exit_code": 3, "log": ["starting", "no database"]}})
    put(cluster, workload("Deployment", "cart", replicas=1))
    pod = await asyncio.to_thread(waiting, cluster, "CrashLoopBackOff")
    described = await acting.do("describe", kind="pod", name=pod, **SHOP)
    assert "container cart: CrashLoopBackOff; ended before with 3 (Error)" in described.summary
    assert any(event["reason"] == "BackOff" for event in described.value["events"])
    assert "BackOff" in described.text
    listed = await acting.do("list", kind="pods", labels="app=cart", **SHOP)
    assert listed.value["unwell"] == [f"shop/{pod}"]
    assert listed.value["items"][0]["restarts"] >= 1
    heard: list[str] = []
    plan = await acting.plan("logs", pod=pod, previous=True, tail=1, **SHOP)
    logs = await acting.run(plan, heard.append)
    assert logs.text == "".join(heard) == "no database\n"
    assert logs.value == {"lines": 1, "last": "no database", "container": "cart"}
    events = await acting.do("events", kind="pod", name=pod, warnings=True, **SHOP)
    assert events.value["count"] >= 1
    assert {event["type"] for event in events.value["events"]} == {"Warning"}


async def test_a_pod_that_fits_nowhere_says_why(cluster: SimulatedKubernetes, acting: Acting) -> None:
    huge = bare_pod("huge")
    huge["spec"]["containers"][0]["resources"] = {"requests": {"cpu": "900"}}
    put(cluster, huge)
    described = await acting.do("describe", kind="pod", name="huge", **SHOP)
    assert "not scheduled:" in described.summary
    assert "Insufficient cpu" in described.summary


async def test_of_a_log_that_is_too_long_its_end_is_kept(cluster: SimulatedKubernetes, acting: Acting) -> None:
    put(cluster, bare_pod("long"))
    await asyncio.to_thread(ready, cluster, "long")
    cluster.writes("long", *(f"{number:03} {'x' * 1000}" for number in range(300)), "panic: out of ideas")
    logs = await acting.do("logs", pod="long", tail=301, **SHOP)
    note, *lines, last = logs.text.splitlines()
    assert {len(line) for line in lines} == {1004}
    assert [line[:3] for line in lines] == [f"{number:03}" for number in range(300 - len(lines), 300)]
    assert note == "(the last 256 KiB of what was printed)"
    assert (last, logs.value["last"], logs.value["lines"]) == ("panic: out of ideas", last, len(lines) + 1)
    assert logs.summary == f"{len(lines) + 1} lines of long {note}; the last: panic: out of ideas"


async def test_what_a_program_prints_too_much_of_says_where_it_was_cut(
    cluster: SimulatedKubernetes, acting: Acting
) -> None:
    put(cluster, bare_pod("long"))
    await asyncio.to_thread(ready, cluster, "long")
    cluster.execs({"argv": ["show"], "stdout": "\n".join("y" * 1000 for _ in range(300))})
    shown = await acting.do("exec", pod="long", argv=["show"], bounded=False, **SHOP)
    *lines, note = shown.value["stdout"].splitlines()
    assert ({len(line) for line in lines}, note) == ({1000}, "(cut after 256 KiB)")


async def test_one_of_several_containers_must_be_named(cluster: SimulatedKubernetes, acting: Acting) -> None:
    two = bare_pod("two")
    two["spec"]["containers"].append({"name": "side", "image": OLD})
    put(cluster, two)
    await asyncio.to_thread(ready, cluster, "two")
    cluster.writes("two", "from the side", container="side")
    result = await acting.do("logs", pod="two", **SHOP)
    assert result.outcome is Outcome.FAILED
    assert "write `container` as one of: two, side" in result.text
    assert (await acting.do("logs", pod="two", container="side", **SHOP)).text.endswith("\nfrom the side\n")


class TestSecrets:
    """No data of a Secret, no variable whose name speaks of one, nothing that is known to be secret."""

    async def test_they_are_not_shown(self, cluster: SimulatedKubernetes, acting: Acting, tools: Tools) -> None:
        tools.redactor.add("s3cret-of-ours")
        secret = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {
                "name": "db",
                "annotations": {"kubectl.kubernetes.io/last-applied-configuration": '{"stringData":{"a":"aHVzaA"}}'},
            },
            "data": {"password": "aHVzaC1odXNo"},
        }
        pod = bare_pod("web")
        pod["spec"]["containers"][0]["env"].append({"name": "GREETING", "value": "hello s3cret-of-ours"})
        cluster.ask("POST", "/api/v1/namespaces/shop/secrets", secret)
        put(cluster, pod)
        await asyncio.to_thread(ready, cluster, "web")
        cluster.writes("web", "using s3cret-of-ours")
        shown = ""
        for action in ("get", "describe"):
            for kind, name in (("secret", "db"), ("pod", "web")):
                result = await acting.do(action, kind=kind, name=name, **SHOP)
                assert result.outcome is Outcome.SUCCEEDED
                shown += f"{result.text} {json.dumps(result.value)}"
        shown += f"{await acting.do('list', kind='secrets', **SHOP)} {await acting.do('logs', pod='web', **SHOP)}"
        with pytest.raises(Permanent, match="would stand in the runbook"):
            await acting.plan("patch", kind="secret", name="db", patch="stringData: {password: abc}", **SHOP)
        plan = await acting.plan("patch", kind="secret", name="db", patch="metadata: {labels: {a: b}}", **SHOP)
        shown += repr(plan)
        env = "{name: web, env: [{name: DB_PASSWORD, value: hush-hush}, {name: EXTRA, value: new}]}"
        put(cluster, workload("Deployment", "cart"))
        patch = f"spec: {{template: {{spec: {{containers: [{env.replace('web', 'cart')}]}}}}}}"
        plan = await acting.plan("patch", kind="deployment", patch=patch, type="strategic", **CART)
        shown += f"{plan.diff} {plan.preconditions} {plan.summary} {plan.undo}"
        assert "password" in shown
        assert "GREETING" in shown
        for hidden in ("aHVzaC1odXNo", "aHVzaA", "hush-hush", "s3cret-of-ours"):
            assert hidden not in shown


class TestWaiting:
    async def test_until_it_says_so(self, cluster: SimulatedKubernetes, acting: Acting) -> None:
        cluster.set(start=0.3)
        put(cluster, workload("Deployment", "cart"))
        result = await acting.do("wait", kind="Deployment", condition="available", **CART)
        assert result.outcome is Outcome.SUCCEEDED
        assert result.value["waited"] >= 0.1
        result = await acting.do("wait", kind="Deployment", field="status.readyReplicas", value="2", **CART)
        assert result.outcome is Outcome.SUCCEEDED

    async def test_what_is_not_there_is_not_seen(self, cluster: SimulatedKubernetes, acting: Acting) -> None:
        for params in ({"condition": "Available"}, {"field": "status.phase", "value": ""}):
            plan = await acting.plan("wait", kind="Deployment", **CART, **params)
            result = await acting.action("wait").run(plan, WITHIN / 15, lambda _: None)
            assert result.outcome is Outcome.FAILED
            assert "could not see it: there is no such object" in result.summary
        gone = await acting.do("wait", kind="Deployment", gone=True, **CART)
        assert gone.outcome is Outcome.SUCCEEDED

    async def test_a_server_that_does_not_answer_is_not_seen_either(
        self, cluster: SimulatedKubernetes, acting: Acting
    ) -> None:
        for params in ({"condition": "Available"}, {"gone": True}):
            plan = await acting.plan("wait", kind="Deployment", **CART, **params)
            cluster.breaks({"path": "/apis/apps", "status": 503})
            result = await acting.action("wait").run(plan, WITHIN / 15, lambda _: None)
            assert result.outcome is Outcome.FAILED
            assert "could not see it" in result.summary

    async def test_what_was_true_of_an_older_version_is_not_true(
        self, cart: SimulatedKubernetes, acting: Acting
    ) -> None:
        cart.set(frozen=True)
        put(cart, workload("Deployment", "cart", OLD))
        plan = await acting.plan("wait", kind="Deployment", condition="Available", **CART)
        result = await acting.action("wait").run(plan, WITHIN / 20, lambda _: None)
        assert result.outcome is Outcome.FAILED
        assert "of an older version" in result.summary

    async def test_a_condition_may_be_of_an_older_version_than_the_rest(
        self, cluster: SimulatedKubernetes, acting: Acting
    ) -> None:
        """As those of custom kinds often are, which say it of each condition and not of their whole status."""
        cluster.set(frozen=True)
        budget = {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": "cart"}}
        put(cluster, budget | {"spec": {"minAvailable": 1, "selector": {"matchLabels": {"app": "cart"}}}})
        plan = await acting.plan("wait", kind="pdb", condition="DisruptionAllowed", **CART)
        for observed, so in ((0, False), (1, True)):
            said = {"type": "DisruptionAllowed", "status": "True", "observedGeneration": observed}
            cluster.status("policy", "poddisruptionbudgets", "cart", conditions=[said])
            result = await acting.action("wait").run(plan, WITHIN / 20, lambda _: None)
            assert (result.outcome is Outcome.SUCCEEDED, "of an older version" in result.summary) == (so, not so)


class TestRollouts:
    async def test_one_that_goes_well_is_waited_for(self, cluster: SimulatedKubernetes, acting: Acting) -> None:
        put(cluster, workload("Deployment", "cart"))
        result = await acting.do("rollout_status", wait=True, **CART)
        assert result.outcome is Outcome.SUCCEEDED
        assert result.value["complete"] is True
        assert (result.value["desired"], result.value["updated"], result.value["ready"]) == (2, 2, 2)

    async def test_one_that_is_stuck_is_no_success(self, cart: SimulatedKubernetes, acting: Acting) -> None:
        cart.images(**{"shop/cart:broken": {"does": "crash"}})
        put(cart, workload("Deployment", "cart", "shop/cart:broken", progressDeadlineSeconds=60))
        result = await acting.do("rollout_status", **CART)
        assert result.outcome is Outcome.SUCCEEDED, "without `wait` it only says how far it is"
        assert result.value["complete"] is False
        await asyncio.to_thread(waiting, cart, "CrashLoopBackOff")
        cart.advance(120)
        result = await acting.do("rollout_status", wait=True, **CART)
        assert result.outcome is Outcome.FAILED
        assert result.value["stuck"] is True
        assert "progress" in result.summary

    async def test_what_was_rolled_out_is_listed(self, cart: Cluster, acting: Acting) -> None:
        result = await acting.do("rollout_history", **CART)
        assert [(one["revision"], one["images"]) for one in result.value["revisions"]] == [(1, [OLD]), (2, [NEW])]
        assert (result.value["current"], result.value["previous"]) == (2, 1)


class TestUse:
    async def test_who_uses_most_comes_first(self, cluster: SimulatedKubernetes, acting: Acting) -> None:
        put(cluster, *(bare_pod(name) for name in ("small", "large")))
        for name in ("small", "large"):
            await asyncio.to_thread(ready, cluster, name)
        cluster.usage(
            {"pod/shop/small": {"cpu": "900m", "memory": "10Mi"}, "pod/shop/large": {"cpu": "5m", "memory": "2Gi"}}
        )
        by_memory = await acting.do("top", **SHOP)
        assert [one["name"] for one in by_memory.value["items"]] == ["large", "small"]
        assert by_memory.value["items"][0]["memory"] == 2 * 1024**3
        by_cpu = await acting.do("top", by="cpu", **SHOP)
        assert [(one["name"], one["cpu"]) for one in by_cpu.value["items"]] == [("small", 0.9), ("large", 0.005)]

    async def test_a_cluster_without_metrics_says_so(self, cluster: SimulatedKubernetes, acting: Acting) -> None:
        cluster.set(metrics=False)
        result = await acting.do("top", of="nodes")
        assert result.outcome is Outcome.FAILED
        assert result.summary == "prod has no metrics API"
        assert "metrics-server" in result.text


async def test_long_lists_come_page_by_page(cluster: SimulatedKubernetes, tools: Tools) -> None:
    """And begin again, once, when the past that they go on from is forgotten."""
    names = [f"map-{number}" for number in range(8)]
    for name in names:
        cluster.ask("POST", "/api/v1/namespaces/shop/configmaps", {"metadata": {"name": name}})
    api = Api(KubernetesConfig(kubeconfig=cluster.kubeconfig), "prod", tools.redactor)
    pages = ClusterView(name="prod", api=api, redactor=tools.redactor, clock=tools.clock, page=3)
    try:
        found = await pages.list(find("configmap"), "shop")
        assert [one["metadata"]["name"] for one in found.items] == names
        assert [one["kind"] for one in found.items] == ["ConfigMap"] * 8
        assert not found.more
        short = await pages.list(find("configmap"), "shop", most=4)
        assert (len(short.items), short.more) == (4, True)
        cluster.breaks({"path": "/api/v1", "status": 410, "reason": "Expired", "times": 1})
        assert len((await pages.list(find("configmap"), "shop")).items) == 8
        cluster.breaks({"path": "/api/v1", "status": 410, "reason": "Expired"})
        with pytest.raises(Permanent, match="410"):
            await pages.list(find("configmap"), "shop")
    finally:
        await api.close()


@pytest.mark.parametrize(
    ("kind", "conditions", "wrong"),
    [
        ("PodDisruptionBudget", {"DisruptionAllowed": "True"}, []),
        ("Gateway", {"Accepted": "True", "Programmed": "True", "Paused": "False"}, []),
        ("Gateway", {"Accepted": "False", "Programmed": "Unknown"}, ["Accepted is False", "Programmed is Unknown"]),
        ("ClusterOperator", {"Progressing": "False", "Degraded": "True"}, ["Degraded is True"]),
        (
            "Deployment",
            {"Progressing": "False", "ReplicaFailure": "True"},
            ["Progressing is False", "ReplicaFailure is True"],
        ),
        ("Node", {"Ready": "True", "KernelDeadlock": "True", "DiskPressure": "False"}, ["KernelDeadlock is True"]),
        ("Node", {"Ready": "Unknown", "PIDPressure": "Unknown"}, ["Ready is Unknown", "PIDPressure is Unknown"]),
        ("Job", {"Complete": "True", "SuccessCriteriaMet": "True"}, []),
        ("Job", {"Failed": "True", "FailureTarget": "True"}, ["Failed is True", "FailureTarget is True"]),
        ("HorizontalPodAutoscaler", {"AbleToScale": "True", "ScalingLimited": "True"}, ["ScalingLimited is True"]),
    ],
)
def test_what_a_condition_means_is_known_or_not_judged(kind: str, conditions: dict[str, str], wrong: list[str]) -> None:
    said = [{"type": name, "status": status} for name, status in conditions.items()]
    found = unwell({"kind": kind, "metadata": {}, "status": {"conditions": said}})
    assert [line.rstrip(": ") for line in found] == wrong


async def test_custom_kinds_are_named_in_full(cluster: Cluster, acting: Acting) -> None:
    plan = await acting.plan("get", kind="certificates.v1.cert-manager.io", name="shop-tls", **SHOP)
    assert plan.summary == f"read certificates.v1.cert-manager.io/{NAMESPACE}/shop-tls on prod"
    result = await acting.run(plan)
    assert result.outcome is Outcome.FAILED
    assert "404" in result.summary
    with pytest.raises(Permanent, match="no kind of object is called 'Deploment'; did you mean"):
        await acting.plan("get", kind="Deploment", name="x", **SHOP)


async def test_events_about_custom_kinds_are_found_by_what_these_call_themselves(tools: Tools) -> None:
    """`Certificate`, as the API server has it, and not `certificates.v1.cert-manager.io`, as a runbook writes it."""
    path = "/apis/cert-manager.io/v1"
    certificate = {"kind": "Certificate", "metadata": {"name": "tls", "namespace": "shop", "uid": "1-2"}}
    answers = {
        path: {
            "resources": [{"name": "certificates/status", "kind": "X"}, {"name": "certificates", "kind": "Certificate"}]
        },
        f"{path}/namespaces/shop/certificates/tls": certificate,
        "/api/v1/namespaces/shop/events": {"items": []},
    }
    fields = []

    async def script(asked: Asked, writer: asyncio.StreamWriter) -> None:
        where, _, query = asked.path.partition("?")
        fields.extend(parse_qs(query).get("fieldSelector", []))
        await says(200, json.dumps(answers[where]).encode())(asked, writer)

    async with HttpServer() as server:
        server.script = script
        config = KubernetesConfig(server=server.url, token=SecretStr("t"), namespaces=["shop"])
        async with integration.open(config, tools) as capabilities:
            acting, custom = Acting(capabilities), {"kind": "certificates.v1.cert-manager.io", "namespace": "shop"}
            assert (await acting.do("describe", name="tls", **custom)).outcome is Outcome.SUCCEEDED
            assert (await acting.do("events", **custom)).outcome is Outcome.SUCCEEDED
            other = await acting.do("events", kind="issuers.v1.cert-manager.io", namespace="shop")
    assert fields == [
        "involvedObject.name=tls,involvedObject.kind=Certificate,involvedObject.uid=1-2",
        "involvedObject.kind=Certificate",
    ]
    assert other.summary == "prod has no issuers in cert-manager.io/v1"


async def test_what_is_gone_is_said_to_be(cluster: Cluster, acting: Acting) -> None:
    result = await acting.do("get", kind="pod", name="nobody", **SHOP)
    assert (result.outcome, result.temporary) == (Outcome.FAILED, False)
    assert 'pods "nobody" not found' in result.summary
