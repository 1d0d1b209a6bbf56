"""What an object may not be, and may not become: limits of its parts, and fields that stay as they are."""

from typing import Any

import pytest

from tests.integrations.kubernetes_simulator.asking import APPS, CORE, MERGE, STRATEGIC, Ask, causes, refused
from tests.integrations.kubernetes_simulator.shop import NAMESPACE, Json, budget, config, deployment, job, metadata
from tests.servers import SimulatedKubernetes

BATCH = f"/apis/batch/v1/namespaces/{NAMESPACE}"
RBAC = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{NAMESPACE}"
POLICY = f"/apis/policy/v1/namespaces/{NAMESPACE}/poddisruptionbudgets"
CONTAINER = "spec.template.spec.containers[0]"


def with_container(**more: Any) -> Json:
    made = deployment()
    made["spec"]["template"]["spec"]["containers"][0] |= more
    return made


@pytest.mark.parametrize(
    ("container", "field", "why"),
    [
        ({"env": [{"name": "", "value": "x"}]}, "env[0].name", "Required value"),
        ({"env": [{"name": "A=B", "value": "x"}]}, "env[0].name", "printable ASCII characters other than '='"),
        ({"ports": [{"containerPort": 65536}]}, "ports[0].containerPort", "must be between 1 and 65535, inclusive"),
        ({"ports": [{"containerPort": 0}]}, "ports[0].containerPort", "Required value"),
        ({"volumeMounts": [{"name": "data", "mountPath": "/data"}]}, "volumeMounts[0].name", 'Not found: "data"'),
        (
            {"resources": {"requests": {"memory": "1Gi"}, "limits": {"memory": "512Mi"}}},
            "resources.requests",
            'Invalid value: "1Gi": must be less than or equal to memory limit of 512Mi',
        ),
        ({"resources": {"limits": {"cpu": "-1"}}}, "resources.limits[cpu]", "must be greater than or equal to 0"),
    ],
)
async def test_a_container_has_its_limits(ask: Ask, container: Json, field: str, why: str) -> None:
    body = await refused(ask("POST", f"{APPS}/deployments", with_container(**container)), 422, "Invalid")
    assert causes(body)[f"{CONTAINER}.{field}"].endswith(why)


async def test_what_is_limited_is_asked_for(ask: Ask) -> None:
    made = await ask("POST", f"{APPS}/deployments", with_container(resources={"limits": {"cpu": "1"}}))
    assert made["spec"]["template"]["spec"]["containers"][0]["resources"]["requests"] == {"cpu": "1"}


async def test_a_number_has_its_size(ask: Ask) -> None:
    body = await refused(ask("POST", f"{APPS}/deployments", deployment(replicas=2**31)), 400, "BadRequest")
    assert "cannot unmarshal number 2147483648 into Go struct field Deployment.spec.replicas" in body["message"]
    await ask("POST", f"{APPS}/deployments", deployment())
    large = {"spec": {"replicas": 2**31}}
    body = await refused(ask("PATCH", f"{APPS}/deployments/cart", large, media=MERGE), 422, "Invalid")
    assert body["message"].startswith(' "" is invalid: patch: Invalid value: ')


class TestFinalizers:
    """metadata.finalizers."""

    async def test_they_are_named_in_full(self, ask: Ask) -> None:
        made = config() | {"metadata": metadata("prices", finalizers=["a.b/hold", "mine"])}
        body = await refused(ask("POST", f"{CORE}/configmaps", made), 422, "Invalid")
        why = "name is neither a standard finalizer name nor is it fully qualified"
        assert causes(body) == {"metadata.finalizers[1]": f'Invalid value: "mine": {why}'}
        both = config() | {"metadata": metadata("prices", finalizers=["orphan", "foregroundDeletion"])}
        body = await refused(ask("POST", f"{CORE}/configmaps", both), 422, "Invalid")
        assert causes(body)["metadata.finalizers"].endswith("cannot be both set")

    async def test_none_comes_to_what_is_about_to_go(self, ask: Ask) -> None:
        await ask("POST", f"{CORE}/configmaps", config() | {"metadata": metadata("prices", finalizers=["a.b/hold"])})
        await ask("DELETE", f"{CORE}/configmaps/prices")
        more = {"metadata": {"finalizers": ["a.b/hold", "a.b/more"]}}
        body = await refused(ask("PATCH", f"{CORE}/configmaps/prices", more, media=MERGE), 422, "Invalid")
        assert causes(body)["metadata.finalizers"].endswith('found new finalizers []string{"a.b/more"}')


class TestWhatStays:
    """Fields that may not change."""

    async def test_a_sealed_config_map_does(self, ask: Ask) -> None:
        path = f"{CORE}/configmaps/prices"
        await ask("POST", f"{CORE}/configmaps", config(a="1") | {"immutable": True})
        for change, field in (({"data": {"a": "2"}}, "data"), ({"immutable": False}, "immutable")):
            body = await refused(ask("PATCH", path, change, media=MERGE), 422, "Invalid")
            assert causes(body) == {field: "Forbidden: field is immutable when `immutable` is set"}
        await ask("PATCH", path, {"metadata": {"labels": {"a": "b"}}}, media=MERGE)

    async def test_a_secrets_type_does(self, ask: Ask) -> None:
        made = await ask("POST", f"{CORE}/secrets", {"metadata": metadata("key"), "stringData": {"a": "b"}})
        assert (made["data"], "stringData" in made) == ({"a": "Yg=="}, False)
        body = await refused(ask("PATCH", f"{CORE}/secrets/key", {"type": "x/y"}, media=MERGE), 422, "Invalid")
        assert causes(body) == {"type": 'Invalid value: "x/y": field is immutable'}
        wrong = {"metadata": metadata("other"), "data": {"a": "not base64!"}}
        body = await refused(ask("POST", f"{CORE}/secrets", wrong), 400, "BadRequest")
        assert body["message"].endswith("illegal base64 data at input byte 3")

    async def test_whom_a_binding_binds_to_does(self, ask: Ask) -> None:
        role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "reader"}
        await ask("POST", f"{RBAC}/rolebindings", {"metadata": metadata("read"), "roleRef": role, "subjects": []})
        change = {"roleRef": {"name": "writer"}}
        body = await refused(ask("PATCH", f"{RBAC}/rolebindings/read", change, media=MERGE), 422, "Invalid")
        assert causes(body)["roleRef"].endswith("cannot change roleRef")

    async def test_a_claim_does_but_for_growing_once_it_is_bound(
        self, kubernetes: SimulatedKubernetes, ask: Ask
    ) -> None:
        path = f"{CORE}/persistentvolumeclaims"
        spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "2Gi"}}}
        await ask("POST", path, {"metadata": metadata("data"), "spec": spec})

        async def to(size: str) -> Json:
            change = {"spec": {"resources": {"requests": {"storage": size}}}}
            made: Json = await ask("PATCH", f"{path}/data", change, media=MERGE)
            return made

        body = await refused(to("4Gi"), 422, "Invalid")
        assert causes(body)["spec"].startswith("Forbidden: spec is immutable after creation except")
        kubernetes.status("core", "persistentvolumeclaims", "data", phase="Bound")
        assert (await to("4Gi"))["spec"]["resources"]["requests"]["storage"] == "4Gi"
        body = await refused(to("1Gi"), 422, "Invalid")
        assert causes(body)["spec.resources.requests.storage"].endswith("can not be less than status.capacity")
        change = {"spec": {"accessModes": ["ReadWriteMany"]}}
        await refused(ask("PATCH", f"{path}/data", change, media=MERGE), 422, "Invalid")

    async def test_a_jobs_template_does(self, ask: Ask) -> None:
        await ask("POST", f"{BATCH}/jobs", job())
        change = {"spec": {"template": {"spec": {"containers": [{"name": "tidy", "image": "x"}]}}}}
        body = await refused(ask("PATCH", f"{BATCH}/jobs/tidy", change, media=STRATEGIC), 422, "Invalid")
        assert causes(body)["spec.template"].endswith("field is immutable")


async def test_a_job_is_not_made_from_what_another_was_read_as(ask: Ask) -> None:
    """Its selector and its pods' labels are those of the other; without them it is made."""
    read = await ask("POST", f"{BATCH}/jobs", job())
    again = {"metadata": metadata("again"), "spec": read["spec"]}
    body = await refused(ask("POST", f"{BATCH}/jobs", again), 422, "Invalid")
    assert causes(body)["spec.selector"].endswith("`selector` not auto-generated")
    del again["spec"]["selector"]
    body = await refused(ask("POST", f"{BATCH}/jobs", again), 422, "Invalid")
    assert causes(body)["spec.template.metadata.labels"].endswith("`selector` does not match template `labels`")
    del again["spec"]["template"]["metadata"]
    await ask("POST", f"{BATCH}/jobs", again)


@pytest.mark.filterwarnings("ignore:Sending a large body:ResourceWarning")  # which is the point
async def test_a_config_map_holds_so_much_under_such_names(ask: Ask) -> None:
    body = await refused(ask("POST", f"{CORE}/configmaps", config(**{"a b": "c"})), 422, "Invalid")
    assert "a valid config key must consist of" in causes(body)["data[a b]"]
    body = await refused(ask("POST", f"{CORE}/configmaps", config(a="x" * (1024 * 1024 + 1))), 422, "Invalid")
    assert causes(body) == {"[]": "Too long: may not be more than 1048576 bytes"}


@pytest.mark.parametrize(
    ("rule", "field"),
    [
        ({"apiGroups": [""], "resources": ["pods"]}, "rules[0].verbs"),
        ({"verbs": ["get"], "resources": ["pods"]}, "rules[0].apiGroups"),
        ({"verbs": ["get"], "apiGroups": [""]}, "rules[0].resources"),
        ({"verbs": ["get"], "nonResourceURLs": ["/metrics"]}, "rules[0].nonResourceURLs"),
    ],
)
async def test_a_rule_says_who_may_do_what_with_what(ask: Ask, rule: Json, field: str) -> None:
    body = await refused(ask("POST", f"{RBAC}/roles", {"metadata": metadata("r"), "rules": [rule]}), 422, "Invalid")
    assert field in causes(body)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"resourceVersionMatch": "Exact"}, "resourceVersionMatch"),
        ({"resourceVersionMatch": "Exact", "resourceVersion": "0"}, "resourceVersionMatch"),
        ({"resourceVersionMatch": "Newer", "resourceVersion": "1"}, "resourceVersionMatch"),
        ({"resourceVersionMatch": "Exact", "resourceVersion": "0", "continue": "x"}, "resourceVersionMatch"),
        ({"sendInitialEvents": "true"}, "sendInitialEvents"),
        ({"watch": "true", "sendInitialEvents": "true"}, "resourceVersionMatch"),
        ({"watch": "true", "resourceVersion": "1", "resourceVersionMatch": "NotOlderThan"}, "resourceVersionMatch"),
    ],
)
async def test_options_of_a_list_go_together(ask: Ask, query: dict[str, str], field: str) -> None:
    body = await refused(ask("GET", f"{CORE}/pods", **query), 422, "Invalid")
    assert list(causes(body)) == [field]


async def test_labels_are_compared_as_numbers_too(ask: Ask) -> None:
    for size in ("9", "10", "many"):
        await ask("POST", f"{CORE}/configmaps", config() | {"metadata": metadata(f"c-{size}", labels={"size": size})})

    async def found(selector: str) -> list[str]:
        listed = await ask("GET", f"{CORE}/configmaps", labelSelector=selector)
        return [one["metadata"]["labels"]["size"] for one in listed["items"]]

    assert (await found("size>9"), await found("size<10")) == (["10"], ["9"])
    for wrong in ("size in ()", "size>many", "size notin ( )"):
        await refused(found(wrong), 400, "BadRequest")


@pytest.mark.parametrize(
    ("path", "made", "field", "why"),
    [
        (POLICY, {"minAvailable": "150%"}, "spec.minAvailable", "must not be greater than 100%"),
        (
            POLICY,
            {"selector": {"matchExpressions": [{"key": "a", "operator": "Like"}]}},
            "spec.selector.matchExpressions[0].operator",
            "not a valid selector operator",
        ),
        (
            POLICY,
            {"selector": {"matchExpressions": [{"key": "a", "operator": "In"}]}},
            "spec.selector.matchExpressions[0].values",
            "must be specified when `operator` is 'In' or 'NotIn'",
        ),
        (f"{CORE}/persistentvolumeclaims", {}, "spec.accessModes", "at least 1 access mode is required"),
        (f"{CORE}/persistentvolumeclaims", {}, "spec.resources[storage]", "Required value"),
        (f"{CORE}/events", {}, "involvedObject.namespace", "does not match event.namespace"),
        (
            "/api/v1/nodes",
            {"taints": [{"key": "a", "effect": "Some"}]},
            "metadata.taints[0].effect",
            '"PreferNoSchedule"',
        ),
    ],
)
async def test_each_kind_has_what_it_needs(ask: Ask, path: str, made: Json, field: str, why: str) -> None:
    body: Json = {"metadata": metadata("one") if NAMESPACE in path else {"name": "one"}}
    if not path.endswith("events"):
        body["spec"] = made
    assert causes(await refused(ask("POST", path, body), 422, "Invalid"))[field].endswith(why)


async def test_a_budget_is_replaced_by_its_version_only(kubernetes_frozen: None, ask: Ask) -> None:
    made = await ask("POST", POLICY, budget(minAvailable=1))
    body = await refused(ask("PUT", f"{POLICY}/cart", budget(minAvailable=2)), 422, "Invalid")
    assert causes(body) == {"metadata.resourceVersion": "Invalid value: 0: must be specified for an update"}
    await ask("PUT", f"{POLICY}/cart", made | {"spec": budget(minAvailable=2)["spec"]})


async def test_a_template_that_is_taken_away_has_nothing_in_it(ask: Ask) -> None:
    await ask("POST", f"{APPS}/deployments", deployment())
    gone = {"spec": {"template": None}}
    body = await refused(ask("PATCH", f"{APPS}/deployments/cart", gone, media=MERGE), 422, "Invalid")
    assert causes(body)["spec.template.spec.containers"] == "Required value"
    assert "spec.template.spec.restartPolicy" not in causes(body)
