"""A rule group's slot has come: evaluate it, keep its state, and take in what it found, all in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from bot.alerts.wire import Received
from bot.model.actor import Actor
from bot.model.alert import Alert
from bot.model.labels import LabelSet
from bot.model.rule import GroupStatus, Recordings, RuleGroup
from bot.ports.store import Tx
from bot.response import alerts_taken, source_seen
from bot.response.world import World
from bot.rights import Act, require
from bot.rules import evaluator, recording

LEASE = "rules"
"""The lease whose holder evaluates; its epoch fences every evaluation."""


async def rule_due(
    world: World,
    actor: Actor,
    group: RuleGroup,
    before: GroupStatus | None,
    *,
    slot: datetime,
    epoch: int,
    written: evaluator.Written | None = None,
) -> evaluator.Evaluation:
    """What this slot showed, once it is kept. Fenced when another process evaluates by now; Conflict: it has.

    `written` is what the last evaluation of this process wrote; None: `ALERTS` are not to be written yet.
    """
    began = world.clock.now()
    require(actor, Act.EVALUATE_RULES, group.key, began)
    made = await evaluator.evaluate(
        group, before, world.sources[group.source], slot, began, writing=_writing(world, group, written),
        outside=evaluator.Outside(labels=group.external_labels, url=group.external_url),
        resend_delay=group.resend_delay,
    )  # fmt: skip
    now = world.clock.now()
    evaluation = replace(made, status=replace(made.status, took=now - began))

    def keep(tx: Tx) -> None:
        tx.leases.check(LEASE, epoch)
        tx.rules.save(evaluation.status)
        # first what can be seen again: the last alert that is over closes the story
        source_seen.compare(tx, actor, group, before, evaluation.status, now)

    found = [Received.of(_endless(alert, now)) for alert in evaluation.alerts]
    await alerts_taken.take(world, actor, found, also=keep)
    if evaluation.alerts:
        tell(world, actor, group, evaluation.alerts)
    return evaluation


async def kept_since(world: World, actor: Actor, group: RuleGroup, slot: datetime) -> GroupStatus | None:
    """What was kept of this slot, or of a later one; None: nothing was.

    For whoever was told that the store is away: the evaluation may have been committed all the same, and the alerts
    of a state that is not known here would never be over.
    """
    require(actor, Act.EVALUATE_RULES, group.key, world.clock.now())
    statuses = await world.store.read(lambda tx: tx.rules.statuses())
    return next((one for one in statuses if one.key == group.key and one.slot >= slot), None)


def tell(world: World, actor: Actor, group: RuleGroup, alerts: Sequence[Alert]) -> None:
    """Alertmanagers hear what our own incidents heard, once it is kept."""
    require(actor, Act.EVALUATE_RULES, group.key, world.clock.now())
    labelled = [replace(alert, labels=LabelSet({**group.external_labels, **alert.labels})) for alert in alerts]
    for name in group.alertmanagers:
        if name in world.alertmanagers:
            world.alertmanagers[name].tell(labelled)


async def end_series(
    world: World, actor: Actor, group: RuleGroup, written: evaluator.Written, gone_at: datetime
) -> None:
    """Marks all that a group wrote as over when it went. Raises IntegrationError; nothing where it may not write."""
    require(actor, Act.EVALUATE_RULES, group.key, world.clock.now())
    recorder = world.recorders.get(group.source)
    if recorder is not None:
        series = [labels for labels_of_one in written.values() for labels in labels_of_one]
        await recorder.record(recording.ended(series, (), recording.to_the_millisecond(gone_at)))


def _writing(world: World, group: RuleGroup, written: evaluator.Written | None) -> evaluator.Writing | None:
    recorder = world.recorders.get(group.source)
    if group.recordings is not Recordings.WRITE or recorder is None:
        return None
    return evaluator.Writing(recorder=recorder, before=written or {}, alerts=written is not None)


def _endless(alert: Alert, now: datetime) -> Alert:
    """A firing alert of our own rules ends when its rule says so, never because a stored end has passed."""
    return alert if alert.ends_at is not None and alert.ends_at <= now else replace(alert, ends_at=None)
