"""Where jobs say that they are alive: `/ping/NAME`, or `/ping/NAME/SECRET` where the deadman has a secret.

GET, HEAD, POST and PUT are all taken, with any small body, which nobody reads: a job that ends with `curl` needs no
more. Whoever is not believed gets the same answer always, whether there is such a deadman or not.
"""

from __future__ import annotations

import hmac

from bot.kit.http_in import Guard, Receive, Refusal, Reply, Scope, Send, refused
from bot.kit.who_asks import Door, secret_hash
from bot.model.actor import Actor, ActorKind
from bot.response import deadman_heard
from bot.response.world import World

PREFIX = "/ping/"
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT"})


def make_ping(world: World, door: Door) -> Guard:
    """All of them, behind their door."""
    return Guard(
        Pings(world, door).app, origins=door.origins, porter=PingPorter(door), refuse=refused, checks_json=False
    )


class PingPorter:
    """Lets in whoever names a deadman, and its secret where it has one."""

    def __init__(self, door: Door) -> None:
        self._door = door

    async def admit(self, scope: Scope) -> Refusal | None:
        """404 for anybody else, whatever is wrong; 405 for another method."""
        if scope["method"] not in _METHODS:
            return Refusal(status=405, error="a ping is a GET, HEAD, POST or PUT", hint="use one of these")
        name, _, secret = scope["path"].removeprefix(PREFIX).partition("/")
        wanted = self._door.pings.get(name)
        is_known = hmac.compare_digest(wanted if wanted is not None else _NOBODYS, secret_hash(secret))
        if not is_known:
            hint = "see `deadmen:` in tocsin.yaml; a deadman with a secret is at /ping/NAME/SECRET"
            return Refusal(status=404, error="no deadman is at this address", hint=hint)
        return None

    def inspect(self, scope: Scope, body: bytes) -> Refusal | None:
        """Nothing to see here."""
        return None


class Pings:
    """Hears them."""

    def __init__(self, world: World, door: Door) -> None:
        self._world = world
        self._door = door

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One ping, as ASGI has it: answered once it is kept."""
        name = scope["path"].removeprefix(PREFIX).partition("/")[0]
        await deadman_heard.hear(self._world, Actor(kind=ActorKind.SOURCE, name=name, via="ping"), name)
        headers = [("cache-control", "no-store")]
        await Reply(body=b"heard\n", headers=headers)(scope, receive, send)


_NOBODYS = "0" * 64
"""The hash of no secret."""
