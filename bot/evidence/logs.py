"""Logs as evidence: what they said around an incident, beside what they had said just before."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from bot.errors import IntegrationError
from bot.evidence.redaction import redact, redact_value
from bot.evidence.shifts import shifts
from bot.evidence.tables import shifts_as_csv
from bot.model.alert import Alert
from bot.model.evidence import Attachment, Evidence, EvidenceKind
from bot.model.ids import EvidenceId, IncidentId
from bot.model.log_look import LogLook
from bot.model.sample import Window
from bot.model.search_job import LogAnswer
from bot.model.shift import Shift
from bot.model.wording import duration, one_line
from bot.ports.logs import LogSource

LEAD = timedelta(minutes=5)
"""How long before its first alert an incident's logs are of interest."""
LONGEST = timedelta(hours=1)
LINES = 5000
"""The most lines of a window that are compared; of more, the newest."""
MOST = 5
"""The most searches one look makes for an incident: one for each service, say, that its alerts name."""

KEPT = 20
"""Patterns that are kept with the evidence itself; its table has all."""
CSV = "patterns.csv"

_VARIABLE = re.compile(r"\$([A-Za-z_]\w*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class LogQuestion:
    """One search in two windows of one length: around the incident, and right before."""

    incident: IncidentId
    look: LogLook
    variables: Mapping[str, str]
    during: Window
    before: Window

    @property
    def text(self) -> str:
        """The question in words."""
        named = ", ".join(f"{name} {value}" for name, value in self.variables.items())
        return one_line(f"{self.look.title} ({named})" if named else self.look.title, 200)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogReply:
    """What a source said, or in `unavailable` why it said nothing."""

    question: LogQuestion
    during: LogAnswer | None = None
    before: LogAnswer | None = None
    shifts: tuple[Shift, ...] = ()
    link: str = ""
    unavailable: str = ""


def log_questions(
    incident: IncidentId, alerts: Sequence[Alert], looks: Sequence[LogLook], now: datetime
) -> tuple[LogQuestion, ...]:
    """The searches that fit these alerts: those whose every variable is a label that an alert has."""
    if not alerts:
        return ()
    during = log_window(alerts, now)
    # both ends of a window belong to it, and a line is to be counted once
    before = Window(start=during.start - during.length, end=during.start - timedelta(milliseconds=1))
    return tuple(
        LogQuestion(incident=incident, look=look, variables=variables, during=during, before=before)
        for look in looks
        for variables in _variables(look, alerts)
    )


def log_window(alerts: Sequence[Alert], now: datetime) -> Window:
    """From `LEAD` before the first alert to the last one's end, or to now; at most `LONGEST`."""
    began = min(alert.starts_at for alert in alerts) - LEAD
    ends = [alert.ends_at for alert in alerts]
    ended = max(end for end in ends if end) if all(ends) else now
    return Window(start=began, end=max(min(now, ended, began + LONGEST), began + timedelta(minutes=1)))


def _variables(look: LogLook, alerts: Sequence[Alert]) -> list[Mapping[str, str]]:
    names = dict.fromkeys(_VARIABLE.findall(look.query))
    found: dict[tuple[str, ...], Mapping[str, str]] = {}
    for alert in alerts:
        fits = all(matcher.matches(alert.labels) for matcher in look.matchers)
        if fits and all(alert.labels.get(name) for name in names):
            values = {name: alert.labels[name] for name in names}
            found.setdefault(tuple(values.values()), values)
    return list(found.values())[:MOST]


async def collect_logs(
    questions: Sequence[LogQuestion], sources: Mapping[str, LogSource], *, deadline: timedelta
) -> tuple[LogReply, ...]:
    """A reply to every question, in their order. A source that fails never fails the others."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_ask(one, sources.get(one.look.source), deadline)) for one in questions]
    return tuple(task.result() for task in tasks)


async def _ask(question: LogQuestion, source: LogSource | None, deadline: timedelta) -> LogReply:
    look = question.look
    if source is None:
        return LogReply(question=question, unavailable=f'there is no log source "{look.source}"')
    link = ""
    try:
        link = source.link(look.query, question.variables, question.during)
        async with asyncio.timeout(deadline.total_seconds()):
            during, before = await asyncio.gather(
                source.search(look.query, question.variables, question.during, LINES),
                source.search(look.query, question.variables, question.before, LINES),
            )
    except TimeoutError:
        reason = f'"{look.source}" did not answer within {duration(deadline)}'
        return LogReply(question=question, link=link, unavailable=reason)
    except IntegrationError as error:
        return LogReply(question=question, link=link, unavailable=redact(one_line(error.message, 500)))
    compared = await asyncio.to_thread(shifts, before.lines, during.lines, look.by)
    return LogReply(question=question, during=during, before=before, shifts=compared, link=link)


def log_evidence(reply: LogReply, *, evidence_id: EvidenceId, collected_at: datetime) -> Evidence:
    """The evidence of one reply, with every pattern as a table. What looks like a secret is taken out."""
    question = reply.question
    redacted = tuple(_redacted(one) for one in reply.shifts)
    attachments: tuple[Attachment, ...] = ()
    if not reply.unavailable:
        attachments = (Attachment.of(CSV, "text/csv", shifts_as_csv(redacted).encode()),)
    return Evidence(
        id=evidence_id,
        incident=question.incident,
        kind=EvidenceKind.LOGS,
        question=redact(question.text),
        source=question.look.source,
        query=question.look.query,
        window=question.during,
        collected_at=collected_at,
        summary=log_summary(reply),
        value={"logs": 1, "variables": redact_value(question.variables), "patterns": _as_json(redacted[:KEPT])},
        link=reply.link,
        unavailable=reply.unavailable,
        attachments=attachments,
        attachment_names=tuple(attachment.name for attachment in attachments),
    )


def _redacted(shift: Shift) -> Shift:
    return replace(
        shift,
        template=redact(shift.template),
        examples=tuple(map(redact, shift.examples)),
        groups={redact(value): counts for value, counts in shift.groups.items()},
    )


# Any: what becomes JSON.
def _as_json(shifts: Sequence[Shift]) -> list[dict[str, Any]]:
    return [
        {
            "template": one.template,
            "trend": str(one.trend),
            "before": one.before,
            "during": one.during,
            "first": one.first.isoformat(),
            "last": one.last.isoformat(),
            "examples": list(one.examples),
            "groups": {value: list(counts) for value, counts in one.groups.items()},
        }
        for one in shifts
    ]


def log_summary(reply: LogReply) -> str:
    """What is different, in a few sentences; only what was seen."""
    question, during, before = reply.question, reply.during, reply.before
    if during is None or before is None:
        return ""
    length = duration(question.during.length)
    sentences = [f"{_lines(during.total)} in {length}, {_lines(before.total)} in the {length} before."]
    sentences += _shares(during, before)
    told = [one for one in reply.shifts if one.trend in _WORDS][:_TOLD]
    sentences += [_told(one) for one in told]
    if reply.shifts and not told:
        sentences.append("No pattern is new, and none is clearly more or less frequent.")
    sentences += [f"Not all data was there: {one_line(one, 200)}." for one in (*during.warnings, *before.warnings)[:2]]
    return redact(" ".join(sentences))


_TOLD = 3
_WORDS = {"new": "New", "more": "More often", "gone": "No longer", "less": "Less often"}


def _lines(count: int) -> str:
    return "no line" if not count else "one line" if count == 1 else f"{count} lines"


def _shares(during: LogAnswer, before: LogAnswer) -> Iterator[str]:
    """What was not compared, where that is so."""
    for answer, words in ((during, "of them"), (before, "of those before")):
        if answer.total > len(answer.lines):
            yield f"Only the newest {len(answer.lines)} {words} were compared."


def _told(shift: Shift) -> str:
    counts = f"{shift.during} times" if not shift.before else f"{shift.during} after {shift.before}"
    by = [f"{value or 'without one'} {during}" for value, (_, during) in shift.groups.items() if during][:_TOLD]
    told = f"{_WORDS[shift.trend]}: “{one_line(shift.template, 120)}”, {counts}"
    return f"{told} ({', '.join(by)})." if by else f"{told}."
