"""How far Tocsin may go by itself, as it goes over the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Self

from pydantic import StringConstraints

from bot.api.bodies import In, Text
from bot.api.schema import Out
from bot.model.automation import Autonomy
from bot.response.automation_seen import SeenAutomation, SeenTrust

Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]


class PauseIn(In):
    """Why everything is to stop."""

    reason: Reason


class ResumeIn(In):
    """Why it may go on."""

    reason: Text = ""


class TrustIn(In):
    """How far a runbook may go by itself, in this environment (empty: where alerts name none), and why."""

    autonomy: Autonomy
    environment: Annotated[str, StringConstraints(max_length=200)] = ""
    reason: Reason


class CancelIn(In):
    """Why nothing more of a run is to begin."""

    reason: Text = ""


class RollbackIn(In):
    """Why what a run changed is to be taken back."""

    reason: Text = ""


class PauseOut(Out):
    """How the switch stands. While `paused`, no step begins."""

    paused: bool
    by: str
    at: datetime | None
    reason: str


class InFlightOut(Out):
    """A step that has begun and has not ended."""

    run: str
    runbook: str
    step: str
    summary: str
    since: datetime


class LimitsOut(Out):
    """How much may be touched; see `automation.limits` of tocsin.yaml."""

    targets: int
    runs_per_hour: int
    per_service: bool
    protected: list[str]
    freeze: list[str]


class TrustOut(Out):
    """The autonomy that a person gave, or that a failure took."""

    runbook: str
    environment: str
    autonomy: Autonomy
    since: datetime
    by: str
    reason: str


class RecordOut(Out):
    """What became of a runbook's runs. `typically` is the median time to recovery, in seconds."""

    runs: int
    succeeded: int
    failed: int
    rejected: int
    recovered: int
    not_recovered: int
    not_seen: int
    in_a_row: int
    typically: float | None
    last_at: datetime | None


class RunbookTrustOut(Out):
    """One runbook in one environment. `offered` is the autonomy that its recoveries have earned."""

    runbook: str
    environment: str
    autonomy: Autonomy
    ceiling: Autonomy
    trust: TrustOut | None
    offered: Autonomy | None
    offer: str
    record: RecordOut

    @classmethod
    def of(cls, seen: SeenTrust) -> Self:
        """One of them."""
        kept, typically = seen.record, seen.record.typically
        record = RecordOut(
            runs=kept.runs,
            succeeded=kept.succeeded,
            failed=kept.failed,
            rejected=kept.rejected,
            recovered=kept.recovered,
            not_recovered=kept.not_recovered,
            not_seen=kept.not_seen,
            in_a_row=kept.in_a_row,
            typically=typically.total_seconds() if typically is not None else None,
            last_at=kept.last_at,
        )
        return cls(
            runbook=kept.runbook,
            environment=kept.environment,
            autonomy=seen.autonomy,
            ceiling=seen.ceiling,
            trust=TrustOut.model_validate(seen.trust) if seen.trust else None,
            offered=seen.offered,
            offer=seen.offer,
            record=record,
        )


class AutomationOut(Out):
    """The switch, what is in flight, the freeze that holds now (empty: none), limits, and every runbook's autonomy."""

    pause: PauseOut
    in_flight: list[InFlightOut]
    frozen: str
    limits: LimitsOut
    runbooks: list[RunbookTrustOut]

    @classmethod
    def of(cls, seen: SeenAutomation) -> Self:
        """All of it."""
        return cls(
            pause=PauseOut.model_validate(seen.pause),
            in_flight=[InFlightOut.model_validate(one) for one in seen.in_flight],
            frozen=seen.frozen,
            limits=LimitsOut.model_validate(seen.limits),
            runbooks=[RunbookTrustOut.of(one) for one in seen.runbooks],
        )
