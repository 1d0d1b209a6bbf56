"""What is changed: shown before, exactly that and once, seen afterwards, and taken back."""

import asyncio
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.errors import Permanent
from bot.integrations.kubernetes.kinds import find
from bot.model.plan import Did, Outcome, Plan
from bot.model.runbook import Risk
from bot.ports.reads_only import reads_only
from tests.integrations.kubernetes.conftest import (
    NAMESPACE,
    NEW,
    OLD,
    Acting,
    Opened,
    bare_pod,
    cron_job,
    put,
    ready,
    rolled_out,
    seen,
    soon,
    twice,
    workload,
    writes,
)
from tests.servers.kubernetes import Cluster, SimulatedKubernetes

CART = {"namespace": NAMESPACE, "name": "cart"}
DEPLOYMENTS = "/apis/apps/v1/namespaces/shop/deployments"


def image_of(cluster: Cluster, kind: str, name: str) -> str:
    return str(seen(cluster, kind, name)["spec"]["template"]["spec"]["containers"][0]["image"])


async def done(acting: Acting, action: str, **params: Any) -> Plan:
    """Does it, and sees that it was done; the plan comes back."""
    plan = await acting.plan(action, **params)
    result = await acting.run(plan)
    assert result.outcome is Outcome.SUCCEEDED, result
    return plan


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet", "DaemonSet"])
async def test_the_revision_before_comes_back_and_is_left_again(kind: str, cluster: Cluster, acting: Acting) -> None:
    await asyncio.to_thread(twice, cluster, kind, "cart")
    plan = await acting.plan("rollout_undo", kind=kind, **CART)
    assert f"image: {NEW} -> {OLD}" in plan.diff
    for sign, image in (("-", NEW), ("+", OLD)):
        assert re.search(rf"^\{sign} .*image: {re.escape(image)}$", plan.diff, re.MULTILINE)
    assert plan.params["revision"] == 1
    assert plan.can_undo
    assert plan.undo == f"roll it back to revision 2 ({NEW})"
    result = await acting.run(plan)
    assert result.outcome is Outcome.SUCCEEDED, result
    assert result.value["images"] == [OLD]
    await asyncio.to_thread(rolled_out, cluster, kind, "cart", OLD)
    back = await acting.undo(plan, result)
    assert back.outcome is Outcome.SUCCEEDED, back
    await asyncio.to_thread(rolled_out, cluster, kind, "cart", NEW)


async def test_no_revision_before_the_first_is_made_up(cluster: Cluster, acting: Acting) -> None:
    await asyncio.to_thread(put, cluster, workload("Deployment", "cart"))
    await asyncio.to_thread(rolled_out, cluster, "Deployment", "cart", OLD)
    with pytest.raises(Permanent, match="keeps no earlier revision; it keeps 1"):
        await acting.plan("rollout_undo", **CART)
    with pytest.raises(Permanent, match="keeps no revision 9"):
        await acting.plan("rollout_undo", **CART, revision=9)


async def test_the_one_before_is_not_guessed_while_the_newest_has_no_revision(
    cart: SimulatedKubernetes, acting: Acting
) -> None:
    cart.set(frozen=True)
    put(cart, workload("Deployment", "cart", "shop/cart:3"))
    with pytest.raises(Permanent, match="has not seen the last change of deployment/shop/cart yet"):
        await acting.plan("rollout_undo", **CART)
    assert f"roll deployment/shop/cart back to revision 2 ({NEW})" in (
        (await acting.plan("rollout_undo", **CART, revision=2)).summary
    )
    cart.set(frozen=False)
    await asyncio.to_thread(rolled_out, cart, "Deployment", "cart", "shop/cart:3")
    assert "back to revision 2" in (await acting.plan("rollout_undo", **CART)).summary


async def test_a_restart_happens_once_however_often_its_step_is_tried(cart: Cluster, acting: Acting) -> None:
    plan = await acting.plan("rollout_restart", **CART)
    assert "+        kubectl.kubernetes.io/restartedAt: (when it is done)" in plan.diff
    assert await acting.probe(plan) is Did.DID_NOT
    assert (await acting.run(plan)).outcome is Outcome.SUCCEEDED
    assert await acting.probe(plan) is Did.DID
    once = seen(cart, "Deployment", "cart")
    again = await acting.run(plan)
    assert again.outcome is Outcome.SUCCEEDED
    assert "it is so already" in again.summary
    assert seen(cart, "Deployment", "cart")["metadata"]["generation"] == once["metadata"]["generation"]
    assert once["spec"]["template"]["metadata"]["annotations"]["tocsin/restarted-for"] == "run-7/fix"


async def test_what_others_changed_since_is_not_overwritten(cart: Cluster, acting: Acting) -> None:
    """The plan is bound to what it was made from; that the status moves makes no difference."""
    undo, restart = await acting.plan("rollout_undo", **CART), await acting.plan("rollout_restart", **CART)
    scale = await acting.plan("scale", **CART, replicas=3)
    await asyncio.to_thread(put, cart, workload("Deployment", "cart", "registry.k8s.io/pause:3.8"))
    for plan in (undo, restart):
        result = await acting.run(plan)
        assert result.outcome is Outcome.FAILED
        assert "has changed since it was planned" in result.summary
        assert result.untouched
    assert image_of(cart, "Deployment", "cart") == "registry.k8s.io/pause:3.8"
    assert (await acting.run(scale)).outcome is Outcome.SUCCEEDED


async def test_another_object_of_the_same_name_is_not_touched(cart: Cluster, acting: Acting) -> None:
    plan = await acting.plan("scale", **CART, replicas=5)
    cart.kubectl("delete", "deployment", "cart", "-n", cart.namespace, "--wait=false")
    await asyncio.to_thread(rolled_out_anew, cart)
    result = await acting.run(plan)
    assert result.outcome is Outcome.FAILED
    assert "has taken the place" in result.summary
    assert seen(cart, "Deployment", "cart")["spec"]["replicas"] == 2


def rolled_out_anew(cluster: Cluster) -> None:
    cluster.kubectl("wait", "deployment/cart", "-n", cluster.namespace, "--for=delete", "--timeout=30s", check=False)
    put(cluster, workload("Deployment", "cart"))


async def test_a_paused_rollout_waits_and_is_let_go_on(cart: Cluster, acting: Acting) -> None:
    pause = await done(acting, "rollout_pause", **CART)
    assert seen(cart, "Deployment", "cart")["spec"]["paused"] is True
    with pytest.raises(Permanent, match="paused"):
        await acting.plan("rollout_restart", **CART)
    assert not (await acting.plan("rollout_pause", **CART)).can_undo, "it was paused before: nothing to take back"
    status = await acting.do("rollout_status", **CART)
    assert "paused" in status.summary
    assert (await acting.undo(pause, await acting.run(pause))).outcome is Outcome.SUCCEEDED
    assert not seen(cart, "Deployment", "cart")["spec"].get("paused")


async def test_a_workload_is_scaled_and_scaled_back(cart: Cluster, acting: Acting) -> None:
    plan = await acting.plan("scale", **CART, replicas=4)
    assert plan.risk is Risk.WRITE
    assert "-  replicas: 2\n+  replicas: 4" in plan.diff
    result = await acting.run(plan)
    assert result.value == {"replicas": 4, "before": 2}
    assert (await acting.undo(plan, result)).value["replicas"] == 2
    assert (await acting.plan("scale", **CART, replicas=0)).risk is Risk.DESTRUCTIVE


async def test_an_autoscaler_that_will_change_it_again_is_told(cart: SimulatedKubernetes, acting: Acting) -> None:
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "cart"}
    autoscaler = {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "cart-cpu", "namespace": "shop"},
        "spec": {"scaleTargetRef": target, "minReplicas": 1, "maxReplicas": 3},
    }
    cart.ask("POST", "/apis/autoscaling/v2/namespaces/shop/horizontalpodautoscalers", autoscaler)
    assert (
        "autoscaler cart-cpu decides how many there are (1 to 3)"
        in (await acting.plan("scale", **CART, replicas=4)).diff
    )
    none = (await acting.plan("scale", **CART, replicas=0)).diff
    assert "autoscaler cart-cpu does nothing while there are to be none" in none


class TestCautions:
    """Whoever approves a change is told who may set it back, and what its pods wait for."""

    async def test_who_keeps_it_is_named(self, cart: SimulatedKubernetes, acting: Acting) -> None:
        name = cart.ask("GET", "/apis/apps/v1/namespaces/shop/replicasets")["items"][0]["metadata"]["name"]
        plan = await acting.plan("scale", namespace="shop", kind="ReplicaSet", name=name, replicas=3)
        assert "it belongs to deployment/cart, which may set this back" in plan.diff
        assert "may set this back" not in (await acting.plan("scale", **CART, replicas=3)).diff
        for text, says in (
            ("labels: {argocd.argoproj.io/instance: the-shop}", "Argo CD keeps it (the-shop)"),
            ("annotations: {meta.helm.sh/release-name: the-shop}", "Argo CD keeps it (the-shop)"),
        ):
            await acting.do("patch", kind="Deployment", **CART, patch=f"metadata: {{{text}}}")
            assert says in (await acting.plan("scale", **CART, replicas=3)).diff

    async def test_what_holds_the_pods_of_a_new_template_is_told(
        self, cluster: SimulatedKubernetes, acting: Acting
    ) -> None:
        by_hand, parted, ordered = ("by-hand", "parted", "ordered")
        put(
            cluster,
            workload("StatefulSet", by_hand, updateStrategy={"type": "OnDelete"}),
            workload("StatefulSet", parted, updateStrategy={"rollingUpdate": {"partition": 1}}),
            workload("StatefulSet", ordered, "shop/db:bad"),
            workload("Deployment", "held", paused=True),
        )
        for kind, name, says in (
            ("StatefulSet", by_hand, "its update strategy is OnDelete"),
            ("StatefulSet", parted, "its partition is 1"),
            ("StatefulSet", ordered, "a pod that is not ready is not exchanged by itself"),
            ("Deployment", "held", "it is paused"),
        ):
            of = {"kind": kind, "namespace": "shop", "name": name}
            assert says in (await acting.plan("set_image", **of, container=name, image=NEW)).diff
            assert says not in (await acting.plan("patch", **of, patch="metadata: {labels: {a: b}}")).diff

    async def test_a_rollout_that_goes_on_by_hand_only_is_not_waited_for(
        self, cluster: SimulatedKubernetes, acting: Acting
    ) -> None:
        put(cluster, workload("StatefulSet", "db", updateStrategy={"type": "OnDelete"}))
        await asyncio.to_thread(rolled_out, cluster, "StatefulSet", "db", OLD)
        db = {"kind": "StatefulSet", "namespace": "shop", "name": "db"}
        assert (await acting.do("rollout_status", **db, wait=True)).value["complete"] is True
        await acting.do("rollout_restart", **db)
        result = await acting.do("rollout_status", **db, wait=True)
        assert (result.outcome, result.value["stuck"]) == (Outcome.FAILED, True)
        assert "only exchanged when it is deleted" in result.summary
        cluster.kubectl("delete", "pod", "-n", "shop", "db-0", "db-1", "--wait=false")
        await asyncio.to_thread(rolled_out, cluster, "StatefulSet", "db", OLD)
        assert (await acting.do("rollout_status", **db, wait=True)).value["complete"] is True


async def test_an_image_is_set_and_set_back(cart: Cluster, acting: Acting) -> None:
    plan = await acting.plan("set_image", **CART, container="cart", image=OLD)
    result = await acting.run(plan)
    assert (result.value["image"], result.value["before"]) == (OLD, NEW)
    assert image_of(cart, "Deployment", "cart") == OLD
    assert (await acting.undo(plan, result)).value["image"] == NEW


async def test_an_image_of_a_container_that_comes_first_is_set_too(cluster: Cluster, acting: Acting) -> None:
    made = workload("Deployment", "cart")
    made["spec"]["template"]["spec"]["initContainers"] = [{"name": "proxy", "image": OLD, "restartPolicy": "Always"}]
    await asyncio.to_thread(put, cluster, made)
    plan = await acting.plan("set_image", **CART, container="proxy", image=NEW)
    result = await acting.run(plan)
    assert (result.value["image"], result.value["before"]) == (NEW, OLD)
    spec = seen(cluster, "Deployment", "cart")["spec"]["template"]["spec"]
    assert (spec["initContainers"][0]["image"], spec["containers"][0]["image"]) == (NEW, OLD)
    assert (await acting.undo(plan, result)).value["image"] == OLD
    with pytest.raises(Permanent, match="has no container x"):
        await acting.plan("set_image", **CART, container="x", image=NEW)


async def test_a_node_is_cordoned_and_uncordoned(cluster: SimulatedKubernetes, acting: Acting) -> None:
    plan = await acting.plan("cordon", node="node-1")
    assert "+  unschedulable: true" in plan.diff
    assert plan.places == ("cluster:prod", "node:node-1")
    result = await acting.run(plan)
    assert result.value == {"schedulable": False}
    assert (await acting.undo(plan, result)).value == {"schedulable": True}


class TestAnswersThatDoNotCome:
    """A change whose answer is lost is looked for, and never made twice."""

    async def test_it_was_done(self, cart: SimulatedKubernetes, acting: Acting) -> None:
        plan = await acting.plan("scale", **CART, replicas=4)
        cart.breaks({"path": DEPLOYMENTS, "method": "PATCH", "drop": True, "effect": True, "times": 1})
        result = await acting.run(plan)
        assert result.outcome is Outcome.SUCCEEDED, result
        assert seen(cart, "Deployment", "cart")["spec"]["replicas"] == 4

    async def test_it_was_not_done(self, cart: SimulatedKubernetes, acting: Acting) -> None:
        plan = await acting.plan("scale", **CART, replicas=4)
        cart.breaks({"path": DEPLOYMENTS, "method": "PATCH", "drop": True, "times": 1})
        result = await acting.run(plan)
        assert (result.outcome, result.temporary) == (Outcome.FAILED, True)
        assert (await acting.run(plan)).outcome is Outcome.SUCCEEDED

    async def test_a_server_error_came_after_the_effect(self, cart: SimulatedKubernetes, acting: Acting) -> None:
        plan = await acting.plan("scale", **CART, replicas=4)
        since = len(cart.journal())
        cart.breaks({"path": DEPLOYMENTS, "method": "PATCH", "status": 504, "effect": True})
        assert (await acting.run(plan)).outcome is Outcome.SUCCEEDED
        assert len(writes(cart, since)) == 1

    async def test_nobody_can_see(self, cart: SimulatedKubernetes, acting: Acting) -> None:
        plan = await acting.plan("scale", **CART, replicas=4)
        since = len(cart.journal())
        cart.breaks({"path": DEPLOYMENTS, "method": "PATCH", "drop": True, "latency": 0.5})
        running = asyncio.create_task(acting.run(plan))
        await asyncio.to_thread(soon, lambda: bool(writes(cart, since)), "the patch")
        cart.breaks({"path": DEPLOYMENTS, "method": "GET", "status": 503})
        result = await running
        assert result.outcome is Outcome.UNKNOWN
        assert "may have had its effect" in result.summary
        assert await acting.probe(plan) is Did.UNKNOWN


async def test_a_change_in_between_is_looked_at_again(cart: SimulatedKubernetes, acting: Acting) -> None:
    """What the API server says to an old resourceVersion is not the end: whether the plan still holds is asked anew."""
    plan = await acting.plan("set_image", **CART, container="cart", image=OLD)
    cart.breaks({"path": DEPLOYMENTS, "method": "PATCH", "status": 409, "reason": "Conflict", "times": 2})
    since = len(cart.journal())
    assert (await acting.run(plan)).outcome is Outcome.SUCCEEDED
    sent = [line for line in cart.journal(since) if line["method"] == "PATCH"]
    assert len(sent) == 3
    assert all("resourceVersion" in str(line["body"]) for line in sent)
    again = await acting.plan("set_image", **CART, container="cart", image=NEW)
    cart.breaks({"path": DEPLOYMENTS, "method": "PATCH", "status": 409, "reason": "Conflict"})
    result = await acting.run(again)
    assert (result.outcome, result.temporary) == (Outcome.FAILED, True)


async def test_a_version_that_moves_on_does_not_end_an_undo(cart: SimulatedKubernetes, acting: Acting) -> None:
    """An undo is a JSON patch that tests the version: that it does not apply is told without any cause."""
    plan = await acting.plan("rollout_undo", **CART)
    cart.breaks({"path": f"{DEPLOYMENTS}/cart", "method": "PATCH", "latency": 0.5, "times": 1})
    since = len(cart.journal())
    running = asyncio.create_task(acting.run(plan))
    await asyncio.to_thread(soon, lambda: bool(writes(cart, since)), "the patch")
    await asyncio.to_thread(cart.kubectl, "label", "-n", "shop", "deployment/cart", "seen=yes")
    result = await running
    assert result.outcome is Outcome.SUCCEEDED, result
    sent = [line["status"] for line in cart.journal(since) if "json-patch" in line["content_type"]]
    assert sent == [422, 200]


async def test_a_pod_leaves_and_its_controller_makes_another(cart: Cluster, acting: Acting) -> None:
    pod = cart.kubectl("get", "pods", "-n", cart.namespace, "-l", "app=cart", "-o", "name").stdout.split()[0]
    name = pod.partition("/")[2]
    plan = await acting.plan("delete_pod", namespace=cart.namespace, pod=name)
    assert plan.risk is Risk.WRITE
    assert "ReplicaSet/" in plan.summary
    assert (await acting.plan("delete_pod", namespace=cart.namespace, pod=name, force=True)).risk is Risk.DESTRUCTIVE
    result = await acting.run(plan)
    assert result.value["gone"] is True
    assert (await acting.run(plan)).outcome is Outcome.SUCCEEDED, "it is gone: there is nothing to do"
    await asyncio.to_thread(rolled_out, cart, "Deployment", "cart", NEW)


async def test_a_pod_that_nothing_makes_anew_is_graver(cluster: Cluster, acting: Acting) -> None:
    await asyncio.to_thread(put, cluster, bare_pod("lonely"))
    for action in ("evict_pod", "delete_pod"):
        plan = await acting.plan(action, namespace=cluster.namespace, pod="lonely")
        assert plan.risk is Risk.DESTRUCTIVE
        assert "nothing makes it anew" in plan.summary


async def test_a_new_pod_of_the_same_name_stays(cluster: SimulatedKubernetes, acting: Acting) -> None:
    await asyncio.to_thread(put, cluster, bare_pod("phoenix"))
    plans = [await acting.plan(action, namespace="shop", pod="phoenix") for action in ("evict_pod", "delete_pod")]
    assert (await acting.run(plans[0])).value["gone"]
    await asyncio.to_thread(put, cluster, bare_pod("phoenix"))
    born = seen(cluster, "Pod", "phoenix")["metadata"]["uid"]
    for plan in plans:
        assert (await acting.run(plan)).outcome is Outcome.SUCCEEDED
    assert seen(cluster, "Pod", "phoenix")["metadata"]["uid"] == born


async def test_a_job_is_made_once_from_its_cron_job(cluster: SimulatedKubernetes, acting: Acting) -> None:
    cluster.images(**{OLD: {"does": "done"}})
    await asyncio.to_thread(put, cluster, cron_job("tidy"))
    plan = await acting.plan("job_run", namespace="shop", cron_job="tidy")
    assert await acting.probe(plan) is Did.DID_NOT
    for _ in range(2):
        result = await acting.run(plan)
        assert result.value["done"] is True, result
    assert await acting.probe(plan) is Did.DID
    jobs = cluster.ask("GET", "/apis/batch/v1/namespaces/shop/jobs")["items"]
    assert [one["metadata"]["name"] for one in jobs] == [result.value["job"]]
    assert jobs[0]["metadata"]["ownerReferences"][0]["name"] == "tidy"


async def test_a_job_that_is_gone_before_its_end_was_seen_was_run_all_the_same(
    cluster: SimulatedKubernetes, acting: Acting
) -> None:
    """`ttlSecondsAfterFinished: 0`, or a history limit of none: it has done what it does, and nobody can tell how."""
    job = cron_job("tidy")
    await asyncio.to_thread(put, cluster, job)
    plan = await acting.plan("job_run", namespace="shop", cron_job="tidy")
    running = asyncio.create_task(acting.run(plan))
    path = f"/apis/batch/v1/namespaces/shop/{plan.targets[0].replace('job/shop/', 'jobs/')}"
    await asyncio.to_thread(soon, lambda: bool(cluster.ask("GET", "/api/v1/namespaces/shop/pods")["items"]), "its pod")
    cluster.ask("DELETE", path)
    result = await running
    assert (result.outcome, result.untouched) == (Outcome.UNKNOWN, False)
    assert "has begun, and its end was not seen: it is gone" in result.summary


async def test_a_job_that_is_not_kept_is_not_run_again_by_itself(cluster: SimulatedKubernetes, acting: Acting) -> None:
    """When it is gone, that there is none does not say that it was not run."""
    short = cron_job("short")
    short["spec"]["jobTemplate"]["spec"]["ttlSecondsAfterFinished"] = 0
    none = cron_job("none")
    none["spec"]["successfulJobsHistoryLimit"] = 0
    await asyncio.to_thread(put, cluster, cron_job("tidy"), short, none)
    plans = {name: await acting.plan("job_run", namespace="shop", cron_job=name) for name in ("tidy", "short", "none")}
    assert {name: (plan.repeatable, plan.can_probe) for name, plan in plans.items()} == {
        "tidy": (True, True),
        "short": (False, False),
        "none": (False, False),
    }


async def test_a_job_is_waited_for_while_the_server_does_not_answer(
    cluster: SimulatedKubernetes, acting: Acting
) -> None:
    cluster.images(**{OLD: {"does": "done"}})
    await asyncio.to_thread(put, cluster, cron_job("tidy"))
    plan = await acting.plan("job_run", namespace="shop", cron_job="tidy")
    cluster.breaks({"path": "/apis/batch/v1/namespaces/shop/jobs/", "method": "GET", "status": 503, "times": 2})
    assert (await acting.run(plan)).value["done"] is True


async def test_a_job_that_fails_is_no_success(cluster: SimulatedKubernetes, acting: Acting) -> None:
    cluster.images(**{OLD: {"does": "crash"}})
    job = cron_job("tidy")
    job["spec"]["jobTemplate"]["spec"]["backoffLimit"] = 0
    await asyncio.to_thread(put, cluster, job)
    result = await acting.do("job_run", namespace="shop", cron_job="tidy")
    assert result.outcome is Outcome.FAILED
    assert result.value["failed"] is True


class TestApply:
    MANIFEST = (
        f"{{apiVersion: v1, kind: ConfigMap, metadata: {{name: flags, namespace: {NAMESPACE}}}, "
        "data: {new-cart: 'off'}}"
    )

    async def test_it_makes_and_changes_and_says_which(self, cluster: Cluster, acting: Acting) -> None:
        plan = await acting.plan("apply", manifest=self.MANIFEST)
        assert plan.summary == f"make configmap/{NAMESPACE}/flags on prod"
        assert "+  new-cart: 'off'" in plan.diff
        assert (await acting.run(plan)).outcome is Outcome.SUCCEEDED
        assert (await acting.run(plan)).summary.startswith(f"configmap/{NAMESPACE}/flags: it is so already")
        changed = await acting.plan("apply", manifest=self.MANIFEST.replace("off", "on"))
        assert "-  new-cart: 'off'\n+  new-cart: 'on'" in changed.diff
        assert (await acting.run(changed)).outcome is Outcome.SUCCEEDED

    async def test_what_others_manage_is_theirs_unless_it_is_taken_over(
        self, cluster: SimulatedKubernetes, acting: Acting
    ) -> None:
        put(cluster, workload("Deployment", "cart"))
        deployment = workload("Deployment", "cart", NEW)
        with pytest.raises(Permanent, match="conflict"):
            await acting.plan("apply", manifest=json.dumps(deployment), namespace=NAMESPACE)
        plan = await acting.plan("apply", manifest=json.dumps(deployment), namespace=NAMESPACE, force=True)
        assert (await acting.run(plan)).outcome is Outcome.SUCCEEDED
        assert image_of(cluster, "Deployment", "cart") == NEW

    async def test_what_is_made_is_made_in_the_cluster_that_people_were_told_of(
        self, cluster: SimulatedKubernetes, acting: Acting, opened: Opened, tmp_path: Path
    ) -> None:
        other = tmp_path / "config"
        other.write_text(cluster.kubeconfig.read_text().replace("127.0.0.1", "localhost"))
        before = writes(cluster)
        plan = await acting.plan("apply", manifest=self.MANIFEST)
        async with opened(kubeconfig=str(other)) as capabilities:
            elsewhere = Acting(capabilities)
            assert (await elsewhere.plan("apply", manifest=self.MANIFEST)).hash != plan.hash
            assert "another cluster than when it was planned" in (await elsewhere.run(plan)).summary
            assert await elsewhere.probe(plan) is Did.UNKNOWN
        assert writes(cluster) == before

    async def test_a_mistyped_field_is_the_manifests_mistake(self, cluster: Cluster, acting: Acting) -> None:
        """Of an apply the API server says so with 500: asking once more does not help."""
        with pytest.raises(Permanent, match=r"\.dat: field not declared in schema"):
            await acting.plan("apply", manifest=self.MANIFEST.replace(" data:", " dat:"))

    @pytest.mark.parametrize(
        ("manifest", "says"),
        [
            ("a: [", "no YAML"),
            ("[]", "no YAML mapping"),
            ("{apiVersion: v1, kind: ConfigMap, data: {}}", "names no object"),
            (
                "{apiVersion: v1, kind: ConfigMap, metadata: {name: a, namespace: shop, uid: b}}",
                "uid is the API server's",
            ),
            ("{apiVersion: x/v1, kind: Thing, metadata: {name: a, namespace: shop}}", "no kind that can be applied"),
            ("{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}", "lies in a namespace"),
            ("{apiVersion: v1, kind: ConfigMap, metadata: {name: a, namespace: shop}, date: {}}", "date"),
        ],
    )
    async def test_mistakes_are_told_before(self, manifest: str, says: str, cluster: Cluster, acting: Acting) -> None:
        with pytest.raises(Permanent, match=says):
            await acting.plan("apply", manifest=manifest)


class TestPatch:
    async def test_a_merge_is_made_and_taken_back(self, cart: Cluster, acting: Acting) -> None:
        patch = "metadata: {labels: {seen: 'yes'}}\nspec: {minReadySeconds: 1}"
        plan = await acting.plan("patch", kind="Deployment", **CART, patch=patch)
        result = await acting.run(plan)
        assert result.outcome is Outcome.SUCCEEDED
        assert seen(cart, "Deployment", "cart")["metadata"]["labels"] == {"app": "cart", "seen": "yes"}
        assert (await acting.undo(plan, result)).outcome is Outcome.SUCCEEDED
        assert seen(cart, "Deployment", "cart")["metadata"]["labels"] == {"app": "cart"}

    async def test_a_strategic_one_merges_lists(self, cart: Cluster, acting: Acting) -> None:
        patch = "spec: {template: {spec: {containers: [{name: cart, image: 'registry.k8s.io/pause:3.8'}]}}}"
        await done(acting, "patch", kind="Deployment", **CART, patch=patch, type="strategic")
        container = seen(cart, "Deployment", "cart")["spec"]["template"]["spec"]["containers"][0]
        assert container["image"] == "registry.k8s.io/pause:3.8"
        assert container["env"], "what the patch does not name is still there"

    async def test_what_the_api_server_refuses_is_told_with_every_cause(self, cart: Cluster, acting: Acting) -> None:
        with pytest.raises(Permanent, match=r"spec\.replicas") as refused:
            await acting.plan("patch", kind="Deployment", **CART, patch="spec: {replicas: -1}")
        assert any("spec.replicas" in cause for cause in getattr(refused.value, "causes", ()))

    async def test_it_is_graver_where_it_ends_every_pod_or_grants_rights(self, cart: Cluster, acting: Acting) -> None:
        plan = await acting.plan("patch", kind="Deployment", **CART, patch="spec: {replicas: 0}")
        assert plan.risk is Risk.DESTRUCTIVE
        plan = await acting.plan("patch", kind="Namespace", name=cart.namespace, patch="metadata: {labels: {a: b}}")
        assert plan.risk is Risk.DESTRUCTIVE
        assert plan.places == ("cluster:prod", f"namespace:{cart.namespace}"), "a namespace is protected by its name"
        plan = await acting.plan("patch", kind="Deployment", **CART, patch="metadata: {finalizers: []}")
        assert plan.risk is Risk.DESTRUCTIVE

    async def test_no_way_to_write_a_kind_makes_less_of_it(self, cart: Cluster, acting: Acting) -> None:
        plan = await acting.plan("patch", kind="deployments.v1.apps", **CART, patch="spec: {replicas: 0}")
        assert plan.targets == (f"deployment/{cart.namespace}/cart",)
        assert plan.risk is Risk.DESTRUCTIVE
        assert find("storageclasses.v1beta1.storage.k8s.io").name == "StorageClass"


class TestExec:
    async def test_it_runs_an_argument_list(self, cluster: SimulatedKubernetes, acting: Acting) -> None:
        await asyncio.to_thread(put, cluster, bare_pod("web"))
        await asyncio.to_thread(ready, cluster, "web")
        cluster.execs(
            {
                "argv": ["timeout", "-k", "1", "30", "echo", "a b; id"],
                "stdout": "out\n",
                "stderr": "why\n",
                "exit_code": 3,
            }
        )
        heard: list[str] = []
        plan = await acting.plan("exec", namespace="shop", pod="web", argv=["echo", "a b; id"])
        assert plan.risk is Risk.DESTRUCTIVE
        assert not plan.repeatable
        result = await acting.run(plan, heard.append)
        assert result.value == {"exit_code": 3, "stdout": "out\n", "stderr": "why\n"}
        assert result.summary == "exit status 3 in pod/shop/web/web: why"
        assert "".join(heard) == "out\nwhy\n"

    async def test_a_sidecar_is_a_container_too(self, cluster: SimulatedKubernetes, acting: Acting) -> None:
        web = bare_pod("web")
        web["spec"]["initContainers"] = [{"name": "proxy", "image": OLD, "restartPolicy": "Always"}]
        await asyncio.to_thread(put, cluster, web)
        await asyncio.to_thread(ready, cluster, "web")
        given = {"namespace": "shop", "pod": "web", "container": "proxy"}
        assert (await acting.do("exec", **given, argv=["echo", "here"], bounded=False)).value["stdout"] == "here\n"
        assert "listening" in (await acting.do("logs", **given)).text

    async def test_what_is_listed_only_reads(self, cluster: SimulatedKubernetes, opened: Opened) -> None:
        await asyncio.to_thread(put, cluster, bare_pod("web"))
        await asyncio.to_thread(ready, cluster, "web")
        cluster.execs({"argv": ["cat"], "stdout": "1"})
        async with opened(allow=["read"], exec_read=[["cat", "/proc/loadavg"], ["ls", "*"]]) as capabilities:
            acting = Acting(capabilities)
            plan = await acting.plan("exec", namespace="shop", pod="web", argv=["cat", "/proc/loadavg"])
            assert (plan.risk, plan.repeatable) == (Risk.READ, True)
            with reads_only():
                assert (await acting.run(plan)).value["stdout"] == "1"
                assert "would write" in (await acting.run(replace(plan, repeatable=False))).summary
            for argv in (["cat", "/etc/shadow"], ["ls", "-R"], ["ls"], ["cat", "/proc/loadavg", "x"]):
                with pytest.raises(Permanent, match="which is not allowed on prod"):
                    await acting.plan("exec", namespace="shop", pod="web", argv=argv)


async def test_what_is_not_allowed_is_not_there(opened: Opened, cluster: Cluster) -> None:
    async with opened(allow=["read"]) as capabilities:
        assert "kubernetes.scale" not in capabilities.actions
        assert "kubernetes.get" in capabilities.actions
    async with opened(allow=["read", "write"]) as capabilities:
        assert {"kubernetes.drain"}.isdisjoint(capabilities.actions)
        await asyncio.to_thread(put, cluster, workload("Deployment", "cart"))
        with pytest.raises(Permanent, match="that is destructive, which is not allowed on prod"):
            await Acting(capabilities).plan("scale", **CART, replicas=0)


async def test_other_namespaces_are_out_of_reach(opened: Opened, cluster: Cluster) -> None:
    async with opened(namespaces=["elsewhere"]) as capabilities:
        acting = Acting(capabilities)
        for action, params in (
            ("scale", CART | {"replicas": 1}),
            ("get", CART | {"kind": "Pod"}),
            ("list", {"kind": "pod"}),
            ("list", {"kind": "pods.v1beta1.metrics.k8s.io"}),
            ("list", {"kind": "certificates.v1.cert-manager.io"}),
            ("patch", {"kind": "Namespace", "name": NAMESPACE, "patch": "metadata: {labels: {a: b}}"}),
        ):
            with pytest.raises(Permanent, match="may not be touched on prod"):
                await acting.plan(action, **params)
