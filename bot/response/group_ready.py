"""A group of alerts is due: what there is to tell of it goes to its incident and to the receiver's webhooks.

What was told, the incident, and the errands that tell others are one transaction: after a crash nothing is told twice
that was told once, and nothing that was decided is forgotten.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime

from bot.alerts import saying
from bot.alerts.groups import Group
from bot.alerts.telling import News, Suppressed, Telling, fingerprints
from bot.incidents import severity
from bot.model.actor import Actor
from bot.model.incident import Incident, Severity
from bot.model.route import Webhook
from bot.model.setup import Setup
from bot.model.telling import Told
from bot.ports.store import Tx
from bot.response import group_fires
from bot.response.world import World
from bot.rights import Act, require

_AT_A_TIME = 1000
"""Alerts weighed before others have their turn."""


async def flush(world: World, actor: Actor, group: Group, *, lease: str, epoch: int) -> Telling:
    """Tells what is new; the telling. Fenced when another process tells by now."""
    now = world.clock.now()
    require(actor, Act.OPEN_INCIDENT, group.key, now)
    told = group.told = await _told_before(world, group)
    telling = world.alerts.telling(group, now.timestamp(), await _weighed(world, group, now.timestamp()))
    if telling.news or telling.decisions:
        setup = world.setup

        def keep(tx: Tx) -> Mapping[str, Told]:
            tx.leases.check(lease, epoch)
            return _keep(tx, setup, actor, group, telling, now)

        fresh = await world.store.write(keep)
        group.told = {**(group.told or told), **fresh}
    world.alerts.was_told(group, telling, now.timestamp())
    return telling


async def _weighed(world: World, group: Group, now: float) -> Mapping[bytes, Suppressed]:
    """Of a large group a part at a time, so that others have their turn; what joins it meanwhile is weighed last."""
    entries, found = tuple(group.entries.values()), dict[bytes, Suppressed]()
    for first in range(0, len(entries) - _AT_A_TIME, _AT_A_TIME):
        found |= world.alerts.weighed(group.route, entries[first : first + _AT_A_TIME], now)
        await asyncio.sleep(0)
    return found


async def _told_before(world: World, group: Group) -> Mapping[str, Told]:
    if group.told is not None:
        return group.told
    return await world.store.read(lambda tx: tx.tellings.of_group(group.key))


def _keep(tx: Tx, setup: Setup, actor: Actor, group: Group, telling: Telling, now: datetime) -> Mapping[str, Told]:
    told = {}
    firing, resolved = fingerprints(telling.firing), fingerprints(telling.resolved)
    own = tx.incidents.of_group(group.key)
    news, decisions = telling.heard_by(own.acknowledged_by if own is not None and own.is_open else "")
    for decision in decisions:
        tx.decisions.add(group.key, decision)
    for one in news:
        told[one.way] = Told(group=group.key, way=one.way, firing=firing, resolved=resolved, at=now)
        tx.tellings.put(told[one.way])
        if not group.route.shadow:
            _hear(tx, setup, actor, group, telling, one, own, now)
    return told


def _hear(
    tx: Tx,
    setup: Setup,
    actor: Actor,
    group: Group,
    telling: Telling,
    news: News,
    own: Incident | None,
    now: datetime,
) -> None:
    if news.webhook is not None:
        _tell(tx, setup, group, telling, news, news.webhook, now)
    elif telling.firing:
        group_fires.fires(tx, setup, actor, group, telling.firing, own, now)


def _tell(tx: Tx, setup: Setup, group: Group, telling: Telling, news: News, webhook: Webhook, now: datetime) -> None:
    """An errand for one webhook, unless it does not want to hear of this."""
    alerts = saying.heard(webhook, [entry.alert() for entry in (*telling.firing, *telling.resolved)], now)
    if alerts:
        told = saying.said(
            group.key, group.route.receiver, group.labels, alerts, news.reason,
            external_url=setup.public_url, max_alerts=webhook.max_alerts, now=now,
        )  # fmt: skip
        tx.outbox.add(saying.errand(told, news.way, first=severity.of_alerts(alerts) <= Severity.SEV2))
