"""The address that comes with what somebody said: for half an hour, and five times, they are answered there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from urllib.parse import urlsplit

from bot.integrations.slack.config import SlackConfig
from bot.kit.plugin import Tools

_SLACKS = ("slack.com", "slack-gov.com")


class Responding:
    """Answers at such addresses, if they are Slack's."""

    def __init__(self, config: SlackConfig, tools: Tools) -> None:
        self._name, self._http = tools.name, tools.http
        self._timeout = config.timeout.total_seconds()
        self._ours = _place(config.url)

    def is_theirs(self, address: str) -> bool:
        """Whether it leads to where we ask Slack itself, or to Slack; nothing else is ever posted to."""
        try:
            parts = urlsplit(address)
            host, port = parts.hostname or "", parts.port
        except ValueError:
            return False
        secure = parts.scheme == "https" and port in (None, 443)
        is_slack = any(host == one or host.endswith(f".{one}") for one in _SLACKS)
        return _place(address) == self._ours or (secure and is_slack and parts.username is None)

    async def answer(self, address: str, said: Mapping[str, object]) -> None:
        """They alone read it; Temporary and Permanent: they do not."""
        await self._http.request(
            "POST",
            address,
            integration=self._name,
            headers={"content-type": "application/json"},
            content=json.dumps({"response_type": "ephemeral", "replace_original": False, **said}).encode(),
            deadline=self._timeout,
            repeatable=False,
        )


def _place(address: str) -> tuple[str, str]:
    try:
        parts = urlsplit(address)
    except ValueError:
        return "", ""
    return parts.scheme, parts.netloc
