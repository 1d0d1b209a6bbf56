"""What a runbook says of itself, in words for people: what begins it, and what its steps can do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.model.runbook import RISKS, IncidentTrigger, Risk, Runbook, Step
from bot.ports.actions import ActionSpec
from bot.runbooks.scheduling import next_slot
from bot.runbooks.schema import UNDO


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldTrigger:
    """One trigger: `kind` is alert, incident, schedule or webhook; `begins`: by itself, or it is only offered.

    `next_at`: when a schedule begins it next.
    """

    kind: str
    text: str
    begins: bool = True
    next_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldStep:
    """A step and what it can do. `risk` is the gravest, `mildest` the mildest; None: nobody offers its action."""

    step: Step
    risk: Risk | None
    mildest: Risk | None
    help: str = ""

    @property
    def may_change(self) -> bool:
        """Whether it may change something."""
        return self.risk is not Risk.READ


def triggers(runbook: Runbook, now: datetime) -> Iterator[ToldTrigger]:
    """All of them, kind by kind."""
    for alert in runbook.triggers:
        text = ", ".join(str(matcher) for matcher in alert.matchers)
        yield ToldTrigger(kind="alert", text=text, begins=alert.auto is not None)
    for change in runbook.incident_triggers:
        yield ToldTrigger(kind="incident", text=named(change))
    for schedule in runbook.schedule_triggers:
        text, next_at = f"{schedule.cron} ({schedule.time_zone})", next_slot(schedule, now)
        yield ToldTrigger(kind="schedule", text=text, next_at=next_at)
    for hook in runbook.hook_triggers:
        yield ToldTrigger(kind="webhook", text=hook.integration + (f", when {hook.when}" if hook.when else ""))


def named(trigger: IncidentTrigger) -> str:
    """What it names: `status resolved or closed, severity SEV1`."""
    parts = (("status", trigger.statuses), ("severity", trigger.severities), ("service", trigger.services))
    return ", ".join(f"{word} {' or '.join(names)}" for word, names in parts if names)


def steps(runbook: Runbook, specs: Mapping[str, ActionSpec]) -> Iterator[ToldStep]:
    """Every step, each followed by those that belong to it. `specs` are the actions by name."""
    for step in runbook.steps:
        for one in (step, step.verify, step.rollback):
            if one is not None:
                yield _told(one, specs.get(step.uses if one.uses == UNDO else one.uses))


def _told(step: Step, spec: ActionSpec | None) -> ToldStep:
    if spec is None:
        return ToldStep(step=step, risk=None, mildest=None)
    least = step.risk or Risk.READ
    return ToldStep(
        step=step,
        risk=max(spec.risk, least, key=RISKS.index),
        mildest=max(spec.mildest or spec.risk, least, key=RISKS.index),
        help=spec.help,
    )
