"""Statistics: how long incidents take, which rules are noise, whom being on call costs what."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Self

from fastapi import APIRouter, Query

from bot.api.asked import AskedWorld, Asker
from bot.api.schema import Out
from bot.model.statistics import ChatUse, Grouping, Load, Noise, RunbookUse, Spread, Statistics, Times
from bot.response import statistics_asked

router = APIRouter(tags=["statistics"])

_LONGEST = 731 * 86400


class SpreadOut(Out):
    """Of `count` lengths half are `median` or less and nine of ten `p90` or less; seconds."""

    count: int
    median: float
    p90: float

    @classmethod
    def of(cls, spread: Spread | None) -> Self | None:
        """Null where there is none."""
        if spread is None:
            return None
        return cls(count=spread.count, median=spread.median.total_seconds(), p90=spread.p90.total_seconds())


class TimesOut(Out):
    """How long incidents took that have `of` in common; null: none of them came to that."""

    of: str
    incidents: int
    still_open: int
    reopened: int
    detect: SpreadOut | None
    acknowledge: SpreadOut | None
    mitigate: SpreadOut | None
    resolve: SpreadOut | None

    @classmethod
    def made(cls, times: Times) -> Self:
        """Lengths in seconds."""
        return cls(
            of=times.of,
            incidents=times.incidents,
            still_open=times.still_open,
            reopened=times.reopened,
            detect=SpreadOut.of(times.detect),
            acknowledge=SpreadOut.of(times.acknowledge),
            mitigate=SpreadOut.of(times.mitigate),
            resolve=SpreadOut.of(times.resolve),
        )


class NoiseOut(Out):
    """What a rule cost. `ignored` of its incidents ended without a person, half of them within `length` seconds.

    The ten that cost most for nothing have a `suggestion`.
    """

    rule: str
    fires: int
    incidents: int
    ignored: int
    flaps: int
    pages: int
    night_pages: int
    length: float | None
    suggestion: str

    @classmethod
    def made(cls, noise: Noise) -> Self:
        """Lengths in seconds."""
        return cls(
            rule=noise.rule,
            fires=noise.fires,
            incidents=noise.incidents,
            ignored=noise.ignored,
            flaps=noise.flaps,
            pages=noise.pages,
            night_pages=noise.night_pages,
            length=None if noise.length is None else noise.length.total_seconds(),
            suggestion=noise.suggestion,
        )


class LoadOut(Out):
    """What being on call cost a person. `on_duty` is seconds; null: no schedule says when they were on call."""

    person: str
    pages: int
    night_pages: int
    nights: int
    incidents: int
    on_duty: float | None

    @classmethod
    def made(cls, load: Load) -> Self:
        """Lengths in seconds."""
        return cls(
            person=load.person,
            pages=load.pages,
            night_pages=load.night_pages,
            nights=load.nights,
            incidents=load.incidents,
            on_duty=None if load.on_duty is None else load.on_duty.total_seconds(),
        )


class ChatOut(Out):
    """What a chat said of incidents in shared channels: `most` messages of one incident in a phase, of `budget`.

    `held` messages were not written because they would have been more.
    """

    integration: str
    incidents: int
    messages: int
    edits: int
    most: int
    held: int
    budget: int

    @classmethod
    def made(cls, use: ChatUse) -> Self:
        """As it was counted."""
        return cls(
            integration=use.integration,
            incidents=use.incidents,
            messages=use.messages,
            edits=use.edits,
            most=use.most,
            held=use.held,
            budget=use.budget,
        )


class RunbookUseOut(Out):
    """What became of the runs of a runbook that ended in this time; null: nothing recovered, nobody was asked."""

    runbook: str
    runs: int
    changed: int
    succeeded: int
    failed: int
    stopped: int
    recovered: int
    not_recovered: int
    not_seen: int
    recovery: SpreadOut | None
    answer: SpreadOut | None

    @classmethod
    def made(cls, use: RunbookUse) -> Self:
        """Lengths in seconds."""
        return cls(
            runbook=use.runbook,
            runs=use.runs,
            changed=use.changed,
            succeeded=use.succeeded,
            failed=use.failed,
            stopped=use.stopped,
            recovered=use.recovered,
            not_recovered=use.not_recovered,
            not_seen=use.not_seen,
            recovery=SpreadOut.of(use.recovery),
            answer=SpreadOut.of(use.answer),
        )


class StatisticsOut(Out):
    """Of incidents that opened from `since` until before `until`, without drills and tests."""

    since: datetime
    until: datetime
    by: Grouping
    whole: TimesOut
    groups: list[TimesOut]
    weeks: list[TimesOut]
    noise: list[NoiseOut]
    load: list[LoadOut]
    runbooks: list[RunbookUseOut]
    chats: list[ChatOut]

    @classmethod
    def made(cls, found: Statistics) -> Self:
        """All that was found."""
        return cls(
            since=found.since,
            until=found.until,
            by=found.by,
            whole=TimesOut.made(found.whole),
            groups=[TimesOut.made(one) for one in found.groups],
            weeks=[TimesOut.made(one) for one in found.weeks],
            noise=[NoiseOut.made(one) for one in found.noise],
            load=[LoadOut.made(one) for one in found.load],
            runbooks=[RunbookUseOut.made(one) for one in found.runbooks],
            chats=[ChatOut.made(one) for one in found.chats],
        )


@router.get("/stats")
async def show_statistics(
    world: AskedWorld,
    asker: Asker,
    by: Grouping = Grouping.SERVICE,
    seconds: Annotated[int, Query(ge=3600, le=_LONGEST)] = 30 * 86400,
) -> StatisticsOut:
    """Times to detect, acknowledge, mitigate and resolve, noise by rule, load by person; of the last `seconds`."""
    length = timedelta(seconds=seconds)
    return StatisticsOut.made(await statistics_asked.statistics_of(world, asker, length=length, by=by))
