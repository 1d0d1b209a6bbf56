"""Nouns inside JSON columns: actors, alerts in the log, rule states by hand; runbooks and plans by pydantic.

What is written today is read by the next version: a key that is missing takes the noun's default, one that is unknown
is passed over.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any

from pydantic import TypeAdapter

from bot.model.actor import Actor, ActorKind
from bot.model.alert import Alert
from bot.model.labels import LabelSet
from bot.model.plan import Plan
from bot.model.rule import RuleAlert, RuleState
from bot.model.runbook import Runbook
from bot.store.columns import micros, moment

Plain = Mapping[str, Any]  # parsed JSON: what is inside is known only once it is a noun again


def actor_json(actor: Actor) -> dict[str, object]:
    """An actor as JSON."""
    return {"kind": actor.kind, "name": actor.name, "via": actor.via, "roles": sorted(actor.roles)}


def actor_noun(data: Plain) -> Actor:
    """An actor from JSON."""
    return Actor(kind=ActorKind(data["kind"]), name=data["name"], via=data["via"], roles=frozenset(data["roles"]))


def alert_json(alert: Alert) -> dict[str, object]:
    """An alert as JSON."""
    return {
        "labels": dict(alert.labels),
        "annotations": dict(alert.annotations),
        "starts_at": micros(alert.starts_at),
        "ends_at": _micros(alert.ends_at),
        "generator_url": alert.generator_url,
        "source": alert.source,
        "rule": alert.rule,
        "value": alert.value,
    }


def alert_noun(data: Plain) -> Alert:
    """An alert from JSON."""
    return Alert(
        labels=LabelSet(data["labels"]),
        annotations=data["annotations"],
        starts_at=moment(data["starts_at"]),
        ends_at=_moment(data["ends_at"]),
        generator_url=data["generator_url"],
        source=data["source"],
        rule=data["rule"],
        value=data["value"],
    )


_RULE_ALERT_TIMES = ("fired_at", "resolved_at", "keep_firing_since", "last_sent_at")


def rule_alert_json(alert: RuleAlert) -> dict[str, object]:
    """One label set a rule found, as JSON; times that are not set are left out."""
    times = {name: micros(at) for name in _RULE_ALERT_TIMES if (at := getattr(alert, name)) is not None}
    return {
        "labels": dict(alert.labels),
        "annotations": dict(alert.annotations),
        "value": alert.value,
        "state": alert.state,
        "active_at": micros(alert.active_at),
        **times,
    }


def rule_alert_noun(data: Plain) -> RuleAlert:
    """One label set a rule found, from JSON."""
    return RuleAlert(
        labels=LabelSet(data["labels"]),
        annotations=data["annotations"],
        value=data["value"],
        state=RuleState(data["state"]),
        active_at=moment(data["active_at"]),
        **{name: moment(data[name]) for name in _RULE_ALERT_TIMES if name in data},
    )


def runbook_json(runbook: Runbook) -> dict[str, object]:
    """A runbook, whole, as JSON."""
    written: dict[str, object] = _runbooks().dump_python(runbook, mode="json")
    return written


def runbook_noun(data: Plain) -> Runbook:
    """A runbook, whole, from JSON."""
    return _runbooks().validate_python(data)


def plan_json(plan: Plan) -> dict[str, object]:
    """A plan, whole, as JSON."""
    written: dict[str, object] = _plans().dump_python(plan, mode="json")
    return written


def plan_noun(data: Plain) -> Plan:
    """A plan, whole, from JSON."""
    return _plans().validate_python(data)


@cache
def _runbooks() -> TypeAdapter[Runbook]:  # made when first needed: it takes a tenth of a second
    return TypeAdapter(Runbook)


@cache
def _plans() -> TypeAdapter[Plan]:
    return TypeAdapter(Plan)


def _micros(at: datetime | None) -> int | None:
    return None if at is None else micros(at)


def _moment(value: int | None) -> datetime | None:
    return None if value is None else moment(value)
