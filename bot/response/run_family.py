"""Runs that steps of other runs began count as one with them: to nest runbooks is no way around a limit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.model.actor import Actor
from bot.model.automation import Autonomy
from bot.model.run import JournalEntry, RunbookRun
from bot.model.setup import Setup
from bot.ports.store import Tx
from bot.rights import Act, require
from bot.runbooks import beginning, limits
from bot.runbooks.beginning import NESTING
from bot.runbooks.journal import autonomy_of, each_step


def touched(tx: Tx, actor: Actor, run: RunbookRun, journal: Sequence[JournalEntry]) -> frozenset[str]:
    """The targets of all changes that the run has begun, and those that stand above, below and beside it."""
    require(actor, Act.CARRY_RUN, run.id, run.started_at)
    own = limits.touched(run, journal)
    others = (one for one in _below(tx, first(tx, actor, run)) if one.id != run.id)
    return own.union(*(limits.touched(one, tx.runs.journal(one.id)) for one in others))


def first(tx: Tx, actor: Actor, run: RunbookRun) -> RunbookRun:
    """The run that all of it began with: the one at the top."""
    return [run, *above(tx, actor, run)][-1]


def above(tx: Tx, actor: Actor, run: RunbookRun) -> Iterator[RunbookRun]:
    """The runs that wait for this one, the nearest first."""
    require(actor, Act.CARRY_RUN, run.id, run.started_at)
    while run.parent is not None:
        run = tx.runs.get(run.parent)
        yield run


def trusted(tx: Tx, setup: Setup, actor: Actor, run: RunbookRun) -> Autonomy:
    """How far the run may go by itself by now: no further than each that stands above it may."""
    require(actor, Act.CARRY_RUN, run.id, run.started_at)
    line = [run, *above(tx, actor, run)]
    now = [trusted_alone(tx, setup, actor, one, line[-1]) for one in line]
    return beginning.least(*now, *(autonomy_of(one, tx.runs.journal(one.id)) for one in line[1:]))


def trusted_alone(tx: Tx, setup: Setup, actor: Actor, run: RunbookRun, first: RunbookRun) -> Autonomy:
    """The same of its runbook and its environment alone; `first` is the run at the top."""
    require(actor, Act.START_RUN, run.runbook.name, run.started_at)
    return beginning.trusted(run, setup.automation, tx.automation.trust(run.runbook.name, run.environment), first)


def _below(tx: Tx, run: RunbookRun) -> Iterator[RunbookRun]:
    yield run
    for step in each_step(run.runbook):
        if step.uses == NESTING:
            for child in tx.runs.children(run.id, step.id):
                yield from _below(tx, child)
