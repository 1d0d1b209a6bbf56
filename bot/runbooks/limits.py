"""What keeps a step from beginning, whatever people agreed to: the switch, freezes, locks, and how much may be touched.

A change is refused where it may never be made: at protected places, or on more targets than a run may have. It is held
where it may be made later: while automation is paused or frozen, while another run is at work there, or after too many
runs in an hour. What takes a change back is held only by the switch and by other runs: to leave half a change in place
helps nobody.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fnmatch import fnmatchcase

from bot.model.automation import Automation, Limits, Pause
from bot.model.moments import contains
from bot.model.plan import Plan
from bot.model.run import JournalEntry, RunbookRun
from bot.model.runbook import Risk, Runbook, Step
from bot.model.time_interval import TimeInterval
from bot.runbooks.journal import each_step, is_rollback, story_of
from bot.runbooks.machine import is_change
from bot.runbooks.policy import risk_of

HOUR = timedelta(hours=1)
_SOON = timedelta(seconds=5)
_LATER = timedelta(minutes=1)
_LOOK = ".verify"
"""How the id of a step ends that looks at what came of another one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How things stand when a step is about to begin.

    `ahead` is the run that is at work where this one would be, and has to end first; `targets` are those that the
    earlier changes of the run had; `changed_lately` counts other runs that began to change something within the `HOUR`.
    """

    pause: Pause = field(default_factory=Pause)
    intervals: Mapping[str, TimeInterval] = field(default_factory=dict)
    ahead: RunbookRun | None = None
    changed_lately: int = 0
    targets: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Go:
    """It may begin."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """It may not begin now; look again then."""

    until: datetime
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Refuse:
    """It may not begin at all."""

    why: str


def guard(
    run: RunbookRun, step: Step, plan: Plan, automation: Automation, standing: Standing, now: datetime
) -> Go | Hold | Refuse:
    """Whether the step may begin now."""
    if standing.pause.paused:
        return Hold(until=now + _LATER, why=paused(standing.pause))
    if standing.ahead is not None:
        return Hold(until=now + _SOON, why=f"{standing.ahead.id} is at work there, and has to end first")
    if risk_of(step, plan) is Risk.READ:
        return Go()
    never = forbidden(step, plan, automation.limits, standing.targets, run.service)
    if never:
        return Refuse(why=never)
    if is_rollback(step):
        return Go()
    why = held_by(run.runbook, automation, standing, now)
    return Hold(until=now + _LATER, why=why) if why else Go()


def held_by(runbook: Runbook, automation: Automation, standing: Standing, now: datetime) -> str:
    """What keeps any change of this runbook from beginning now; empty: nothing."""
    if standing.pause.paused:
        return paused(standing.pause)
    return _frozen(runbook, automation, standing, now) or _too_many(automation.limits, standing)


def paused(pause: Pause) -> str:
    """Why nothing begins, for a person."""
    return f"automation is paused by {pause.by}: {pause.reason}"


def forbidden(step: Step, plan: Plan, limits: Limits, targets: frozenset[str], service: str) -> str:
    """Why this change may never be made; empty: it may.

    `targets` are those `reached` by the run's earlier changes, `service` is the one that it is for.
    """
    if risk_of(step, plan) is Risk.READ:
        return ""
    if step.id.endswith(_LOOK):
        return f"`verify` may only look, and this would change something: {plan.summary}"
    protected = _protected((*plan.places, f"service:{service}" if service else ""), limits)
    return protected or _too_wide(step, plan, limits, targets)


def _protected(places: Sequence[str], limits: Limits) -> str:
    """Names of hosts are the same in any case, and so a protection holds in any."""
    for place in places:
        protected = next((one for one in limits.protected if fnmatchcase(place.casefold(), one.casefold())), "")
        if protected:
            return f"{place} is protected (automation.limits.protected: {protected})"
    return ""


def _too_wide(step: Step, plan: Plan, limits: Limits, targets: frozenset[str]) -> str:
    """To take back what was done is never too much; what takes it back may reach as many others, and no more."""
    wanted = reached(plan)
    count = len(wanted - targets if is_rollback(step) else targets | wanted)
    if count > limits.targets:
        return f"the run would have {count} targets; automation.limits.targets allows {limits.targets}"
    return ""


def reached(plan: Plan) -> frozenset[str]:
    """Its targets, each with its cluster: what has one name in several clusters is as many targets."""
    cluster = next((place for place in plan.places if place.startswith("cluster:")), "")
    return frozenset(f"{cluster} {target}" for target in plan.targets)


def ahead(
    run: RunbookRun,
    locked: Sequence[RunbookRun],
    at_service: Sequence[RunbookRun],
    above: Collection[str],
    busy: Collection[str],
) -> RunbookRun | None:
    """The run that has to end first. `locked` have the same lock; `at_service` change something at the same service.

    The older goes first, unless the younger is in the middle of a step (`busy`), or works at the service already where
    this one has changed nothing yet. Runs `above` this one wait for it, and are no reason to wait for them.
    """
    firsts = [one for one in locked if one.id in busy or _is_older(one, run)]
    firsts += [one for one in at_service if one.id in busy or run.changed_at is None or _is_older(one, run)]
    return next((one for one in firsts if one.id != run.id and one.id not in above), None)


def touched(run: RunbookRun, journal: Sequence[JournalEntry]) -> frozenset[str]:
    """The targets of all changes that the run has begun."""
    stories = [(step, story_of(step, journal)) for step in each_step(run.runbook)]
    return frozenset(
        target
        for step, story in stories
        if story.plan is not None and story.attempts and is_change(step, story)
        for target in reached(story.plan)
    )


def _is_older(other: RunbookRun, run: RunbookRun) -> bool:
    return (other.started_at, len(other.id), other.id) < (run.started_at, len(run.id), run.id)


def frozen(names: tuple[str, ...], intervals: Mapping[str, TimeInterval], now: datetime) -> str:
    """The first of these intervals in which it is now; one that nobody knows counts as if it always were."""
    return next((name for name in names if name not in intervals or contains(intervals[name], now)), "")


def _frozen(runbook: Runbook, automation: Automation, standing: Standing, now: datetime) -> str:
    name = frozen((*automation.limits.freeze, *runbook.freeze), standing.intervals, now)
    if not name:
        return ""
    unknown = "" if name in standing.intervals else ", which `time_intervals` does not have any more"
    return f"changes are frozen: {name}{unknown}"


def _too_many(limits: Limits, standing: Standing) -> str:
    if standing.changed_lately < limits.runs_per_hour:
        return ""
    return f"{standing.changed_lately} runs changed something in the last hour; no more are allowed"
