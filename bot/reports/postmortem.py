"""The draft of a postmortem: what is known, and by name what is not."""

from __future__ import annotations

from datetime import datetime

from bot.model.evidence import EvidenceKind
from bot.model.report import Case, Postmortem
from bot.model.wording import duration
from bot.reports.deeds import carried_out, granted, runs_told
from bot.reports.findings import dashboards, findings, impact, signals_seen
from bot.reports.gaps import questions
from bot.reports.links import followable
from bot.reports.templating import phrase
from bot.reports.times import Times, times_of


def draft(case: Case, *, time_zone: str, now: datetime) -> Postmortem:
    """The draft for one case, as known at `now`. `time_zone` is the IANA name its sentences are written in.

    Everything it claims stands on evidence or on the incident's own record; no cause is ever claimed.
    """
    times = times_of(case, time_zone)
    incident = case.incident
    return Postmortem(
        incident=incident,
        drafted_at=now,
        summary=_summary(case, times),
        impact=impact(case, times),
        findings=findings(case, times),
        questions=questions(case, times, now),
        duration=incident.resolved_at - incident.opened_at if incident.resolved_at else None,
        case=case,
        links=_links(case),
    )


def _summary(case: Case, times: Times) -> str:
    incident = case.incident
    opened = phrase(
        "opened",
        id=incident.id,
        severity=incident.severity,
        title=incident.title,
        at=times.time(incident.opened_at),
        day=times.day(incident.opened_at),
        alerts=len(incident.alerts),
    )
    course = phrase(
        "course",
        acknowledged_by=incident.acknowledged_by,
        acknowledged_after=_after(incident.opened_at, incident.acknowledged_at),
        resolved_after=_after(incident.opened_at, incident.resolved_at),
        status=incident.status,
    )
    return " ".join(part for part in (opened, course, _changes(case), phrase("signal", state=incident.signal)) if part)


def _changes(case: Case) -> str:
    done = carried_out(runs_told(case))
    approvers = dict.fromkeys(name for _, deed in done if (grant := granted(deed)) for name in grant.given_by)
    return phrase(
        "changes",
        runs=", ".join(dict.fromkeys(str(told.run.id) for told, _ in done)),
        titles=[deed.title for _, deed in done],
        approvers=", ".join(approvers),
    )


def _after(opened: datetime, at: datetime | None) -> str:
    return duration(at - opened) if at else ""


def _links(case: Case) -> tuple[tuple[str, str], ...]:
    """Where to see more, with absolute times; only addresses that may be followed."""
    seen = signals_seen(case)
    links = [
        (phrase("link_expression", name=one.reading.name, source=one.evidence.source), one.evidence.link)
        for one in seen
    ]
    links += [(phrase("link_dashboard", name=name), url) for name, url in dashboards(seen).items()]
    links += [
        (phrase("link_step", question=one.question), one.link)
        for one in case.evidence
        if one.kind in (EvidenceKind.STEP, EvidenceKind.LOGS)
    ]
    safe = {followable(url): text for text, url in reversed(links)}
    return tuple((text, url) for url, text in reversed(safe.items()) if url)
