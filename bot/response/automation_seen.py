"""Somebody looks at automation: how the switch stands, what is in flight, and how far each runbook may go by itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.model.actor import Actor
from bot.model.automation import Autonomy, InFlight, Limits, Pause, RunbookRecord, Trust
from bot.model.setup import Setup
from bot.ports.store import Tx
from bot.response.world import World
from bot.rights import Act, require
from bot.runbooks import autonomy, limits, machine


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenTrust:
    """One runbook in one environment. `offer` is what its recoveries have earned, for a person; empty: nothing yet.

    Where what was given holds no more, because the runbook does something else by now, it says that.
    """

    record: RunbookRecord
    autonomy: Autonomy
    ceiling: Autonomy
    trust: Trust | None
    offered: Autonomy | None
    offer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenAutomation:
    """`frozen` names the time interval in which nothing is changed now; empty: none."""

    pause: Pause
    in_flight: Sequence[InFlight]
    frozen: str
    limits: Limits
    runbooks: Sequence[SeenTrust]


async def seen(world: World, actor: Actor) -> SeenAutomation:
    """All of it, as it stands now."""
    now = world.clock.now()
    require(actor, Act.LOOK, "automation", now)
    return await world.store.read(lambda tx: _seen(tx, world.setup, now))


async def switch(world: World, actor: Actor) -> Pause:
    """The switch alone: every page says so while it is thrown."""
    require(actor, Act.LOOK, "automation", world.clock.now())
    return await world.store.read(lambda tx: tx.automation.pause())


def _seen(tx: Tx, setup: Setup, now: datetime) -> SeenAutomation:
    return SeenAutomation(
        pause=tx.automation.pause(),
        in_flight=(*tx.automation.in_flight(), *_unseen(tx, now)),
        frozen=limits.frozen(setup.automation.limits.freeze, setup.time_intervals, now),
        limits=setup.automation.limits,
        runbooks=_trusts(tx, setup),
    )


def _unseen(tx: Tx, now: datetime) -> Iterator[InFlight]:
    """Changes whose end nobody saw, as long as they may still be under way."""
    for run in tx.runs.under_way():
        for step, plan, since in machine.unseen(run, tx.runs.journal(run.id), now) if run.changed_at else ():
            summary = f"{plan.summary}; nobody saw its end, and it may still be under way"
            yield InFlight(run=run.id, runbook=run.runbook.name, step=step.id, summary=summary, since=since)


def _trusts(tx: Tx, setup: Setup) -> Sequence[SeenTrust]:
    """Every runbook that is set up, once for each environment in which it ran or was trusted."""
    does = {name: autonomy.doing(runbook) for name, runbook in setup.runbooks.items()}
    records = {(one.runbook, one.environment): one for one in tx.automation.records(does)}
    trusts = {(one.runbook, one.environment): one for one in tx.automation.trusts()}
    known = {*records, *trusts}
    unused = {(name, "") for name in setup.runbooks if name not in {runbook for runbook, _ in known}}
    wanted = sorted((runbook, environment) for runbook, environment in known | unused if runbook in setup.runbooks)
    return [
        _trust(setup, records.get(key) or RunbookRecord(runbook=key[0], environment=key[1]), trusts.get(key))
        for key in wanted
    ]


def _trust(setup: Setup, record: RunbookRecord, trust: Trust | None) -> SeenTrust:
    holds = autonomy.held(trust, setup.runbooks[record.runbook])
    further = autonomy.offered(setup.automation, record, holds)
    return SeenTrust(
        record=record,
        autonomy=autonomy.level(setup.automation, record.runbook, record.environment, holds),
        ceiling=autonomy.ceiling(setup.automation, record.runbook, record.environment),
        trust=trust,
        offered=further,
        offer=" ".join(filter(None, (_lapsed(trust, holds), autonomy.why_offered(record, further) if further else ""))),
    )


def _lapsed(trust: Trust | None, holds: Trust | None) -> str:
    if trust is None or holds is not None:
        return ""
    return f"{trust.by} gave it {trust.autonomy}, and it does something else since: that holds no more."
