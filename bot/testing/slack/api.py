"""The Web API: who calls, whether they may, how often, and what they are answered."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from bot.testing.slack.chat import Chat
from bot.testing.slack.conversations import Conversations
from bot.testing.slack.deliveries import Deliveries
from bot.testing.slack.manifest import manifest
from bot.testing.slack.methods import Method, Token, methods
from bot.testing.slack.people import People
from bot.testing.slack.settings import APP_TOKEN, BOT_TOKEN, CONFIGURATION_TOKEN, Limits, Settings
from bot.testing.slack.words import Asked, Json, Refused
from bot.testing.slack.workspace import APP, BOT, BOT_ID, DOMAIN, TEAM, Workspace

_TOKENS = {BOT_TOKEN: Token.BOT, APP_TOKEN: Token.APP, CONFIGURATION_TOKEN: Token.CONFIGURATION}
_APP_ID = re.compile(r"A[A-Z0-9]{2,20}")


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
        self._methods = methods(self.chat, self.talks, self.people, self._auth, self._connect, self._export)
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
        kind = _TOKENS.get(asked.token)
        if kind is None:
            raise Refused("invalid_auth")
        if kind is Token.CONFIGURATION and self.settings.expired:
            raise Refused("token_expired")
        if kind is not Token.CONFIGURATION and (self.settings.revoked or self.settings.inactive):
            raise Refused("token_revoked" if self.settings.revoked else "account_inactive")
        if method.token is not kind:
            raise Refused("not_allowed_token_type")
        if kind is not Token.BOT or not method.scopes:
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

    def _export(self, asked: Asked) -> Json:
        """apps.manifest.export."""
        app = asked.needed("app_id")
        if not _APP_ID.fullmatch(app):
            raise Refused("invalid_app_id")
        if app != APP:
            raise Refused("app_not_found")
        return {"manifest": manifest(self.settings)}


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
