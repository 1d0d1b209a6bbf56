"""The four kinds of patch do what they do, and say so where they cannot."""

import pytest
from kubernetes.aio import client

from tests.integrations.kubernetes_simulator.asking import APPLY, APPS, CORE, JSON_PATCH, MERGE, STRATEGIC, Ask, refused
from tests.integrations.kubernetes_simulator.shop import NAMESPACE, Json, config, deployment, pod

CART = f"{APPS}/deployments/cart"


@pytest.fixture
async def cart(apps: client.AppsV1Api) -> Json:
    """A deployment with two containers, which have environments."""
    made = deployment()
    containers = [
        {"name": "cart", "image": "shop/cart:1", "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]},
        {"name": "proxy", "image": "shop/proxy:1"},
    ]
    made["spec"]["template"]["spec"]["containers"] = containers
    await apps.create_namespaced_deployment(NAMESPACE, made)
    return made


def images(value: Json) -> dict[str, str]:
    return {one["name"]: one["image"] for one in value["spec"]["template"]["spec"]["containers"]}


async def test_a_strategic_patch_merges_by_keys(ask: Ask, cart: Json) -> None:
    containers = [{"name": "cart", "image": "shop/cart:2", "env": [{"name": "B", "value": "3"}]}]
    patch = {"spec": {"template": {"spec": {"containers": containers}}}}
    made = await ask("PATCH", CART, patch, media=STRATEGIC)
    assert images(made) == {"cart": "shop/cart:2", "proxy": "shop/proxy:1"}
    env = made["spec"]["template"]["spec"]["containers"][0]["env"]
    assert env == [{"name": "A", "value": "1"}, {"name": "B", "value": "3"}]


async def test_a_strategic_patch_obeys_its_directives(ask: Ask, cart: Json) -> None:
    containers: list[Json] = [{"name": "proxy", "$patch": "delete"}]
    made = await ask("PATCH", CART, {"spec": {"template": {"spec": {"containers": containers}}}}, media=STRATEGIC)
    assert images(made) == {"cart": "shop/cart:1"}
    containers = [{"$patch": "replace"}, {"name": "other", "image": "shop/other:1"}]
    made = await ask("PATCH", CART, {"spec": {"template": {"spec": {"containers": containers}}}}, media=STRATEGIC)
    assert images(made) == {"other": "shop/other:1"}
    strategy = {"$retainKeys": ["type"], "type": "Recreate"}
    made = await ask("PATCH", CART, {"spec": {"strategy": strategy}}, media=STRATEGIC)
    assert made["spec"]["strategy"] == {"type": "Recreate"}


async def test_a_strategic_patch_keeps_the_order_it_names(ask: Ask, cart: Json) -> None:
    order = [{"name": "proxy"}, {"name": "cart"}]
    patch = {"spec": {"template": {"spec": {"$setElementOrder/containers": order}}}}
    assert list(images(await ask("PATCH", CART, patch, media=STRATEGIC))) == ["proxy", "cart"]
    await ask("PATCH", CART, {"metadata": {"finalizers": ["a.b/c", "a.b/d"]}}, media=STRATEGIC)
    patch = {"metadata": {"$deleteFromPrimitiveList/finalizers": ["a.b/c"]}}
    assert (await ask("PATCH", CART, patch, media=STRATEGIC))["metadata"]["finalizers"] == ["a.b/d"]


async def test_an_item_without_its_key_is_refused(ask: Ask, cart: Json) -> None:
    patch = {"spec": {"template": {"spec": {"containers": [{"image": "shop/cart:2"}]}}}}
    body = await refused(ask("PATCH", CART, patch, media=STRATEGIC), 400, "BadRequest")
    assert "does not contain declared merge key: name" in body["message"]


async def test_a_merge_patch_replaces_lists(ask: Ask, cart: Json) -> None:
    patch = {"spec": {"template": {"spec": {"containers": [{"name": "cart", "image": "shop/cart:2"}]}}}}
    assert images(await ask("PATCH", CART, patch, media=MERGE)) == {"cart": "shop/cart:2"}
    made = await ask("PATCH", CART, {"metadata": {"annotations": {"a": "1"}}}, media=MERGE)
    assert made["metadata"]["annotations"]["a"] == "1"
    made = await ask("PATCH", CART, {"metadata": {"annotations": {"a": None}}}, media=MERGE)
    assert "a" not in made["metadata"]["annotations"]


async def test_a_json_patch_does_all_or_nothing(ask: Ask, cart: Json) -> None:
    patch: list[Json] = [
        {"op": "test", "path": "/spec/replicas", "value": 3},
        {"op": "replace", "path": "/spec/replicas", "value": 2},
        {"op": "add", "path": "/metadata/labels", "value": {}},
        {"op": "add", "path": "/metadata/labels/example.net~1team", "value": "shop"},
        {"op": "copy", "from": "/spec/replicas", "path": "/spec/minReadySeconds"},
        {"op": "remove", "path": "/spec/template/spec/containers/1"},
        {"op": "add", "path": "/spec/template/spec/containers/-", "value": {"name": "last", "image": "shop/last:1"}},
    ]
    made = await ask("PATCH", CART, patch, media=JSON_PATCH)
    assert (made["spec"]["replicas"], made["spec"]["minReadySeconds"]) == (2, 2)
    assert made["metadata"]["labels"] == {"example.net/team": "shop"}
    assert list(images(made)) == ["cart", "last"]
    patch = [
        {"op": "replace", "path": "/spec/replicas", "value": 9},
        {"op": "test", "path": "/spec/paused", "value": True},
    ]
    body = await refused(ask("PATCH", CART, patch, media=JSON_PATCH), 422, "Invalid")
    assert body["message"] == "the server rejected our request due to an error in our request"
    assert (await ask("GET", CART))["spec"]["replicas"] == 2


@pytest.mark.parametrize("operation", ["remove", "replace", "test", "move", "copy", "unheard-of"])
async def test_a_json_patch_of_what_is_not_there_is_refused(ask: Ask, cart: Json, operation: str) -> None:
    patch = [{"op": operation, "path": "/spec/nowhere/at/all", "from": "/nor/there", "value": 1}]
    await refused(ask("PATCH", CART, patch, media=JSON_PATCH), 422, "Invalid")


async def test_a_json_patch_can_hold_an_object_to_its_version(ask: Ask, cart: Json) -> None:
    seen = (await ask("GET", CART))["metadata"]["resourceVersion"]
    patch = [
        {"op": "test", "path": "/metadata/resourceVersion", "value": seen},
        {"op": "replace", "path": "/spec/replicas", "value": 1},
    ]
    await ask("PATCH", CART, patch, media=JSON_PATCH)
    await refused(ask("PATCH", CART, patch, media=JSON_PATCH), 422, "Invalid")


async def test_what_is_no_patch_is_refused(ask: Ask, cart: Json) -> None:
    await refused(ask("PATCH", CART, ["spec"], media=JSON_PATCH), 400, "BadRequest")
    await refused(ask("PATCH", CART, [{"op": "add"}], media=MERGE), 400, "BadRequest")
    await refused(ask("PATCH", CART, {"spec": {}}, media=MERGE, force="true"), 422, "Invalid")
    await refused(ask("PATCH", CART, {"metadata": {"name": "other"}}, media=MERGE), 400, "BadRequest")
    await refused(ask("PATCH", f"{APPS}/deployments/none", {"spec": {}}, media=MERGE), 404, "NotFound")


async def test_a_patch_that_changes_nothing_is_no_new_version(ask: Ask, core: client.CoreV1Api) -> None:
    made = await core.create_namespaced_config_map(NAMESPACE, config(a="1"))
    same = await ask("PATCH", f"{CORE}/configmaps/prices", {"data": {"a": "1"}}, media=MERGE)
    assert same["metadata"]["resourceVersion"] == made.metadata.resource_version


async def test_a_status_has_its_own_address(ask: Ask, kubernetes_frozen: None) -> None:
    await ask("POST", f"{CORE}/pods", pod())
    status = {"status": {"phase": "Failed", "reason": "Evicted"}, "spec": {"nodeName": "node-1"}}
    made = await ask("PATCH", f"{CORE}/pods/one/status", status, media=MERGE)
    assert (made["status"]["phase"], "nodeName" in made["spec"]) == ("Failed", False)
    made = await ask(
        "PATCH", f"{CORE}/pods/one", {"status": {"phase": "Running"}, "metadata": {"labels": {"a": "b"}}}, media=MERGE
    )
    assert (made["status"]["phase"], made["metadata"]["labels"]["a"]) == ("Failed", "b")


async def test_a_deployments_annotations_are_wanted_too(ask: Ask, cart: Json) -> None:
    before = (await ask("GET", CART))["metadata"]["generation"]
    labelled = await ask("PATCH", CART, {"metadata": {"labels": {"a": "b"}}}, media=MERGE)
    assert labelled["metadata"]["generation"] == before
    annotated = await ask("PATCH", CART, {"metadata": {"annotations": {"a": "b"}}}, media=MERGE)
    assert annotated["metadata"]["generation"] == before + 1


async def test_generation_counts_what_is_wanted(ask: Ask, cart: Json) -> None:
    assert (await ask("GET", CART))["metadata"]["generation"] == 1
    made = await ask("PATCH", CART, {"metadata": {"labels": {"a": "b"}}}, media=MERGE)
    assert made["metadata"]["generation"] == 1
    made = await ask("PATCH", CART, {"spec": {"replicas": 1}}, media=MERGE)
    assert made["metadata"]["generation"] == 2


async def test_a_dry_run_does_everything_and_keeps_nothing(ask: Ask, cart: Json) -> None:
    before = await ask("GET", CART)
    made = await ask("PATCH", CART, {"spec": {"replicas": 1}}, media=MERGE, dryRun="All")
    assert (made["spec"]["replicas"], made["metadata"]["generation"]) == (1, before["metadata"]["generation"] + 1)
    await refused(ask("PATCH", CART, {"spec": {"replicas": -1}}, media=MERGE, dryRun="All"), 422, "Invalid")
    made = await ask("POST", f"{CORE}/configmaps", config(), dryRun="All")
    assert made["metadata"]["uid"]
    assert "resourceVersion" not in made["metadata"]
    scaled = await ask("PATCH", f"{CART}/scale", {"spec": {"replicas": 9}}, media=MERGE, dryRun="All")
    assert scaled["spec"]["replicas"] == 9
    await ask("DELETE", CART, dryRun="All")
    await ask("DELETE", CART, {"dryRun": ["All"]})
    after = await ask("GET", CART)
    assert after["spec"] == before["spec"]
    assert after["metadata"]["generation"] == before["metadata"]["generation"]
    await refused(ask("GET", f"{CORE}/configmaps/prices"), 404, "NotFound")


def applied(data: Json) -> Json:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "prices"}, "data": data}


class TestApply:
    """Server-side apply."""

    PATH = f"{CORE}/configmaps/prices"

    async def apply(self, ask: Ask, data: Json, manager: str = "shop", **query: str) -> Json:
        made: Json = await ask("PATCH", self.PATH, applied(data), media=APPLY, fieldManager=manager, **query)
        return made

    async def test_it_makes_changes_and_takes_away(self, ask: Ask) -> None:
        made = await self.apply(ask, {"a": "1", "b": "2"})
        assert made["data"] == {"a": "1", "b": "2"}
        (entry,) = made["metadata"]["managedFields"]
        assert (entry["manager"], entry["operation"]) == ("shop", "Apply")
        assert entry["fieldsV1"] == {"f:data": {"f:a": {}, "f:b": {}}}
        made = await self.apply(ask, {"a": "3"})
        assert made["data"] == {"a": "3"}
        again = await self.apply(ask, {"a": "3"})
        assert again["metadata"]["resourceVersion"] == made["metadata"]["resourceVersion"]

    async def test_it_needs_a_manager(self, ask: Ask) -> None:
        body = await refused(ask("PATCH", self.PATH, applied({}), media=APPLY), 422, "Invalid")
        assert body["message"] == (
            'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch'
        )

    async def test_two_who_want_different_things_conflict(self, ask: Ask) -> None:
        await self.apply(ask, {"a": "1", "b": "2"})
        body = await refused(self.apply(ask, {"a": "9"}, "other"), 409, "Conflict")
        assert body["message"] == 'Apply failed with 1 conflict: conflict with "shop" using v1: .data.a'
        assert body["details"]["causes"] == [
            {"reason": "FieldManagerConflict", "message": 'conflict with "shop" using v1', "field": ".data.a"}
        ]
        made = await self.apply(ask, {"a": "9"}, "other", force="true")
        assert made["data"] == {"a": "9", "b": "2"}
        made = await self.apply(ask, {"b": "2"})
        assert made["data"] == {"a": "9", "b": "2"}, "what is another's stays"

    async def test_two_who_want_the_same_share_it(self, ask: Ask) -> None:
        await self.apply(ask, {"a": "1"})
        await self.apply(ask, {"a": "1"}, "other")
        made = await self.apply(ask, {})
        assert made["data"] == {"a": "1"}
        made = await self.apply(ask, {}, "other")
        assert not made.get("data")

    async def test_an_update_takes_what_it_changes(self, ask: Ask) -> None:
        await self.apply(ask, {"a": "1", "b": "2"})
        made = await ask("PATCH", self.PATH, {"data": {"a": "5"}}, media=MERGE, fieldManager="hand")
        owners = {one["manager"]: (one["operation"], one["fieldsV1"]) for one in made["metadata"]["managedFields"]}
        assert owners["hand"] == ("Update", {"f:data": {"f:a": {}}})
        assert owners["shop"] == ("Apply", {"f:data": {"f:b": {}}})
        body = await refused(self.apply(ask, {"a": "1", "b": "2"}), 409, "Conflict")
        assert body["details"]["causes"][0]["message"].startswith('conflict with "hand" using v1 at ')

    async def test_items_of_lists_are_told_by_their_keys(self, ask: Ask, cart: Json) -> None:
        containers = [{"name": "proxy", "image": "shop/proxy:2", "ports": [{"containerPort": 80}]}]
        wanted = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "cart"}}
        spec = {"template": {"spec": {"containers": containers}}}
        path, manager = CART, {"fieldManager": "shop", "force": "true"}
        made = await ask("PATCH", path, wanted | {"spec": spec}, media=APPLY, **manager)
        assert images(made) == {"cart": "shop/cart:1", "proxy": "shop/proxy:2"}
        assert made["spec"]["template"]["spec"]["containers"][1]["ports"] == [{"containerPort": 80, "protocol": "TCP"}]
        del containers[0]["ports"]
        made = await ask("PATCH", path, wanted | {"spec": spec}, media=APPLY, **manager)
        assert (
            "ports" not in made["spec"]["template"]["spec"]["containers"][1]
            or not made["spec"]["template"]["spec"]["containers"][1]["ports"]
        )

    async def test_a_dry_run_of_it_keeps_nothing(self, ask: Ask) -> None:
        await self.apply(ask, {"a": "1"}, dryRun="All")
        await refused(ask("GET", self.PATH), 404, "NotFound")
