"""Saved searches, in Splunk's terms: what is asked, when, over which window, and when the answer is an alert."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum


class Counted(StrEnum):
    """`counttype`: what of a run is compared."""

    ALWAYS = "always"
    EVENTS = "number of events"
    HOSTS = "number of hosts"
    SOURCES = "number of sources"
    CUSTOM = "custom"
    """Nothing is counted: `alert_condition`, a search over the run's rows, yields a row."""


class Relation(StrEnum):
    """`relation`: how what was counted is compared with `quantity`."""

    GREATER = "greater than"
    LESS = "less than"
    EQUAL = "equal to"
    NOT_EQUAL = "not equal to"
    DROPS = "drops by"
    RISES = "rises by"


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """When a run triggers. `quantity` is a number of what is counted, or with `in_percent` of the run before."""

    counted: Counted = Counted.ALWAYS
    relation: Relation = Relation.GREATER
    quantity: float = 0
    in_percent: bool = False
    search: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppression:
    """For `period` after it was told of, an alert is not told of again: each by its values of `fields`.

    With a `group`, what fired mutes every search of that group of the same owner for its own period.
    """

    period: timedelta
    fields: tuple[str, ...] = ()
    group: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatch:
    """Which events a run looks at: Splunk's time modifiers (`-5m@m`, `now`), relative to its scheduled time."""

    earliest: str = ""
    latest: str = ""
    index_earliest: str = ""
    index_latest: str = ""
    max_count: int = 500_000
    max_time: timedelta = timedelta(0)
    """Zero: no limit of the search's own."""
    allow_partial: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """When a search runs: `cron` in `time_zone`. `continuous`: every time that passed is made up for, in order."""

    cron: str
    time_zone: str = "UTC"
    continuous: bool = False


class Compared(StrEnum):
    """With what of earlier runs the rows of a run are compared: the ElastAlert kinds that need a memory."""

    CHANGE = "change"
    """A row triggers when its value is not the one last seen for its key."""
    NEW_TERM = "new term"
    """A row triggers when its key was not seen within the memory's span."""
    FLATLINE = "flatline"
    """A key that was seen within the span triggers when its value is below the threshold, or it has no row at all."""
    SPIKE = "spike"
    """A row triggers when its value is `threshold` times that of the run before, up, down, or both."""


class Direction(StrEnum):
    """Which way a spike goes."""

    UP = "up"
    DOWN = "down"
    BOTH = "both"


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """How the rows of a run are compared with those before: by `keys`, in the number or text that `value` names.

    `span` is how long a key that is no longer seen is remembered.
    """

    kind: Compared
    keys: tuple[str, ...]
    value: str = ""
    threshold: float = 0
    direction: Direction = Direction.BOTH
    span: timedelta = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedSearch:
    """One alert of a `savedsearches.conf`. `search` is SPL as written, and runs in the search's own app, as its owner.

    `digest`: one alert for a run; otherwise one for each row, told apart by the fields of its suppression.
    """

    name: str
    search: str
    schedule: Schedule
    description: str = ""
    app: str = "search"
    owner: str = "nobody"
    dispatch: Dispatch = field(default_factory=Dispatch)
    condition: Condition = field(default_factory=Condition)
    digest: bool = True
    suppression: Suppression | None = None
    comparison: Comparison | None = None
    severity: int = 3
    """1 debug, 2 info, 3 warning, 4 error, 5 severe, 6 fatal."""
    expires: timedelta = timedelta(hours=24)
    actions: tuple[str, ...] = ()
    """The actions it names (`email`, `webhook`); Tocsin runs none of them, routes say who hears."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """What is kept of one key of a comparison: its last value, when that was, and since when the key is known."""

    value: str
    seen_at: datetime
    since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchRun:
    """What one run came to. `why` is why it triggered, or did not, or what it lacked.

    `count` None: it found nothing out. `complete`: it saw everything that there was to see.
    """

    slot: datetime
    triggered: bool
    why: str
    complete: bool = True
    count: int | None = None
    sid: str = ""
    link: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchMemory:
    """What a saved search knows of its earlier runs. Only runs that saw everything count.

    `count` is what the last of them counted; `quiet_until` holds, by the key of its suppression, until when an alert is
    not told of again; `seen` is what its comparison remembers by key, and `since` when it began to. `asks` names what
    was counted and compared: a search that is changed to another question does not remember the answers to this one.
    `runs` are the last ones for whoever asks, the newest first, those that failed too.
    """

    count: int | None = None
    quiet_until: Mapping[str, datetime] = field(default_factory=dict)
    seen: Mapping[str, Remembered] = field(default_factory=dict)
    since: datetime | None = None
    asks: tuple[str, ...] = ()
    runs: tuple[SearchRun, ...] = ()
