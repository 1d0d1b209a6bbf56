"""kubectl, as people use it, finds what it expects."""

import json

import pytest

from tests.integrations.kubernetes_simulator.shop import NAMESPACE, budget, deployment, job, metadata
from tests.servers import SimulatedKubernetes


@pytest.fixture
def shop(kubernetes: SimulatedKubernetes) -> SimulatedKubernetes:
    """A cluster with a deployment of three pods that run."""
    kubernetes.ask("POST", f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments", deployment())
    kubernetes.advance(1)
    return kubernetes


def test_it_shows_what_there_is(shop: SimulatedKubernetes) -> None:
    said = shop.kubectl("get", "deploy,rs,pods", "-n", "shop").stdout
    assert "deployment.apps/cart   3/3" in said
    assert said.count("Running") == 3
    assert shop.kubectl("get", "nodes").stdout.count(" Ready ") == 3
    assert len(shop.kubectl("get", "pods", "-n", "shop", "-l", "app=cart", "-o", "name").stdout.split()) == 3
    said = shop.kubectl("describe", "deploy", "cart", "-n", "shop").stdout
    assert "3 desired | 3 updated | 3 total | 3 available | 0 unavailable" in said
    assert "ScalingReplicaSet" in said
    (name, *_) = shop.kubectl("get", "pods", "-n", "shop", "-o", "name").stdout.split()
    said = shop.kubectl("describe", name, "-n", "shop").stdout
    assert "Successfully assigned shop/cart-" in said
    said = shop.kubectl("describe", "node", "node-1").stdout
    assert "Non-terminated Pods:          (1 in total)" in said
    missing = shop.kubectl("get", "pod", "none", "-n", "shop", check=False)
    assert missing.stderr == 'Error from server (NotFound): pods "none" not found\n'


def test_it_rolls_out_and_back(shop: SimulatedKubernetes) -> None:
    cart = ("deploy/cart", "-n", "shop")
    shop.kubectl("annotate", *cart, "kubernetes.io/change-cause=the first")
    shop.kubectl("set", "image", *cart, "cart=shop/cart:missing")
    shop.advance(1)
    stuck = shop.kubectl("rollout", "status", *cart, "--timeout=500ms", check=False)
    assert "1 out of 3 new replicas have been updated" in stuck.stdout
    assert "timed out" in stuck.stderr
    said = shop.kubectl("rollout", "history", *cart).stdout.split("\n")
    assert [line.split(maxsplit=1) for line in said if line[:1].isdigit()] == [["1", "the first"], ["2", "the first"]]
    assert "shop/cart:missing" in shop.kubectl("rollout", "history", *cart, "--revision=2").stdout
    shop.kubectl("rollout", "undo", *cart)
    assert "successfully rolled out" in shop.kubectl("rollout", "status", *cart, "--timeout=5s").stdout
    assert shop.get("deploy", "cart")["metadata"]["annotations"]["deployment.kubernetes.io/revision"] == "3"


def test_it_restarts_pauses_resumes_and_scales(shop: SimulatedKubernetes) -> None:
    cart = ("deploy/cart", "-n", "shop")
    before = shop.kubectl("get", "pods", "-n", "shop", "-o", "name").stdout.split()
    shop.kubectl("rollout", "restart", *cart)
    assert "successfully rolled out" in shop.kubectl("rollout", "status", *cart, "--timeout=5s").stdout
    shop.advance(1)
    after = shop.kubectl("get", "pods", "-n", "shop", "-o", "name").stdout.split()
    assert (len(after), set(after) & set(before)) == (3, set())
    shop.kubectl("rollout", "pause", *cart)
    assert "is already paused" in shop.kubectl("rollout", "pause", *cart, check=False).stderr
    shop.kubectl("rollout", "resume", *cart)
    shop.kubectl("scale", *cart, "--replicas=5")
    shop.kubectl("wait", "--for=jsonpath={.status.readyReplicas}=5", *cart, "--timeout=5s")
    shop.kubectl("wait", "--for=condition=Available", *cart, "--timeout=5s")
    other = shop.kubectl("scale", *cart, "--current-replicas=9", "--replicas=1", check=False)
    assert other.stderr == "error: Expected replicas to be 9, was 5\n"


def test_it_reads_logs_and_runs_commands(shop: SimulatedKubernetes) -> None:
    (name, *_) = shop.kubectl("get", "pods", "-n", "shop", "-o", "name").stdout.split()
    shop.writes(name.removeprefix("pod/"), "all is well")
    assert shop.kubectl("logs", name, "-n", "shop", "--tail=1").stdout == "all is well\n"
    before = shop.kubectl("logs", name, "-n", "shop", "--previous", check=False)
    assert "previous terminated container" in before.stderr
    assert shop.kubectl("exec", name, "-n", "shop", "--", "echo", "a b").stdout == "a b\n"
    assert shop.kubectl("exec", "-i", name, "-n", "shop", "--", "cat", given="from here").stdout == "from here"
    shop.execs({"argv": ["nginx", "-t"], "stderr": "no such file", "exit_code": 2})
    failed = shop.kubectl("exec", name, "-n", "shop", "--", "nginx", "-t", check=False)
    assert (failed.returncode, failed.stderr) == (2, "no such filecommand terminated with exit code 2\n")


def test_it_drains_a_node_as_far_as_a_budget_lets_it(shop: SimulatedKubernetes) -> None:
    agent = deployment("agent") | {"kind": "DaemonSet"}
    del agent["spec"]["replicas"]
    shop.apply(agent, budget(minAvailable=3))
    shop.advance(1)
    blocked = shop.kubectl("drain", "node-1", "--ignore-daemonsets", "--timeout=1s", check=False)
    assert "Cannot evict pod as it would violate the pod's disruption budget." in blocked.stderr
    assert "ignoring DaemonSet-managed Pods: shop/agent-" in blocked.stderr
    shop.kubectl("delete", "pdb", "cart", "-n", "shop")
    assert "node/node-1 drained" in shop.kubectl("drain", "node-1", "--ignore-daemonsets", "--timeout=20s").stdout
    assert "SchedulingDisabled" in shop.kubectl("get", "node", "node-1").stdout
    shop.advance(1)
    listed = json.loads(shop.kubectl("get", "pods", "-n", "shop", "-l", "app=cart", "-o", "json").stdout)["items"]
    assert {one["spec"]["nodeName"] for one in listed} == {"node-2", "node-3"}
    assert "uncordoned" in shop.kubectl("uncordon", "node-1").stdout


def test_it_applies_and_compares(shop: SimulatedKubernetes) -> None:
    wanted = json.dumps(deployment(image="shop/cart:2", replicas=2))
    rehearsed = shop.kubectl(
        "apply", "--server-side", "--dry-run=server", "--force-conflicts", "-f", "-", "-o", "json", given=wanted
    )
    assert json.loads(rehearsed.stdout)["spec"]["replicas"] == 2
    assert shop.get("deploy", "cart")["spec"]["replicas"] == 3
    differing = shop.kubectl("apply", "--server-side", "-f", "-", given=wanted, check=False)
    assert "Apply failed with 2 conflicts" in differing.stderr
    differing = shop.kubectl("diff", "--server-side", "--force-conflicts", "-f", "-", given=wanted, check=False)
    assert differing.returncode == 1
    assert "+        image: shop/cart:2" in differing.stdout.replace("- image", "  image")
    shop.kubectl("apply", "--server-side", "--force-conflicts", "-f", "-", given=wanted)
    assert shop.get("deploy", "cart")["spec"]["replicas"] == 2
    shop.kubectl("apply", "-f", "-", given=json.dumps(deployment("list")))
    mistyped = json.dumps(deployment("list", replcas=1))
    refused = shop.kubectl("apply", "-f", "-", given=mistyped, check=False)
    assert 'unknown field "spec.replcas"' in refused.stderr
    assert "Number of desired pods" in shop.kubectl("explain", "deployment.spec.replicas").stdout


def test_it_says_who_may_what(shop: SimulatedKubernetes) -> None:
    assert shop.kubectl("auth", "can-i", "delete", "pods", "-n", "shop").stdout == "yes\n"
    assert "admin" in shop.kubectl("auth", "whoami").stdout
    shop.users(**{"token-of-ann": {"name": "ann", "rules": [{"verbs": ["get", "list"], "resources": ["pods"]}]}})
    ann = shop.kubeconfig_for("token-of-ann")
    assert shop.kubectl(f"--kubeconfig={ann}", "auth", "can-i", "delete", "pods", check=False).stdout == "no\n"
    assert "[get list]" in shop.kubectl(f"--kubeconfig={ann}", "auth", "can-i", "--list").stdout
    refused = shop.kubectl(f"--kubeconfig={ann}", "delete", "pod", "x", "-n", "shop", check=False)
    assert 'User "ann" cannot delete resource "pods" in API group "" in the namespace "shop"' in refused.stderr


def test_it_shows_events_usage_and_health(shop: SimulatedKubernetes) -> None:
    assert "[+]etcd ok" in shop.kubectl("get", "--raw", "/readyz?verbose").stdout
    assert "Created pod: cart-" in shop.kubectl("events", "-n", "shop").stdout
    shop.usage({"node/node-1": {"cpu": "4"}})
    assert "50%" in shop.kubectl("top", "nodes").stdout
    assert shop.kubectl("top", "pods", "-n", "shop").stdout.count("5m") == 3


def test_it_deletes_and_waits(shop: SimulatedKubernetes) -> None:
    shop.apply(job(), {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata("prices"), "data": {"a": "1"}})
    shop.kubectl("wait", "--for=condition=Complete", "job/tidy", "-n", "shop", "--timeout=5s")
    shop.kubectl("delete", "deploy", "cart", "-n", "shop", "--cascade=foreground")
    shop.kubectl("wait", "--for=delete", "pod", "-l", "app=cart", "-n", "shop", "--timeout=5s")
    shop.kubectl("delete", "namespace", "shop")
    gone = shop.kubectl("get", "namespace", "shop", check=False)
    assert "NotFound" in gone.stderr
