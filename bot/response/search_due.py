"""A saved search's time has come: run it, decide, keep what it knows, and take in what it found, in one transaction.

What it means is decided in the transaction that keeps it: searches of one suppression group that are due together must
not both be told of, and only there one of them comes first.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bot.alerts.wire import Received
from bot.model.actor import Actor
from bot.model.rule import GroupStatus, RuleGroup
from bot.ports.store import Tx
from bot.response import alerts_taken, source_seen
from bot.response.rule_due import LEASE, tell
from bot.response.world import World
from bot.rights import Act, require
from bot.rules import state
from bot.rules.evaluator import Evaluation
from bot.rules.savedsearches import evaluator, quiet


async def search_due(
    world: World, actor: Actor, group: RuleGroup, before: GroupStatus | None, *, slot: datetime, epoch: int
) -> Evaluation:
    """What the run of this slot showed, kept. Fenced when another process evaluates by now; Conflict: it has.

    A run may take long: what is told of it is valid from when it ended, and what it found began when it was due.
    """
    began = world.clock.now()
    require(actor, Act.EVALUATE_RULES, group.key, began)
    asked = await evaluator.ask(group, world.searches[group.source], slot)
    now = world.clock.now()

    def keep(tx: Tx) -> Evaluation:
        tx.leases.check(LEASE, epoch)
        made = evaluator.decide(
            group, before, asked, slot, began,
            quiet_by_others=_quiet_by_others(tx, world, group), resend_delay=group.resend_delay,
        )  # fmt: skip
        made = replace(made, status=replace(made.status, took=now - began))
        tx.rules.save(made.status)
        source_seen.compare(tx, actor, group, before, made.status, now)
        alerts_taken.log(tx, world, actor, [Received.of(alert) for alert in made.alerts], now)
        return made

    made = await world.store.write(keep)
    if made.alerts:
        alerts_taken.know(world, actor, [Received.of(alert) for alert in made.alerts], now)
        until = state.valid_until(now, group.interval, group.resend_delay)
        tell(world, actor, group, [alert if alert.ends_at else replace(alert, ends_at=until) for alert in made.alerts])
    return made


def _quiet_by_others(tx: Tx, world: World, group: RuleGroup) -> datetime | None:
    """Until when the other searches of its suppression group keep this one quiet."""
    statuses = [tx.rules.status(key) for key in quiet.members(group, world.setup.groups)]
    ends = [end for one in statuses if one and one.memory for end in one.memory.quiet_until.values()]
    return max(ends, default=None)
