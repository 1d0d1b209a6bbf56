"""Slack's Web API: one call at a time, with its failures in our own words."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

from pydantic import SecretStr

from bot.errors import IntegrationError, Permanent, Temporary
from bot.integrations.slack.config import SlackConfig
from bot.kit.http_out import HttpAnswer, failure
from bot.kit.plugin import Tools
from bot.kit.redaction import visible

_MOST_SAID = 200
_OF_THE_TOKEN = frozenset(
    {
        "account_inactive",
        "ekm_access_denied",
        "invalid_auth",
        "missing_scope",
        "no_permission",
        "not_allowed_token_type",
        "not_authed",
        "org_login_required",
        "team_access_not_granted",
        "token_expired",
        "token_revoked",
        "two_factor_setup_required",
    }
)
_MAY_PASS = frozenset(
    {"accesslimited", "fatal_error", "internal_error", "request_timeout", "service_unavailable", "team_added_to_org"}
)
_RATE = frozenset({"ratelimited", "rate_limited", "message_limit_exceeded"})
_INSTALL = "install the app in the workspace again, write the new token into tocsin.yaml, then `tocsin doctor`"
_HINTS = {
    "account_inactive": _INSTALL,
    "invalid_auth": _INSTALL,
    "token_revoked": _INSTALL,
    "token_expired": _INSTALL,
    "not_authed": _INSTALL,
    "channel_not_found": "see whether the id is right, and invite the bot where the channel is private",
    "not_in_channel": "invite the bot: write `/invite @tocsin` in that channel",
    "is_archived": "somebody archived that channel: open it again, or name another one in tocsin.yaml",
    "user_not_found": "see that the id under `people:` in tocsin.yaml is of this workspace: *Copy member ID*",
    "user_disabled": "they left this workspace: name another contact for them under `people:` in tocsin.yaml",
    "messages_tab_disabled": "turn on *Messages Tab* for the app under *App Home*",
    "cannot_dm_bot": "the id under `people:` in tocsin.yaml is that of a bot: name a person",
}

_FILES = frozenset({"files.slack.com", "files.slack-gov.com"})

# Any: a JSON object.
Json = dict[str, Any]


class Refusal(Permanent):
    """Slack said no; `word` is its own."""

    def __init__(self, message: str, *, integration: str, reason: str, word: str, hint: str = "") -> None:
        super().__init__(message, integration=integration, reason=reason, hint=hint)
        self.word = word


class Api:
    """One workspace, as one token. Arguments go as a form: that all methods read."""

    def __init__(self, config: SlackConfig, tools: Tools, token: SecretStr) -> None:
        self.name = tools.name
        self._url, self._timeout = config.url, config.timeout.total_seconds()
        self._http, self._redactor = tools.http, tools.redactor
        self._token = token.get_secret_value().strip()

    async def call(self, method: str, *, repeatable: bool, **arguments: object) -> Json:
        """What it answers. `repeatable`: twice does no harm.

        Raises Temporary and Permanent; a Refusal where Slack itself said no for good.
        """
        said, _ = await self.ask(method, repeatable=repeatable, **arguments)
        return said

    async def ask(self, method: str, *, repeatable: bool, **arguments: object) -> tuple[Json, HttpAnswer]:
        """The same, and what it came with."""
        answer = await self._http.request(
            "POST",
            f"{self._url}/{method}",
            integration=self.name,
            headers={
                "authorization": f"Bearer {self._token}",
                "content-type": "application/x-www-form-urlencoded",
            },
            content=urlencode({name: _written(value) for name, value in arguments.items()}).encode(),
            deadline=self._timeout,
            repeatable=repeatable,
            refused=self._refused,
        )
        said = answer.json()
        if not isinstance(said, dict) or "ok" not in said:
            message = f"{self.name} answered {method} with something that Slack does not say"
            hint = "see whether a proxy stands between Tocsin and Slack"
            raise Temporary(message, integration=self.name, reason="server", hint=hint)
        if said["ok"] is not True:
            raise self._no(method, said)
        return said, answer

    async def upload(self, address: str, content: bytes) -> None:
        """Hands a file over, at the address that Slack gave for it. Whoever has the address needs no token."""
        await self._http.request(
            "POST",
            address,
            integration=self.name,
            headers={"content-type": "application/octet-stream"},
            content=content,
            deadline=self._timeout,
            repeatable=True,
        )

    async def download(self, address: str, most: int) -> bytes:
        """A file that somebody posted, of so many bytes at most. Our token goes nowhere but to Slack with it."""
        if not self._keeps_files(address):
            message = f"{self.name} says that the file is where Slack keeps none"
            raise Permanent(message, integration=self.name, reason="client")
        answer = await self._http.request(
            "GET",
            address,
            integration=self.name,
            headers={"authorization": f"Bearer {self._token}"},
            deadline=self._timeout,
            most=most,
            refused=self._withheld,
        )
        return answer.body

    def _withheld(self, status: int, body: bytes, wait: float | None) -> IntegrationError:
        """Whoever may not read a file is led to where people sign in; nobody of ours follows there."""
        if 300 <= status < 400:
            message = f"{self.name} leads to where people sign in"
            return Permanent(message, integration=self.name, reason="auth")
        return failure(self.name, status, "", wait)

    def _keeps_files(self, address: str) -> bool:
        """Whether it leads to where Slack keeps files, or to where we ask Slack itself."""
        try:
            there, ours = urlsplit(address), urlsplit(self._url)
        except ValueError:
            return False
        return (there.scheme == "https" and there.netloc in _FILES) or there[:2] == ours[:2]

    def _refused(self, status: int, body: bytes, wait: float | None) -> IntegrationError:
        return failure(self.name, status, self._clean(_word(body)), wait)

    def _no(self, method: str, said: Mapping[str, object]) -> IntegrationError:
        word = self._clean(str(said.get("error") or "no reason"))
        message = f"{self.name} refused {method}: {word}{self._more(said)}"
        if word in _RATE:
            return Temporary(message, integration=self.name, reason="rate_limited")
        if word in _MAY_PASS:
            return Temporary(message, integration=self.name, reason="server")
        reason = "auth" if word in _OF_THE_TOKEN else "client"
        hint = _HINTS.get(word, "")
        if word == "missing_scope":
            needed = self._clean(str(said.get("needed", "")))
            hint = f"add the scope `{needed}` to the app under *OAuth & Permissions* and install it again"
        return Refusal(message, integration=self.name, reason=reason, word=word, hint=hint)

    def _more(self, said: Mapping[str, object]) -> str:
        """What Slack says beside its word."""
        about = said.get("response_metadata")
        messages = about.get("messages") if isinstance(about, dict) else None
        found = [str(one) for one in messages] if isinstance(messages, list) else []
        return f" ({self._clean('; '.join(found))})" if found else ""

    def _clean(self, text: str) -> str:
        return self._redactor.clean(visible(text))[:_MOST_SAID]


def _written(value: object) -> str:
    """Forms hold text: what is more than that is written as JSON."""
    if isinstance(value, str):
        return value.encode(errors="replace").decode()
    return json.dumps(value, separators=(",", ":"))


def _word(body: bytes) -> str:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    return str(said.get("error", "")) if isinstance(said, dict) else ""
