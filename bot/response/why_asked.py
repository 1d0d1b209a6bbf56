"""Somebody asks why a rule fires, or does not: what is kept of it, its record, and what its signal is now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.documents import suggest
from bot.errors import IntegrationError, NotFound
from bot.model.actor import Actor
from bot.model.evaluation import EvaluationRecord
from bot.model.rule import AlertRule, GroupStatus, RuleGroup, RuleStatus
from bot.model.sample import Sample
from bot.model.search import SavedSearch, SearchMemory
from bot.ports.store import Tx
from bot.response.world import World
from bot.rights import Act, require
from bot.rules.history import History, history, nearest
from bot.rules.schedule import next_slot

MOST_RECORDS = 20_000
"""Evaluations that one question looks at: a week at 30 s."""
LAST = 10
"""The newest evaluations, told one by one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Now:
    """What the signal is at this moment. `samples` are the nearest to firing of all `series`; `error`: nobody knows."""

    asked_at: datetime
    samples: tuple[Sample, ...] = ()
    series: int = 0
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Searched:
    """A saved search: when it runs next, and what it knows of its last runs."""

    search: SavedSearch
    next_at: datetime
    memory: SearchMemory


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """All that is known of one rule. `status` None: it was never evaluated. `searched`: it is a saved search."""

    group: RuleGroup
    rule: AlertRule
    status: RuleStatus | None
    group_status: GroupStatus | None
    history: History
    last: tuple[EvaluationRecord, ...]
    place: int
    now: Now
    searched: Searched | None = None


async def why(world: World, actor: Actor, name: str, *, since: timedelta) -> Sequence[Why]:
    """Every rule of this name, or the one that holds the alert with this fingerprint; NotFound with a near name."""
    require(actor, Act.LOOK, "rules", world.clock.now())
    start = world.clock.now() - since
    found = await world.store.read(lambda tx: _found(tx, world, name))
    return [await _told(world, group, place, start) for group, place in found]


def _found(tx: Tx, world: World, name: str) -> Sequence[tuple[RuleGroup, int]]:
    groups = world.setup.groups
    named = [(group, place) for group in groups for place, rule in enumerate(group.rules) if _called(rule, name)]
    found = named or _holding(tx, groups, name)
    if not found:
        known = {rule.name for group in groups for rule in group.rules if isinstance(rule, AlertRule)}
        hint = "name an alert rule of the files that tocsin.yaml names, or the fingerprint of one of its alerts"
        raise NotFound(f"no alert rule is called {name!r}{suggest(name, known)}", hint=hint)
    return found


def _called(rule: object, name: str) -> bool:
    return isinstance(rule, AlertRule) and rule.name == name


def _holding(tx: Tx, groups: Sequence[RuleGroup], fingerprint: str) -> Sequence[tuple[RuleGroup, int]]:
    """The rules that follow an alert with this fingerprint."""
    return [
        (group, place)
        for group in groups
        for place, status in enumerate(_statuses(tx, group))
        if any(alert.labels.fingerprint == fingerprint for alert in status.alerts)
    ]


def _statuses(tx: Tx, group: RuleGroup) -> Sequence[RuleStatus]:
    status = tx.rules.status(group.key)
    return status.rules if status is not None and len(status.rules) == len(group.rules) else ()


async def _told(world: World, group: RuleGroup, place: int, start: datetime) -> Why:
    rule = group.rules[place]
    assert isinstance(rule, AlertRule)  # noqa: S101 - only alert rules were found

    def read(tx: Tx) -> tuple[GroupStatus | None, RuleStatus | None, Sequence[EvaluationRecord]]:
        statuses = _statuses(tx, group)
        records = tx.rules.evaluations(group.key, start, MOST_RECORDS)
        return tx.rules.status(group.key), statuses[place] if statuses else None, records

    group_status, status, records = await world.store.read(read)
    return Why(
        group=group,
        rule=rule,
        status=status,
        group_status=group_status,
        history=history(records, rule.name, place, group.interval),
        last=tuple(records[:LAST]),
        place=place,
        now=await _now(world, group, rule),
        searched=_searched(group, group_status, world.clock.now()),
    )


def _searched(group: RuleGroup, status: GroupStatus | None, now: datetime) -> Searched | None:
    if group.search is None:
        return None
    memory = (status.memory if status else None) or SearchMemory()
    return Searched(search=group.search, next_at=next_slot(group, now), memory=memory)


async def _now(world: World, group: RuleGroup, rule: AlertRule) -> Now:
    """Asks the source for the signal, as the rule would see it now. A saved search is asked only when it is due."""
    at = world.clock.now()
    if group.search is not None:
        return Now(asked_at=at)
    source = world.sources.get(group.source)
    if source is None:
        return Now(asked_at=at, error=f"{group.source} is not open")
    try:
        answer = await source.query(rule.signal.expr, {}, at - group.query_offset)
    except IntegrationError as error:
        return Now(asked_at=at, error=error.message)
    near = nearest(answer.samples, rule.signal.op, rule.signal.threshold)
    return Now(asked_at=at, samples=tuple(near[:LAST]), series=len(answer.samples))
