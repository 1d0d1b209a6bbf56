"""Statistics: what is read of many incidents at once, and what is told of it.

What is read comes as plain tuples with moments as whole microseconds since 1970, and not as nouns with times: one
question may be about a hundred thousand incidents.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from bot.model.ids import IncidentId


class Grouping(StrEnum):
    """By what incidents are told apart."""

    SERVICE = "service"
    SEVERITY = "severity"
    TEAM = "team"
    WEEK = "week"


class Lived(NamedTuple):
    """One incident. The moments are those of `Incident`; None: it did not come to that, or not since it reopened."""

    service: str
    severity: str
    team: str
    is_open: bool
    opened: int
    detected: int | None
    acknowledged: int | None
    mitigated: int | None
    resolved: int | None
    reopened: int | None


class Began(NamedTuple):
    """How many alerts of a rule began in an incident, and how many of them it had held before.

    `first`: the incident opened because of them.
    """

    fires: int
    again: int = 0
    first: bool = False


class Fired(NamedTuple):
    """What one rule had to do with one incident.

    `fires` counts its alerts that began, `again` those of them that the incident had held before; `first`: the incident
    opened because of it; `acted`: a person did something about the incident; `resolved` None: it is not over.
    """

    rule: str
    incident: IncidentId
    fires: int
    again: int
    first: bool
    acted: bool
    opened: int
    resolved: int | None


class Woken(NamedTuple):
    """A page that was taken; `at` is when it left."""

    person: str
    incident: IncidentId
    at: int


class Ran(NamedTuple):
    """A run that has ended, with the words of `bot.model.run`. `after`: microseconds to the verdict."""

    runbook: str
    status: str
    verdict: str
    changed: bool
    after: int | None


class Waited(NamedTuple):
    """A question of a run, whether something may be done, that was answered."""

    runbook: str
    asked: int
    answered: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """How long something took, `count` times: half of them `median` or less, nine of ten `p90` or less."""

    count: int
    median: timedelta
    p90: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """How long incidents took, those that have `of` in common; None: none of them came to that."""

    of: str
    incidents: int = 0
    still_open: int = 0
    reopened: int = 0
    detect: Spread | None = None
    acknowledge: Spread | None = None
    mitigate: Spread | None = None
    resolve: Spread | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Noise:
    """What a rule cost. `ignored` of its `incidents` ended without a person doing anything, half of them in `length`.

    `suggestion` is a sentence for people, empty where there is nothing to suggest.
    """

    rule: str
    fires: int
    incidents: int
    ignored: int
    flaps: int
    pages: int
    night_pages: int
    length: timedelta | None = None
    suggestion: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What being on call cost a person. `on_duty` None: no schedule says when they were.

    `nights` are those with a page or more.
    """

    person: str
    pages: int = 0
    night_pages: int = 0
    nights: int = 0
    incidents: int = 0
    on_duty: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunbookUse:
    """What became of the runs of a runbook: see `bot.runbooks.uses`.

    `recovery` is how long signals took to recover, `answer` how long people took to answer; None: there was none.
    """

    runbook: str
    runs: int
    changed: int
    succeeded: int
    failed: int
    stopped: int
    recovered: int
    not_recovered: int
    not_seen: int
    recovery: Spread | None
    answer: Spread | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatUse:
    """What a chat said of incidents in channels that others share: messages written, and edits of them.

    `most` is the most messages that one incident had in one phase of its life, of `budget`; `held` those not written
    because they would have been more.
    """

    integration: str
    incidents: int
    messages: int
    edits: int
    most: int
    held: int
    budget: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """Of incidents that opened from `since` until before `until`. `weeks` are all there are, in order."""

    since: datetime
    until: datetime
    by: Grouping
    whole: Times
    groups: tuple[Times, ...]
    weeks: tuple[Times, ...]
    noise: tuple[Noise, ...]
    load: tuple[Load, ...]
    chats: tuple[ChatUse, ...] = ()
    runbooks: tuple[RunbookUse, ...] = ()
    """Of runs that ended in this time."""
