"""Where vendors post their alerts: `POST /hooks/NAME/SECRET`, the name of an integration and its `hook_secret`.

A vendor that signs what it posts proves more; one that cannot has the secret in the address it was given. What is
answered with 2xx is committed.
"""

from __future__ import annotations

import hmac
import json

from bot.errors import Permanent
from bot.kit.http_in import App, Guard, Receive, Refusal, Reply, Scope, Send
from bot.kit.who_asks import Door, secret_hash
from bot.model.actor import Actor, ActorKind
from bot.ports.alert_hook import AlertHook
from bot.response import alerts_posted
from bot.response.world import World

PREFIX = "/hooks/"
_NAME = "tocsin.hook"


def make_hooks(world: World, door: Door) -> Guard:
    """All of them, behind their door."""
    return Guard(_taking(world), origins=door.origins, porter=HookPorter(world, door), refuse=_refused)


class HookPorter:
    """Lets in who knows the secret of a hook. What is asked for and does not exist is refused in the same words."""

    def __init__(self, world: World, door: Door) -> None:
        self._world = world
        self._door = door

    async def admit(self, scope: Scope) -> Refusal | None:
        """405 for what is no POST, 401 without the right secret."""
        if scope["method"] != "POST":
            return Refusal(status=405, error="alerts are posted here", hint="use POST")
        name, _, secret = scope["path"].removeprefix(PREFIX).partition("/")
        known = self._door.hooks.get(name, secret_hash(""))
        fits = hmac.compare_digest(known, secret_hash(secret))
        if not fits or not secret or name not in self._world.hooks:
            hint = "write `hook_secret: {env: NAME}` beside the integration, and post to /hooks/NAME/SECRET"
            return Refusal(status=401, error="no hook that Tocsin knows", hint=hint)
        scope[_NAME] = name
        return None

    def inspect(self, scope: Scope, body: bytes) -> Refusal | None:
        """Nothing to see: whoever reads the body knows what it must be."""
        return None


def _taking(world: World) -> App:
    async def take(scope: Scope, receive: Receive, send: Send) -> None:
        name = scope[_NAME]
        body = (await receive()).get("body", b"")
        reply = await _taken(world, name, world.hooks[name], body)
        await reply(scope, receive, send)

    return take


async def _taken(world: World, name: str, hook: AlertHook, body: bytes) -> Reply:
    try:
        alerts = await hook.alerts(body, world.clock.now())
    except Permanent as error:
        return _problem(Refusal(status=400, error=error.message, hint=error.hint))
    await alerts_posted.take(world, Actor(kind=ActorKind.SOURCE, name=name, via="hook"), alerts)
    return _json(200, {"alerts": len(alerts)})


def _refused(scope: Scope, refusal: Refusal) -> Reply:
    return _problem(refusal)


def _problem(refusal: Refusal) -> Reply:
    return _json(refusal.status, {"error": refusal.error, "hint": refusal.hint}, refusal.retry_after)


def _json(status: int, value: object, retry_after: int | None = None) -> Reply:
    headers = [("retry-after", str(retry_after))] if retry_after is not None else []
    return Reply(body=json.dumps(value).encode(), status=status, media_type="application/json", headers=headers)
