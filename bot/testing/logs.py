"""A log source over lines that a test gives it; it passes the same contract suite as a real client."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from bot.errors import IntegrationError, Permanent
from bot.model.sample import Window
from bot.model.search_job import LogAnswer, LogLine

_VARIABLE = re.compile(r"\$([A-Za-z_]\w*)")
_TERM = re.compile(r'([\w.]+)="((?:[^"\\]|\\.)*)"')
_REFUSED = re.compile(r"[|\[\]`\x00-\x1f]")


class FakeLogSource:
    """A `LogSource` that understands conditions on fields (`service="cart"`), all of which must hold, and nothing else.

    `asked` holds every question in order, as it was filled, with its window.
    """

    def __init__(self, name: str = "logs", lines: Sequence[LogLine] = ()) -> None:
        self.name = name
        self.lines = list(lines)
        self.asked: list[tuple[str, Window]] = []
        self._warnings: tuple[str, ...] = ()
        self._broken: IntegrationError | None = None

    def warns(self, *warnings: str) -> None:
        """From now on every answer says this; without words, none does."""
        self._warnings = warnings

    def breaks(self, error: IntegrationError | None) -> None:
        """From now on every question raises this; None: it is well again."""
        self._broken = error

    async def search(self, query: str, variables: Mapping[str, str], window: Window, limit: int) -> LogAnswer:
        """See `LogSource`."""
        filled = self._filled(query, variables)
        self.asked.append((filled, window))
        if self._broken is not None:
            raise self._broken
        wanted = dict(_TERM.findall(filled))
        if not wanted or _TERM.sub("", filled).strip():
            raise self._mistake(f"{filled!r} is no list of conditions")
        found = [
            line
            for line in self.lines
            if window.start <= line.at < window.end
            and all(line.fields.get(name) == _plain(value) for name, value in wanted.items())
        ]
        found.sort(key=lambda line: line.at, reverse=True)
        return LogAnswer(lines=tuple(found[:limit]), total=len(found), warnings=self._warnings)

    def link(self, query: str, variables: Mapping[str, str], window: Window) -> str:
        """See `LogSource`."""
        times = {"from": f"{window.start.timestamp():.3f}", "to": f"{window.end.timestamp():.3f}"}
        return f"https://{self.name}.example.net/search?{urlencode({'q': self._filled(query, variables), **times})}"

    def _filled(self, query: str, variables: Mapping[str, str]) -> str:
        if missing := set(_VARIABLE.findall(query)) - set(variables):
            raise self._mistake(f"no variable is called ${min(missing)}")
        if refused := [name for name, value in variables.items() if _REFUSED.search(value)]:
            raise self._mistake(f"the value of ${min(refused)} cannot be a literal")
        escaped = {name: value.replace("\\", "\\\\").replace('"', '\\"') for name, value in variables.items()}
        return _VARIABLE.sub(lambda match: escaped[match[1]], query)

    def _mistake(self, message: str) -> Permanent:
        return Permanent(message, integration=self.name, reason="client", hint="correct the query")


def _plain(literal: str) -> str:
    return re.sub(r"\\(.)", r"\1", literal)
