"""Who may call what, what is refused at the door, and what becomes of alerts that are posted."""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from bot.alerts.wire import decode
from bot.api.alertmanager.door import MAX_BODY, MOST_WAITING
from bot.kit.who_asks import secret_hash
from bot.model.route import FieldMap
from bot.ports.store import Store, Tx
from tests.integrations.web.house import ADDRESS, House

API = "/api/v2"
ONE = [{"labels": {"alertname": "A", "severity": "critical"}}]


def basic(user: str, password: str) -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


async def known(house: House) -> list[dict[str, str]]:
    entries = house.world.alerts.table.active(house.clock.now().timestamp())
    return [dict(entry.label_set()) for entry in entries]


async def logged(house: House) -> int:
    rows = await house.store.read(lambda tx: tx.log.after(0, 1000))
    return sum(len(decode(row.body)) for row in rows)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": "Bearer"},
        {"authorization": "Bearer tcs_nobody"},
        {"authorization": "Basic !"},
        {"authorization": "Basic /w=="},
        {"authorization": "Token tcs_ann"},
        basic("ann", ""),
        basic("tcs_ann", "x"),
        {"cookie": "tocsin_session=tcs_ann"},
    ],
)
async def test_without_a_token_nobody_is_heard(house: House, headers: dict[str, str]) -> None:
    async with house.client() as client:
        for method, path in (("GET", "alerts"), ("POST", "alerts"), ("GET", "status"), ("DELETE", "silence/x")):
            answer = await client.request(method, f"{API}/{path}", headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (401, 401)
            assert "basic" not in answer.headers["www-authenticate"].lower(), "browsers would remember the password"
    assert await known(house) == []


@pytest.mark.parametrize("headers", [{"authorization": "bearer tcs_ann"}, basic("", "tcs_ann"), basic("x", "tcs_ann")])
async def test_a_token_is_shown_in_either_way(house: House, headers: dict[str, str]) -> None:
    async with house.client() as client:
        assert (await client.post(f"{API}/alerts", json=ONE, headers=headers)).status_code == 200
        (found,) = (await client.get(f"{API}/alerts", headers=headers)).json()
    assert found["labels"] == ONE[0]["labels"]


async def test_a_page_of_another_site_is_refused_whatever_the_browser_remembers(house: House) -> None:
    async with house.program("ann") as client:
        for origin in ("http://evil.example", "null"):
            headers = {"origin": origin}
            assert (await client.post(f"{API}/alerts", json=ONE, headers=headers)).status_code == 403
            answer = await client.get(f"{API}/alerts", headers=headers)
            assert answer.status_code == 403
            assert "access-control-allow-origin" not in answer.headers
        assert (await client.get(f"{API}/alerts", headers={"host": "evil.example"})).status_code == 421
        assert (await client.get(f"{API}/alerts", headers={"origin": ADDRESS})).status_code == 200


async def test_a_viewer_looks_and_a_source_sends(house: House) -> None:
    house.door.hooks = {"prom": [secret_hash("the-secret-of-prometheus")]}
    (viewer,) = [name for name, person in house.world.setup.people.items() if "viewer" in person.roles]
    async with house.program(viewer) as client:
        assert (await client.get(f"{API}/alerts")).status_code == 200
        assert (await client.post(f"{API}/alerts", json=ONE)).status_code == 403
        silence = {
            "matchers": [{"name": "a", "value": "b", "isRegex": False}],
            "startsAt": house.clock.now().isoformat(),
            "endsAt": house.clock.now().replace(year=2999).isoformat(),
            "createdBy": viewer,
            "comment": "no",
        }
        assert (await client.post(f"{API}/silences", json=silence)).status_code == 403
    async with house.client() as client:
        client.headers["authorization"] = "Bearer the-secret-of-prometheus"
        assert (await client.post(f"{API}/alerts", json=ONE)).status_code == 200
        assert (await client.get(f"{API}/alerts")).status_code == 403
        assert (await client.post(f"{API}/silences", json=silence)).status_code == 403
    (entry,) = house.world.alerts.table.active(house.clock.now().timestamp())
    assert entry.source == "prom"


async def test_an_alert_that_is_sent_again_costs_the_log_nothing(house: House) -> None:
    spelled = (
        b'[{"labels":{"alertname":"A","b":"\\u003cx\\u003e"},"annotations":{"s":"1"},"endsAt":"%s"}]',
        b'[ {"labels": {"b":"<x>", "alertname":"A", "empty":""}, "annotations": {"s":"1"}, "endsAt":"%s"} ]',
    )
    async with house.program("ann") as client:
        client.headers["content-type"] = "application/json"
        start = f'"startsAt":"{house.clock.now().isoformat()}",'.encode()
        for minute in range(4):
            ends_at = (house.clock.now() + timedelta(minutes=3, seconds=minute)).isoformat().encode()
            for body in spelled:
                content = (body % ends_at).replace(b'"annotations"', start + b'"annotations"')
                assert (await client.post(f"{API}/alerts", content=content)).status_code == 200
    assert await known(house) == [{"alertname": "A", "b": "<x>"}]
    assert await logged(house) == 1


async def test_of_a_request_with_mistakes_all_else_is_taken(house: House) -> None:
    batch = [{"labels": {}}, *ONE, {"labels": {"": "x"}}, {"labels": {"alertname": "B"}}]
    async with house.program("ann") as client:
        answer = await client.post(f"{API}/alerts", json=batch)
    assert answer.status_code == 400
    assert answer.json() == 'at least one label pair required\ninvalid label set: invalid name ""'
    assert sorted(labels["alertname"] for labels in await known(house)) == ["A", "B"]


async def test_of_a_request_that_cannot_be_read_nothing_is_taken(house: House) -> None:
    async with house.program("ann") as client:
        answer = await client.post(f"{API}/alerts", json=[*ONE, {"labels": {"alertname": "B"}, "generatorURL": "x"}])
    assert answer.status_code == 422
    assert await known(house) == []


async def test_alerts_are_taken_in_our_words(house: House) -> None:
    maps = (FieldMap(severities={"P1": "critical"}, labels={"env": "environment"}, identity=("alertname", "severity")),)
    house.world.setup = replace(house.world.setup, field_maps=maps)
    body = [{"labels": {"alertname": "A", "severity": "P1", "env": "prod"}, "annotations": {"s": "1"}}]
    async with house.program("ann") as client:
        for _ in range(2):
            assert (await client.post(f"{API}/alerts", json=body)).status_code == 200
        (found,) = (await client.get(f"{API}/alerts")).json()
    assert found["labels"] == {"alertname": "A", "severity": "critical"}
    assert found["annotations"] == {"s": "1", "environment": "prod"}


async def test_spellings_that_are_known_are_bounded(house: House) -> None:
    async with house.program("ann") as client:
        client.headers["content-type"] = "application/json"
        for before in range(10):
            spaced = [b'{"labels":{%s"alertname":"A"%s}}' % (b" " * before, b" " * after) for after in range(300)]
            assert (await client.post(f"{API}/alerts", content=b"[%s]" % b",".join(spaced))).status_code == 200
        far = b'[{"labels":{%s"alertname":"A"}}]' % (b" " * 3000)
        assert (await client.post(f"{API}/alerts", content=far)).status_code == 200
    (gate,) = [mount.app for prefix, mount in house.root._mounts.items() if prefix == "/api/v2/"]
    spelled = gate._app.app._intake._spelled["api"]
    assert 0 < len(spelled) <= 1004 + 300
    assert max(map(len, spelled)) < 2000
    assert len(await known(house)) == 1


async def test_another_mapping_is_another_alert(house: House) -> None:
    body = [{"labels": {"severity": "P1", "alertname": "A"}}]
    async with house.program("ann") as client:
        await client.post(f"{API}/alerts", json=body)
        maps = (FieldMap(severities={"P1": "critical"}),)
        house.world.setup = replace(house.world.setup, field_maps=maps)
        house.world.alerts.become(house.world.setup, house.clock.now().timestamp())
        await client.post(f"{API}/alerts", json=body)
    assert sorted(labels["severity"] for labels in await known(house)) == ["P1", "critical"]


class Stuck:
    """A store whose writes wait until they are let go."""

    def __init__(self, store: Store) -> None:
        self.store, self.go = store, asyncio.Event()

    async def write(self, work: Callable[[Tx], Any], *, first: bool = False) -> Any:
        await self.go.wait()
        return await self.store.write(work, first=first)

    async def read(self, work: Callable[[Tx], Any]) -> Any:
        return await self.store.read(work)


async def test_what_would_be_too_much_is_told_at_once_to_come_again(house: House) -> None:
    stuck = Stuck(house.store)
    house.world.store = stuck

    async def post(number: int) -> httpx.Response:
        return await client.post(f"{API}/alerts", json=[{"labels": {"alertname": f"A{number}"}}])

    async with house.program("ann") as client:
        waiting = [asyncio.create_task(post(number)) for number in range(MOST_WAITING)]
        await asyncio.sleep(1)  # all of them have come as far as the store
        began = time.perf_counter()
        refused = await post(9999)
        took = time.perf_counter() - began
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
        assert took < 0.1
        assert (await client.get(f"{API}/alerts")).status_code == 200, "whoever only looks need not wait"
        stuck.go.set()
        assert {answer.status_code for answer in await asyncio.gather(*waiting)} == {200}
        assert (await post(9999)).status_code == 200
    assert len(await known(house)) == MOST_WAITING + 1


async def test_a_request_may_be_large_and_no_larger(house: House) -> None:
    filler = "x" * (MAX_BODY // 2)
    body = [{"labels": {"alertname": "Large"}, "annotations": {"a": filler}}]
    async with house.program("ann") as client:
        assert (await client.post(f"{API}/alerts", json=body)).status_code == 200
        body[0]["annotations"]["b"] = filler
        answer = await client.post(f"{API}/alerts", json=body)
        assert (answer.status_code, answer.json()["code"]) == (413, 413)
    assert len(await known(house)) == 1


async def test_what_a_page_reads_of_a_head_is_what_get_would_say(house: House) -> None:
    async with house.program("ann") as client:
        answer = await client.head(f"{API}/receivers")
        assert (answer.status_code, answer.content) == (200, b"")
        assert (await client.patch(f"{API}/silences", json={})).status_code == 405
        assert (await client.get(f"{API}/silence/")).status_code == 404
        assert (await client.get(f"{API}/alerts?filter=%ff")).status_code == 400
