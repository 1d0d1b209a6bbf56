"""Each call that our actions make, and everything it is documented to be refused for: a table, and its cells.

What is said of a kind of object stands in `test_refusals.py`, of pods in `test_pods.py`, of patches in
`test_patches.py`, of lists in `test_reading.py`.
"""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from kubernetes.aio import client, config

from tests.integrations.kubernetes_simulator.asking import (
    APPLY,
    APPS,
    CORE,
    JSON_PATCH,
    MERGE,
    STRATEGIC,
    Ask,
    causes,
    refused,
)
from tests.integrations.kubernetes_simulator.shop import NAMESPACE, Json, deployment, job, metadata, pod
from tests.servers import SimulatedKubernetes

BATCH = f"/apis/batch/v1/namespaces/{NAMESPACE}"
METRICS = f"/apis/metrics.k8s.io/v1beta1/namespaces/{NAMESPACE}"
REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
CART = f"{APPS}/deployments/cart"
Call = Callable[[Ask], Awaitable[object]]


def eviction(name: str, **more: object) -> Json:
    return {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": metadata(name), **more}


def review(**spec: object) -> Json:
    return {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview", "spec": spec}


def applied(**more: object) -> Json:
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata("cart", **more)}


# By the words of `bot/integrations/kubernetes/cluster.py`: those that reach for an object, and those that do not.
ABOUT: dict[str, Call] = {
    "get": lambda ask: ask("GET", CART),
    "patch": lambda ask: ask("PATCH", CART, {"spec": {"replicas": 1}}, media=MERGE),
    "patch, strategic": lambda ask: ask("PATCH", "/api/v1/nodes/none", {"spec": {}}, media=STRATEGIC),
    "patch, operations": lambda ask: ask("PATCH", CART, [{"op": "remove", "path": "/spec"}], media=JSON_PATCH),
    "scale": lambda ask: ask("PATCH", f"{CART}/scale", {"spec": {"replicas": 1}}, media=MERGE),
    "evict": lambda ask: ask("POST", f"{CORE}/pods/one/eviction", eviction("one")),
    "delete": lambda ask: ask("DELETE", f"{CORE}/pods/one"),
    "log": lambda ask: ask("GET", f"{CORE}/pods/one/log", accept="*/*"),
    "exec": lambda ask: ask("GET", f"{CORE}/pods/one/exec", command="ls", stdout="true"),
}
OTHERS: dict[str, Call] = {
    "list": lambda ask: ask("GET", f"{CORE}/pods"),
    "apply": lambda ask: ask("PATCH", CART, deployment(), media=APPLY, fieldManager="x"),
    "create": lambda ask: ask("POST", f"{BATCH}/jobs", job()),
    "top": lambda ask: ask("GET", f"{METRICS}/pods"),
}
EVERY = {**ABOUT, **OTHERS, "review": lambda ask: ask("POST", REVIEWS, review(resourceAttributes={"verb": "get"}))}


@pytest.fixture
async def nobody(kubernetes: SimulatedKubernetes) -> AsyncIterator[Ask]:
    """The client with a token that nobody gave out."""
    async with await config.new_client_from_config(config_file=str(kubernetes.kubeconfig_for("nobodys"))) as api:
        yield Ask(api)


@pytest.fixture
async def viewer(kubernetes: SimulatedKubernetes) -> AsyncIterator[Ask]:
    """The client of somebody who may do nothing."""
    kubernetes.users(**{"token-of-eve": {"name": "eve", "rules": []}})
    async with await config.new_client_from_config(config_file=str(kubernetes.kubeconfig_for("token-of-eve"))) as api:
        yield Ask(api)


@pytest.mark.parametrize("call", EVERY.values(), ids=EVERY)
async def test_each_needs_a_token(call: Call, nobody: Ask) -> None:
    await refused(call(nobody), 401, "Unauthorized")


@pytest.mark.parametrize("call", [*ABOUT.values(), *OTHERS.values()], ids=[*ABOUT, *OTHERS])
async def test_each_needs_to_be_granted(call: Call, viewer: Ask) -> None:
    """But for the question what is granted."""
    body = await refused(call(viewer), 403, "Forbidden")
    assert 'User "eve" cannot ' in body["message"]


@pytest.mark.parametrize("call", ABOUT.values(), ids=ABOUT)
async def test_each_needs_its_object(call: Call, ask: Ask) -> None:
    body = await refused(call(ask), 404, "NotFound")
    assert body["message"].endswith('" not found')


@pytest.mark.parametrize(
    ("status", "reason"), [(429, "TooManyRequests"), (500, "InternalError"), (503, "ServiceUnavailable")]
)
@pytest.mark.parametrize("call", EVERY.values(), ids=EVERY)
async def test_each_may_meet_a_server_in_trouble(
    call: Call, status: int, reason: str, kubernetes: SimulatedKubernetes, ask: Ask
) -> None:
    kubernetes.breaks({"path": "/api", "status": status, "retry_after": 3})
    body = await refused(call(ask), status, reason)
    assert body["details"]["retryAfterSeconds"] == 3
    assert ask.headers["Retry-After"] == "3"


@pytest.fixture
async def cart(ask: Ask) -> Json:
    made: Json = await ask("POST", f"{APPS}/deployments", deployment())
    return made


class TestPatch:
    """PATCH, and what may stand beside it."""

    async def test_a_managers_name_has_its_limits(self, ask: Ask, cart: Json) -> None:
        body = await refused(ask("PATCH", CART, {"spec": {}}, media=MERGE, fieldManager="x" * 129), 422, "Invalid")
        assert causes(body) == {"fieldManager": "Too long: may not be more than 128 bytes"}
        body = await refused(ask("POST", f"{BATCH}/jobs", job(), fieldManager="a\tb"), 422, "Invalid")
        assert causes(body)["fieldManager"].endswith("should only contain printable characters")
        await ask("PATCH", CART, {"spec": {"paused": True}}, media=MERGE, fieldManager="x" * 128)

    async def test_its_options_are_checked(self, ask: Ask, cart: Json) -> None:
        for name, value in (("dryRun", "Some"), ("fieldValidation", "Some"), ("force", "true")):
            body = await refused(ask("PATCH", CART, {"spec": {}}, media=MERGE, **{name: value}), 422, "Invalid")
            assert list(causes(body)) == [name]

    async def test_an_object_stays_where_it_is(self, ask: Ask, cart: Json) -> None:
        body = await refused(ask("PATCH", CART, {"metadata": {"namespace": "default"}}, media=MERGE), 400, "BadRequest")
        assert (
            body["message"] == "the namespace of the provided object does not match the namespace sent on the request"
        )
        await refused(ask("PATCH", CART, {"metadata": {"name": "other"}}, media=MERGE), 400, "BadRequest")
        body = await refused(ask("PATCH", CART, {"metadata": {"uid": "another"}}, media=MERGE), 422, "Invalid")
        assert causes(body) == {"metadata.uid": 'Invalid value: "another": field is immutable'}
        body = await refused(ask("PUT", CART, cart | {"metadata": metadata("cart", uid="another")}), 409, "Conflict")
        assert "UID in precondition: another" in body["message"]

    async def test_it_makes_an_object_of_the_same_name_and_kind(self, ask: Ask, cart: Json) -> None:
        body = await refused(ask("PATCH", CART, {"metadata": None}, media=MERGE), 400, "BadRequest")
        assert body["message"].startswith("the name of the object (cart based on URL) was undeterminable")
        for other in ({"kind": "Pod"}, {"apiVersion": "apps/v9"}):
            body = await refused(ask("PATCH", CART, other, media=MERGE), 422, "Invalid")
            assert causes(body)["patch"].endswith("in scheme")
        body = await refused(ask("PATCH", CART, {"spec": {"$patch": "mix"}}, media=STRATEGIC), 500, "")
        assert body["message"].startswith("unknown patch type: mix in map")

    async def test_a_scale_is_a_scale(self, ask: Ask, cart: Json) -> None:
        body = await refused(ask("PUT", f"{CART}/scale", cart), 400, "BadRequest")
        assert body["message"].startswith('Deployment in version "v1" cannot be handled as a Scale')
        more = {"spec": {"replica": 2}}
        body = await refused(ask("PATCH", f"{CART}/scale", more, media=MERGE, fieldValidation="Strict"), 422, "Invalid")
        assert causes(body)["patch"].endswith('unknown field "spec.replica"')


class TestApply:
    """PATCH of application/apply-patch+yaml."""

    async def test_it_says_of_which_version_it_is(self, ask: Ask) -> None:
        for version in ("", "apps/v2"):
            wrong = applied() | {"apiVersion": version}
            body = await refused(ask("PATCH", CART, wrong, media=APPLY, fieldManager="x"), 400, "BadRequest")
            assert body["message"].startswith("Incorrect version specified in apply patch.")
            assert body["message"].endswith(f"Specified patch version: {version}, expected: apps/v1")

    async def test_what_fits_no_schema_is_no_object(self, ask: Ask) -> None:
        """Whatever `fieldValidation` says; and 500, without a reason, though it is the manifest's fault."""
        for validation in ("Ignore", "Warn", "Strict"):
            wrong = applied() | {"spec": {"replica": 1}}
            body = await refused(
                ask("PATCH", CART, wrong, media=APPLY, fieldManager="x", fieldValidation=validation), 500, ""
            )
            assert body["message"] == (
                "failed to create typed patch object (shop/cart; apps/v1, Kind=Deployment): "
                ".spec.replica: field not declared in schema"
            )

    async def test_items_are_told_by_their_keys(self, ask: Ask) -> None:
        for containers, why in (
            ([{"image": "x"}], 'element 0: associative list with keys has an element that omits key field "name"'),
            ([{"name": "a", "image": "x"}] * 2, 'duplicate entries for key [name="a"]'),
        ):
            wrong = applied() | {"spec": {"template": {"spec": {"containers": containers}}}}
            body = await refused(ask("PATCH", CART, wrong, media=APPLY, fieldManager="x"), 500, "")
            assert body["message"].endswith(f".spec.template.spec.containers: {why}")

    async def test_to_make_something_takes_the_right_to_make_it(
        self, kubernetes: SimulatedKubernetes, ask: Ask
    ) -> None:
        rule = {"verbs": ["patch", "get"], "apiGroups": ["apps"], "resources": ["deployments"]}
        kubernetes.users(**{"token-of-pat": {"name": "pat", "rules": [rule]}})
        path = str(kubernetes.kubeconfig_for("token-of-pat"))
        async with await config.new_client_from_config(config_file=path) as api:
            pat = Ask(api)
            body = await refused(pat("PATCH", CART, deployment(), media=APPLY, fieldManager="x"), 403, "Forbidden")
            assert 'User "pat" cannot create resource "deployments" in API group "apps"' in body["message"]
            await ask("POST", f"{APPS}/deployments", deployment())
            await pat("PATCH", CART, applied(labels={"a": "b"}), media=APPLY, fieldManager="x")

    async def test_a_uid_must_be_there(self, ask: Ask) -> None:
        mine = deployment() | {"metadata": metadata("cart", uid="a-b-c")}
        body = await refused(ask("PATCH", CART, mine, media=APPLY, fieldManager="x"), 409, "Conflict")
        assert "uid mismatch: the provided object specified uid a-b-c, and no existing object" in body["message"]

    async def test_nobody_brings_what_the_server_writes(self, ask: Ask, cart: Json) -> None:
        brought = applied(managedFields=[{"manager": "x"}])
        body = await refused(ask("PATCH", CART, brought, media=APPLY, fieldManager="x"), 400, "BadRequest")
        assert body["message"] == "metadata.managedFields must be nil"


class TestCreate:
    """POST of a job, as `kubernetes.job_run` makes it."""

    async def test_a_name_leaves_room_for_what_is_made_of_it(self, ask: Ask) -> None:
        long = job() | {"metadata": metadata("x" * 64)}
        body = await refused(ask("POST", f"{BATCH}/jobs", long), 422, "Invalid")
        assert causes(body)["spec.template.labels"].endswith("must be no more than 63 bytes")
        spec = {"schedule": "0 3 * * *", "jobTemplate": {"spec": job()["spec"]}}
        often = {"metadata": metadata("x" * 53), "spec": spec}
        body = await refused(ask("POST", f"{BATCH}/cronjobs", often), 422, "Invalid")
        assert causes(body)["metadata.name"].endswith("must be no more than 52 characters")
        await ask("POST", f"{BATCH}/cronjobs", {**often, "metadata": metadata("x" * 52)})

    async def test_an_owner_is_named_in_full_and_one_rules(self, ask: Ask) -> None:
        owner = {"apiVersion": "batch/v1", "kind": "CronJob", "name": "tidy", "uid": "1-2", "controller": True}
        for name in owner.keys() - {"controller"}:
            lacking = {key: value for key, value in owner.items() if key != name}
            made = job() | {"metadata": metadata("one", ownerReferences=[lacking])}
            body = await refused(ask("POST", f"{BATCH}/jobs", made), 422, "Invalid")
            assert "must not be empty" in causes(body)[f"metadata.ownerReferences.{name}"]
        two = job() | {"metadata": metadata("two", ownerReferences=[owner, {**owner, "name": "other", "uid": "3"}])}
        body = await refused(ask("POST", f"{BATCH}/jobs", two), 422, "Invalid")
        assert "Only one reference can have Controller set to true" in causes(body)["metadata.ownerReferences"]

    async def test_its_options_are_checked(self, ask: Ask) -> None:
        body = await refused(ask("POST", f"{BATCH}/jobs", job(), dryRun="Some"), 422, "Invalid")
        assert list(causes(body)) == ["dryRun"]
        await ask("POST", f"{BATCH}/jobs", job())
        await refused(ask("POST", f"{BATCH}/jobs", job()), 409, "AlreadyExists")


class TestEvictionAndDeletion:
    """POST pods/eviction, DELETE pods."""

    @pytest.fixture
    async def one(self, ask: Ask) -> None:
        await ask("POST", f"{CORE}/pods", pod())

    async def test_an_eviction_is_of_its_address(self, ask: Ask, one: None) -> None:
        path = f"{CORE}/pods/one/eviction"
        for wrong in (eviction("other"), eviction("one") | {"metadata": {}}):
            body = await refused(ask("POST", path, wrong), 400, "BadRequest")
            assert body["message"] == "name in URL does not match name in Eviction object"
        elsewhere = eviction("one") | {"metadata": {"name": "one", "namespace": "default"}}
        body = await refused(ask("POST", path, elsewhere), 400, "BadRequest")
        assert (
            body["message"] == "the namespace of the provided object does not match the namespace sent on the request"
        )

    async def test_its_options_are_checked(self, ask: Ask, one: None) -> None:
        path = f"{CORE}/pods/one/eviction"
        body = await refused(ask("POST", path, eviction("one", deleteOptions={"dryRun": ["Some"]})), 422, "Invalid")
        assert list(causes(body)) == ["dryRun"]
        await refused(ask("POST", path, eviction("one"), dryRun="Some"), 422, "Invalid")
        for precondition in ({"uid": "another"}, {"resourceVersion": "1"}):
            stale = eviction("one", deleteOptions={"preconditions": precondition})
            await refused(ask("POST", path, stale), 409, "Conflict")

    async def test_a_deletion_says_once_what_becomes_of_what_is_owned(self, core: client.CoreV1Api, one: None) -> None:
        both = client.V1DeleteOptions(orphan_dependents=True, propagation_policy="Foreground")
        body = await refused(core.delete_namespaced_pod("one", NAMESPACE, body=both), 422, "Invalid")
        assert causes(body)["propagationPolicy"].endswith("cannot be both set")
        other = client.V1DeleteOptions(preconditions=client.V1Preconditions(uid="another"))
        await refused(core.delete_namespaced_pod("one", NAMESPACE, body=other), 409, "Conflict")
        await core.read_namespaced_pod("one", NAMESPACE)


class TestReading:
    """Logs, usage and reviews."""

    async def test_a_log_begins_at_one_time(self, ask: Ask) -> None:
        await ask("POST", f"{CORE}/pods", pod())
        path = f"{CORE}/pods/one/log"
        both = {"sinceSeconds": "5", "sinceTime": "2026-11-22T03:00:00Z"}
        body = await refused(ask("GET", path, accept="*/*", **both), 422, "Invalid")
        assert list(causes(body)) == ["sinceTime"]
        body = await refused(ask("GET", path, accept="*/*", sinceTime="lately"), 400, "BadRequest")
        assert body["message"].startswith('parsing time "lately"')
        for name in ("tailLines", "limitBytes"):
            await refused(ask("GET", path, accept="*/*", **{name: "some"}), 400, "BadRequest")

    async def test_without_a_metrics_server_nobody_tells_what_is_used(
        self, kubernetes: SimulatedKubernetes, api: client.ApiClient
    ) -> None:
        kubernetes.set(metrics=False)
        usage = client.CustomObjectsApi(api)
        with pytest.raises(client.ApiException) as caught:
            await usage.list_cluster_custom_object("metrics.k8s.io", "v1beta1", "nodes")
        assert (caught.value.status, "404 page not found" in str(caught.value)) == (404, True)

    async def test_a_review_asks_one_thing(self, ask: Ask) -> None:
        both = {"resourceAttributes": {"verb": "get"}, "nonResourceAttributes": {"path": "/", "verb": "get"}}
        for spec in ({}, both):
            body = await refused(ask("POST", REVIEWS, review(**spec)), 422, "Invalid")
            assert causes(body)["spec.resourceAttributes"].endswith(
                "exactly one of nonResourceAttributes or resourceAttributes must be specified"
            )
