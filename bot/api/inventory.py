"""What /api/v1 says of Tocsin itself: its runbooks, its rules, its integrations, and links to its page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from bot.api.automation_schema import RunbookTrustOut
from bot.api.schema import Out, PlanOut
from bot.model.rule import GroupStatus, RuleState, RuleStatus
from bot.model.runbook import OnFailure, Risk
from bot.ports.actions import Health
from bot.response.runbooks_seen import SeenRunbook
from bot.runbooks.telling import ToldStep


class InputOut(Out):
    """A value a runbook needs. `least` and `most` bound an `int`, `values` are those of an `enum`."""

    name: str
    source: str
    type: str
    pattern: str
    default: str | None
    values: list[str]
    least: int | None
    most: int | None
    required: bool
    help: str


class TriggerOut(Out):
    """What a runbook fits. `kind`: alert, incident, schedule or webhook; `begins`: by itself, or it is offered.

    `next_at`: when a schedule begins it next; null for the others.
    """

    kind: str
    text: str
    begins: bool
    next_at: datetime | None = None


class RunbookStepOut(Out):
    """One line of a runbook, as written; one that belongs to another is called `ID.verify` or `ID.rollback`.

    `risk` is what the runbook raises it to. `gravest` and `mildest` are what it can be; null: nobody offers its action.
    """

    id: str
    title: str
    uses: str
    params: dict[str, Any]
    condition: str
    expect: str
    on_failure: OnFailure
    risk: Risk | None
    gravest: Risk | None
    mildest: Risk | None
    may_change: bool
    help: str

    @classmethod
    def of(cls, told: ToldStep) -> RunbookStepOut:
        """A step and what it can do."""
        step = told.step
        return cls(
            id=step.id,
            title=step.title,
            uses=step.uses,
            params=dict(step.params),
            condition=step.condition,
            expect=step.expect,
            on_failure=step.on_failure,
            risk=step.risk,
            gravest=told.risk,
            mildest=told.mildest,
            may_change=told.may_change,
            help=told.help,
        )


class RunbookOut(Out):
    """A runbook as its file says it, and what became of its runs. Lengths of time are in seconds."""

    name: str
    title: str
    file: str
    hash: str
    owner: str
    summary: str
    triggers: list[TriggerOut]
    inputs: list[InputOut]
    steps: list[RunbookStepOut]
    concurrency: str
    freeze: list[str]
    timeout: float
    verify_within: float
    watch: float
    tests: int
    records: list[RunbookTrustOut]

    @classmethod
    def of(cls, seen: SeenRunbook) -> RunbookOut:
        """One of them."""
        one = seen.runbook
        return cls(
            name=one.name,
            title=one.title,
            file=one.file,
            hash=one.hash,
            owner=one.owner,
            summary=one.summary,
            triggers=[TriggerOut.model_validate(trigger) for trigger in seen.triggers],
            inputs=[InputOut.model_validate(needed) for needed in one.inputs],
            steps=[RunbookStepOut.of(step) for step in seen.steps],
            concurrency=one.concurrency,
            freeze=list(one.freeze),
            timeout=one.timeout.total_seconds(),
            verify_within=one.verify_within.total_seconds(),
            watch=one.watch.total_seconds(),
            tests=len(one.tests),
            records=[RunbookTrustOut.of(trust) for trust in seen.trusts],
        )


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
    waits_for: list[str]
    people: list[str]


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
