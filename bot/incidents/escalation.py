"""Whom to page next, and when: a function of the policy, of where the escalation stands, and of now.

A level is paged, and its wait passes; then the next one is. Where nobody of a level can be reached the next one follows
at once. An escalation during which nobody could be reached at all does not end: it is tried again, ever less often.
Where nobody of any level is there to be paged, a wider policy is followed instead (see `falling_back`).
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.incidents import hours
from bot.model.escalation import Escalation, EscalationPolicy, Level, Target, TargetKind
from bot.model.incident import Incident, Severity
from bot.model.page import Page, PageStatus
from bot.model.setup import Setup
from bot.model.time_interval import TimeInterval

OnDuty = Callable[[str], tuple[str, ...]]
"""Who is on call now in the schedule of this name; nobody: ()."""
Opens = Callable[[datetime], datetime | None]
"""The first moment, this one or later, at which people may be woken; None: never."""

EXHAUSTED = "every level was paged, and nobody acknowledged"
"""Why an escalation is over that came to its end."""
BY_HAND = -1
"""The level of a page that belongs to no escalation."""
FIRST_REST, LONGEST_REST = timedelta(minutes=1), timedelta(minutes=15)
"""Before all levels are tried again of which nobody could be reached."""
_HOPEFUL = (PageStatus.WAITING, PageStatus.HELD, PageStatus.TAKEN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What an escalation looks up. `reachable` are the people who named a way to reach them.

    `wider` is the policy that is followed where nobody of this one is there to be paged; empty: none is. `paged` are
    the rounds in which somebody was.
    """

    on_duty: OnDuty
    opens: Opens
    reachable: Container[str]
    wider: str = ""
    paged: Container[int] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """`people` are paged, as this level and round; `missed` says who was not, and why. `after`: how it stands then.

    `said` is what happened instead of a level: people are not woken now, all begins again, or it is over.
    """

    after: Escalation
    level: int
    round: int
    people: tuple[str, ...] = ()
    missed: tuple[str, ...] = ()
    said: str = ""


def named_for(setup: Setup, incident: Incident) -> str:
    """The name of the policy of its service, else of the default one; empty: nobody is woken for it."""
    severity = setup.severities.get(incident.severity)
    if severity is not None and not severity.pages:
        return ""
    service = setup.services.get(incident.service)
    return (service.escalation if service else "") or setup.default_escalation


def policy_for(setup: Setup, incident: Incident) -> EscalationPolicy | None:
    """The policy of that name; None: nobody is woken for it, or the documents know none."""
    return setup.escalations.get(named_for(setup, incident))


def is_wanted(named: str, incident: Incident, standing: Escalation | None) -> bool:
    """Whether an escalation is to begin: none by the policy of this name did since the incident opened or went on.

    Nor is one that ended otherwise than by itself: an incident that nobody has any more, because it is taken out of
    another one again, or is graver again, wakes people anew.
    """
    if standing is None or (standing.instead_of or standing.policy) != named:
        return True
    was_ended = standing.due_at is None and standing.why != EXHAUSTED
    return was_ended or standing.started_at < (incident.reopened_at or incident.opened_at)


def opening(policy: EscalationPolicy, intervals: Mapping[str, TimeInterval], severity: Severity) -> Opens:
    """When the policy lets people be woken for an incident as grave as this."""
    interval = intervals.get(policy.during)
    if interval is None or severity <= policy.always:
        return lambda at: at
    return lambda at: hours.opens(interval, at)


def begin(policy: EscalationPolicy, incident: Incident, opens: Opens, now: datetime) -> Escalation:
    """Where it stands before anybody was paged; of one that may be due at once it is now."""
    due_at = opens(now)
    why = "" if due_at else f"{policy.during} never comes again"
    return Escalation(incident=incident.id, policy=policy.name, started_at=now, due_at=due_at, why=why)


def due_now(named: str, incident: Incident, standing: Escalation | None, now: datetime) -> Escalation:
    """One that is to be looked at again at once: where it stands, or at its begin where it is to begin."""
    if standing is None or is_wanted(named, incident, standing):
        return Escalation(incident=incident.id, policy=named, started_at=now, due_at=now)
    return replace(standing, due_at=now)


def instead(standing: Escalation, wider: str, now: datetime) -> Escalation:
    """It begins by a wider policy: the one it stands in cannot be followed."""
    named = standing.instead_of or standing.policy
    return Escalation(incident=standing.incident, policy=wider, instead_of=named, started_at=now, due_at=now)


def regraded(standing: Escalation, opens: Opens, now: datetime) -> Escalation:
    """The escalation of an incident that may be graver now: then it waits for the policy's hours no longer."""
    at = opens(now)
    if standing.due_at is None or standing.level or standing.round or at is None:
        return standing
    return replace(standing, due_at=min(standing.due_at, at))


def due(
    policy: EscalationPolicy, standing: Escalation, around: Around, *, reached: bool, now: datetime
) -> Sequence[Step]:
    """All that is to be done by now and by this policy, in order; nothing when nothing is due.

    `reached`: whether a page of the round it stands in is waiting or was taken.
    """
    steps: list[Step] = []
    reached_in = standing.round if reached else None
    while standing.policy == policy.name and standing.due_at is not None and standing.due_at <= now:
        step = _step(policy, standing, around, reached=standing.round == reached_in, now=now)
        steps.append(step)
        standing = step.after
    return steps


def reached_in_round(standing: Escalation, pages: Sequence[Page]) -> bool:
    """Whether somebody was reached in the round it stands in, or may still be."""
    return any(page.round == standing.round and page.status in _HOPEFUL for page in _own(standing, pages))


def rounds_paged(standing: Escalation, pages: Sequence[Page]) -> Container[int]:
    """The rounds in which somebody was there to be paged."""
    return {page.round for page in _own(standing, pages)}


def hurried(standing: Escalation, failed: Page, pages: Sequence[Page], now: datetime) -> Escalation:
    """The escalation after a page failed: where that was the last hope of its level the next one is due now."""
    is_last_level = (failed.level + 1, failed.round) == (standing.level, standing.round)
    if standing.due_at is None or not is_last_level or failed.created_at < standing.started_at:
        return standing
    others = [page for page in _own(standing, pages) if (page.level, page.round) == (failed.level, failed.round)]
    if any(page.status in _HOPEFUL and page.id != failed.id for page in others):
        return standing
    return replace(standing, due_at=min(standing.due_at, now))


def over(standing: Escalation, why: str) -> Escalation:
    """Nobody else is paged; what ended it first stays the reason, unless it only came to its end by itself."""
    is_over = standing.due_at is None and standing.why != EXHAUSTED
    return standing if is_over else replace(standing, due_at=None, why=why)


def _own(standing: Escalation, pages: Sequence[Page]) -> Sequence[Page]:
    """Its own: not those of an escalation before it, nor those that somebody sent by hand."""
    return [page for page in pages if page.level != BY_HAND and page.created_at >= standing.started_at]


def _step(policy: EscalationPolicy, standing: Escalation, around: Around, *, reached: bool, now: datetime) -> Step:
    waits = _out_of_hours(policy, standing, around.opens(now), now)
    if waits is not None:
        return waits
    if standing.level >= len(policy.levels):
        return _round_done(policy, standing, around, reached=reached, now=now)
    level = policy.levels[standing.level]
    people, missed = _whom(level, around)
    after = replace(standing, level=standing.level + 1, due_at=_next(standing, level, around.opens, now))
    return Step(
        after=after if people else replace(after, due_at=now),
        level=standing.level,
        round=standing.round,
        people=people,
        missed=missed,
    )


def _next(standing: Escalation, level: Level, opens: Opens, now: datetime) -> datetime:
    """By the policy's own clock, so that being late by less than the wait delays nobody after this level.

    After a longer absence of ours the level has its whole wait: it had no chance to answer.
    """
    by_policy = (standing.due_at or now) + level.wait
    at = by_policy if by_policy > now else now + level.wait
    return opens(at) or at


def _out_of_hours(
    policy: EscalationPolicy, standing: Escalation, opens_at: datetime | None, now: datetime
) -> Step | None:
    if opens_at is None:
        why = f"{policy.during} never comes again"
        return _instead(standing, over(standing, why), f"nobody else is paged: {why}")
    if opens_at > now:
        until = f"{opens_at:%Y-%m-%d %H:%M} UTC"
        return _instead(standing, replace(standing, due_at=opens_at), f"nobody is woken before {until}")
    return None


def _round_done(
    policy: EscalationPolicy, standing: Escalation, around: Around, *, reached: bool, now: datetime
) -> Step:
    if around.wider and not reached and standing.round not in around.paged:
        said = f"nobody of escalation {policy.name} is there to be paged; {around.wider} is followed instead"
        return _instead(standing, instead(standing, around.wider, now), said)
    again = replace(standing, level=0, round=standing.round + 1)
    if not reached:
        rest = min(FIRST_REST * 2 ** min(standing.round, 10), LONGEST_REST)
        minutes = round(rest / timedelta(minutes=1))
        return _instead(standing, replace(again, due_at=now + rest), f"nobody was reached; again in {minutes} min")
    if standing.round < policy.repeat:
        return _instead(standing, replace(again, due_at=standing.due_at), "nobody acknowledged; all levels once more")
    return _instead(standing, over(standing, EXHAUSTED), f"nobody else is paged: {EXHAUSTED}")


def _instead(standing: Escalation, after: Escalation, said: str) -> Step:
    return Step(after=after, level=standing.level, round=standing.round, said=said)


def _whom(level: Level, around: Around) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Each person once, and why others are not paged."""
    people: dict[str, None] = {}
    missed = []
    for target in level.targets:
        found = _named(target, around.on_duty)
        if not found:
            missed.append(f"nobody is on call in {target.name}")
        people.update(dict.fromkeys(found))
    missed += [f"{name} has named no way to be reached" for name in people if name not in around.reachable]
    return tuple(name for name in people if name in around.reachable), tuple(missed)


def _named(target: Target, on_duty: OnDuty) -> tuple[str, ...]:
    return (target.name,) if target.kind is TargetKind.PERSON else on_duty(target.name)
