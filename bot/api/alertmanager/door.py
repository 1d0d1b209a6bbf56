"""Who may come in at `/api/v2/`, and how much at once.

Alertmanager asks nobody; Tocsin asks everybody. A token is shown as a bearer token or, where a client knows nothing
else, as the password of basic authentication. People show theirs; a source shows the `hook_secret` of its integration,
and may send alerts and nothing more.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Iterator
from contextlib import contextmanager

from bot.kit.http_in import App, Receive, Refusal, Reply, Scope, Send, header
from bot.kit.who_asks import Asker, Door, let_in, secret_hash
from bot.model.actor import Actor, ActorKind, person

PREFIX = "/api/v2/"
MAX_BODY = 16 * 1024 * 1024
MOST_WAITING = 256
MOST_BYTES = 4 * MAX_BODY
RETRY_AFTER = 1


class ApiPorter:
    """Lets in who shows a token that Tocsin knows."""

    def __init__(self, door: Door) -> None:
        self._door = door

    async def admit(self, scope: Scope) -> Refusal | None:
        """401 without a known token; 403 for a page of another site, whatever the browser remembers."""
        actor = self._known(_token(header(scope, "authorization")))
        if actor is None:
            hint = "send `Authorization: Bearer TOKEN`, or the token as the password of basic authentication"
            return Refusal(status=401, error="no token that Tocsin knows", hint=hint)
        if self._door.origins.foreign(scope, required=False):
            hint = "let the server of that page ask, or open Tocsin's own page"
            return Refusal(status=403, error="this was sent from a page that is not Tocsin's", hint=hint)
        let_in(scope, Asker(actor=actor))
        return None

    def inspect(self, scope: Scope, body: bytes) -> Refusal | None:
        """Nothing to see: a token is never sent by mistake."""
        return None

    def _known(self, token: str) -> Actor | None:
        """Whose token it is. All are compared, so that the time taken tells nothing."""
        shown, found = secret_hash(token), None
        for known, owner in self._door.tokens.items():
            if hmac.compare_digest(known, shown):
                found = person(owner, "api")
        for name, secrets in self._door.hooks.items():
            for known in secrets:
                if hmac.compare_digest(known, shown) and found is None:
                    found = Actor(kind=ActorKind.SOURCE, name=name, via="api")
        return found if token else None


def _token(authorization: str) -> str:
    scheme, _, rest = authorization.partition(" ")
    match scheme.lower():
        case "bearer":
            return rest.strip()
        case "basic":
            try:
                return base64.b64decode(rest.strip(), validate=True).decode().partition(":")[2]
            except (binascii.Error, ValueError):
                return ""
        case _:
            return ""


class Gate:
    """Counts what waits to be read and kept. What would be too much is told at once to come again."""

    def __init__(self, app: App, refuse: Reply) -> None:
        self._app = app
        self._refuse = refuse
        self._waiting = self._bytes = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Alerts come through here; whoever only looks need not wait."""
        if scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        said = header(scope, "content-length")
        length = min(int(said), MAX_BODY) if said.isdecimal() else MAX_BODY
        if self._waiting >= MOST_WAITING or (self._waiting and self._bytes + length > MOST_BYTES):
            await self._refuse(scope, receive, send)
            return
        with self._held(length):
            await self._app(scope, receive, send)

    @contextmanager
    def _held(self, length: int) -> Iterator[None]:
        self._waiting += 1
        self._bytes += length
        try:
            yield
        finally:
            self._waiting -= 1
            self._bytes -= length
