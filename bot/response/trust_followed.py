"""A run ended: what it makes of the trust in its runbook. A failure takes it away; recoveries earn an offer of more."""

from __future__ import annotations

from datetime import datetime

from bot.model.actor import Actor
from bot.model.automation import Autonomy, Trust
from bot.model.run import RunbookRun
from bot.model.setup import Setup
from bot.model.timeline import EntryKind
from bot.ports.store import Tx
from bot.response import told
from bot.response.record import record
from bot.rights import Act, require
from bot.runbooks import autonomy


def follow(tx: Tx, setup: Setup, actor: Actor, run: RunbookRun, now: datetime) -> None:
    """`run` as it ended, in the transaction in which it did."""
    require(actor, Act.TAKE_TRUST, run.runbook.name, now)
    if autonomy.has_failed(run):
        _lower(tx, setup, actor, run, now)
    elif autonomy.has_helped(run):
        _offer(tx, setup, actor, run, now)


def _lower(tx: Tx, setup: Setup, actor: Actor, run: RunbookRun, now: datetime) -> None:
    name, environment = run.runbook.name, run.environment
    trust = autonomy.held(tx.automation.trust(name, environment), run.runbook)
    had = autonomy.level(setup.automation, name, environment, trust)
    if not autonomy.is_more(had, Autonomy.SUGGEST):
        return
    why = f"{run.id} {run.status}, verdict {run.verdict or 'none'}"
    tx.automation.set_trust(
        Trust(
            runbook=name, environment=environment, autonomy=Autonomy.SUGGEST, since=now, by=actor.name, reason=why
        )
    )  # fmt: skip
    record(tx, actor, Act.TAKE_TRUST, name, now, environment=environment, had=had, has=Autonomy.SUGGEST, reason=why)
    text = f"{name} loses its autonomy: {had} becomes {Autonomy.SUGGEST}"
    told.say(tx, actor, run, EntryKind.RUNBOOK, text, now, why=f"{why}; an admin can give it back")


def _offer(tx: Tx, setup: Setup, actor: Actor, run: RunbookRun, now: datetime) -> None:
    """Only to the runbook as it is now: a run that began before it was rewritten earns it nothing."""
    runbook = setup.runbooks.get(run.runbook.name)
    if runbook is None or autonomy.doing(runbook) != run.does:
        return
    kept = tx.automation.record(runbook.name, run.environment, run.does)
    trust = autonomy.held(tx.automation.trust(runbook.name, run.environment), runbook)
    further = autonomy.just_earned(setup.automation, kept, trust)
    if further is not None:
        text = f"{runbook.name} has earned more autonomy: {further}"
        told.say(tx, actor, run, EntryKind.RUNBOOK, text, now, why=autonomy.why_offered(kept, further))
