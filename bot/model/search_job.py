"""One run of a search, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import IntEnum
from typing import TypeAlias

Row: TypeAlias = Mapping[str, str | tuple[str, ...]]
"""One row of a result: all values are texts; a field with several values has a tuple of them."""


class Urgency(IntEnum):
    """Who goes first where a server runs only so many searches at once."""

    ALERT = 0
    EVIDENCE = 1
    BACKTEST = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchJob:
    """A search as it is asked: with absolute times, so that a late or a repeated run sees the same data.

    `search` is SPL as written. `key` is the same for the same run of the same search, whoever asks and however often.
    `scheduled_at` is what the search's own relative times count from. `condition`, where there is one, is a search over
    the rows, and then `SearchAnswer.met` says whether it yielded any.
    """

    key: str
    search: str
    app: str
    owner: str
    scheduled_at: datetime
    earliest: datetime | None
    latest: datetime | None
    index_earliest: datetime | None = None
    index_latest: datetime | None = None
    condition: str = ""
    max_count: int = 500_000
    max_time: timedelta = timedelta(0)
    most_rows: int = 10_000
    """How many rows are wanted; `SearchAnswer` counts all of them, and their hosts and sources."""
    counts_hosts: bool = True
    """Whether hosts and sources are asked about; where they are not, they are those of the rows that came."""
    urgency: Urgency = Urgency.ALERT


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchAnswer:
    """What a run found. `warnings` say that data is missing (a peer was down, a limit was met): `rows` are some of it.

    `count` is how many results there are: rows of a search that transforms, else events. `met` None: no condition was
    asked for. `link` leads to the run itself as long as the server keeps it.
    """

    sid: str
    count: int
    rows: tuple[Row, ...] = ()
    warnings: tuple[str, ...] = ()
    met: bool | None = None
    link: str = ""
    hosts: int = 0
    """How many different values the field `host` has in the results."""
    sources: int = 0
    took: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """One event: when, what it says, and its fields."""

    at: datetime
    text: str
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogAnswer:
    """The newest events of a search, at most as many as were wanted. `total` counts all, as far as is known."""

    lines: tuple[LogLine, ...]
    total: int
    warnings: tuple[str, ...] = ()
