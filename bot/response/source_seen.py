"""A source went blind, can be seen again, or a rule has gone: incidents say so, and nothing is resolved by it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from bot.incidents import timeline
from bot.model.actor import Actor
from bot.model.incident import Incident, SignalState
from bot.model.rule import GroupStatus, RuleAlert, RuleGroup, RuleStatus
from bot.ports.store import Tx
from bot.response.world import World
from bot.rights import Act, require
from bot.rules.evaluator import by_rule
from bot.rules.state import orphans


def compare(
    tx: Tx, actor: Actor, group: RuleGroup, before: GroupStatus | None, after: GroupStatus, now: datetime
) -> None:
    """Tells the open incidents of every rule that could be seen before and cannot now, or the other way round."""
    require(actor, Act.EVALUATE_RULES, group.key, now)
    for was, status in zip(by_rule(group, before), after.rules, strict=True):
        if (status.unknown_since is None) != (was.unknown_since is None):
            _tell(tx, group.source, status, now)
    if before is not None:
        _abandon(tx, orphans(before, after), now)


async def groups_gone(world: World, actor: Actor, gone: Sequence[GroupStatus]) -> None:
    """Groups are no longer evaluated: their state is dropped, and the incidents of their alerts say so."""
    now = world.clock.now()
    require(actor, Act.EVALUATE_RULES, "rule groups", now)

    def keep(tx: Tx) -> None:
        for group in gone:
            _abandon(tx, orphans(group, None), now)
        tx.rules.forget([group.key for group in gone])

    await world.store.write(keep)


def _abandon(tx: Tx, gone: Sequence[RuleAlert], now: datetime) -> None:
    """Nobody will see these alerts end: their rule has gone, or has lost count of them."""
    for incident in _incidents(tx, gone):
        tx.incidents.put(replace(incident, signal=SignalState.UNKNOWN))
        tx.incidents.tell(timeline.abandoned(incident.id, now))


def _tell(tx: Tx, source: str, status: RuleStatus, now: datetime) -> None:
    for incident in _incidents(tx, status.alerts):
        if status.unknown_since is not None:
            tx.incidents.put(replace(incident, signal=SignalState.UNKNOWN))
            tx.incidents.tell(timeline.blind(incident.id, source, status.last_error, status.unknown_since, now))
        else:
            tx.incidents.put(replace(incident, signal=SignalState.FIRING if incident.firing else SignalState.CLEAR))
            tx.incidents.tell(timeline.sighted(incident.id, source, now))


def _incidents(tx: Tx, alerts: Sequence[RuleAlert]) -> Sequence[Incident]:
    return tx.incidents.holding(*(alert.labels.fingerprint for alert in alerts))
