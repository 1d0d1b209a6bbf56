"""The whole of HTTP in process: the root, the API and the pages over a real SQLite store, with the scene played."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import httpx

from bot.api.root import Root, later
from bot.chat.commands import Chat
from bot.kit.http_in import Origins
from bot.kit.redaction import Redactor
from bot.kit.who_asks import CSRF_FIELD, LINK_PATH, Door, secret_hash
from bot.model.actor import Person, person
from bot.model.chart import Chart
from bot.ports.actions import Health
from bot.ports.store import Store
from bot.response.world import World
from bot.store.store import open_store
from bot.testing.clock import FakeClock
from tests.integrations.web import scene

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)
ADDRESS = "http://127.0.0.1:9393"
HEALTH = {
    "prom": [
        Health(what="reachable", ok=True, detail="answers", version="3.5.3", skew=timedelta(seconds=-0.25)),
        Health(what="rights", ok=True, detail="not checked", hint="to have them checked, give it a token"),
    ]
}


class NoDrawer:
    """Nothing in these tests asks for a picture."""

    async def draw(self, chart: Chart, *, width: int, height: int) -> bytes:
        raise AssertionError("nobody should draw")


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """What a test holds of it. `tokens` maps a person's name to the token they show."""

    world: World
    store: Store
    clock: FakeClock
    door: Door
    root: Root
    tokens: Mapping[str, str]

    def client(self, address: str = ADDRESS) -> httpx.AsyncClient:
        """Somebody with neither token nor session."""
        return httpx.AsyncClient(transport=httpx.ASGITransport(app=self.root), base_url=address)

    def program(self, name: str) -> httpx.AsyncClient:
        """A program that shows this person's token."""
        client = self.client()
        client.headers["authorization"] = f"Bearer {self.tokens[name]}"
        return client

    @asynccontextmanager
    async def browser(self, name: str, address: str = ADDRESS) -> AsyncIterator[httpx.AsyncClient]:
        """A browser in which this person has opened a one-time link."""
        link, _ = await self.door.make_link(person(scene.PEOPLE[name], "cli"))
        async with self.client(address) as client:
            client.headers["origin"] = address
            answer = await client.post(LINK_PATH, data={"secret": link.removeprefix(LINK_PATH)})
            assert answer.status_code == 303, answer.text
            yield client

    async def csrf(self, browser: httpx.AsyncClient) -> Mapping[str, str]:
        """The field that this session's forms carry."""
        page = (await browser.get("/")).text
        start = page.index(f'name="{CSRF_FIELD}" value="') + len(f'name="{CSRF_FIELD}" value="')
        return {CSRF_FIELD: page[start : page.index('"', start)]}


async def _healthy() -> Mapping[str, Sequence[Health]]:
    return HEALTH


async def play(database: Path, picture: bytes = PIXEL) -> None:
    """Makes a database with the scene in it."""
    async with open_store(f"sqlite:///{database}") as store:
        await store.write(lambda tx: scene.play(tx, picture))


@asynccontextmanager
async def open_house(database: Path, *, origins: Origins | None = None) -> AsyncIterator[House]:
    """A house around this database, at the moment the scene has come to."""
    async with open_store(f"sqlite:///{database}") as store:
        clock = FakeClock(scene.NOW)
        world = World(
            store=store,
            clock=clock,
            drawer=NoDrawer(),
            setup=scene.setup(),
            sources={},
            actions={},
            nudge=lambda: None,
        )
        tokens = {name: f"tcs_{name}" for name in scene.PEOPLE}
        owners: dict[str, Person] = {secret_hash(token): scene.PEOPLE[name] for name, token in tokens.items()}
        addressed = origins or Origins([ADDRESS, "http://localhost:9393", "https://tocsin.example.com"])
        door = Door(world, addressed, owners)
        root = Root(
            ready=lambda: "",
            metrics=lambda: (b"tocsin_up 1\n", "text/plain; version=0.0.4"),
            mounts={
                "/api/v2/": later("bot.api.alertmanager.app", "make_alertmanager_api", world, door),
                "/api/": later("bot.api.app", "make_api", world, door, _healthy, Chat(world)),
                "/hooks/": later("bot.api.hooks", "make_hooks", world, door, Redactor()),
                "/v2/": later("bot.api.hooks", "make_hooks", world, door, Redactor()),
                "/": later("bot.web.app", "make_web", world, door, Chat(world)),
            },
            origins=addressed,
        )
        try:
            yield House(world=world, store=store, clock=clock, door=door, root=root, tokens=tokens)
        finally:
            door.closing.set()
