"""The Web API: who calls, whether they may, how often, and what they are answered."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from bot.testing.slack.chat import Chat
from bot.testing.slack.conversations import Conversations
from bot.testing.slack.deliveries import Deliveries
from bot.testing.slack.methods import Method, methods
from bot.testing.slack.people import People
from bot.testing.slack.settings import APP_TOKEN, BOT_TOKEN, Limits, Settings
from bot.testing.slack.words import Asked, Json, Refused
from bot.testing.slack.workspace import BOT, BOT_ID, DOMAIN, TEAM, Workspace


class Limited(Exception):
    """Too often; `wait` in seconds."""

    def __init__(self, wait: float) -> None:
        super().__init__(f"{wait:g} s")
        self.wait = wait


class Api:
    """Every method of one workspace. `url`: where we are."""

    def __init__(self, workspace: Workspace, deliveries: Deliveries) -> None:
        self.settings = Settings()
        self.limits = Limits()
        self.chat, self.people = Chat(workspace), People(workspace, lambda: self.settings.file_s)
        self.talks = Conversations(workspace)
        self._workspace, self._deliveries = workspace, deliveries
        self._methods = methods(self.chat, self.talks, self.people, self._auth, self._connect)
        self.url = ""

    def answer(self, asked: Asked) -> Json:
        """What stands in the answer; Refused and Limited where it is none."""
        method = self._methods.get(asked.method)
        if method is None:
            raise Refused("unknown_method", req_method=asked.method)
        self._let_in(asked, method)
        wait = self.limits.wait(asked, method, self.settings, self._workspace.clock())
        if wait:
            raise Limited(wait)
        strange = sorted(set(asked.arguments) - method.arguments)
        if strange:
            raise Refused("invalid_arguments", *(f"[ERROR] unknown argument: {name}" for name in strange))
        return method.handler(asked)

    def reads_json(self, method: str) -> bool:
        """Whether this method reads a JSON body; an unknown one does."""
        return method not in self._methods or self._methods[method].json

    def _let_in(self, asked: Asked, method: Method) -> None:
        if not asked.token:
            raise Refused("not_authed")
        if asked.token not in (BOT_TOKEN, APP_TOKEN):
            raise Refused("invalid_auth")
        if self.settings.revoked or self.settings.inactive:
            raise Refused("token_revoked" if self.settings.revoked else "account_inactive")
        if method.app is not (asked.token == APP_TOKEN):
            raise Refused("not_allowed_token_type")
        if method.app or not method.scopes:
            return
        given = self.settings.scopes.split()
        if not set(method.scopes) & set(given):
            raise Refused("missing_scope", needed=method.scopes[0], provided=",".join(given))

    def _auth(self, asked: Asked) -> Json:
        """auth.test."""
        names = {"team": "Shop", "user": "tocsin", "team_id": TEAM, "user_id": BOT, "bot_id": BOT_ID}
        return {"url": f"https://{DOMAIN}.slack.example/", **names, "is_enterprise_install": False}

    def _connect(self, asked: Asked) -> Json:
        """apps.connections.open."""
        return {"url": f"{self.url.replace('http', 'ws', 1)}/link?ticket={self._deliveries.sockets.ticket()}"}


async def arguments(request: web.Request, *, reads_json: bool) -> tuple[Mapping[str, Any], str]:
    """What was said in query, form or JSON, and the token. Any: what JSON holds. A method may not read JSON."""
    said: dict[str, Any] = dict(request.query)
    kind = request.content_type
    if kind == "application/json":
        if reads_json:
            said.update(_object(await request.read()))
    elif request.can_read_body:
        form = await request.post()
        said.update({name: value for name, value in form.items() if isinstance(value, str)})
    header = request.headers.get("authorization", "")
    token = said.pop("token", "") or header.removeprefix("Bearer ").strip()
    return said, str(token)


def _object(body: bytes) -> Json:
    try:
        found = json.loads(body or b"{}")
    except ValueError:
        raise Refused("invalid_json") from None
    if not isinstance(found, dict):
        raise Refused("json_not_object")
    return found
