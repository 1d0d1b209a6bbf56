"""A source went blind, can be seen again, or a rule has gone: incidents say so, and nothing is resolved by it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from bot.incidents import timeline
from bot.model.actor import Actor
from bot.model.incident import Incident, SignalState
from bot.model.rule import GroupStatus, RuleGroup, RuleStatus
from bot.ports.store import Tx
from bot.response.world import World
from bot.rights import Act, require


def compare(
    tx: Tx, actor: Actor, group: RuleGroup, before: GroupStatus | None, after: GroupStatus, now: datetime
) -> None:
    """Tells the open incidents of every rule that could be seen before and cannot now, or the other way round."""
    require(actor, Act.EVALUATE_RULES, group.key, now)
    known = {status.rule: status for status in before.rules} if before is not None else {}
    for status in after.rules:
        was_blind = known[status.rule].unknown_since is not None if status.rule in known else False
        if (status.unknown_since is not None) != was_blind:
            _tell(tx, group.source, status, now)
    standing = {status.rule for status in after.rules}
    _abandon(tx, (status for status in known.values() if status.rule not in standing), now)


async def groups_gone(world: World, actor: Actor, gone: Sequence[GroupStatus]) -> None:
    """Groups are no longer evaluated: their state is dropped, and the incidents of their alerts say so."""
    now = world.clock.now()
    require(actor, Act.EVALUATE_RULES, "rule groups", now)

    def keep(tx: Tx) -> None:
        _abandon(tx, (status for group in gone for status in group.rules), now)
        tx.rules.forget([group.key for group in gone])

    await world.store.write(keep)


def _abandon(tx: Tx, gone: Iterable[RuleStatus], now: datetime) -> None:
    for status in gone:
        for incident in _incidents(tx, status):
            tx.incidents.put(replace(incident, signal=SignalState.UNKNOWN))
            tx.incidents.tell(timeline.abandoned(incident.id, status.rule, now))


def _tell(tx: Tx, source: str, status: RuleStatus, now: datetime) -> None:
    for incident in _incidents(tx, status):
        if status.unknown_since is not None:
            tx.incidents.put(replace(incident, signal=SignalState.UNKNOWN))
            tx.incidents.tell(timeline.blind(incident.id, source, status.last_error, status.unknown_since, now))
        else:
            tx.incidents.put(replace(incident, signal=SignalState.FIRING if incident.firing else SignalState.CLEAR))
            tx.incidents.tell(timeline.sighted(incident.id, source, now))


def _incidents(tx: Tx, status: RuleStatus) -> Sequence[Incident]:
    found = {}
    for alert in status.alerts:
        for incident in tx.incidents.holding(alert.labels.fingerprint):
            found[incident.id] = incident
    return list(found.values())
