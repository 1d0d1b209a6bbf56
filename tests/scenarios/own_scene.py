"""A Tocsin whose runbooks use what Tocsin itself offers, and an incident for them to act on."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from bot.model.actor import ON_CALL, TOCSIN, Contact, Person
from bot.model.page import Message
from bot.response import own
from tests.scenarios.tocsin import Tocsin, living

PEOPLE = {
    "ann": Person(name="ann", roles=frozenset({ON_CALL}), contacts=(Contact(integration="post", address="ann@shop"),)),
    "ben": Person(name="ben", roles=frozenset({ON_CALL})),
}
HEAD = """\
runbook: {name}
title: Acts on its own
owner: shop
summary: Uses what Tocsin itself offers.
steps:
"""


def runbook(*steps: str, name: str = "acts", head: str = "") -> str:
    """A runbook with these steps, each a flow mapping; nothing starts it but a person."""
    return HEAD.format(name=name).replace("steps:\n", f"{head}steps:\n") + "".join(f"  - {step}\n" for step in steps)


class Post:
    """A `Messenger` that keeps what it is given."""

    def __init__(self) -> None:
        self.brought: list[Message] = []

    async def send(self, message: Message) -> None:
        self.brought.append(message)


@asynccontextmanager
async def acting(database: Path, runbooks: Sequence[str] = ()) -> AsyncIterator[tuple[Tocsin, Post]]:
    """Where INC-1 is open: the service `cart` fails. Ann can be reached, and ben cannot."""
    async with living(database, runbooks) as tocsin:
        post, world = Post(), tocsin.world
        world.messengers = {"post": post}
        world.setup = replace(world.setup, people=PEOPLE, public_url="https://tocsin.example.net")
        world.actions = {**world.actions, **own.offered(world, TOCSIN)}
        tocsin.fails()
        while not await tocsin.incidents():
            await tocsin.passes("1s")
        yield tocsin, post
