"""Finds log lines for evidence: one job for each question, removed when its lines were read."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.integrations.splunk import answers
from bot.integrations.splunk.answers import exact
from bot.integrations.splunk.export import Export
from bot.integrations.splunk.jobs import Jobs, Order
from bot.integrations.splunk.links import Links
from bot.integrations.splunk.room import Room
from bot.integrations.splunk.spl import fill, whole
from bot.kit.way_in import Access
from bot.model.sample import Window
from bot.model.search_job import LogAnswer, LogLine, Row, Urgency

_STORED = 10_000
"""How many events the server keeps at hand; it counts all of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SplunkLogs:
    """A `LogSource` and a `LogStream`, in one app of a server, with the objects of one owner."""

    access: Access
    jobs: Jobs
    room: Room
    export: Export
    links: Links
    app: str
    owner: str
    harmless: Sequence[str] = ()

    async def search(self, query: str, variables: Mapping[str, str], window: Window, limit: int) -> LogAnswer:
        """See `LogSource`. A search that transforms answers with its rows, written as `name=value`."""
        form = {**self._form(query, variables, window), "max_count": str(max(limit, _STORED))}
        async with self.room.place(Urgency.EVIDENCE):
            done = await self.jobs.run(Order(key=f"first {limit}", owner=self.owner, app=self.app, form=form))
            try:
                rows, said = await self.jobs.rows(done, limit)
            finally:
                self.jobs.leave(done.path)
        lines = [_line(row, window) for row in rows]
        if not done.progress.transforms:
            lines.sort(key=lambda line: line.at, reverse=True)
        warnings = answers.losses((*done.progress.messages, *said), self.harmless)
        if done.progress.is_finalized and not warnings:
            warnings = ("the search was finalized before its end",)
        return LogAnswer(lines=tuple(lines), total=done.progress.count, warnings=warnings)

    async def lines(self, query: str, variables: Mapping[str, str], window: Window) -> AsyncIterator[LogLine]:
        """See `LogStream`."""
        form = self._form(query, variables, window)
        async with aclosing(self.export.rows(form, owner=self.owner, app=self.app)) as rows:
            async for row in rows:
                yield _line(row, window)

    def link(self, query: str, variables: Mapping[str, str], window: Window) -> str:
        """See `LogSource`."""
        return self.links.search(fill(query, variables, self.access.name), self.app, window)

    def _form(self, query: str, variables: Mapping[str, str], window: Window) -> dict[str, str]:
        return {
            "search": whole(fill(query, variables, self.access.name)),
            "earliest_time": exact(window.start),
            "latest_time": exact(window.end),
            "now": exact(window.end),
        }


def _line(row: Row, window: Window) -> LogLine:
    """One event; what has no time of its own is of the end of the window."""
    fields = {name: _joined(value) for name, value in row.items() if not name.startswith("_")}
    raw = row.get("_raw")
    text = raw if isinstance(raw, str) else " ".join(f"{name}={value}" for name, value in fields.items())
    return LogLine(at=_time(row.get("_time")) or window.end, text=text, fields=fields)


def _time(value: str | tuple[str, ...] | None) -> datetime | None:
    """Splunk writes times by ISO 8601, and as seconds since 1970 where a search made them."""
    text = _joined(value or "")
    try:
        return datetime.fromtimestamp(float(text), UTC)
    except (ValueError, OverflowError, OSError):
        pass
    try:
        at = datetime.fromisoformat(text)
        return at.replace(tzinfo=at.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _joined(value: str | tuple[str, ...]) -> str:
    return value if isinstance(value, str) else ", ".join(value)
