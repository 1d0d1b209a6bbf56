"""Splunk's tokens in messages: `$name$`, `$result.host$`, `$job.resultCount$`, filled in with what a run found.

What is filled in is data: a value that looks like a token is left alone. What is no token stays as it is written.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.documents import format_duration
from bot.model.search import SavedSearch
from bot.model.search_job import Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What tokens stand for: the search, the run of `scheduled_at`, and its row (of a digest, the first one)."""

    search: SavedSearch
    scheduled_at: datetime
    sid: str = ""
    count: int = 0
    row: Row = field(default_factory=dict)
    earliest: datetime | None = None
    latest: datetime | None = None
    next_at: datetime | None = None
    took: timedelta = timedelta(0)
    messages: tuple[str, ...] = ()
    results_link: str = ""
    view_link: str = ""


def fill(text: str, data: Told) -> str:
    """The text with every token we know replaced, in one pass."""
    return _TOKEN.sub(lambda match: _value(match[1], data), text)


def names() -> tuple[str, ...]:
    """The tokens that are filled in, in alphabetical order; `result.` stands for any field of the row."""
    return tuple(sorted((*_VALUES, "result.")))


def _value(name: str, data: Told) -> str:
    if name.startswith("result."):
        value = data.row.get(name.removeprefix("result."), "")
        return value if isinstance(value, str) else ", ".join(value)
    return _VALUES[name](data)


def _local(moment: datetime, data: Told) -> datetime:
    return moment.astimezone(ZoneInfo(data.search.schedule.time_zone))


def _iso(moment: datetime | None, data: Told) -> str:
    return _local(moment, data).isoformat() if moment else ""


_VALUES: Mapping[str, Callable[[Told], str]] = {
    "name": lambda data: data.search.name,
    "search": lambda data: data.search.search,
    "description": lambda data: data.search.description,
    "app": lambda data: data.search.app,
    "owner": lambda data: data.search.owner,
    "cron_schedule": lambda data: data.search.schedule.cron,
    "next_scheduled_time": lambda data: _iso(data.next_at, data),
    "alert.severity": lambda data: str(data.search.severity),
    "alert.expires": lambda data: format_duration(data.search.expires),
    "alert_condition": lambda data: data.search.condition.search,
    "counttype": lambda data: data.search.condition.counted.value,
    "relation": lambda data: data.search.condition.relation.value,
    "quantity": lambda data: f"{data.search.condition.quantity:g}" + "%" * data.search.condition.in_percent,
    "dispatch.earliest_time": lambda data: data.search.dispatch.earliest,
    "dispatch.latest_time": lambda data: data.search.dispatch.latest,
    "results_link": lambda data: data.results_link,
    "results.url": lambda data: data.results_link,
    "view_link": lambda data: data.view_link,
    "trigger_time": lambda data: str(int(data.scheduled_at.timestamp())),
    "trigger_date": lambda data: _local(data.scheduled_at, data).strftime("%B %d, %Y"),
    "trigger_timeHMS": lambda data: _local(data.scheduled_at, data).strftime("%I:%M:%S %p"),
    "job.sid": lambda data: data.sid,
    "job.label": lambda data: data.search.name,
    "job.resultCount": lambda data: str(data.count),
    "job.earliestTime": lambda data: _iso(data.earliest, data),
    "job.latestTime": lambda data: _iso(data.latest, data),
    "job.runDuration": lambda data: f"{data.took.total_seconds():g}",
    "job.messages": lambda data: "; ".join(data.messages),
}
_TOKEN = re.compile(rf"\$(result\.[^$\n]+|{'|'.join(map(re.escape, _VALUES))})\$")
