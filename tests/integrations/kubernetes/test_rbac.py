"""With exactly the roles that `tocsin runbook rbac` writes every action works; without any one grant it does not."""

import copy
import itertools
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.cli.main import main
from bot.errors import IntegrationError
from bot.integrations.kubernetes import integration
from bot.integrations.kubernetes.config import KubernetesConfig
from bot.integrations.kubernetes.offered import SPECS
from bot.integrations.kubernetes.rbac import manifest
from bot.kit.plugin import Tools, Use
from bot.model.plan import Outcome
from bot.ports.actions import ActionSpec
from tests.integrations.kubernetes.conftest import (
    ALL,
    NEW,
    OLD,
    Acting,
    bare_pod,
    cron_job,
    put,
    ready,
    rolled_out,
    twice,
    workload,
)
from tests.servers.kubernetes import SimulatedKubernetes

TOKEN = "token-of-tocsin"
SHOP = {"namespace": "shop"}
CART = SHOP | {"name": "cart"}
BY_NAME: Mapping[str, ActionSpec] = {spec.name.partition(".")[2]: spec for spec in SPECS}
USES: list[tuple[str, dict[str, Any]]] = [
    ("get", {"kind": "Deployment", **CART}),
    ("get", {"kind": "Node", "name": "node-1"}),
    ("describe", {"kind": "pod", **SHOP, "name": "web"}),
    ("list", {"kind": "nodes"}),
    ("events", SHOP),
    ("logs", SHOP | {"pod": "web"}),
    ("top", {"of": "nodes"}),
    ("top", SHOP),
    ("wait", {"kind": "Deployment", **CART, "condition": "Available"}),
    ("rollout_status", CART),
    ("rollout_history", CART),
    ("rollout_history", SHOP | {"kind": "StatefulSet", "name": "db"}),
    ("rollout_restart", CART),
    ("rollout_undo", CART),
    ("rollout_pause", SHOP | {"name": "pause"}),
    ("rollout_resume", SHOP | {"name": "pause"}),
    ("scale", CART | {"replicas": 3}),
    ("set_image", SHOP | {"name": "image", "container": "image", "image": NEW}),
    ("cordon", {"node": "node-1"}),
    ("uncordon", {"node": "node-1"}),
    ("evict_pod", SHOP | {"pod": "evict"}),
    ("delete_pod", SHOP | {"pod": "delete"}),
    ("job_run", SHOP | {"cron_job": "tidy", "wait": False}),
    (
        "apply",
        {"manifest": "{apiVersion: v1, kind: ConfigMap, metadata: {name: '{{ inputs.x }}flags', namespace: shop}}"},
    ),
    ("patch", {"kind": "Deployment", **CART, "patch": "metadata: {labels: {seen: 'yes'}}"}),
    ("exec", SHOP | {"pod": "web", "argv": ["/pause", "-v"], "bounded": False}),
    ("drain", {"node": "node-2", "force": True}),
]
IDS = [f"{name}-{number}" for number, (name, _) in enumerate(USES)]
NOTICED = "could not be seen"
"""What a plan says of something that is only good to know."""


def test_every_action_is_used() -> None:
    assert {name for name, _ in USES} == set(BY_NAME)


@pytest.fixture(scope="module")
def stand(kubernetes_server: SimulatedKubernetes) -> SimulatedKubernetes:
    cluster = kubernetes_server
    cluster.reset()
    cluster.execs({"argv": ["/pause", "-v"], "stdout": "pause.c"})
    put(cluster, *(bare_pod(name) for name in ("web", "evict", "delete")), cron_job("tidy"))
    put(cluster, *(workload("Deployment", name, replicas=1) for name in ("pause", "image")))
    put(cluster, workload("StatefulSet", "db", replicas=1))
    twice(cluster, "Deployment", "cart")
    ready(cluster, "web")
    rolled_out(cluster, "StatefulSet", "db", OLD)
    return cluster


def params(given: Mapping[str, Any]) -> dict[str, Any]:
    """As a run fills them in."""
    return {key: value.replace("{{ inputs.x }}", "") if key == "manifest" else value for key, value in given.items()}


def granted(cluster: SimulatedKubernetes, documents: list[Any]) -> None:
    """The cluster grants this, and nothing that was granted before."""
    api = "/apis/rbac.authorization.k8s.io/v1"
    for plural in ("roles", "rolebindings"):
        for one in cluster.ask("GET", f"{api}/{plural}")["items"]:
            path = f"{api}/namespaces/{one['metadata']['namespace']}/{plural}/{one['metadata']['name']}"
            cluster.ask("DELETE", path)
    for plural in ("clusterroles", "clusterrolebindings"):
        for one in cluster.ask("GET", f"{api}/{plural}")["items"]:
            if one["metadata"]["name"].startswith("tocsin"):
                cluster.ask("DELETE", f"{api}/{plural}/{one['metadata']['name']}")
    for one in documents:
        namespace = one["metadata"].get("namespace")
        within = f"/namespaces/{namespace}" if namespace else ""
        cluster.ask("POST", f"{api}{within}/{one['kind'].lower()}s", one)


def without_one(documents: list[Any]) -> Iterator[tuple[str, list[Any]]]:
    """The same rules, each time without one verb of one of them."""
    rules = [
        rule | ({"namespaces": [one["metadata"]["namespace"]]} if one["kind"] == "Role" else {})
        for one in documents
        for rule in one.get("rules", [])
    ]
    for at, rule in enumerate(rules):
        for verb in rule["verbs"]:
            less = copy.deepcopy(rules)
            less[at]["verbs"].remove(verb)
            yield f"{verb} {rule['resources'][0]}", less


async def works(acting: Acting, name: str, given: Mapping[str, Any]) -> str:
    """Why it does not; empty when it does."""
    try:
        plan = await acting.plan(name, **given)
        result = await acting.run(plan)
    except IntegrationError as error:
        return error.message
    if result.outcome is not Outcome.SUCCEEDED:
        return result.summary
    return plan.diff if NOTICED in plan.diff else ""


@pytest.mark.parametrize(("name", "given"), USES, ids=IDS)
async def test_exactly_these_grants_are_needed(
    name: str, given: dict[str, Any], stand: SimulatedKubernetes, tools: Tools
) -> None:
    use = Use(step="test/step", spec=BY_NAME[name], params=given)
    namespaces = ["shop"] if "namespace" in given or "manifest" in given else []
    documents = list(yaml.safe_load_all(manifest([use], namespaces=namespaces, account="ops/tocsin")))
    config = KubernetesConfig(kubeconfig=stand.kubeconfig_for(TOKEN), allow=ALL, namespaces=namespaces)
    async with integration.open(config, tools) as capabilities:
        acting = Acting(capabilities)
        for missing, less in without_one(documents):
            stand.users(**{TOKEN: {"name": "somebody", "rules": less}})
            assert await works(acting, name, params(given)), f"it works without {missing}"
        stand.users(**{TOKEN: {"name": "system:serviceaccount:ops:tocsin"}})
        granted(stand, documents)
        assert await works(acting, name, params(given)) == ""


def test_a_template_in_the_place_of_a_kind_is_told() -> None:
    use = Use(step="why/look", spec=BY_NAME["describe"], params={"kind": "{{ inputs.kind }}", **CART})
    assert (
        manifest([use], namespaces=[], account="a/b")
        == "# why/look: its kind is a template; add what it needs by hand\n"
    )


def test_the_command_writes_what_the_runbooks_need(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "tocsin.yaml").write_text(
        "integrations: {prod: {use: kubernetes, kubeconfig: /etc/tocsin/kubeconfig, namespaces: [shop]}}\n"
        "runbooks: [again.yaml]\n"
    )
    (tmp_path / "again.yaml").write_text(
        "runbook: again\ntitle: Start it anew\n"
        "steps:\n"
        "  - {id: restart, title: Restart, uses: kubernetes.rollout_restart, with: {namespace: shop, name: cart}}\n"
        "  - {id: node, title: Look, uses: kubernetes.get, with: {kind: Node, name: n1}}\n"
    )
    monkeypatch.chdir(tmp_path)
    assert main(["runbook", "rbac", "again", "--integration", "prod", "--service-account", "ops/bot"]) == 0
    written = capsys.readouterr().out
    assert "# patch deployments.apps: again/restart\n" in written
    found = {(one["kind"], one["metadata"].get("namespace")): one for one in yaml.safe_load_all(written)}
    assert found["ClusterRole", None]["rules"] == [{"apiGroups": [""], "resources": ["nodes"], "verbs": ["get"]}]
    role = {"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["get", "patch"]}
    assert found["Role", "shop"]["rules"] == [role]
    subjects = list(itertools.chain(*(one.get("subjects", []) for one in found.values())))
    assert subjects == [{"kind": "ServiceAccount", "namespace": "ops", "name": "bot"}] * 2


@pytest.mark.parametrize(
    ("clusters", "asked", "says"),
    [
        (["a", "b"], [], "write --integration with one of: a, b"),
        ([], [], "no cluster is set up\n  add it under `integrations:` first"),
        (["a"], ["--integration", "c"], "no cluster is called 'c'"),
        (["a"], ["nothing"], "no runbook is called nothing"),
    ],
)
def test_what_is_not_clear_is_asked(
    clusters: list[str],
    asked: list[str],
    says: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    written = {"integrations": {name: {"use": "kubernetes", "in_cluster": "true"} for name in clusters}}
    (tmp_path / "tocsin.yaml").write_text(yaml.safe_dump(written))
    monkeypatch.chdir(tmp_path)
    assert main(["runbook", "rbac", *asked]) != 0
    assert says in capsys.readouterr().err
