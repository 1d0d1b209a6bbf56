"""Signs of life over HTTP: who may give one, in which ways, and that it is kept before it is answered."""

from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from bot.api.ping import make_ping
from bot.errors import StoreUnavailable
from bot.kit.who_asks import secret_hash
from bot.model.deadman import Deadman
from tests.integrations.web.house import ADDRESS, House

SECRET = "a-secret-of-our-own"
DEADMEN = tuple(Deadman(name=name, interval=timedelta(hours=1), grace=timedelta()) for name in ("backup", "open"))


@pytest.fixture
def pinged(house: House) -> House:
    house.world.setup = replace(house.world.setup, deadmen=DEADMEN)
    house.door.pings = {"backup": secret_hash(SECRET), "open": secret_hash("")}
    return house


def job(house: House, address: str = ADDRESS) -> httpx.AsyncClient:
    app = make_ping(house.world, house.door)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url=address)


async def heard(house: House) -> list[str]:
    return [one.name for one in await house.store.read(lambda tx: tx.heartbeats.all())]


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT"])
async def test_a_job_pings_in_whatever_way_it_knows(pinged: House, method: str) -> None:
    async with job(pinged) as curl:
        answer = await curl.request(method, f"/ping/backup/{SECRET}", content=b"took 12 s" if method == "POST" else b"")
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert await heard(pinged) == ["backup"]


@pytest.mark.parametrize(
    "path",
    ["backup", "backup/", "backup/wrong", f"backup/{SECRET}x", f"backup/x/{SECRET}", "nobody", "", "open/x", "../x"],
)
async def test_whoever_does_not_know_the_secret_gets_one_answer(pinged: House, path: str) -> None:
    async with job(pinged) as curl:
        answers = {(await curl.request(method, f"/ping/{path}")).text for method in ("GET", "POST")}
        nobody = await curl.get("/ping/nobody-at-all")
    assert answers == {nobody.text}
    assert nobody.status_code == 404
    assert await heard(pinged) == []


async def test_one_without_a_secret_needs_none(pinged: House) -> None:
    async with job(pinged) as curl:
        assert (await curl.get("/ping/open")).status_code == 200
        assert (await curl.delete("/ping/open")).status_code == 405
    assert await heard(pinged) == ["open"]


async def test_a_ping_is_for_us_and_small(pinged: House) -> None:
    async with job(pinged, "http://evil.example.net") as curl:
        assert (await curl.get("/ping/open")).status_code == 421
    async with job(pinged) as curl:
        assert (await curl.post("/ping/open", content=b"x" * 2 * 1024 * 1024)).status_code == 413
    assert await heard(pinged) == []


async def test_what_cannot_be_kept_is_not_said_to_be_heard(pinged: House) -> None:
    class Full:
        async def write(self, work: object, *, first: bool = False) -> object:
            raise StoreUnavailable("the disk is full")

    pinged.world.store = Full()  # type: ignore[assignment]  # it only ever writes here
    async with job(pinged) as curl:
        answer = await curl.get("/ping/open")
    assert (answer.status_code, "retry-after" in answer.headers) == (503, True)
