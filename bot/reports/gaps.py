"""What is not known: named as questions, never filled with guesses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from bot.model.evidence import Evidence, EvidenceKind
from bot.model.incident import SignalState
from bot.model.reading import SignalReading
from bot.model.report import Case
from bot.model.run import ENDED, StepStatus
from bot.model.timeline import EntryKind
from bot.model.wording import duration, one_line
from bot.reports.deeds import Deed, RunTold, carried_out, runs_told
from bot.reports.findings import SignalSeen, signals_seen
from bot.reports.templating import phrase
from bot.reports.times import Times

UNKNOWN = "unknown"
"""A line of the timeline about the signal that holds this word tells of a time in which its source was not seen."""
_LONGEST = 300


def questions(case: Case, times: Times, now: datetime) -> tuple[str, ...]:
    """Every gap in the record, the ones that matter to every incident first."""
    runs, seen = runs_told(case), signals_seen(case)
    return tuple(
        dict.fromkeys(
            [
                *_of_incident(case, times, now),
                *_of_signals(case, seen, times),
                *_of_timeline(case, times),
                *(question for run in runs for question in _of_run(run, times)),
                *_of_recovery(case, runs, seen),
            ]
        )
    )


def _of_incident(case: Case, times: Times, now: datetime) -> Iterator[str]:
    incident = case.incident
    if incident.is_open:
        yield phrase("still_open", status=incident.status, at=times.at(now))
    yield phrase("cause")
    yield phrase("user_impact", counted=case.is_counted)
    if not incident.alerts:
        yield phrase("unnoticed")
    if incident.acknowledged_at is None:
        yield phrase("not_acknowledged")
    if not incident.commander:
        yield phrase("no_commander")
    if not incident.is_open and incident.firing:
        yield phrase("resolved_firing", count=len(incident.firing))
    if incident.signal is SignalState.UNKNOWN:
        yield phrase("signal_unknown")


def _of_signals(case: Case, seen: Sequence[SignalSeen], times: Times) -> Iterator[str]:
    if case.incident.alerts and not any(one.kind is EvidenceKind.SIGNAL for one in case.evidence):
        yield phrase("no_signal_evidence")
    for one in case.evidence:
        if one.unavailable:
            reason, at = one_line(one.unavailable, _LONGEST), times.at(one.collected_at)
            yield phrase("unavailable", id=one.id, question=one.question, reason=reason, at=at)
    for signal in seen:
        reading, evidence = signal.reading, signal.evidence
        if reading.data_from is None:
            yield phrase("no_data", id=evidence.id, name=reading.name)
            continue
        if reading.blind:
            yield _blind(evidence, reading, times)
        if evidence.attachment_names and not any(name.endswith(".png") for name in evidence.attachment_names):
            yield phrase("not_drawn", id=evidence.id)


def _blind(evidence: Evidence, reading: SignalReading, times: Times) -> str:
    blind = reading.blind
    total = sum((window.length for window in blind), timedelta(0))
    return phrase(
        "blind",
        id=evidence.id,
        name=reading.name,
        count=len(blind),
        total=duration(total),
        start=times.at(blind[0].start),
        end=times.at(blind[-1].end),
    )


def _of_timeline(case: Case, times: Times) -> Iterator[str]:
    for entry in case.timeline:
        if entry.kind is EntryKind.SIGNAL and UNKNOWN in entry.text:
            yield phrase("unseen", at=times.at(entry.at), text=entry.text, why=one_line(entry.why, _LONGEST))


def _of_run(told: RunTold, times: Times) -> Iterator[str]:
    if told.run.status not in ENDED:
        yield phrase("run_unfinished", run=told.run.id, status=told.run.status)
    for deed in told.deeds:
        if question := _of_deed(told, deed):
            yield question
    if told.signal == SignalState.FIRING and told.signal_at:
        yield phrase("not_recovered", run=told.run.id, at=times.at(told.signal_at))
    elif told.signal == SignalState.UNKNOWN:
        yield phrase("recovery_unseen", run=told.run.id)


def _of_deed(told: RunTold, deed: Deed) -> str:
    facts = {"run": told.run.id, "title": deed.title}
    reason = one_line(deed.result, _LONGEST).rstrip(".")
    match deed.status:
        case StepStatus.UNKNOWN:
            return phrase("step_unknown", **facts)
        case StepStatus.RUNNING if told.run.status in ENDED:
            return phrase("step_unknown", **facts)
        case StepStatus.FAILED:
            return phrase("step_failed", **facts, reason=reason)
        case StepStatus.REJECTED:
            return phrase("step_rejected", **facts, reason=reason)
        case _:
            return ""


def _of_recovery(case: Case, runs: Sequence[RunTold], seen: Sequence[SignalSeen]) -> Iterator[str]:
    """A signal that came back with no change of ours before it."""
    backs = [signal.back_at for signal in seen if signal.back_at]
    if case.incident.signal is not SignalState.CLEAR and not backs:
        return
    latest = max(backs, default=case.incident.resolved_at)
    if latest is None or not any(deed.ended_at and deed.ended_at <= latest for _, deed in carried_out(runs)):
        yield phrase("recovered_alone")
