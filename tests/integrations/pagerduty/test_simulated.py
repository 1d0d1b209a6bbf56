"""Our simulated PagerDuty is one to PagerDuty's own client library, and signs what it sends as the README says."""

import asyncio
import ssl
from collections.abc import Iterator
from pathlib import Path

import pagerduty
import pytest
from pydantic import SecretStr

from bot.integrations.pagerduty.hook import PagerDutyHook
from bot.ports.alert_hook import Call
from bot.testing.clock import FakeClock
from bot.testing.pagerduty.account import API_KEY, ROUTING_KEY
from tests.integrations.http_server import Asked, HttpServer
from tests.integrations.vendors import Vendor


@pytest.fixture(scope="module")
def account(certificate: tuple[Path, Path]) -> Iterator[tuple[pagerduty.EventsApiV2Client, pagerduty.RestApiV2Client]]:
    trusted = ssl.create_default_context(cafile=str(certificate[0]))
    with (
        Vendor("bot.testing.pagerduty", *map(str, certificate)) as vendor,
        pagerduty.EventsApiV2Client(ROUTING_KEY, base_url=vendor.url, verify=trusted) as events,
        pagerduty.RestApiV2Client(API_KEY, "ann@example.net", base_url=vendor.url, verify=trusted) as rest,
    ):
        yield events, rest


Account = tuple[pagerduty.EventsApiV2Client, pagerduty.RestApiV2Client]


def only(rest: pagerduty.RestApiV2Client, key: str) -> dict[str, object]:
    [incident] = rest.list_all("incidents", params={"incident_key": key})
    assert isinstance(incident, dict)
    return incident


def test_an_event_opens_one_incident_which_its_key_acknowledges_and_resolves(account: Account) -> None:
    events, rest = account
    assert events.trigger("The cart is empty", "shop", dedup_key="cart") == "cart"
    assert events.trigger("The cart is still empty", "shop", dedup_key="cart") == "cart"
    incident = only(rest, "cart")
    assert (incident["title"], incident["status"]) == ("The cart is empty", "triggered")
    events.acknowledge("cart")
    assert only(rest, "cart")["status"] == "acknowledged"
    events.resolve("cart")
    assert only(rest, "cart")["status"] == "resolved"
    events.acknowledge("cart")  # of what is over, and of what never was, an event is dropped
    events.resolve("never")
    assert [one["status"] for one in rest.iter_all("incidents", params={"incident_key": "cart"})] == ["resolved"]
    events.trigger("Empty again", "shop", dedup_key="cart")
    assert len(rest.list_all("incidents", params={"incident_key": "cart"})) == 2


def test_a_person_changes_an_incident_and_the_log_says_so(account: Account) -> None:
    events, rest = account
    events.trigger("The pool is dry", "shop", dedup_key="pool")
    incident = only(rest, "pool")
    rest.rput("incidents", json=[{"id": incident["id"], "type": "incident_reference", "status": "acknowledged"}])
    note = rest.rpost(f"incidents/{incident['id']}/notes", json={"content": "looking"})
    assert isinstance(note, dict)
    assert note["user"]["summary"] == "Ann Arbor"
    assert rest.rget(f"incidents/{incident['id']}/notes") == [note]
    ben = rest.find("users", "ben@example.net", attribute="email")
    to = [{"assignee": {"id": ben["id"], "type": "user_reference"}}]
    rest.rput(f"incidents/{incident['id']}", json={"type": "incident_reference", "assignments": to})
    rest.rput(f"incidents/{incident['id']}", json={"type": "incident_reference", "status": "resolved"})
    [alert] = rest.list_all(f"incidents/{incident['id']}/alerts")
    assert alert["alert_key"] == "pool"
    log = [one for one in rest.iter_all("log_entries") if one["incident"]["id"] == incident["id"]]
    assert [one["type"].removesuffix("_log_entry") for one in reversed(log)] == [
        "trigger",
        "acknowledge",
        "annotate",
        "assign",
        "resolve",
    ]
    with pytest.raises(pagerduty.HttpError, match="Invalid Input"):
        rest.rput(f"incidents/{incident['id']}", json={"type": "incident_reference", "status": "acknowledged"})


def test_what_pagerduty_refuses_it_refuses(account: Account) -> None:
    events, rest = account
    with pytest.raises(pagerduty.HttpError) as refused:
        events.trigger("", "shop")
    assert "'payload.summary' is missing or blank" in refused.value.response.json()["errors"]
    with pytest.raises(pagerduty.HttpError):
        rest.rget("incidents/PNOBODY")
    with (
        pagerduty.RestApiV2Client("another-key", base_url=rest.url, verify=False) as stranger,
        pytest.raises(pagerduty.HttpError, match="401"),
    ):
        stranger.rget("abilities")
    with pytest.raises(pagerduty.HttpError) as unknown:
        rest.rput("incidents", json=[], headers={"From": "nobody@example.net"})
    assert unknown.value.response.json()["error"]["code"] == 1008


async def test_a_webhook_is_signed_and_sent_again_until_it_is_taken(account: Account) -> None:
    events, rest = account
    async with HttpServer() as ear:
        statuses, all_taken = iter([500, 429, 202, 202]), asyncio.Event()

        async def answer(asked: Asked, writer: asyncio.StreamWriter) -> None:
            writer.write(f"HTTP/1.1 {next(statuses)} So\r\nContent-Length: 0\r\n\r\n".encode())
            await writer.drain()
            if len(ear.asked) == 4:
                all_taken.set()

        ear.script = answer
        method = {"type": "http_delivery_method", "url": f"{ear.url}/hooks/pager"}
        wanted = {"type": "webhook_subscription", "delivery_method": method, "events": ["incident.triggered"]}
        made = await asyncio.to_thread(rest.rpost, "webhook_subscriptions", json=wanted)
        assert isinstance(made, dict)
        secret = made["delivery_method"]["secret"]
        await asyncio.to_thread(events.trigger, "The queue is long", "shop", dedup_key="queue")
        await asyncio.to_thread(events.acknowledge, "queue")
        async with asyncio.timeout(10):
            await all_taken.wait()
    assert len({one.body for one in ear.asked[:3]}) == 1
    assert len({one.headers["x-webhook-id"] for one in ear.asked}) == 2
    hook = PagerDutyHook.of((SecretStr(secret),), (), "pager")
    for one in ear.asked:
        headers = tuple(one.headers.items())
        call = Call(path="/hooks/pager", headers=headers, body=one.body, received_at=FakeClock().now())
        assert await hook.proof.why_not(call) == ""
        forged = Call(path="/hooks/pager", headers=headers, body=one.body + b" ", received_at=FakeClock().now())
        assert await hook.proof.why_not(forged)
