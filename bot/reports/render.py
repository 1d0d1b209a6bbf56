"""A postmortem as one self-contained file, in Markdown or HTML."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from urllib.parse import quote

from bot.model.report import Postmortem, ReportFormat
from bot.model.run import ApprovalStatus, StepStatus
from bot.model.runbook import Risk
from bot.model.timeline import TimelineEntry, as_told
from bot.model.wording import duration, one_line
from bot.reports import markdown
from bot.reports.deeds import Deed, runs_told
from bot.reports.exhibits import data_uri, exhibits, size, text_of
from bot.reports.links import followable
from bot.reports.templating import document, phrase
from bot.reports.times import Times, times_of

CSV_WHOLE = 48_000
"""Characters of a table that stands whole in Markdown; of a longer one the first and last lines."""
_CSV_LINES = 20


def render(postmortem: Postmortem, format: ReportFormat, *, time_zone: str, public_url: str) -> str:
    """The file's text: it needs no other file and asks no server for anything.

    `time_zone` is the reader's, an IANA name; `public_url` is how people reach the page, or empty. The same postmortem
    always gives the same text.
    """
    incident, case = postmortem.incident, postmortem.case
    times = times_of(case, time_zone)
    page = followable(f"{public_url.rstrip('/')}/incidents/{quote(incident.id, safe='')}")
    return document(f"postmortem.{format}.jinja").render(
        postmortem=postmortem,
        incident=incident,
        times=times,
        exhibits=exhibits(case),
        runs=runs_told(case),
        days=_days([told.read() for told in as_told(case.timeline)], times),
        links=[*([(phrase("link_page", id=incident.id), page)] if page else ()), *postmortem.links],
        approval=lambda deed: _approval(deed, times),
        outcome=_outcome,
        code=markdown.code,
        fenced=markdown.fenced,
        followable=followable,
        data_uri=data_uri,
        size=size,
        table=_table,
        text_of=text_of,
        duration=duration,
        one_line=one_line,
        phrase=phrase,
    )


def _days(timeline: Sequence[TimelineEntry], times: Times) -> list[tuple[str, list[TimelineEntry]]]:
    """The timeline by days, in the reader's zone."""
    ordered = sorted(timeline, key=lambda entry: (entry.at, entry.seq))
    return [(day, list(entries)) for day, entries in groupby(ordered, key=lambda entry: times.day(entry.at))]


def _approval(deed: Deed, times: Times) -> str:
    """Who let it run, or why nobody was asked."""
    if not deed.approvals:
        return phrase("not_needed") if deed.risk == Risk.READ else phrase("not_asked")
    last = deed.approvals[-1]
    at = times.at(last.answered_at) if last.answered_at else ""
    if last.status is ApprovalStatus.APPROVED:
        return phrase("approved", names=", ".join(last.given_by), at=at)
    if last.status is ApprovalStatus.OPEN:
        return phrase("waits_for", by=last.by, given=len(last.given_by), count=last.count)
    return phrase("answered", status=last.status, by=last.answered_by, at=at, reason=last.reason)


def _outcome(deed: Deed) -> str:
    """How it ended, and what it said."""
    words = deed.status if deed.status is not StepStatus.WAITING or deed.result else "not reached"
    told = phrase("said_did", did=deed.told_did, by=deed.told_by) if deed.told_by else ""
    attempts = f"{deed.attempts} attempts" if deed.attempts > 1 else ""
    return one_line("; ".join(part for part in (str(words), attempts, told, one_line(deed.result, 400)) if part))


def _table(text: str) -> str:
    """A table of data, whole where it is short; otherwise its ends, and how much was left out."""
    rows = text.splitlines()
    if len(text) <= CSV_WHOLE or len(rows) <= 2 * _CSV_LINES:
        return text
    left_out = f"… {len(rows) - 2 * _CSV_LINES} lines are left out here; the HTML report holds them all …"
    return "\n".join([*rows[:_CSV_LINES], left_out, *rows[-_CSV_LINES:]])
