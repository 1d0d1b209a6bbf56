"""What a real server refuses is refused, with its status, its reason and its words."""

from typing import Any

import pytest
from kubernetes.aio import client
from kubernetes.aio.client import ApiException

from tests.integrations.kubernetes_simulator.asking import APPS, CORE, MERGE, STRATEGIC, Ask, causes, refused
from tests.integrations.kubernetes_simulator.shop import NAMESPACE, Json, budget, config, deployment, job, metadata, pod
from tests.servers import SimulatedKubernetes

BATCH = f"/apis/batch/v1/namespaces/{NAMESPACE}"


def changed(made: Json, path: str, value: object) -> Json:
    """An object with something else at a path; None takes it away."""
    *parts, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    inner: Any = made
    for part in parts:
        inner = inner[part]
    if value is None:
        del inner[last]
    else:
        inner[last] = value
    return made


async def test_what_is_not_there_is_named(core: client.CoreV1Api, apps: client.AppsV1Api) -> None:
    body = await refused(core.read_namespaced_pod("none", NAMESPACE), 404, "NotFound")
    assert body["message"] == 'pods "none" not found'
    assert body["details"] == {"name": "none", "kind": "pods"}
    body = await refused(apps.read_namespaced_deployment("none", NAMESPACE), 404, "NotFound")
    assert body["message"] == 'deployments.apps "none" not found'
    assert body["details"] == {"name": "none", "group": "apps", "kind": "deployments"}


async def test_a_namespace_must_be_there(core: client.CoreV1Api) -> None:
    body = await refused(
        core.create_namespaced_config_map("nowhere", config() | {"metadata": {"name": "x"}}), 404, "NotFound"
    )
    assert body["message"] == 'namespaces "nowhere" not found'


async def test_a_namespace_that_ends_takes_nothing(kubernetes: SimulatedKubernetes, core: client.CoreV1Api) -> None:
    held = config() | {"metadata": metadata("held", finalizers=["example.net/hold"])}
    await core.create_namespaced_config_map(NAMESPACE, held)
    await core.delete_namespace(NAMESPACE)
    body = await refused(core.create_namespaced_config_map(NAMESPACE, config()), 403, "Forbidden")
    assert body["details"]["causes"][0]["reason"] == "NamespaceTerminating"


async def test_a_name_is_taken_once(core: client.CoreV1Api) -> None:
    await core.create_namespaced_config_map(NAMESPACE, config())
    body = await refused(core.create_namespaced_config_map(NAMESPACE, config()), 409, "AlreadyExists")
    assert body["message"] == 'configmaps "prices" already exists'


async def test_a_stale_version_conflicts(core: client.CoreV1Api) -> None:
    made = await core.create_namespaced_config_map(NAMESPACE, config(a="1"))
    await core.patch_namespaced_config_map("prices", NAMESPACE, {"data": {"a": "2"}}, _content_type=MERGE)
    made.data = {"a": "3"}
    body = await refused(core.replace_namespaced_config_map("prices", NAMESPACE, made), 409, "Conflict")
    assert body["message"] == (
        'Operation cannot be fulfilled on configmaps "prices": the object has been modified; '
        "please apply your changes to the latest version and try again"
    )
    stale = {"metadata": {"resourceVersion": made.metadata.resource_version}, "data": {"a": "4"}}
    await refused(core.patch_namespaced_config_map("prices", NAMESPACE, stale, _content_type=MERGE), 409, "Conflict")


async def test_another_uid_conflicts(core: client.CoreV1Api) -> None:
    await core.create_namespaced_config_map(NAMESPACE, config())
    options = client.V1DeleteOptions(preconditions=client.V1Preconditions(uid="another"))
    body = await refused(core.delete_namespaced_config_map("prices", NAMESPACE, body=options), 409, "Conflict")
    assert body["message"].startswith(
        'Operation cannot be fulfilled on ConfigMap "prices": the UID in the precondition'
    )
    options = client.V1DeleteOptions(preconditions=client.V1Preconditions(resource_version="1"))
    await refused(core.delete_namespaced_config_map("prices", NAMESPACE, body=options), 409, "Conflict")


async def test_an_object_cannot_bring_its_version(core: client.CoreV1Api) -> None:
    brought = config() | {"metadata": metadata("prices", resourceVersion="7")}
    body = await refused(core.create_namespaced_config_map(NAMESPACE, brought), 500, "")
    assert body["message"] == "resourceVersion should not be set on objects to be created"


async def test_an_object_is_what_its_address_says(core: client.CoreV1Api, ask: Ask) -> None:
    await core.create_namespaced_config_map(NAMESPACE, config())
    other = config("other")
    await refused(core.replace_namespaced_config_map("prices", NAMESPACE, other), 400, "BadRequest")
    elsewhere = config() | {"metadata": {"name": "x", "namespace": "default"}}
    body = await refused(core.create_namespaced_config_map(NAMESPACE, elsewhere), 400, "BadRequest")
    assert body["message"] == "the namespace of the provided object does not match the namespace sent on the request"
    body = await refused(ask("POST", f"{APPS}/deployments", pod()), 400, "BadRequest")
    assert "does not match the expected API version (apps/v1)" in body["message"]
    await refused(ask("POST", f"{CORE}/configmaps", {"data": {}}), 422, "Invalid")


WRONG: list[tuple[str, Json, str]] = [
    ("spec.replicas", changed(deployment(), "spec.replicas", -1), "must be greater than or equal to 0"),
    ("spec.selector", changed(deployment(), "spec.selector", None), "Required value"),
    (
        "spec.template.metadata.labels",
        changed(deployment(), "spec.template.metadata.labels", {"app": "other"}),
        "`selector` does not match template `labels`",
    ),
    ("spec.template.spec.containers", changed(deployment(), "spec.template.spec.containers", []), "Required value"),
    (
        "spec.template.spec.containers[0].image",
        changed(deployment(), "spec.template.spec.containers.0.image", None),
        "Required value",
    ),
    (
        "spec.template.spec.containers[0].name",
        changed(deployment(), "spec.template.spec.containers.0.name", "Cart!"),
        "a lowercase RFC 1123 label must consist of",
    ),
    (
        "spec.template.spec.containers[1].name",
        changed(
            deployment(), "spec.template.spec.containers", [{"name": "a", "image": "x"}, {"name": "a", "image": "y"}]
        ),
        'Duplicate value: "a"',
    ),
    (
        "spec.template.spec.restartPolicy",
        changed(deployment(), "spec.template.spec.restartPolicy", "Never"),
        'Unsupported value: "Never": supported values: "Always"',
    ),
    ("spec.strategy.type", changed(deployment(strategy={}), "spec.strategy.type", "Big"), "Unsupported value"),
    (
        "spec.strategy.rollingUpdate",
        deployment(strategy={"type": "Recreate", "rollingUpdate": {"maxSurge": 1}}),
        "may not be specified when strategy `type` is 'Recreate'",
    ),
    (
        "spec.strategy.rollingUpdate.maxUnavailable",
        deployment(strategy={"rollingUpdate": {"maxSurge": 0, "maxUnavailable": 0}}),
        "may not be 0 when `maxSurge` is 0",
    ),
    ("spec.strategy.rollingUpdate.maxSurge", deployment(strategy={"rollingUpdate": {"maxSurge": "half"}}), "percent"),
    (
        "spec.progressDeadlineSeconds",
        deployment(progressDeadlineSeconds=10, minReadySeconds=10),
        "must be greater than minReadySeconds",
    ),
    (
        "metadata.name",
        changed(deployment(), "metadata.name", "Cart_1"),
        "a lowercase RFC 1123 subdomain must consist of",
    ),
    ("metadata.name", changed(deployment(), "metadata.name", "c" * 254), "must be no more than 253 bytes"),
    ("metadata.labels", changed(deployment(), "metadata.labels", {"a b": "c"}), "name part must consist of"),
    (
        "metadata.labels",
        changed(deployment(), "metadata.labels", {"a": "b c"}),
        "a valid label must be an empty string",
    ),
    ("metadata.annotations", changed(deployment(), "metadata.annotations", {"a": "x" * 262145}), "Too long"),
    (
        "spec.template.spec.containers[0].resources.limits[cpu]",
        changed(deployment(), "spec.template.spec.containers.0.resources", {"limits": {"cpu": "much"}}),
        "quantities must match",
    ),
]


@pytest.mark.parametrize(("field", "made", "why"), WRONG, ids=lambda one: one if isinstance(one, str) else "")
async def test_what_is_wrong_with_a_deployment_is_said(ask: Ask, field: str, made: Json, why: str) -> None:
    body = await refused(ask("POST", f"{APPS}/deployments", made), 422, "Invalid")
    found = causes(body)
    assert why in found[field], found
    assert body["message"].startswith('Deployment.apps "')
    assert (body["details"]["group"], body["details"]["kind"]) == ("apps", "Deployment")


async def test_other_kinds_are_looked_at_too(ask: Ask) -> None:
    both = budget(minAvailable=1, maxUnavailable=1)
    path = f"/apis/policy/v1/namespaces/{NAMESPACE}/poddisruptionbudgets"
    body = await refused(ask("POST", path, both), 422, "Invalid")
    assert "minAvailable and maxUnavailable cannot be both set" in body["message"]
    always = changed(job(), "spec.template.spec.restartPolicy", "Always")
    body = await refused(ask("POST", f"{BATCH}/jobs", always), 422, "Invalid")
    assert causes(body)["spec.template.spec.restartPolicy"] == 'Required value: valid values: "OnFailure", "Never"'
    cron: Json = {"metadata": metadata("tidy"), "spec": {"schedule": "often", "jobTemplate": {"spec": job()["spec"]}}}
    body = await refused(ask("POST", f"{BATCH}/cronjobs", cron), 422, "Invalid")
    assert "expected exactly 5 fields" in body["message"]
    cron["spec"] = {**cron["spec"], "schedule": "61 * * * *"}
    body = await refused(ask("POST", f"{BATCH}/cronjobs", cron), 422, "Invalid")
    assert causes(body)["spec.schedule"].startswith('Invalid value: "61 * * * *"')
    agent = deployment("agent", updateStrategy={"rollingUpdate": {"maxUnavailable": "some"}}) | {"kind": "DaemonSet"}
    del agent["spec"]["replicas"]
    body = await refused(ask("POST", f"{APPS}/daemonsets", agent), 422, "Invalid")
    assert "percent" in causes(body)["spec.updateStrategy.rollingUpdate.maxUnavailable"]
    target = {"kind": "Deployment", "name": "cart", "apiVersion": "apps/v1"}
    scaler = {"metadata": metadata("cart"), "spec": {"minReplicas": 3, "maxReplicas": 2, "scaleTargetRef": target}}
    path = f"/apis/autoscaling/v2/namespaces/{NAMESPACE}/horizontalpodautoscalers"
    body = await refused(ask("POST", path, scaler), 422, "Invalid")
    assert causes(body)["spec.maxReplicas"].endswith("must be greater than or equal to `minReplicas`")
    service = {"metadata": metadata("cart"), "spec": {"ports": [{"port": 70000}]}}
    body = await refused(ask("POST", f"{CORE}/services", service), 422, "Invalid")
    assert causes(body)["spec.ports[0].port"].endswith("must be between 1 and 65535, inclusive")


async def test_some_fields_never_change(ask: Ask) -> None:
    await ask("POST", f"{APPS}/deployments", deployment())
    other = {"app": "other"}
    change: Json = {"spec": {"selector": {"matchLabels": other}, "template": {"metadata": {"labels": other}}}}
    body = await refused(ask("PATCH", f"{APPS}/deployments/cart", change, media=MERGE), 422, "Invalid")
    assert causes(body) == {"spec.selector": 'Invalid value: "app=other": field is immutable'}
    await ask("POST", f"{CORE}/pods", pod())
    change = {"spec": {"dnsPolicy": "Default"}}
    body = await refused(ask("PATCH", f"{CORE}/pods/one", change, media=MERGE), 422, "Invalid")
    assert causes(body)["spec"].startswith("Forbidden: pod updates may not change fields other than")
    await ask("PATCH", f"{CORE}/pods/one", {"spec": {"containers": [{"name": "one", "image": "b"}]}}, media=STRATEGIC)
    await ask("POST", f"{BATCH}/jobs", job())
    body = await refused(ask("PATCH", f"{BATCH}/jobs/tidy", {"spec": {"completions": 9}}, media=MERGE), 422, "Invalid")
    assert list(causes(body)) == ["spec.completions"]


async def test_a_stateful_set_changes_in_some_ways_only(ask: Ask) -> None:
    made = deployment("db", serviceName="db") | {"kind": "StatefulSet"}
    await ask("POST", f"{APPS}/statefulsets", made)
    change = {"spec": {"serviceName": "x"}}
    body = await refused(ask("PATCH", f"{APPS}/statefulsets/db", change, media=MERGE), 422, "Invalid")
    assert causes(body)["spec"].startswith("Forbidden: updates to statefulset spec for fields other than")
    await ask("PATCH", f"{APPS}/statefulsets/db", {"spec": {"replicas": 1}}, media=MERGE)


async def test_types_are_checked(ask: Ask, apps: client.AppsV1Api) -> None:
    wrong = changed(deployment(), "spec.replicas", "three")
    body = await refused(ask("POST", f"{APPS}/deployments", wrong), 400, "BadRequest")
    assert "cannot unmarshal string into Go struct field Deployment.spec.replicas of type int32" in body["message"]
    await apps.create_namespaced_deployment(NAMESPACE, deployment())
    patch = apps.patch_namespaced_deployment("cart", NAMESPACE, {"spec": {"replicas": "three"}}, _content_type=MERGE)
    await refused(patch, 422, "Invalid")


async def test_unknown_fields_are_refused_told_of_or_dropped(ask: Ask) -> None:
    made = changed(deployment(), "spec.replica", 3)
    path = f"{APPS}/deployments"
    body = await refused(ask("POST", path, made, fieldValidation="Strict"), 400, "BadRequest")
    assert 'strict decoding error: unknown field "spec.replica"' in body["message"]
    made = await ask("POST", path, made, fieldValidation="Warn", dryRun="All")
    assert ask.headers["Warning"] == '299 - "unknown field \\"spec.replica\\""'
    assert "replica" not in made["spec"]
    await ask("POST", path, changed(deployment(), "spec.replica", 3), fieldValidation="Ignore")
    assert "Warning" not in ask.headers
    await refused(ask("POST", path, deployment("other"), fieldValidation="Sometimes"), 422, "Invalid")


async def test_a_patch_is_strict_too(apps: client.AppsV1Api) -> None:
    await apps.create_namespaced_deployment(NAMESPACE, deployment())
    patch = apps.patch_namespaced_deployment(
        "cart", NAMESPACE, {"spec": {"replica": 1}}, field_validation="Strict", _content_type=STRATEGIC
    )
    body = await refused(patch, 422, "Invalid")
    assert causes(body)["patch"].endswith('strict decoding error: unknown field "spec.replica"')


async def test_methods_and_media_types(ask: Ask, core: client.CoreV1Api) -> None:
    await core.create_namespaced_config_map(NAMESPACE, config())
    path = f"{CORE}/configmaps/prices"
    await refused(ask("POST", path, config()), 405, "MethodNotAllowed")
    await refused(ask("PUT", f"{CORE}/configmaps", config()), 405, "MethodNotAllowed")
    await refused(ask("GET", path, accept="text/html"), 406, "NotAcceptable")
    body = await refused(ask("PATCH", path, {"data": {}}), 415, "UnsupportedMediaType")
    assert "application/merge-patch+json" in body["message"]
    with pytest.raises(ApiException) as caught:
        await ask("GET", "/api/v1/gadgets")
    assert caught.value.status == 404
    assert "404 page not found" in str(caught.value)


async def test_options_are_checked(core: client.CoreV1Api) -> None:
    body = await refused(core.create_namespaced_config_map(NAMESPACE, config(), dry_run="Some"), 422, "Invalid")
    assert body["details"]["causes"][0]["field"] == "dryRun"
    await core.create_namespaced_config_map(NAMESPACE, config())
    await refused(core.delete_namespaced_config_map("prices", NAMESPACE, propagation_policy="Sideways"), 422, "Invalid")
    await refused(core.delete_namespaced_config_map("prices", NAMESPACE, dry_run="Some"), 422, "Invalid")
    await core.read_namespaced_config_map("prices", NAMESPACE)


@pytest.mark.filterwarnings("ignore:Sending a large body:ResourceWarning")  # which is the point
async def test_too_much_is_too_much(core: client.CoreV1Api) -> None:
    body = await refused(
        core.create_namespaced_config_map(NAMESPACE, config(a="x" * 3_200_000)), 413, "RequestEntityTooLarge"
    )
    assert "limit is 3145728" in body["message"]


async def test_a_scale_is_no_less_than_none(apps: client.AppsV1Api) -> None:
    await apps.create_namespaced_deployment(NAMESPACE, deployment())

    async def to(replicas: int) -> object:
        change = {"spec": {"replicas": replicas}}
        return await apps.patch_namespaced_deployment_scale("cart", NAMESPACE, change, _content_type=MERGE)

    body = await refused(to(-1), 422, "Invalid")
    assert body["message"].startswith('Scale.autoscaling "cart" is invalid: spec.replicas: Invalid value: -1')
    read = await apps.read_namespaced_deployment_scale("cart", NAMESPACE)
    await to(2)
    read.spec.replicas = 5
    await refused(apps.replace_namespaced_deployment_scale("cart", NAMESPACE, read), 409, "Conflict")
