"""The draft of a postmortem: what is known, and by name what is not."""

from __future__ import annotations

from datetime import datetime

from bot.model.report import Case, Postmortem


def draft(case: Case, *, time_zone: str, now: datetime) -> Postmortem:
    """The draft for one case. `time_zone` is the IANA name its sentences are written in; no cause is ever claimed."""
    incident = case.incident
    return Postmortem(
        incident=incident,
        drafted_at=now,
        summary=f"{incident.id}: {incident.title}",
        impact=(),
        findings=(),
        questions=(),
        duration=incident.resolved_at - incident.opened_at if incident.resolved_at else None,
        case=case,
    )
