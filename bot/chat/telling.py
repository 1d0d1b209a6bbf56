"""Commands that tell: what was seen, the report, what the record of many incidents says."""

from __future__ import annotations

from bot.chat.asked import Asked, Deed, count, cut, tone
from bot.chat.grammar import Slot, Verb
from bot.chat.incidents import INCIDENT
from bot.chat.reading import Kind
from bot.documents import parse_duration
from bot.model.answer import Answer, Tone
from bot.model.report import ReportFormat
from bot.model.statistics import ChatUse, Grouping, Spread, Times
from bot.model.wording import duration, one_line
from bot.response import looked_up, report_wanted, statistics_asked

_LONGEST_REPORT = 2500


async def _evidence(asked: Asked) -> Answer:
    case = await looked_up.case(asked.world, asked.actor, asked.incident)
    lines = [
        f"{one.id} {one_line(one.question, 150)}: {one_line(one.summary or f'not seen: {one.unavailable}', 300)}"
        for one in case.evidence
    ]
    return Answer(
        headline=f"{case.incident.id}: {count(len(lines), 'piece')} of evidence"
        if lines
        else f"{case.incident.id}: nothing was collected yet",
        tone=tone(case.incident),
        items=cut(lines),
        link=asked.page_of(case.incident.id),
    )


async def _report(asked: Asked) -> Answer:
    text = await report_wanted.report(asked.world, asked.actor, asked.incident, ReportFormat.MD)
    shown = text[:_LONGEST_REPORT]
    page = asked.page_of(asked.incident)
    return Answer(
        headline=f"The report of {asked.incident}, as it stands",
        code=shown if len(text) == len(shown) else f"{shown.rpartition(chr(10))[0]}\n…",
        link=f"{page}/report.md" if page else "",
    )


async def _stats(asked: Asked) -> Answer:
    by = Grouping(asked.get("by") or Grouping.SERVICE)
    length = parse_duration(asked.get("length") or "30d")
    found = await statistics_asked.statistics_of(asked.world, asked.actor, length=length, by=by)
    whole = found.whole
    noisy = [one for one in found.noise if one.ignored]
    return Answer(
        headline=f"{count(whole.incidents, 'incident')} since {asked.at(found.since)}, {whole.still_open} still open",
        facts=(*_spreads(whole), *(("Messages", _loudness(one)) for one in found.chats)),
        items=cut(
            [
                f"{'none' if one.of == '-' else one.of}: {count(one.incidents, 'incident')}, {one.still_open} open,"
                f" resolved in {_spread(one.resolve)}"
                for one in found.groups
            ]
        ),
        text="; ".join(
            f"{one.rule}: {one.ignored} of {count(one.incidents, 'incident')} ended by themselves" for one in noisy[:3]
        ),
        tone=Tone.PLAIN,
        link=asked.page("stats"),
    )


def _spreads(whole: Times) -> list[tuple[str, str]]:
    named = (
        ("Detected in", whole.detect),
        ("Acknowledged in", whole.acknowledge),
        ("Mitigated in", whole.mitigate),
        ("Resolved in", whole.resolve),
    )
    return [(name, _spread(spread)) for name, spread in named if spread is not None]


def _loudness(use: ChatUse) -> str:
    """How loud a chat was, and whether it kept to what a channel bears."""
    held = f", {use.held} held back" if use.held else ""
    most = f"{use.most} at most of one incident in a phase, of {use.budget}"
    return f"{use.integration}: {use.messages} in shared channels, {count(use.edits, 'edit')}; {most}{held}"


def _spread(spread: Spread | None) -> str:
    if spread is None:
        return "-"
    return f"{duration(spread.median)} (nine of ten {duration(spread.p90)})"


DEEDS = (
    Deed(
        verb=Verb(name="evidence", summary="what was seen of it", examples=("evidence INC-7",), slots=(INCIDENT,)),
        do=_evidence,
    ),
    Deed(
        verb=Verb(
            name="report",
            summary="its report as it stands: the draft of a postmortem",
            examples=("report INC-7",),
            slots=(INCIDENT,),
            also=("postmortem",),
        ),
        do=_report,
    ),
    Deed(
        verb=Verb(
            name="stats",
            summary="how long incidents take, and which rules are noise",
            examples=("stats", "stats 7d by=severity"),
            slots=(Slot(name="length", kind=Kind.LENGTH, help="how far back, such as 30d", needed=False),),
            options=(Slot(name="by", kind=Kind.CHOICE, help="told apart by", choices=tuple(Grouping)),),
        ),
        do=_stats,
    ),
)
