"""Which runbooks fit an alert, and which of them start by themselves."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bot.model.alert import Alert
from bot.model.runbook import Runbook

SCHEME = "tocsin:"
"""`runbook_url: tocsin:NAME` on a rule names one of our runbooks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """A runbook that fits, whether it starts by itself, and why it fits."""

    runbook: Runbook
    auto: bool
    why: str


def fitting(runbooks: Iterable[Runbook], alert: Alert) -> tuple[Fit, ...]:
    """The runbooks for this alert, those that start by themselves first, then by name."""
    named = alert.annotations.get("runbook_url", "")
    wanted = named.removeprefix(SCHEME) if named.startswith(SCHEME) else ""
    fits = [fit for runbook in runbooks if (fit := _fit(runbook, alert, wanted)) is not None]
    return tuple(sorted(fits, key=lambda fit: (not fit.auto, fit.runbook.name)))


def _fit(runbook: Runbook, alert: Alert, wanted: str) -> Fit | None:
    hits = [trigger for trigger in runbook.triggers if all(one.matches(alert.labels) for one in trigger.matchers)]
    if hits:
        auto = any(trigger.auto is not None for trigger in hits)
        conditions = ", ".join(str(matcher) for matcher in hits[0].matchers)
        return Fit(runbook=runbook, auto=auto, why=f"its trigger matches {conditions}")
    if runbook.name == wanted:
        return Fit(runbook=runbook, auto=False, why="the rule names it in runbook_url")
    return None
