"""Which runbooks fit an alert, a change of an incident or a post of others, and which of them start by themselves."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import jmespath
from jmespath.exceptions import JMESPathError

from bot.model.alert import Alert
from bot.model.ids import Fingerprint
from bot.model.incident import Incident
from bot.model.runbook import HookTrigger, IncidentTrigger, Runbook
from bot.runbooks.telling import named

SCHEME = "tocsin:"
"""`runbook_url: tocsin:NAME` on a rule names one of our runbooks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """A runbook that fits, whether it starts by itself, and why it fits. `inputs` are those that its trigger fills."""

    runbook: Runbook
    auto: bool
    why: str
    inputs: Mapping[str, str] = field(default_factory=dict)


def fitting(runbooks: Iterable[Runbook], alert: Alert, of_service: Collection[str] = ()) -> tuple[Fit, ...]:
    """The runbooks for this alert, those that start by themselves first, then by name.

    `of_service`: the names of those that its service has for whatever happens to it.
    """
    wanted = _named_by(alert)
    fits = [fit for runbook in runbooks if (fit := _fit(runbook, alert, wanted, of_service)) is not None]
    return tuple(sorted(fits, key=lambda fit: (not fit.auto, fit.runbook.name)))


def meant(runbook: Runbook, alerts: Sequence[Alert], firing: Collection[Fingerprint]) -> Alert | None:
    """Which of an incident's alerts a run of this runbook is for: one that it fits, if it can be one that fires."""

    def distance(alert: Alert) -> tuple[bool, bool]:
        return _fit(runbook, alert, _named_by(alert), ()) is None, alert.fingerprint not in firing

    return min(alerts, key=distance, default=None)


def _named_by(alert: Alert) -> str:
    """The runbook that its rule names; nothing where it names none of ours."""
    url = alert.annotations.get("runbook_url", "")
    return url.removeprefix(SCHEME) if url.startswith(SCHEME) else ""


def _fit(runbook: Runbook, alert: Alert, wanted: str, of_service: Collection[str]) -> Fit | None:
    hits = [trigger for trigger in runbook.triggers if all(one.matches(alert.labels) for one in trigger.matchers)]
    if hits:
        auto = any(trigger.auto is not None for trigger in hits)
        first = next((trigger for trigger in hits if trigger.auto is not None), hits[0])
        conditions = ", ".join(str(matcher) for matcher in first.matchers)
        return Fit(runbook=runbook, auto=auto, why=f"its trigger matches {conditions}")
    if runbook.name == wanted:
        return Fit(runbook=runbook, auto=False, why="the rule names it in runbook_url")
    if runbook.name in of_service:
        return Fit(runbook=runbook, auto=False, why="the service has it in its list")
    return None


def begun_by_change(runbooks: Iterable[Runbook], before: Incident | None, after: Incident) -> Iterator[Fit]:
    """The runbooks with a trigger that fits the incident now, and did not before. One that was merged is not it."""
    for runbook in runbooks if after.merged_into is None else ():
        for trigger in runbook.incident_triggers:
            if _fits(trigger, after) and not (before is not None and _fits(trigger, before)):
                yield Fit(runbook=runbook, auto=True, why=f"its trigger names {named(trigger)}")
                break


def begun_by_post(runbooks: Iterable[Runbook], integration: str, body: object) -> Iterator[Fit]:
    """The runbooks that a post of this integration begins, with what they find in its body."""
    for runbook in runbooks:
        for trigger in runbook.hook_triggers:
            if trigger.integration == integration and _is_true(trigger, body):
                inputs = {name: _found(expression, body) for name, expression in trigger.inputs.items()}
                why = f"its trigger fits what {integration} posted"
                yield Fit(runbook=runbook, auto=True, why=why, inputs={key: one for key, one in inputs.items() if one})
                break


def _fits(trigger: IncidentTrigger, incident: Incident) -> bool:
    wanted = (
        (trigger.statuses, incident.status),
        (trigger.severities, incident.severity),
        (trigger.services, incident.service),
    )
    return all(not names or str(value) in names for names, value in wanted)


def _is_true(trigger: HookTrigger, body: object) -> bool:
    return not trigger.when or bool(_search(trigger.when, body))


def _found(expression: str, body: object) -> str:
    """What it finds as a text; nothing where that is no single value."""
    value = _search(expression, body)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.15g}"
    return str(value) if isinstance(value, str | int) else ""


def _search(expression: str, body: object) -> object:
    """What an expression finds in a body; one that cannot be computed over it finds nothing."""
    try:
        found: object = jmespath.search(expression, body)
    except (JMESPathError, RecursionError, TypeError, ValueError, ArithmeticError):
        return None
    return found
