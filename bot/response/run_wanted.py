"""A runbook is to run, or to be rehearsed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.errors import Conflict, NotFound
from bot.model.actor import Actor
from bot.model.alert import Alert
from bot.model.ids import IncidentId
from bot.model.incident import Incident
from bot.model.labels import LabelSet
from bot.model.plan import Rehearsal
from bot.model.rule import AlertRule
from bot.model.run import RunbookRun
from bot.model.runbook import Runbook
from bot.model.setup import Setup
from bot.model.timeline import EntryKind
from bot.ports.store import Tx
from bot.response import rehearsed, run_family, told
from bot.response.record import record
from bot.response.world import World
from bot.rights import Act, require
from bot.runbooks import beginning, matching
from bot.runbooks.inputs import are_told, resolve

_LOOKED_AT = 200
"""Alerts of an incident, as many as are kept of one telling."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Above:
    """The run, and its step, that begin another run."""

    run: RunbookRun
    step: str


async def start(
    world: World,
    actor: Actor,
    runbook_name: str,
    *,
    incident_id: IncidentId | None = None,
    inputs: Mapping[str, str] | None = None,
    once: str = "",
) -> RunbookRun:
    """Begins a run; NotAllowed when an input is missing. It goes on by itself.

    `once` is the id of a button: however often it is clicked it begins one run, and Conflict says that it did.
    """
    now = world.clock.now()
    require(actor, Act.START_RUN, runbook_name, now)
    runbook = _named(world.setup, runbook_name)

    def keep(tx: Tx) -> RunbookRun:
        if once:
            _mark(tx, once, now)
        incident, alert = _behind(tx, actor, runbook, incident_id)
        why = f"started by {actor.name}"
        return begin(
            tx, world.setup, actor, runbook, incident=incident, alert=alert, given=inputs or {}, why=why, now=now
        )

    begun = await world.store.write(keep)
    world.nudge()
    return begun


def _mark(tx: Tx, once: str, now: datetime) -> None:
    if tx.marks.at(f"run {once}") is not None:
        raise Conflict("this run was begun already", hint="click *Rehearse* again to begin another one")
    tx.marks.put(f"run {once}", now)


def begin(
    tx: Tx,
    setup: Setup,
    actor: Actor,
    runbook: Runbook,
    *,
    incident: Incident | None,
    alert: Alert | None,
    given: Mapping[str, str],
    why: str,
    now: datetime,
    above: Above | None = None,
    trigger: str = "",
) -> RunbookRun:
    """The same, inside a transaction the caller holds; `above`: a step of another run wants it.

    `trigger` says what began it, where that is neither a person nor an alert.
    """
    require(actor, Act.START_RUN, runbook.name, now)
    found = setup.rule(alert.rule) if alert is not None else None
    rule = found[1] if found is not None else None
    run = RunbookRun(
        id=tx.runs.next_id(),
        runbook=runbook,
        incident=incident.id if incident is not None else None,
        inputs=resolve(runbook, given, alert, incident),
        started_at=now,
        started_by=actor,
        source=alert.source if alert is not None else "",
        rule=alert.rule if alert is not None else "",
        signal_expr=rule.expr if rule is not None else "",
        signal_labels=_series_labels(rule, alert),
        wake_at=now,
        trigger=trigger or actor.via or beginning.OF_ALERT,
    )
    placed = beginning.placed(run, setup.automation, incident, alert)
    run = _settled(tx, setup, actor, placed, above, of_alert=are_told(runbook, run.inputs, alert, incident))
    record(tx, actor, Act.START_RUN, run.id, now, runbook=runbook.name, hash=runbook.hash)
    tx.runs.create(run)
    told.say(tx, actor, run, EntryKind.RUNBOOK, f"run {run.id} of runbook {runbook.name} begins", now, why=why)
    return run


def _settled(tx: Tx, setup: Setup, actor: Actor, run: RunbookRun, above: Above | None, *, of_alert: bool) -> RunbookRun:
    """The run with what it may do by itself; NotAllowed where it would have to queue up, and nobody wants it to.

    `of_alert`: its inputs are what the alert says. What it does not say may lie in another environment than it does.
    """
    if above is not None:
        first = run_family.first(tx, actor, above.run)
        has = run_family.trusted_alone(tx, setup, actor, run, first)
        return beginning.below(replace(run, autonomy=has), above.run, above.step)
    if run.lock and not beginning.by_hand(run):
        beginning.one_at_a_time(run, tx.runs.under_way(lock=run.lock))
    places = (run.environment,) if of_alert else (run.environment, "")
    has_there = [run_family.trusted_alone(tx, setup, actor, replace(run, environment=one), run) for one in places]
    return replace(run, autonomy=beginning.least(*has_there))


async def rehearse(
    world: World,
    actor: Actor,
    runbook_name: str,
    *,
    incident_id: IncidentId | None = None,
    inputs: Mapping[str, str] | None = None,
) -> Rehearsal:
    """What each step would do, with zero writes."""
    now = world.clock.now()
    require(actor, Act.REHEARSE, runbook_name, now)
    runbook = _named(world.setup, runbook_name)
    incident, alert = await world.store.read(lambda tx: _behind(tx, actor, runbook, incident_id))
    values = resolve(runbook, inputs or {}, alert, incident)
    source = alert.source if alert else ""
    return await rehearsed.rehearse(world, actor, runbook, values, source=source, incident=incident_id)


def _series_labels(rule: AlertRule | None, alert: Alert | None) -> LabelSet:
    if alert is None:
        return LabelSet()
    if rule is None:
        return alert.labels
    added = {"alertname", *rule.labels}
    return LabelSet({name: value for name, value in alert.labels.items() if name not in added})


def _named(setup: Setup, name: str) -> Runbook:
    try:
        return setup.runbooks[name]
    except KeyError:
        known = ", ".join(sorted(setup.runbooks)) or "none are set up"
        raise NotFound(f"no runbook is called {name!r}", hint=f"there are: {known}") from None


def _behind(
    tx: Tx, actor: Actor, runbook: Runbook, incident_id: IncidentId | None
) -> tuple[Incident | None, Alert | None]:
    if incident_id is None:
        return None, None
    incident = tx.incidents.get(incident_id)
    return incident, alert_for(tx, actor, runbook, incident)


def alert_for(tx: Tx, actor: Actor, runbook: Runbook, incident: Incident) -> Alert | None:
    """The alert that a run of this runbook for the incident is for: what it says fills inputs, and has to recover."""
    require(actor, Act.LOOK, incident.id, incident.opened_at)
    return matching.meant(runbook, _alerts(tx, incident), frozenset(incident.firing))


def alert_of(tx: Tx, actor: Actor, run: RunbookRun, incident: Incident) -> Alert | None:
    """The alert that this run is for; None: for none that the incident has."""
    require(actor, Act.LOOK, incident.id, incident.opened_at)
    for alert in _alerts(tx, incident) if run.source else ():
        has = (alert.source, alert.rule) == (run.source, run.rule)
        if has and all(alert.labels.get(name) == value for name, value in run.signal_labels.items()):
            return alert
    return None


def _alerts(tx: Tx, incident: Incident) -> Sequence[Alert]:
    """The oldest that it had, and the oldest of those that fire: in a storm others are looked into."""
    looked_at = dict.fromkeys((*incident.alerts[:_LOOKED_AT], *incident.firing[:_LOOKED_AT]))
    return [alert for fingerprint in looked_at if (alert := tx.alerts.get(fingerprint)) is not None]
