"""Lists are pages of one moment; watches miss nothing, and say so when they would."""

import asyncio
import base64
import json

import pytest
from kubernetes.aio import client, watch

from tests.integrations.kubernetes_simulator.asking import CORE, MERGE, Ask, refused
from tests.integrations.kubernetes_simulator.shop import NAMESPACE, Json, config, metadata, pod
from tests.servers import SimulatedKubernetes

MAPS = f"{CORE}/configmaps"


@pytest.fixture
async def five(ask: Ask) -> None:
    """Five objects; two of them are red, one says nothing of its colour."""
    for number, colour in enumerate(["red", "blue", "red", "green", ""]):
        labels = {"colour": colour} if colour else {}
        await ask("POST", MAPS, config() | {"metadata": metadata(f"map-{number}", labels=labels)})


def names(listed: Json) -> list[str]:
    return [one["metadata"]["name"] for one in listed["items"]]


async def test_pages_are_of_one_moment(ask: Ask, five: None) -> None:
    first = await ask("GET", MAPS, limit="2")
    assert names(first) == ["map-0", "map-1"]
    assert first["metadata"]["remainingItemCount"] == 3
    await ask("DELETE", f"{MAPS}/map-2")
    await ask("POST", MAPS, config("map-25"))
    second = await ask("GET", MAPS, limit="2", **{"continue": first["metadata"]["continue"]})
    assert names(second) == ["map-2", "map-3"]
    assert second["metadata"]["resourceVersion"] == first["metadata"]["resourceVersion"]
    third = await ask("GET", MAPS, limit="2", **{"continue": second["metadata"]["continue"]})
    assert names(third) == ["map-4"]
    assert "continue" not in third["metadata"]


async def test_a_page_that_comes_too_late_is_410(kubernetes: SimulatedKubernetes, ask: Ask, five: None) -> None:
    token = (await ask("GET", MAPS, limit="2"))["metadata"]["continue"]
    await ask("DELETE", f"{MAPS}/map-2")
    kubernetes.compact()
    body = await refused(ask("GET", MAPS, limit="2", **{"continue": token}), 410, "Expired")
    assert body["message"].startswith("The provided continue parameter is too old to display a consistent list result.")
    rest = await ask("GET", MAPS, limit="9", **{"continue": body["details"]["continue"]})
    assert names(rest) == ["map-3", "map-4"]


async def test_a_page_that_cannot_be_is_refused(ask: Ask) -> None:
    await refused(ask("GET", MAPS, **{"continue": "nonsense"}), 400, "BadRequest")
    token = base64.urlsafe_b64encode(json.dumps({"rv": 1, "start": ["a", "b"]}).encode()).decode()
    await refused(ask("GET", MAPS, resourceVersion="7", **{"continue": token}), 400, "BadRequest")


@pytest.mark.parametrize(
    ("selector", "found"),
    [
        ("colour=red", [0, 2]),
        ("colour==blue", [1]),
        ("colour!=red", [1, 3, 4]),
        ("colour in (red,green)", [0, 2, 3]),
        ("colour notin (red, green)", [1, 4]),
        ("colour", [0, 1, 2, 3]),
        ("!colour", [4]),
        ("colour,colour!=red", [1, 3]),
    ],
)
async def test_labels_select(ask: Ask, five: None, selector: str, found: list[int]) -> None:
    listed = await ask("GET", MAPS, labelSelector=selector)
    assert names(listed) == [f"map-{number}" for number in found]


async def test_selectors_that_cannot_be_read_are_refused(ask: Ask) -> None:
    for selector in ("a b", "=x", "a in x", "a=b c"):
        body = await refused(ask("GET", MAPS, labelSelector=selector), 400, "BadRequest")
        assert "unable to parse requirement" in body["message"]
    body = await refused(ask("GET", MAPS, fieldSelector="data.a=1"), 400, "BadRequest")
    assert body["message"] == "field label not supported: data.a"
    await refused(ask("GET", MAPS, fieldSelector="metadata.name"), 400, "BadRequest")


async def test_fields_select(kubernetes_frozen: None, ask: Ask) -> None:
    await ask("POST", f"{CORE}/pods", pod("one"))
    await ask("POST", f"{CORE}/pods", pod("two", nodeName="node-1"))
    assert names(await ask("GET", f"{CORE}/pods", fieldSelector="spec.nodeName=node-1")) == ["two"]
    assert names(await ask("GET", f"{CORE}/pods", fieldSelector="spec.nodeName!=node-1,status.phase=Pending")) == [
        "one"
    ]
    assert names(
        await ask("GET", "/api/v1/pods", fieldSelector=f"metadata.namespace={NAMESPACE},metadata.name=two")
    ) == ["two"]


async def test_versions_are_asked_for(kubernetes: SimulatedKubernetes, ask: Ask, five: None) -> None:
    then = (await ask("GET", MAPS))["metadata"]["resourceVersion"]
    await ask("DELETE", f"{MAPS}/map-0")
    exact = await ask("GET", MAPS, resourceVersion=then, resourceVersionMatch="Exact")
    assert (names(exact)[0], exact["metadata"]["resourceVersion"]) == ("map-0", then)
    newer = await ask("GET", MAPS, resourceVersion=then, resourceVersionMatch="NotOlderThan")
    assert names(newer)[0] == "map-1"
    body = await refused(ask("GET", MAPS, resourceVersion="999999"), 504, "Timeout")
    assert body["details"]["causes"][0]["reason"] == "ResourceVersionTooLarge"
    await refused(ask("GET", MAPS, resourceVersion="new"), 422, "Invalid")
    await refused(ask("GET", MAPS, resourceVersionMatch="Exact"), 422, "Invalid")
    kubernetes.compact()
    await refused(ask("GET", MAPS, resourceVersion=then, resourceVersionMatch="Exact"), 410, "Expired")


async def seen(core: client.CoreV1Api, **options: object) -> list[tuple[str, str]]:
    """What a watch of config maps says until it ends."""
    async with watch.Watch() as stream:
        events = stream.stream(core.list_namespaced_config_map, NAMESPACE, **options)
        return [(event["type"], event["raw_object"]["metadata"].get("name", "")) async for event in events]


async def test_a_watch_sees_each_change(core: client.CoreV1Api, ask: Ask, five: None) -> None:
    version = (await ask("GET", MAPS))["metadata"]["resourceVersion"]
    watching = asyncio.create_task(seen(core, resource_version=version, timeout_seconds=1, label_selector="colour=red"))
    await ask("PATCH", f"{MAPS}/map-1", {"metadata": {"labels": {"colour": "red"}}}, media=MERGE)
    await ask("PATCH", f"{MAPS}/map-1", {"data": {"a": "1"}}, media=MERGE)
    await ask("PATCH", f"{MAPS}/map-0", {"metadata": {"labels": {"colour": "blue"}}}, media=MERGE)
    await ask("DELETE", f"{MAPS}/map-2")
    await ask("DELETE", f"{MAPS}/map-3")
    assert await watching == [("ADDED", "map-1"), ("MODIFIED", "map-1"), ("DELETED", "map-0"), ("DELETED", "map-2")]


async def events(ask: Ask, **query: str) -> list[Json]:
    """What the wire has for a watch that ends after a second."""
    asked = await ask.api.param_serialize(
        "GET", MAPS, query_params=[("watch", "true"), ("timeoutSeconds", "1"), *query.items()],
        header_params={"Accept": "application/json"}, auth_settings=["BearerToken"],
    )  # fmt: skip
    answer = await ask.api.call_api(*asked)
    await answer.read()
    if answer.status != 200:
        ask.api.response_deserialize(answer, {"2XX": "object"})
    return [json.loads(line) for line in answer.data.splitlines()]


async def test_a_watch_without_a_version_begins_with_what_is_there(ask: Ask, five: None) -> None:
    found = await events(ask, fieldSelector="metadata.name=map-3")
    assert [(one["type"], one["object"]["metadata"]["name"]) for one in found] == [("ADDED", "map-3")]


async def test_a_watch_that_is_too_old_says_410(kubernetes: SimulatedKubernetes, ask: Ask, five: None) -> None:
    version = (await ask("GET", MAPS))["metadata"]["resourceVersion"]
    await ask("DELETE", f"{MAPS}/map-0")
    kubernetes.compact()
    (event,) = await events(ask, resourceVersion=version)
    assert event["type"] == "ERROR"
    assert (event["object"]["code"], event["object"]["reason"]) == (410, "Expired")
    assert event["object"]["message"].startswith(f"too old resource version: {version} (")


async def test_a_watch_is_told_how_far_it_is(kubernetes: SimulatedKubernetes, ask: Ask, five: None) -> None:
    kubernetes.set(bookmarks=0.3)
    found = await events(
        ask, allowWatchBookmarks="true", sendInitialEvents="true", resourceVersionMatch="NotOlderThan", limit="500"
    )
    assert [one["type"] for one in found][:6] == ["ADDED"] * 5 + ["BOOKMARK"]
    assert found[5]["object"]["metadata"]["annotations"] == {"k8s.io/initial-events-end": "true"}
    assert found[6]["type"] == "BOOKMARK"
    assert int(found[6]["object"]["metadata"]["resourceVersion"]) > 0
    await refused(events(ask, sendInitialEvents="true"), 422, "Invalid")


async def test_a_table_is_had_for_the_asking(ask: Ask, five: None) -> None:
    table = await ask("GET", MAPS, accept="application/json;as=Table;v=v1;g=meta.k8s.io,application/json")
    assert (table["kind"], len(table["rows"]), table["columnDefinitions"][0]["name"]) == ("Table", 5, "Name")


async def test_a_collection_is_deleted_by_selector(ask: Ask, five: None) -> None:
    await ask("DELETE", MAPS, labelSelector="colour=red")
    assert names(await ask("GET", MAPS)) == ["map-1", "map-3", "map-4"]
