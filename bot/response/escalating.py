"""An incident changed, or time has passed: whoever is next is paged, until somebody has it.

Where the escalation stands, its pages and the errands that send them are one transaction with what led to them: after
a crash nobody is forgotten, and nobody is paged who need not be. A mistake of ours undoes no change of an incident: its
escalation is due at once, and whoever looks after what is due (`escalations_due`) tells of it and wakes others instead.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bot.incidents import escalation, falling_back, oncall, paging
from bot.incidents.escalation import BY_HAND, Around, Step
from bot.model.actor import TOCSIN, Actor
from bot.model.escalation import Escalation, EscalationPolicy
from bot.model.ids import IncidentId
from bot.model.incident import Incident, IncidentStatus
from bot.model.page import Page, PageStatus
from bot.model.setup import Setup
from bot.ports.store import Tx
from bot.response import page_wanted, pages_held
from bot.rights import Act, require


def follow(tx: Tx, setup: Setup, actor: Actor, before: Incident | None, after: Incident, now: datetime) -> None:
    """Begins, hastens or ends what the change calls for. `before` None: the incident is new."""
    if tx.mistake_in(lambda: _follow(tx, setup, actor, before, after, now)):
        _look_at_once(tx, setup, after, now)


def settle(tx: Tx, setup: Setup, actor: Actor, incident: Incident, now: datetime) -> None:
    """Does what is due for this incident by now, by what the documents say now. Raises whatever its policy meets."""
    require(TOCSIN, Act.PAGE, incident.id, now)
    standing, named = tx.escalations.get(incident.id), escalation.named_for(setup, incident)
    if incident.status is not IncidentStatus.TRIGGERED:
        _end(tx, setup, standing, _why_over(incident, actor), now)
    elif not named:
        _end(tx, setup, standing, f"no escalation is for {incident.severity} here", now)
    elif standing is None or escalation.is_wanted(named, incident, standing):
        _go(tx, setup, incident, escalation.due_now(named, incident, None, now), now, begins=True)
    else:
        _go(tx, setup, incident, standing, now, begins=False)


def hurry(tx: Tx, setup: Setup, actor: Actor, failed: Page, now: datetime) -> None:
    """A page failed for good: where it was the last hope of its level, the next one is paged at once."""
    incident = tx.incidents.get(failed.incident)
    if tx.mistake_in(lambda: _hurry(tx, setup, actor, incident, failed, now)):
        _look_at_once(tx, setup, incident, now)


def fall_back(tx: Tx, setup: Setup, actor: Actor, incident: Incident, mistake: Exception, now: datetime) -> bool:
    """Its policy met this mistake: a wider one begins at once, unless there is none, or somebody has the incident."""
    require(actor, Act.PAGE, incident.id, now)
    named = escalation.named_for(setup, incident)
    if incident.status is not IncidentStatus.TRIGGERED or not named:
        return False
    standing = escalation.due_now(named, incident, tx.escalations.get(incident.id), now)
    return _fall_back(tx, setup, standing, f"Tocsin met a mistake of its own, {type(mistake).__name__}", now)


def on_duty(tx: Tx, setup: Setup, actor: Actor, name: str, now: datetime) -> tuple[str, ...]:
    """Who is on call now in the schedule of this name; nobody: ()."""
    require(actor, Act.LOOK, name, now)
    schedule = setup.schedules.get(name)
    return oncall.people(schedule, tx.overrides.after(now), now) if schedule is not None else ()


def _matter(incident: Incident) -> tuple[object, ...]:
    """What escalations go by."""
    return incident.status, incident.severity, incident.service, incident.reopened


def _follow(tx: Tx, setup: Setup, actor: Actor, before: Incident | None, after: Incident, now: datetime) -> None:
    if before is None or _matter(before) != _matter(after):
        settle(tx, setup, actor, after, now)
    if before is not None and after.severity < before.severity and setup.bundle_pages:
        pages_held.look_again(tx, setup, TOCSIN, after, now)


def _hurry(tx: Tx, setup: Setup, actor: Actor, incident: Incident, failed: Page, now: datetime) -> None:
    standing = tx.escalations.get(incident.id)
    if standing is not None:
        hurried = escalation.hurried(standing, failed, tx.pages.of_incident(incident.id), now)
        tx.escalations.put(hurried)
        if hurried != standing:
            settle(tx, setup, actor, incident, now)


def _look_at_once(tx: Tx, setup: Setup, incident: Incident, now: datetime) -> None:
    """Whoever looks after what is due meets the mistake by itself, tells of it, and wakes others instead."""
    named = escalation.named_for(setup, incident)
    tx.escalations.put(escalation.due_now(named, incident, tx.escalations.get(incident.id), now))


def _fall_back(tx: Tx, setup: Setup, standing: Escalation, why: str, now: datetime) -> bool:
    wider = falling_back.wider(setup, standing.policy)
    if wider:
        tx.escalations.put(escalation.instead(standing, wider, now))
        tx.incidents.tell(paging.not_followed(standing, why, wider, now))
    return bool(wider)


def _go(tx: Tx, setup: Setup, incident: Incident, standing: Escalation, now: datetime, *, begins: bool) -> None:
    policy = falling_back.policy(setup, standing.policy)
    if policy is None:
        _fall_back(tx, setup, standing, "it is not in tocsin.yaml", now)
        return
    opens = escalation.opening(policy, setup.time_intervals, incident.severity)
    standing = escalation.begin(policy, incident, opens, now) if begins else standing
    _step(tx, setup, policy, escalation.regraded(standing, opens, now), opens, now)


def _step(
    tx: Tx, setup: Setup, policy: EscalationPolicy, standing: Escalation, opens: escalation.Opens, now: datetime
) -> None:
    # at its begin it has no pages: that those of others cannot be read keeps nobody from being woken
    pages = tx.pages.of_incident(standing.incident) if standing.level or standing.round else ()
    around = Around(
        on_duty=lambda name: on_duty(tx, setup, TOCSIN, name, now),
        opens=opens,
        reachable=frozenset(person.name for person in setup.people.values() if person.contacts),
        wider=falling_back.wider(setup, policy.name),
        paged=escalation.rounds_paged(standing, pages),
    )
    reached = escalation.reached_in_round(standing, pages)
    for step in escalation.due(policy, standing, around, reached=reached, now=now):
        _make(tx, setup, standing.incident, step, now)
        standing = step.after
    tx.escalations.put(standing)


def _make(tx: Tx, setup: Setup, incident: IncidentId, step: Step, now: datetime) -> None:
    for entry in paging.stepped(incident, step, now):
        tx.incidents.tell(entry)
    for person in step.people:
        page_wanted.add(
            tx, setup, TOCSIN, incident, person, now,
            level=step.level, round=step.round, since=step.after.started_at,
        )  # fmt: skip


def _why_over(incident: Incident, actor: Actor) -> str:
    """Who did it, or who has it since somebody else gave it to them."""
    has = incident.acknowledged_by
    return f"{has} has it" if incident.is_open and has != actor.name else f"{incident.status} by {actor.name}"


def _end(tx: Tx, setup: Setup, standing: Escalation | None, why: str, now: datetime) -> None:
    if standing is not None:
        tx.escalations.put(escalation.over(standing, why))
        _let_go(tx, setup, standing.incident, why, now)


def _let_go(tx: Tx, setup: Setup, incident: IncidentId, why: str, now: datetime) -> None:
    for page in tx.pages.of_incident(incident):
        if page.status in (PageStatus.WAITING, PageStatus.HELD) and page.level != BY_HAND:
            drop(tx, TOCSIN, page, why, now)
        if page.left_at is not None:
            pages_held.let_go(tx, setup, TOCSIN, page, now)


def drop(tx: Tx, actor: Actor, page: Page, why: str, now: datetime) -> None:
    """A page need not leave any more."""
    require(actor, Act.PAGE, page.id, now)
    tx.pages.put(replace(page, status=PageStatus.NOT_NEEDED, ended_at=now))
    tx.incidents.tell(paging.not_needed(page, why, now))
