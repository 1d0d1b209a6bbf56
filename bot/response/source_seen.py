"""A source went blind, or can be seen again: its incidents say so, and nothing is resolved for want of an answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from bot.incidents import timeline
from bot.model.actor import Actor
from bot.model.incident import Incident, SignalState
from bot.model.rule import GroupStatus, RuleGroup, RuleStatus
from bot.ports.store import Tx
from bot.rights import Act, require


def compare(
    tx: Tx, actor: Actor, group: RuleGroup, before: GroupStatus | None, after: GroupStatus, now: datetime
) -> None:
    """Tells the open incidents of every rule that could be seen before and cannot now, or the other way round."""
    require(actor, Act.EVALUATE_RULES, group.key, now)
    known = {status.rule: status for status in before.rules} if before is not None else {}
    for status in after.rules:
        was_blind = known[status.rule].unknown_since is not None if status.rule in known else False
        is_blind = status.unknown_since is not None
        if is_blind != was_blind:
            for incident in _incidents(tx, status):
                _tell(tx, incident, group.source, status, now)


def _incidents(tx: Tx, status: RuleStatus) -> Sequence[Incident]:
    found = {}
    for alert in status.alerts:
        for incident in tx.incidents.holding(alert.labels.fingerprint):
            found[incident.id] = incident
    return list(found.values())


def _tell(tx: Tx, incident: Incident, source: str, status: RuleStatus, now: datetime) -> None:
    if status.unknown_since is not None:
        tx.incidents.put(replace(incident, signal=SignalState.UNKNOWN))
        tx.incidents.tell(timeline.blind(incident.id, source, status.last_error, status.unknown_since, now))
    else:
        tx.incidents.put(replace(incident, signal=SignalState.FIRING if incident.firing else SignalState.CLEAR))
        tx.incidents.tell(timeline.sighted(incident.id, source, now))
