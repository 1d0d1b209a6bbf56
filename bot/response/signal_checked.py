"""Before a run ends the rule's own expression is asked whether the signal has recovered.

After a change that is looked at all the time; where people act, and the run has only looked, now and then.
An expression that returns the alert no more says that it is well again only where something is still told of it.
An alert that others sent has no expression here: it is over when they say so. A saved search runs when it is due and
not in between: its first run after the change says so.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import inf

from bot.errors import IntegrationError
from bot.model.actor import Actor
from bot.model.incident import SignalState
from bot.model.labels import LabelSet
from bot.model.rule import RuleState, RuleStatus
from bot.model.run import JournalKind, RunbookRun, RunStatus
from bot.model.sample import Sample
from bot.model.timeline import EntryKind
from bot.ports.metrics import MetricSource
from bot.ports.store import Tx
from bot.response import told
from bot.response.carried import Carried
from bot.response.world import World
from bot.rights import Act, require
from bot.rules.traces import traces
from bot.runbooks import machine, moves, verdict
from bot.runbooks.signal import still_there

_EVERY_S = 2.0
_LOOKS = 120
"""So often a signal is looked at, at most, while people act."""
_PAUSE = timedelta(seconds=1)
_WORDS = {
    SignalState.CLEAR: "the original signal has recovered",
    SignalState.FIRING: "the original signal has not recovered",
    SignalState.UNKNOWN: "whether the original signal has recovered could not be seen",
}
_BEFORE = "the original signal had recovered before anything was changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """What the signal looks like, and how that is known. `gone`: nothing is told any more of what it was about."""

    state: SignalState
    why: str
    gone: bool = False


async def look(world: World, actor: Actor, carried: Carried, move: moves.Check | moves.Watch) -> RunbookRun | None:
    """The run as it rests until it looks again, or None where what was seen is written down."""
    require(actor, Act.CARRY_RUN, carried.run.id, world.clock.now())
    if isinstance(move, moves.Watch):
        return await _watch(world, actor, carried, move)
    await _check(world, actor, carried, move)
    return None


async def _check(world: World, actor: Actor, carried: Carried, move: moves.Check) -> None:
    """Looks until the signal is clear or the time is over, and writes down what was seen last."""
    seen = await _look(world, carried)
    while seen.state is not SignalState.CLEAR and world.clock.now() < move.until:
        await asyncio.sleep(_EVERY_S)
        seen = await _look(world, carried)
    await _keep(world, actor, carried, seen)


async def _watch(world: World, actor: Actor, carried: Carried, move: moves.Watch) -> RunbookRun | None:
    """Looks once, and rests until the next look."""
    seen = await _look(world, carried)
    run, now = carried.run, world.clock.now()
    if seen.state is SignalState.CLEAR or now >= move.until:
        await _keep(world, actor, carried, seen)
        return None
    pause = max(_PAUSE, run.runbook.watch / _LOOKS)
    resting = replace(run, status=RunStatus.WAITING, wake_at=min(now + pause, move.until))

    def rest(tx: Tx) -> RunbookRun | None:
        """Decides again: somebody may want something else of it by now."""
        if not isinstance(machine.next_move(run, tx.runs.journal(run.id), now), moves.Watch):
            return None
        tx.runs.release(resting, epoch=run.epoch)
        return resting

    return await world.store.write(rest)


async def _keep(world: World, actor: Actor, carried: Carried, seen: _Seen) -> None:
    run, now = carried.run, world.clock.now()
    before = seen.state is SignalState.CLEAR and _was_over_before(world, carried)
    text = _BEFORE if before else _WORDS[seen.state]

    def keep(tx: Tx) -> None:
        data = {"signal": str(seen.state), "text": text, "gone": seen.gone, "before": before}
        told.note(tx, actor, run, JournalKind.CHECKED, now, data=data)
        told.say(tx, actor, run, EntryKind.SIGNAL, text, now, why=seen.why)

    await world.store.write(keep)


def _was_over_before(world: World, carried: Carried) -> bool:
    """Whether the alert was over when the first change began, as while people were asked: the run did not do it."""
    began, ends = machine.first_change(carried.run, carried.journal), _ends(world, carried.run)
    return began is not None and bool(ends) and max(ends) < began.timestamp()


def _ends(world: World, run: RunbookRun) -> Sequence[float]:
    """When the alert ended, in seconds since 1970; infinite: it fires. Of a rule of ours there may be several."""
    found = world.setup.rule(run.rule)
    named = world.alerts.table.named(found[1].name if found is not None else run.signal_labels.get("alertname", ""))
    labels = [(one.label_set(), one.ends_at if one.over else inf) for one in named]
    return [end for own, end in labels if still_there([Sample(labels=own, value=0.0)], run.signal_labels)]


async def _look(world: World, carried: Carried) -> _Seen:
    run = carried.run
    if not run.signal_expr:
        return _told_by_others(world, run)
    if run.source in world.searches:
        return await _searched(world, carried)
    seen = await _asked(world, run)
    if seen.gone and verdict.met(run, carried.journal):
        return _Seen(state=SignalState.CLEAR, why=f"{seen.why}; the runbook itself saw that it helped")
    return seen


async def _searched(world: World, carried: Carried) -> _Seen:
    """What the search's own last run came to, where it was due after all that this run did."""
    run, found = carried.run, world.setup.rule(carried.run.rule)
    if found is None:
        return _Seen(state=SignalState.UNKNOWN, why=f"{run.rule} is no longer set up")
    status = await world.store.read(lambda tx: tx.rules.status(found[0].key))
    since = machine.last_change(run, carried.journal) or machine.last_end(carried.journal) or run.started_at
    if status is None or status.slot <= since:
        return _Seen(state=SignalState.UNKNOWN, why=f"{found[1].name} has not been searched for since")
    return _of_search(status.rules[0], run, f"its run of {status.slot:%H:%M:%S} UTC")


def _of_search(rule: RuleStatus, run: RunbookRun, which: str) -> _Seen:
    if rule.unknown_since is not None:
        return _Seen(state=SignalState.UNKNOWN, why=f"{which} failed: {rule.last_error}")
    firing = [Sample(labels=one.labels, value=one.value) for one in rule.alerts if one.state is RuleState.FIRING]
    if still_there(firing, run.signal_labels):
        return _Seen(state=SignalState.FIRING, why=f"{which} still finds it")
    return _Seen(state=SignalState.CLEAR, why=f"{which} does not find it any more")


async def _asked(world: World, run: RunbookRun) -> _Seen:
    source = world.sources.get(run.source)
    if source is None:
        return _Seen(state=SignalState.UNKNOWN, why=f"source {run.source!r} is no longer set up")
    try:
        return await _returned(source, run, world.clock.now())
    except IntegrationError as error:
        return _Seen(state=SignalState.UNKNOWN, why=str(error))


async def _returned(source: MetricSource, run: RunbookRun, now: datetime) -> _Seen:
    """What the expression returns and, where that is nothing, whether there is still anything to return it for."""
    answer = await source.query(run.signal_expr, {}, now)
    if still_there(answer.samples, run.signal_labels):
        return _Seen(state=SignalState.FIRING, why=f"the rule's expression still returns it: {run.signal_expr}")
    if answer.warnings:
        return _Seen(state=SignalState.UNKNOWN, why=f"{run.source} answered in part: {answer.warnings[0]}")
    return await _told_of(source, run, now)


async def _told_of(source: MetricSource, run: RunbookRun, now: datetime) -> _Seen:
    for trace in traces(run.signal_expr, run.signal_labels):
        answer = await source.query(trace.expr, trace.variables, now)
        if still_there(answer.samples, run.signal_labels if trace.of_it else LabelSet()):
            return _Seen(
                state=SignalState.CLEAR, why=f"the rule's expression returns nothing for it: {run.signal_expr}"
            )
    why = f"{run.source} tells nothing more of what it was about: {dict(run.signal_labels) or run.signal_expr}"
    return _Seen(state=SignalState.UNKNOWN, why=why, gone=True)


def _told_by_others(world: World, run: RunbookRun) -> _Seen:
    entry, now = world.alerts.table.find(run.signal_labels.fingerprint), world.clock.now().timestamp()
    if entry is None:
        return _Seen(state=SignalState.UNKNOWN, why="the alert is not kept any more")
    if not entry.over and entry.firing(now):
        return _Seen(state=SignalState.FIRING, why=f"{entry.source} has not said that it is over")
    if entry.ran_out:
        return _Seen(state=SignalState.UNKNOWN, why=f"{entry.source} fell silent, and has not said that it is over")
    return _Seen(state=SignalState.CLEAR, why=f"{entry.source} says that it is over")
