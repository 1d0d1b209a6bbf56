"""What vendors post: read by who knows how, kept before it is answered, and refused without the secret."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pytest

from bot.errors import Permanent, StoreUnavailable
from bot.kit.who_asks import secret_hash
from bot.model.alert import Alert
from bot.model.labels import LabelSet
from tests.integrations.web.house import House

SECRET = "a-secret-of-our-own"
PATH = f"/hooks/pager/{SECRET}"


class Hook:
    """Reads `{"alertname": ..}`."""

    async def alerts(self, body: bytes, at: datetime) -> Sequence[Alert]:
        try:
            labels = LabelSet(json.loads(body))
        except ValueError:
            raise Permanent("this is not what we post", integration="pager", reason="client", hint="look") from None
        return [Alert(labels=labels, annotations={}, starts_at=at, source="pager")]


@pytest.fixture
def hooked(house: House) -> House:
    house.world.hooks = {"pager": Hook()}
    house.door.hooks = {"pager": secret_hash(SECRET), "gone": secret_hash(SECRET)}
    return house


async def active(house: House) -> set[str]:
    now = house.world.clock.now()
    return {alert.name for alert in await house.store.read(lambda tx: tx.alerts.active(now))}


async def test_what_is_posted_is_kept(hooked: House) -> None:
    async with hooked.client() as vendor:
        answer = await vendor.post(PATH, content=b'{"alertname": "PoolEmpty"}')
    assert (answer.status_code, answer.json()) == (200, {"alerts": 1})
    assert "PoolEmpty" in await active(hooked)
    assert SECRET not in answer.text


@pytest.mark.parametrize(
    "path",
    ["/hooks/pager/", "/hooks/pager", "/hooks/pager/wrong", "/hooks/nobody/", f"/hooks/gone/{SECRET}", "/hooks/"],
)
async def test_without_the_secret_nothing_is_read(hooked: House, path: str) -> None:
    before = await active(hooked)
    async with hooked.client() as stranger:
        answer = await stranger.post(path, content=b'{"alertname": "PoolEmpty"}')
    assert answer.status_code == 401
    assert answer.json()["error"] == "no hook that Tocsin knows"
    assert await active(hooked) == before


async def test_it_is_posted_and_small_and_understood(hooked: House) -> None:
    async with hooked.client() as vendor:
        assert (await vendor.get(PATH)).status_code == 405
        assert (await vendor.post(PATH, content=b"x" * (1024 * 1024 + 1))).status_code == 413
        answer = await vendor.post(PATH, content=b"not ours")
        assert (answer.status_code, answer.json()) == (400, {"error": "this is not what we post", "hint": "look"})
        elsewhere = await vendor.post(PATH, content=b"{}", headers={"host": "evil.example"})
        assert elsewhere.status_code == 421


async def test_what_cannot_be_kept_is_to_be_posted_again(hooked: House) -> None:
    class Away:
        async def write(self, work: Any) -> Any:
            raise StoreUnavailable("the disk is full")

        read = write

    hooked.world.store = Away()
    async with hooked.client() as vendor:
        answer = await vendor.post(PATH, content=b'{"alertname": "PoolEmpty"}')
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
