"""What vendors post: believed first, read by who knows how, kept before it is answered, and refused in one way only."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import Any

import httpx
import pytest

from bot.api.hooks import make_hooks
from bot.errors import Permanent, StoreUnavailable, Temporary
from bot.kit.redaction import Redactor
from bot.kit.signatures import Signature, Signed
from bot.kit.who_asks import secret_hash
from bot.model.alert import Alert
from bot.model.labels import LabelSet
from bot.ports.alert_hook import Call, Heard
from bot.ports.alert_store import Outcome, Posted
from tests.integrations.web.house import ADDRESS, House

SECRET = "a-secret-of-our-own"
PATH = f"/hooks/pager/{SECRET}"
UNKNOWN = {
    "error": "no hook that Tocsin knows",
    "hint": "see the integration's README for how its calls are proven, and Tocsin's log for why this one was not",
}


class Hook:
    """Reads `{"alertname": ..}`; `end` ends it, `id` is the delivery, `ticket` is how the vendor knows it."""

    proof: Signature | None = None
    doors: frozenset[str] = frozenset()
    asks_in_vain = False

    def read(self, call: Call) -> Heard:
        try:
            said = json.loads(call.body)
        except ValueError:
            raise Permanent("this is not what we post", integration="pager", reason="client", hint="look") from None
        if said.get("ping"):
            return Heard(note="a ping says nothing of alerts")
        if said.get("flaw"):
            return Heard(flaw="no summary", reply={"status": "invalid"})
        ends_at = call.received_at if said.pop("end", False) else None
        delivery = said.pop("id", "")
        alert = Alert(
            labels=LabelSet(said), annotations={}, starts_at=call.received_at, ends_at=ends_at, source="pager"
        )
        return Heard(alerts=[alert], delivery=delivery, known_by=("ticket",) if "ticket" in said else ())

    async def complete(self, call: Call, heard: Heard) -> Heard:
        if self.asks_in_vain:
            raise Temporary("nobody answers", integration="pager", reason="timeout")
        return heard


class Stumbling(Hook):
    def read(self, call: Call) -> Heard:
        raise KeyError("a mistake of ours")


class Signing(Hook):
    proof = Signature(signed=Signed(header="x-sign"), secrets=[b"new", b"old"])


class AtADoor(Signing):
    doors = frozenset({"/v2/enqueue"})


@pytest.fixture
def hooked(house: House) -> House:
    house.world.hooks = {"pager": Hook(), "signing": Signing(), "bare": Hook(), "stumbling": Stumbling()}
    house.door.hooks = {
        "pager": [secret_hash(SECRET), secret_hash("the-secret-before-it")],
        "stumbling": [secret_hash(SECRET)],
        "gone": [secret_hash(SECRET)],
        "signing": [],
    }
    return house


def active(house: House) -> set[str]:
    return {entry.alert().name for entry in house.world.alerts.table.active(house.clock.now().timestamp())}


async def kept(house: House) -> list[Posted]:
    long_ago = house.clock.now() - timedelta(days=1)
    return list(await house.store.read(lambda tx: tx.posted.since(long_ago, 0, 100)))


async def test_what_is_posted_is_kept_and_told_of(hooked: House) -> None:
    async with hooked.client() as vendor:
        answer = await vendor.post(PATH, content=b'{"alertname": "PoolEmpty"}', headers={"x-request-token": "hush"})
    assert (answer.status_code, answer.json()) == (200, {"alerts": 1, "outcome": "taken"})
    assert "PoolEmpty" in active(hooked)
    (posted,) = await kept(hooked)
    assert (posted.source, posted.outcome, posted.alerts) == ("pager", Outcome.TAKEN, 1)
    assert posted.body == b'{"alertname": "PoolEmpty"}'
    assert SECRET not in f"{answer.text} {posted.headers}"
    assert "hush" not in str(posted.headers)
    call = Call.again(posted)
    assert (call.path, call.body, call.header("content-length")) == ("/hooks/pager", posted.body, "26")


async def test_the_secret_is_a_bearer_token_too_and_may_be_the_one_before(hooked: House) -> None:
    async with hooked.client() as vendor:
        for secret in (SECRET, "the-secret-before-it"):
            headers = {"authorization": f"Bearer {secret}"}
            answer = await vendor.post("/hooks/pager", content=b'{"alertname": "PoolEmpty"}', headers=headers)
            assert answer.status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/hooks/pager/",
        "/hooks/pager",
        "/hooks/pager/wrong",
        f"/hooks/pager/{SECRET}/",
        "/hooks/nobody/",
        "/hooks/nobody",
        f"/hooks/gone/{SECRET}",
        "/hooks/bare",
        f"/hooks/bare/{SECRET}",
        "/hooks/signing",
        "/hooks/signing/new",
        "/hooks/",
        "/v2/enqueue",
        "/v2/",
    ],
)
async def test_whoever_is_not_believed_gets_one_answer(hooked: House, path: str) -> None:
    before = active(hooked)
    async with hooked.client() as stranger:
        for body in (b'{"alertname": "PoolEmpty"}', b"", b"\xff", b"[" * 10_000):
            answer = await stranger.post(path, content=body, headers={"content-type": "application/json"})
            assert (answer.status_code, answer.json()) == (401, UNKNOWN)
    assert active(hooked) == before
    assert await kept(hooked) == []


async def test_secrets_are_kept_of_nothing(hooked: House) -> None:
    redactor = Redactor()
    redactor.add("s3cret/of ours")
    hooks = make_hooks(hooked.world, hooked.door, redactor)
    secret_everywhere = {
        "x-odd": "s3cret/of ours",
        "authorization": f"Bearer {SECRET}",
        "x-api-key": "k",
        "cookie": "c",
    }
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=hooks), base_url=ADDRESS) as vendor:
        for body in (b'{"alertname": "s3cret/of ours"}', b"not JSON, but s3cret%2Fof%20ours"):
            assert (await vendor.post("/hooks/pager", content=body, headers=secret_everywhere)).status_code < 300
    first, second = await kept(hooked)
    assert (first.body, second.body) == (b'{"alertname": "[redacted]"}', b"not JSON, but [redacted]")
    assert first.headers["x-odd"] == "[redacted]"
    assert not {"authorization", "x-api-key", "cookie"} & first.headers.keys()


async def test_why_nobody_was_believed_is_said_once_a_minute(hooked: House, caplog: pytest.LogCaptureFixture) -> None:
    async with hooked.client() as stranger:
        for path in ["/hooks/pager/wrong"] * 50 + ["/hooks/nobody/wrong"] * 50:
            await stranger.post(path, content=b"{}")
        hooked.clock.advance(timedelta(minutes=1))
        await stranger.post("/hooks/pager/wrong", content=b"{}")
    said = [record.getMessage() for record in caplog.records if record.name == "tocsin.hooks"]
    assert said == [
        "a call for pager was not believed: its secret is wrong",
        "a call for pager was not believed: its secret is wrong (and 49 more since the last time)",
    ]


async def test_who_signs_needs_no_secret_in_the_address(hooked: House) -> None:
    body = b'{"alertname": "PoolEmpty"}'
    async with hooked.client() as vendor:
        for key in (b"new", b"old"):
            sign = Signature(signed=Signed(header="x-sign"), secrets=[key])._made(key, body).decode()
            answer = await vendor.post("/hooks/signing", content=body, headers={"x-sign": sign})
            assert answer.status_code == 200
        hooked.door.hooks = {"signing": [secret_hash(SECRET)]}  # where both are configured, both must hold
        assert (await vendor.post("/hooks/signing", content=body, headers={"x-sign": sign})).status_code == 401
        both = await vendor.post(f"/hooks/signing/{SECRET}", content=body, headers={"x-sign": sign})
        assert both.status_code == 200


async def test_a_vendors_own_path_is_for_whom_its_proof_names(hooked: House) -> None:
    hooked.world.hooks = {"signing": Signing(), "door": AtADoor()}
    body = b'{"alertname": "PoolEmpty"}'
    sign = Signature(signed=Signed(header="x-sign"), secrets=[])._made(b"new", body).decode()
    async with hooked.client() as vendor:
        assert (await vendor.post("/v2/enqueue", content=body, headers={"x-sign": sign})).status_code == 200
        assert (await vendor.post("/v2/other", content=body, headers={"x-sign": sign})).status_code == 401
        assert (await vendor.post("/v2/enqueue", content=body, headers={"x-sign": "x"})).status_code == 401
    assert [posted.source for posted in await kept(hooked)] == ["door"]


async def test_it_is_posted_and_small_and_ours(hooked: House) -> None:
    async with hooked.client() as vendor:
        assert (await vendor.get(PATH)).status_code == 405
        assert (await vendor.post(PATH, content=b"x" * (1024 * 1024 + 1))).status_code == 413
        packed = await vendor.post(PATH, content=b"{}", headers={"content-encoding": "gzip"})
        assert packed.status_code == 415
        elsewhere = await vendor.post(PATH, content=b"{}", headers={"host": "evil.example"})
        assert elsewhere.status_code == 421


async def test_what_cannot_be_read_is_kept_for_people_and_not_asked_for_again(hooked: House) -> None:
    async with hooked.client() as vendor:
        for body in (b"not ours", b"\xff\xfe", b""):
            answer = await vendor.post(PATH, content=body, headers={"content-type": "application/json"})
            assert answer.status_code == 202
            assert answer.json() == {"alerts": 0, "outcome": "quarantined", "note": "this is not what we post"}
        again = await vendor.post(PATH, content=b"not ours")
        stumbled = await vendor.post(f"/hooks/stumbling/{SECRET}", content=b"{}")
    assert again.json()["outcome"] == "known already"
    assert stumbled.status_code == 202
    assert "something went wrong inside Tocsin" in stumbled.json()["note"]
    found = await kept(hooked)
    assert [(one.source, one.outcome) for one in found] == [("pager", Outcome.QUARANTINED)] * 3 + [
        ("stumbling", Outcome.QUARANTINED)
    ]
    assert "KeyError" not in found[-1].error


async def test_what_says_nothing_of_alerts_is_answered_as_well(hooked: House) -> None:
    async with hooked.client() as vendor:
        answer = await vendor.post(PATH, content=b'{"ping": true}')
    assert (answer.status_code, answer.json()["outcome"]) == (200, "ignored")
    assert [one.outcome for one in await kept(hooked)] == [Outcome.IGNORED]


async def test_a_vendor_that_expects_another_answer_gets_it(hooked: House) -> None:
    async with hooked.client() as vendor:
        answer = await vendor.post(PATH, content=b'{"flaw": true}')
    assert (answer.status_code, answer.json()) == (400, {"status": "invalid"})
    assert [one.error for one in await kept(hooked)] == ["no summary"]


async def test_a_delivery_counts_once(hooked: House) -> None:
    async with hooked.client() as vendor:
        begins, ends = b'{"alertname": "PoolEmpty", "id": "1"}', b'{"alertname": "PoolEmpty", "id": "2", "end": true}'
        await vendor.post(PATH, content=begins)
        hooked.clock.advance(timedelta(seconds=5))
        await vendor.post(PATH, content=ends)
        again = await vendor.post(PATH, content=begins)
        together = await asyncio.gather(*(vendor.post(PATH, content=b'{"alertname": "A", "id": "3"}') for _ in "1234"))
    assert (again.status_code, again.json()) == (200, {"alerts": 0, "outcome": "known already"})
    assert "PoolEmpty" not in active(hooked)
    assert sorted(one.json()["alerts"] for one in together) == [0, 0, 0, 1]
    assert len(await kept(hooked)) == 3


async def test_without_an_id_the_same_words_are_said_anew(hooked: House) -> None:
    async with hooked.client() as vendor:
        for body in (b'{"alertname": "A"}', b'{"alertname": "A", "end": true}', b'{"alertname": "A"}'):
            hooked.clock.advance(timedelta(seconds=5))
            assert (await vendor.post(PATH, content=body)).json()["alerts"] == 1
    assert "A" in active(hooked)


async def test_an_alert_is_followed_by_its_vendors_id(hooked: House) -> None:
    async def post(**said: str) -> None:
        hooked.clock.advance(timedelta(seconds=5))
        assert (await vendor.post(PATH, json=said)).status_code == 200

    async with hooked.client() as vendor:
        await post(alertname="disk 91% full", ticket="7", severity="warning")
        await post(alertname="disk 93% full", ticket="7", severity="warning")
        assert active(hooked) == {"disk 91% full"}
        await post(alertname="disk 99% full", ticket="7", severity="critical")
        assert active(hooked) == {"disk 99% full"}
        await post(alertname="other", ticket="8", severity="critical")
        await post(ticket="7", end="yes")
        assert active(hooked) == {"other"}


async def test_what_cannot_be_kept_is_to_be_posted_again(hooked: House) -> None:
    class Away:
        async def write(self, work: Any, *, first: bool = False) -> Any:
            raise StoreUnavailable("the disk is full")

        read = write

    there, hooked.world.store = hooked.world.store, Away()
    body = b'{"alertname": "PoolEmpty", "id": "1"}'
    async with hooked.client() as vendor:
        answer = await vendor.post(PATH, content=body)
        assert answer.status_code == 503
        assert int(answer.headers["retry-after"]) > 0
        hooked.world.store = there
        assert (await vendor.post(PATH, content=body)).json()["alerts"] == 1


async def test_whom_to_ask_for_the_rest_may_be_away(hooked: House) -> None:
    hook = Hook()
    hook.asks_in_vain = True
    hooked.world.hooks = {"pager": hook}
    async with hooked.client() as vendor:
        answer = await vendor.post(PATH, content=b'{"alertname": "PoolEmpty"}')
    assert (answer.status_code, await kept(hooked)) == (503, [])
