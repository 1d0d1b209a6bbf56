"""What /api/v1 says of Tocsin itself: its runbooks, its rules, its integrations, and links to its page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from bot.api.schema import Out, PlanOut
from bot.model.rule import GroupStatus, RuleState, RuleStatus
from bot.model.runbook import OnFailure, Risk
from bot.ports.actions import Health


class InputOut(Out):
    """A value a runbook needs."""

    name: str
    source: str
    type: str
    pattern: str
    default: str | None


class RunbookStepOut(Out):
    """One line of a runbook, as written."""

    id: str
    title: str
    uses: str
    params: dict[str, Any]
    condition: str
    on_failure: OnFailure
    risk: Risk | None


class RunbookOut(Out):
    """A runbook as its file says it."""

    name: str
    title: str
    file: str
    hash: str
    owner: str
    summary: str
    inputs: list[InputOut]
    steps: list[RunbookStepOut]


class Runbooks(Out):
    """All of them, by name."""

    runbooks: list[RunbookOut]


class RehearsedStepOut(Out):
    """What a step would do: run, ask, skip, refuse, unknown."""

    step: str
    title: str
    would: str
    text: str
    plan: PlanOut | None


class RehearsalOut(Out):
    """A runbook gone through with zero writes."""

    runbook: str
    inputs: dict[str, str]
    steps: list[RehearsedStepOut]


class RuleOut(Out):
    """One rule after its last evaluation. `since` is when this state began, where that is known."""

    group: str
    rule: str
    state: RuleState
    since: datetime | None
    evaluated_at: datetime | None
    alerts: int
    last_error: str

    @classmethod
    def of(cls, group: GroupStatus, rule: RuleStatus) -> RuleOut:
        """A rule within its group."""
        return cls(
            group=group.key,
            rule=rule.rule,
            state=rule.state,
            since=rule.since,
            evaluated_at=rule.evaluated_at,
            alerts=sum(alert.state in (RuleState.PENDING, RuleState.FIRING) for alert in rule.alerts),
            last_error=rule.last_error,
        )


class Rules(Out):
    """All rules, by group, in the order of their files."""

    rules: list[RuleOut]


class HealthOut(Out):
    """One thing found out about an integration. `skew` is its clock minus ours, in seconds."""

    integration: str
    what: str
    ok: bool
    detail: str
    hint: str
    version: str
    skew: float | None

    @classmethod
    def of(cls, integration: str, health: Health) -> HealthOut:
        """One finding about the integration of this name."""
        return cls(
            integration=integration,
            what=health.what,
            ok=health.ok,
            detail=health.detail,
            hint=health.hint,
            version=health.version,
            skew=None if health.skew is None else health.skew.total_seconds(),
        )


class Doctor(Out):
    """Everything `tocsin doctor` found out."""

    findings: list[HealthOut]

    @classmethod
    def of(cls, examined: Mapping[str, Sequence[Health]]) -> Doctor:
        """Findings by integration."""
        return cls(findings=[HealthOut.of(name, health) for name, found in examined.items() for health in found])


class LinkOut(Out):
    """The path of a page that signs its owner in, once."""

    path: str
    expires_at: datetime
