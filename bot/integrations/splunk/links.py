"""Where a person sees in Splunk Web what Tocsin asked."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, urlencode

from bot.integrations.splunk.answers import exact
from bot.integrations.splunk.spl import whole
from bot.model.sample import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """`web_url` is where people reach Splunk Web; empty, every link is."""

    web_url: str

    def search(self, search: str, app: str, window: Window | None = None) -> str:
        """The search page with this search, and with the window as absolute times."""
        if not self.web_url:
            return ""
        asked = {"q": whole(search)}
        if window is not None:
            asked |= {"earliest": exact(window.start), "latest": exact(window.end)}
        return f"{self._app(app)}/search?{urlencode(asked, quote_via=quote)}"

    def run(self, sid: str, app: str) -> str:
        """The rows of a run, as long as Splunk keeps them."""
        return f"{self._app(app)}/@go?{urlencode({'sid': sid})}" if self.web_url else ""

    def _app(self, app: str) -> str:
        return f"{self.web_url}/en-US/app/{quote(app, safe='')}"
