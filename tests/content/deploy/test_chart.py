"""The Helm chart: Helm lints and renders it, Kubernetes' own schemas accept every object, and mistakes are refused."""

import re
from typing import Any

import helm_python
import kubernetes_validate
import pytest
import yaml

from bot.config.schema import Config
from tests.house.tree import ROOT

CHART = ROOT / "deploy" / "helm" / "tocsin"
# The oldest Kubernetes that Chart.yaml allows, and the newest whose schemas we have.
VERSIONS = ["1.27", kubernetes_validate.latest_version()]
Values = dict[str, Any]


def sqlite() -> Values:
    return {
        "config": {
            "integrations": {"prom": {"use": "prometheus", "url": "http://prometheus.monitoring.svc:9090"}},
            "rules": [{"files": ["rules/*.yaml"], "source": "prom"}],
            "runbooks": ["runbooks/*.yaml"],
            "people": [{"name": "ann", "roles": ["on-call"], "token": {"file": "/run/secrets/tokens.prod/ann"}}],
        },
        "rules": {"shop.yaml": "groups: []\n"},
        "runbooks": {"restart.yaml": "runbook: restart\n"},
        "secrets": ["tokens.prod"],
        "imagePullSecrets": [{"name": "registry"}],
        "image": {"repository": "registry.example.net/tocsin", "digest": f"sha256:{'0' * 64}"},
        "persistence": {"storageClass": "fast"},
        "nodeSelector": {"disk": "ssd"},
        "tolerations": [{"key": "ops", "operator": "Exists"}],
        "priorityClassName": "system-cluster-critical",
        "networkPolicy": {
            "egress": [{"to": [{"namespaceSelector": {}}], "ports": [{"port": 9090, "protocol": "TCP"}]}],
        },
    }


def postgresql() -> Values:
    values = sqlite()
    values["replicas"] = 2
    values["config"]["store"] = {"url": "postgresql://tocsin@db/tocsin"}
    return values


def rendered(values: Values) -> list[dict[str, Any]]:
    with helm_python.Chart.load(CHART) as chart:
        texts = chart.render(values, name="prod", namespace="ops")
    manifests = [text for path, text in texts.items() if path.endswith(".yaml")]
    return [document for text in manifests for document in yaml.safe_load_all(text) if document]


def only(objects: list[dict[str, Any]], kind: str) -> dict[str, Any]:
    (found,) = (one for one in objects if one["kind"] == kind)
    return found


@pytest.mark.parametrize("values", [sqlite(), postgresql()], ids=["sqlite", "postgresql"])
def test_helm_lints_it(values: Values) -> None:
    linted = helm_python.lint(CHART, values, strict=True)
    assert linted["errors"] == []
    # The one remark there may be: charts in a public catalogue have a picture.
    assert [said for said in linted["messages"] if said["error"] != "icon is recommended"] == []


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("values", [sqlite(), postgresql()], ids=["sqlite", "postgresql"])
def test_kubernetes_accepts_every_object(values: Values, version: str) -> None:
    objects = rendered(values)
    assert len(objects) >= 7
    for one in objects:
        kubernetes_validate.validate(one, version, strict=True)


def test_sqlite_has_a_volume_and_postgresql_a_standby() -> None:
    alone, paired = rendered(sqlite()), rendered(postgresql())
    assert [claim["metadata"]["name"] for claim in only(alone, "StatefulSet")["spec"]["volumeClaimTemplates"]] == [
        "state"
    ]
    assert only(paired, "Deployment")["spec"]["replicas"] == 2
    assert only(paired, "PodDisruptionBudget")["spec"]["minAvailable"] == 1


@pytest.mark.parametrize(("values", "kind"), [(sqlite(), "StatefulSet"), (postgresql(), "Deployment")])
def test_the_pod_may_do_next_to_nothing(values: Values, kind: str) -> None:
    pod = only(rendered(values), kind)["spec"]["template"]["spec"]
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    held = {volume["name"] for volume in pod["volumes"]} | ({"state"} if kind == "StatefulSet" else set())
    containers = pod["containers"] + pod["initContainers"]
    assert len(containers) == 2
    for container in containers:
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert container["image"].endswith(f"@sha256:{'0' * 64}")
        assert {mount["name"] for mount in container["volumeMounts"]} == held


@pytest.mark.parametrize("values", [sqlite(), postgresql()], ids=["sqlite", "postgresql"])
def test_every_label_and_port_leads_to_the_pod(values: Values) -> None:
    objects = rendered(values)
    template = next(one for one in objects if "template" in one.get("spec", {}))["spec"]["template"]
    labels = template["metadata"]["labels"]
    selectors = [
        only(objects, "Service")["spec"]["selector"],
        only(objects, "NetworkPolicy")["spec"]["podSelector"]["matchLabels"],
    ]
    assert [selector for selector in selectors if not selector.items() <= labels.items()] == []
    ports = {port["name"] for port in template["spec"]["containers"][0]["ports"]}
    assert only(objects, "Service")["spec"]["ports"][0]["targetPort"] in ports
    assert only(objects, "NetworkPolicy")["spec"]["ingress"][0]["ports"][0]["port"] in ports


@pytest.mark.parametrize("values", [sqlite(), postgresql()], ids=["sqlite", "postgresql"])
def test_tocsin_understands_its_settings(values: Values) -> None:
    maps = {one["metadata"]["name"]: one["data"] for one in rendered(values) if one["kind"] == "ConfigMap"}
    said = yaml.safe_load(maps["prod-tocsin"]["tocsin.yaml"])
    for person in said["people"]:
        person["token"] = "as if read from its file"
    config = Config.model_validate(said)
    assert (config.http.listen, config.people[0].name) == ("0.0.0.0:9393", "ann")
    assert config.store.url == values["config"].get("store", {}).get("url", "sqlite:////var/lib/tocsin/tocsin.db")
    assert maps["prod-tocsin-rules"] == values["rules"]
    assert maps["prod-tocsin-runbooks"] == values["runbooks"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"config": {}}, "nobody has a token"),
        ({"replicas": 2}, "more than one needs PostgreSQL"),
        ({"replica": 2}, "'replica' not allowed"),
        ({"config": {"http": {"listen": "127.0.0.1:1"}}}, "/config/http"),
        ({"config": {"store": {"url": "sqlite:///tocsin.db"}}}, "/config/store/url"),
        ({"rules": {"../escape.yaml": "groups: []"}}, "'../escape.yaml'"),
        ({"image": {"digest": "latest"}}, "/image/digest"),
    ],
)
def test_a_mistake_is_refused_in_words(change: Values, said: str) -> None:
    with pytest.raises(helm_python.HelmError, match=re.escape(said)):
        rendered({**sqlite(), **change})
