"""The simulated Slack as its people see it, in a process of its own."""

import json
import urllib.error
import urllib.request
from collections.abc import Sequence
from typing import Any

from bot.testing.slack.settings import BOT_TOKEN
from tests.integrations.vendors import Vendor


class Slack(Vendor):
    """Runs inside `with`; `begins` before each test."""

    def __init__(self) -> None:
        super().__init__("bot.testing.slack")

    def begins(self) -> None:
        """A workspace as new."""
        self.knob("DELETE", "workspace")
        self._seen = len(self.knob("GET", "journal"))

    @property
    def api(self) -> str:
        """Where the Web API is."""
        return f"{self.url}/api/"

    def set(self, **settings: object) -> None:
        """See `Settings`; what is not said is as usual."""
        self.knob("PUT", "settings", settings)

    def calls(self, method: str) -> Sequence[dict[str, Any]]:
        """The arguments of every call of a method in this test, in order."""
        return [line["arguments"] for line in self.asked(f"/api/{method}")]

    def channel(self, name: str) -> dict[str, Any]:
        """A channel with what was said in it; `@ann`: what the bot and Ann say to each other."""
        found = self.knob("GET", "workspace")["channels"]
        return dict(found.get(name) or {"messages": [], "unseen": []})

    def said(self, name: str) -> Sequence[dict[str, Any]]:
        """The messages of a channel, the oldest first."""
        return list(self.channel(name)["messages"])

    def page(self, name: str) -> str:
        """The channel as a person looks at it."""
        with urllib.request.urlopen(f"{self.url}/simulator/channels/{name}", timeout=10) as answer:
            return str(answer.read().decode())

    def does(self, what: str, **how: object) -> Any:
        """Somebody does something: `say`, `command`, `click`, `submit`, `react`, `home`."""
        return self.knob("POST", what, how)

    def raw(self, method: str, body: bytes, kind: str, token: str = BOT_TOKEN) -> tuple[int, dict[str, Any]]:
        """A call of the Web API as bytes."""
        headers = {"content-type": kind, "authorization": f"Bearer {token}"} if token else {"content-type": kind}
        request = urllib.request.Request(self.api + method, data=body, headers=headers, method="POST")
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)
