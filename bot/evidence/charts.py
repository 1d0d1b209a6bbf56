"""What a chart shows, and the evidence made of it: decides it, does not draw it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.evidence.collector import SignalAnswer
from bot.evidence.redaction import redact, redact_value
from bot.evidence.signal import KEPT, bad_side, by_weight, own_series, read_signal
from bot.evidence.tables import as_csv
from bot.evidence.words import alt_text, label_pairs, summary, threshold_text
from bot.model.alert import Alert
from bot.model.chart import Chart, Mark, MarkKind
from bot.model.evidence import Attachment, Evidence, EvidenceKind
from bot.model.ids import EvidenceId
from bot.model.labels import LabelSet
from bot.model.reading import SignalReading
from bot.model.run import JournalEntry, JournalKind, RunbookRun
from bot.model.runbook import Risk
from bot.model.sample import Series, Window
from bot.model.wording import one_line

WIDTH, HEIGHT = 1600, 720
"""Pixels to draw a chart with: twice what it is shown at, so that it is sharp on every screen and in print."""
PNG, CSV = "signal.png", "signal.csv"
_LONGEST_MARK = 60


def incident_marks(
    alerts: Sequence[Alert], runs: Sequence[tuple[RunbookRun, Sequence[JournalEntry]]], now: datetime
) -> tuple[Mark, ...]:
    """The moments of an incident, in order: its first alert, each act of a runbook that changed something, all clear.

    An act is marked when it began, if its plan was more than reading; whether it worked is told elsewhere.
    """
    marks = []
    if alerts:
        first = min(alerts, key=lambda alert: (alert.starts_at, alert.name))
        marks.append(_mark(first.starts_at, MarkKind.ALERT, f"{first.name} fires"))
        ends = [alert.ends_at for alert in alerts if alert.ends_at is not None and alert.ends_at <= now]
        if len(ends) == len(alerts):
            marks.append(_mark(max(ends), MarkKind.RECOVERY, "alert clear" if len(alerts) == 1 else "all alerts clear"))
    for run, journal in runs:
        marks += _acts(run, journal)
    return tuple(sorted(marks, key=lambda mark: (mark.at, mark.kind)))


def signal_chart(answer: SignalAnswer, marks: Sequence[Mark], time_zone: str) -> Chart:
    """The chart of an answer: the gravest series, the rule's threshold, and those marks that lie in the window.

    The axis begins where the data does, when much of the window has none; `time_zone` is an IANA name. Labels and words
    are redacted here, so that the picture and the table hold no secret either.
    """
    question, reading = answer.question, read_signal(answer)
    window = _trimmed(reading, marks)
    shown = tuple(mark for mark in marks if window.start <= mark.at <= window.end)
    ordered = by_weight(question, answer.series)
    own = own_series(question, ordered[:KEPT])
    title = question.rule.name
    if reading.own and reading.labels and len(own) == 1:
        title = f"{title} · {label_pairs(reading.labels)}"
    return Chart(
        title=redact(one_line(title, 120)),
        series=tuple(Series(labels=_redacted(one.labels), points=one.points) for one in ordered[:KEPT]),
        marks=shown,
        threshold=reading.threshold,
        threshold_text=threshold_text(reading),
        unit=reading.unit,
        time_zone=time_zone,
        alt_text=redact(alt_text(reading, shown, ZoneInfo(time_zone))),
        window=window,
        bad_side=bad_side(question.rule.signal),
        highlighted=frozenset(_redacted(one.labels) for one in own),
        left_out=max(0, len(ordered) - KEPT),
    )


def signal_evidence(
    answer: SignalAnswer, chart: Chart, png: bytes | None, *, evidence_id: EvidenceId, collected_at: datetime
) -> Evidence:
    """The evidence of one answer, with its chart and its data. `png` None: it could not be drawn; the data stands."""
    question = answer.question
    reading = read_signal(answer)
    attachments: tuple[Attachment, ...] = ()
    if not answer.unavailable:
        attachments = (Attachment.of(CSV, "text/csv", as_csv(chart.series).encode()),)
        if png is not None:
            attachments = (Attachment.of(PNG, "image/png", png), *attachments)
    return Evidence(
        id=evidence_id,
        incident=question.incident,
        kind=EvidenceKind.SIGNAL,
        question=question.text,
        source=question.source,
        query=question.expr,
        window=question.window,
        collected_at=collected_at,
        summary="" if answer.unavailable else redact(summary(reading, ZoneInfo(chart.time_zone))),
        value=redact_value(reading.as_json()),
        link=answer.link,
        alt_text="" if answer.unavailable else chart.alt_text,
        unavailable=answer.unavailable,
        attachments=attachments,
        attachment_names=tuple(attachment.name for attachment in attachments),
    )


def _redacted(labels: LabelSet) -> LabelSet:
    return LabelSet(redact_value(labels))


def _mark(at: datetime, kind: MarkKind, text: str) -> Mark:
    return Mark(at=at, kind=kind, text=redact(one_line(text, _LONGEST_MARK)))


def _acts(run: RunbookRun, journal: Sequence[JournalEntry]) -> list[Mark]:
    titles = {step.id: step.title for step in run.runbook.steps}
    reading = {entry.step for entry in journal if entry.kind is JournalKind.PLANNED and _plan_risk(entry) == Risk.READ}
    return [
        _mark(entry.at, MarkKind.ACTION, titles.get(entry.step) or entry.step)
        for entry in journal
        if entry.kind is JournalKind.INTENDED and entry.step not in reading
    ]


def _plan_risk(entry: JournalEntry) -> object:
    plan = entry.data.get("plan")
    return plan.get("risk") if isinstance(plan, dict) else None


def _trimmed(reading: SignalReading, marks: Sequence[Mark]) -> Window:
    """Without a long stretch at the beginning in which there was nothing to see; no mark of the window is lost."""
    window, begun = reading.window, reading.data_from
    if begun is None or reading.threshold is None:
        return window
    begun = min([begun, *(mark.at for mark in marks if mark.at >= window.start)])
    margin = max((window.end - begun) / 20, reading.step)
    return (
        Window(start=begun - margin, end=window.end) if begun - margin > window.start + window.length / 10 else window
    )
