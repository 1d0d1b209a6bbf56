"""A node is emptied as budgets allow, and nothing is lost that was not said to be."""

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.errors import Permanent
from bot.model.plan import Did, Outcome
from bot.model.runbook import Risk
from bot.ports import in_turn
from bot.testing.contracts import WITHIN
from tests.integrations.kubernetes.conftest import (
    OLD,
    Acting,
    bare_pod,
    put,
    ready,
    rolled_out,
    seen,
    workload,
)
from tests.servers.kubernetes import SimulatedKubernetes

MIRROR = {"annotations": {"kubernetes.io/config.mirror": "abc"}}


def pods_on(cluster: SimulatedKubernetes, node: str) -> set[str]:
    """The names of the pods on a node that are not about to leave."""
    found = cluster.ask("GET", f"/api/v1/pods?fieldSelector=spec.nodeName={node}")["items"]
    return {one["metadata"]["name"] for one in found if "deletionTimestamp" not in one["metadata"]}


def budget(name: str, least: int) -> dict[str, Any]:
    spec = {"minAvailable": least, "selector": {"matchLabels": {"app": name}}}
    return {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": name}, "spec": spec}


@pytest.fixture
async def shop(cluster: SimulatedKubernetes) -> SimulatedKubernetes:
    """Two pods of a deployment, one of a DaemonSet and a static one on the only node; a second node has room."""
    await asyncio.to_thread(cluster.reset, nodes=1)
    put(cluster, workload("Deployment", "cart"), workload("DaemonSet", "agent"), bare_pod("etcd", "node-1", **MIRROR))
    for kind, name in (("Deployment", "cart"), ("DaemonSet", "agent")):
        await asyncio.to_thread(rolled_out, cluster, kind, name, OLD)
    cluster.node("node-2")
    return cluster


async def test_all_leave_but_those_that_belong_to_the_node(shop: SimulatedKubernetes, acting: Acting) -> None:
    plan = await acting.plan("drain", node="node-1")
    assert plan.risk is Risk.DESTRUCTIVE
    assert plan.places == ("cluster:prod", "node:node-1", "namespace:shop")
    assert plan.diff.count("- pod/shop/cart-") == 2
    assert "stays: shop/etcd (static)" in plan.diff
    assert "(of a DaemonSet)" in plan.diff
    assert "+  unschedulable: true" in plan.diff
    assert await acting.probe(plan) is Did.DID_NOT
    said: list[str] = []
    result = await acting.run(plan, said.append)
    assert result.outcome is Outcome.SUCCEEDED, result
    assert len(result.value["evicted"]) == 2
    assert result.value["remaining"] == []
    assert not any(name.startswith("cart") for name in pods_on(shop, "node-1"))
    assert "etcd" in pods_on(shop, "node-1")
    assert sum("is gone" in text for text in said) == 2
    assert await acting.probe(plan) is Did.DID
    assert (await acting.run(plan)).outcome is Outcome.SUCCEEDED, "an empty node is empty"
    assert (await acting.undo(plan, result)).outcome is Outcome.SUCCEEDED
    assert not seen(shop, "Node", "node-1")["spec"].get("unschedulable")


async def test_pods_of_namespaces_that_nobody_agreed_to_stay(shop: SimulatedKubernetes, acting: Acting) -> None:
    plan = await acting.plan("drain", node="node-1")
    result = await acting.run(replace(plan, places=("cluster:prod", "node:node-1", "namespace:elsewhere")))
    assert (result.outcome, result.untouched) == (Outcome.FAILED, True)
    assert result.summary == "since it was planned, pods of shop have come to node-1"
    assert not seen(shop, "Node", "node-1")["spec"].get("unschedulable")


async def test_pods_leave_by_eviction_alone(shop: SimulatedKubernetes, acting: Acting) -> None:
    plan = await acting.plan("drain", node="node-1")
    since = len(shop.journal())
    await acting.run(plan)
    lines = shop.journal(since)
    assert not [line for line in lines if line["method"] == "DELETE"]
    assert sum(line["path"].endswith("/eviction") for line in lines) == 2


async def test_a_budget_is_waited_for(shop: SimulatedKubernetes, acting: Acting) -> None:
    """One of two may be away: the second leaves when the first runs elsewhere."""
    put(shop, budget("cart", 1))
    plan = await acting.plan("drain", node="node-1")
    result = await acting.run(plan)
    assert result.outcome is Outcome.SUCCEEDED, result
    assert len(result.value["evicted"]) == 2


async def test_a_budget_that_never_allows_it_is_told_and_kept(shop: SimulatedKubernetes, acting: Acting) -> None:
    put(shop, budget("cart", 2))
    plan = await acting.plan("drain", node="node-1")
    assert plan.diff.count("not at once: prod answered 429") == 2
    assert "disruption budget" in plan.diff
    action = acting.action("drain")
    result = await action.run(plan, WITHIN / 10, lambda _: None)
    assert (result.outcome, result.temporary) == (Outcome.FAILED, True)
    assert "2 pods are still on node-1" in result.summary
    assert "disruption budget" in result.text
    assert len(result.value["remaining"]) == 2
    assert sum(name.startswith("cart") for name in pods_on(shop, "node-1")) == 2


async def test_a_pod_with_two_budgets_never_leaves_and_is_not_waited_for(
    shop: SimulatedKubernetes, acting: Acting
) -> None:
    """It is said with 500, and said again however long one waits: it is no trouble of the server."""
    plan = await acting.plan("drain", node="node-1")
    second = budget("cart", 1) | {"metadata": {"name": "second"}}
    put(shop, budget("cart", 1), second)
    with pytest.raises(Permanent, match="more than one PodDisruptionBudget"):
        await acting.plan("drain", node="node-1")
    result = await acting.run(plan)
    assert (result.outcome, result.temporary) == (Outcome.FAILED, False)
    assert "more than one PodDisruptionBudget" in result.summary
    assert len(result.value["remaining"]) == 2


def hearing(said: Iterable[str]) -> in_turn.WhyNot:
    """What is answered, one after the other, to whoever asks whether it may go on."""
    answers = iter(said)

    async def why_not() -> str:
        return next(answers)

    return why_not


async def test_before_each_pod_it_is_asked_whether_to_go_on(shop: SimulatedKubernetes, acting: Acting) -> None:
    plan = await acting.plan("drain", node="node-1", at_once=1)
    first, second = sorted(name for name in pods_on(shop, "node-1") if name.startswith("cart"))
    with in_turn.asking(hearing(["", "automation is paused by ann: stop"])):
        result = await acting.run(plan)
    assert (result.outcome, result.temporary, result.untouched) == (Outcome.FAILED, True, False)
    assert result.summary == (
        "stopped, because automation is paused by ann: stop: "
        f"1 pods have left, 1 pods are still on node-1: shop/{second}"
    )
    assert result.value["stopped"] == "automation is paused by ann: stop"
    assert (result.value["evicted"], result.value["remaining"]) == ([f"shop/{first}"], [f"shop/{second}"])
    assert f"shop/{first}: has left" in result.text
    assert f"shop/{second}: automation is paused by ann: stop" in result.text
    assert second in pods_on(shop, "node-1")
    assert (await acting.undo(plan, result)).outcome is Outcome.SUCCEEDED
    assert not seen(shop, "Node", "node-1")["spec"].get("unschedulable")


@pytest.mark.parametrize("action", ["drain", "evict_pod"])
async def test_a_pod_that_waits_for_its_budget_is_not_asked_once_more(
    shop: SimulatedKubernetes, acting: Acting, action: str
) -> None:
    put(shop, budget("cart", 2))
    pod = min(name for name in pods_on(shop, "node-1") if name.startswith("cart"))
    what = {"node": "node-1"} if action == "drain" else {"namespace": "shop", "pod": pod}
    plan = await acting.plan(action, **what)
    since = len(shop.journal())
    go_on = [""] * (2 if action == "drain" else 0)
    with in_turn.asking(hearing([*go_on, *["RUN-1 is cancelled"] * 2])):
        result = await acting.run(plan)
    assert result.outcome is Outcome.FAILED
    assert "RUN-1 is cancelled" in result.summary
    asked = [line["path"] for line in shop.journal(since) if line["path"].endswith("/eviction")]
    assert len(asked) == max(1, len(go_on)), "each once"
    assert pod in pods_on(shop, "node-1")


async def test_without_time_no_pod_is_asked_to_leave(shop: SimulatedKubernetes, acting: Acting) -> None:
    plan = await acting.plan("drain", node="node-1")
    result = await acting.action("drain").run(plan, timedelta(seconds=1), lambda _: None)
    assert (result.outcome, result.value["stopped"]) == (Outcome.FAILED, "there was no time left for it")
    assert (result.value["evicted"], len(result.value["remaining"])) == ([], 2)


async def test_where_the_server_refuses_in_the_middle_it_is_told_who_has_left(
    shop: SimulatedKubernetes, acting: Acting
) -> None:
    plan = await acting.plan("drain", node="node-1", at_once=1)
    first, second = sorted(name for name in pods_on(shop, "node-1") if name.startswith("cart"))
    shop.breaks({"path": f"/api/v1/namespaces/shop/pods/{second}/eviction", "status": 403})
    result = await acting.run(plan)
    assert result.outcome is Outcome.FAILED
    assert (result.value["evicted"], result.value["remaining"]) == ([f"shop/{first}"], [f"shop/{second}"])
    assert "1 pods have left node-1" in result.summary
    assert (await acting.undo(plan, result)).outcome is Outcome.SUCCEEDED


async def test_what_would_be_lost_is_refused_before_anything_is_touched(
    shop: SimulatedKubernetes, acting: Acting
) -> None:
    put(shop, bare_pod("lonely", "node-1"))
    await asyncio.to_thread(ready, shop, "lonely")
    with pytest.raises(Permanent, match="shop/lonely") as refused:
        await acting.plan("drain", node="node-1")
    assert "force: true" in refused.value.hint
    scratch = bare_pod("scratch", "node-1")
    scratch["spec"]["volumes"] = [{"name": "tmp", "emptyDir": {}}]
    put(shop, scratch)
    with pytest.raises(Permanent, match="its data on the node would be lost"):
        await acting.plan("drain", node="node-1", force=True)
    plan = await acting.plan("drain", node="node-1", force=True, empty_dirs=True)
    assert "- pod/shop/lonely" in plan.diff


async def test_one_that_came_since_is_not_lost_either(shop: SimulatedKubernetes, acting: Acting) -> None:
    plan = await acting.plan("drain", node="node-1")
    put(shop, bare_pod("late", "node-1"))
    await asyncio.to_thread(ready, shop, "late")
    result = await acting.run(plan)
    assert result.outcome is Outcome.FAILED
    assert "shop/late" in result.summary
    assert not seen(shop, "Node", "node-1")["spec"].get("unschedulable")
    assert sum(name.startswith("cart") for name in pods_on(shop, "node-1")) == 2


async def test_a_node_that_was_cordoned_before_stays_so(shop: SimulatedKubernetes, acting: Acting) -> None:
    assert (await acting.do("cordon", node="node-1")).outcome is Outcome.SUCCEEDED
    assert not (await acting.plan("drain", node="node-1")).can_undo
