"""What a run has from its beginning: where it is, what it locks, and how far it may go by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.errors import NotAllowed
from bot.model.actor import Actor, ActorKind, Person, person
from bot.model.alert import Alert
from bot.model.automation import AUTONOMIES, Automation, Autonomy, Trust
from bot.model.incident import Incident
from bot.model.run import RunbookRun
from bot.runbooks import autonomy
from bot.runbooks.templates import TemplateFailed, render

NESTING = "runbook.run"
"""The action that begins another run."""
OF_INCIDENT = "incident"
"""`RunbookRun.trigger` of a run that began by itself because an incident changed, whoever changed it."""
OF_ALERT = "alert"
"""The same of one that began because of an alert, whoever sent that."""


def placed(run: RunbookRun, automation: Automation, incident: Incident | None, alert: Alert | None) -> RunbookRun:
    """The run with what it does, its service, its environment and its lock; NotAllowed when its lock cannot be told.

    It keeps the runbook as it is now, without the tests, which no run needs.
    """
    return replace(
        run,
        runbook=replace(run.runbook, tests=()),
        does=autonomy.doing(run.runbook),
        service=incident.service if incident is not None else "",
        environment=alert.labels.get(automation.environment_label) or "" if alert is not None else "",
        lock=_lock(run),
    )


def wants(actor: Actor, alert: Alert | None, people: Mapping[str, Person]) -> Actor:
    """Who wants what begins by itself: whoever sent its alert with a token of their own may mean to; else `actor`."""
    sender = people.get(alert.sender) if alert is not None else None
    return person(sender, "api") if sender is not None and actor.kind is ActorKind.TOCSIN else actor


def by_hand(run: RunbookRun) -> bool:
    """Whether a person began it, as a run, and not by changing what begins it by itself."""
    return run.started_by.kind is ActorKind.PERSON and run.trigger not in (OF_ALERT, OF_INCIDENT)


def trusted(run: RunbookRun, automation: Automation, trust: Trust | None, first: RunbookRun) -> Autonomy:
    """What the run may do by itself. `first` is the run that all of it began with: itself, or the one at the top.

    Whoever gave the trust does not use it alone: what they want themselves asks somebody else.
    """
    holds = autonomy.held(trust, run.runbook)
    has = autonomy.effective(automation, run.runbook.name, run.environment, holds, by_hand=by_hand(first))
    gave_it = holds is not None and holds.by == _wanted_by(first)
    return least(has, Autonomy.SUGGEST) if gave_it and has is Autonomy.AUTO else has


def _wanted_by(run: RunbookRun) -> str:
    """The person who wanted it, and not just something that it began with: an alert may be sent by a program."""
    is_wanted = run.started_by.kind is ActorKind.PERSON and run.trigger != OF_ALERT
    return run.started_by.name if is_wanted else ""


def least(*levels: Autonomy) -> Autonomy:
    """The one that allows the least."""
    return min(levels, key=AUTONOMIES.index)


def below(run: RunbookRun, parent: RunbookRun, step: str) -> RunbookRun:
    """The run as one that a step of another one wants: for the same people and place, and no freer than that one."""
    return replace(
        run,
        trigger="runbook",
        started_by=parent.started_by,
        service=parent.service,
        environment=parent.environment,
        autonomy=least(run.autonomy, parent.autonomy),
        parent=parent.id,
        parent_step=step,
        depth=parent.depth + 1,
    )


def one_at_a_time(run: RunbookRun, under_way: Sequence[RunbookRun]) -> None:
    """NotAllowed where another run has the same lock: what begins by itself does not queue up behind it."""
    if under_way:
        raise NotAllowed(
            f"{under_way[0].id} of runbook {under_way[0].runbook.name} is under way for {run.lock!r}",
            hint="one run at a time: see `concurrency` of the runbook; begun by hand, it waits for its turn",
        )


def _lock(run: RunbookRun) -> str:
    try:
        return render(
            run.runbook.concurrency, {"inputs": dict(run.inputs), "incident": {"id": str(run.incident or "")}}
        )
    except TemplateFailed as error:
        raise NotAllowed(
            f"runbook {run.runbook.name} cannot start: its `concurrency` cannot be told: {error}", hint=error.hint
        ) from None
