"""What an incident took of what its services promise: how many events were bad, and how much of the budget that is."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.documents import format_duration
from bot.errors import IntegrationError
from bot.evidence.redaction import redact
from bot.model.alert import Alert
from bot.model.evidence import Evidence, EvidenceKind
from bot.model.ids import EvidenceId, IncidentId
from bot.model.incident import Incident
from bot.model.reading import reading_from
from bot.model.sample import Answer, Window
from bot.model.service import WINDOW, Service, Slo
from bot.model.wording import RATIO, duration, number, one_line
from bot.ports.metrics import MetricSource

SHORTEST = timedelta(minutes=2)
"""Over less time most sources have too few samples to count anything."""
_MOVING = timedelta(minutes=5)
_TIMES = 2.0
"""From here on a share of the budget is so many times the budget."""
DEADLINE = timedelta(seconds=30)
"""The longest of the three expressions looks at a month."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImpactQuestion:
    """What of this promise went bad in this window?"""

    incident: IncidentId
    service: str
    slo: Slo
    window: Window

    @property
    def text(self) -> str:
        """The question in words."""
        return f"What did it take of the {self.slo.name} of {self.service}?"

    @property
    def exprs(self) -> tuple[str, str, str]:
        """The good events and all events in the window, and all events in the time over which it is promised."""
        length = timedelta(seconds=round(self.window.length.total_seconds()))
        return _over(self.slo.good, length), _over(self.slo.total, length), _over(self.slo.total, self.slo.window)

    @property
    def course(self) -> str:
        """The share of bad events, as a graph shows it. Where nothing was good there may be no series of it."""
        good, total = _over(self.slo.good, _MOVING), _over(self.slo.total, _MOVING)
        return f"1 - (({good}) or 0 * ({total})) / ({total})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Impact:
    """What was counted: `bad` of `total` events. `spent` is the share of the error budget that they are.

    None: nobody knows how many events there are in the time over which it is promised. `is_young`: the source knows of
    hardly any but those of this window. `warnings` say that data is missing; `link` is where a person sees the share of
    bad events over the window.
    """

    question: ImpactQuestion
    bad: float = 0.0
    total: float = 0.0
    spent: float | None = None
    is_young: bool = False
    warnings: tuple[str, ...] = ()
    link: str = ""
    unavailable: str = ""


def impact_questions(
    incident: Incident,
    alerts: Iterable[Alert],
    services: Mapping[str, Service],
    now: datetime,
    seen: Iterable[Evidence] = (),
) -> tuple[ImpactQuestion, ...]:
    """One question for each promise of the services that the incident or its alerts name, over its whole time.

    What went bad before a rule noticed counts too: the time begins when the first signal, as `seen`, went bad.
    """
    end = incident.resolved_at or now
    noticed = incident.detected_at or incident.opened_at
    start = min([noticed, end - SHORTEST, *_began(seen, noticed)])
    named = dict.fromkeys((incident.service, *(alert.labels.get("service", "") for alert in alerts)))
    return tuple(
        ImpactQuestion(incident=incident.id, service=name, slo=slo, window=Window(start=start, end=end))
        for name in named
        if name in services
        for slo in services[name].slos
    )


def _began(seen: Iterable[Evidence], noticed: datetime) -> Iterator[datetime]:
    """When each signal went bad, of those that were when it was noticed."""
    for reading in (reading_from(one.value) for one in seen):
        for spell in reading.spells if reading is not None else ():
            if spell.start <= noticed and (spell.end is None or noticed <= spell.end):
                yield spell.start


async def measure(
    questions: Sequence[ImpactQuestion], sources: Mapping[str, MetricSource], *, deadline: timedelta = DEADLINE
) -> tuple[Impact, ...]:
    """What each question found, in their order, within the deadline. A source that fails never fails the others."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_measure(one, sources.get(one.slo.source), deadline)) for one in questions]
    return tuple(task.result() for task in tasks)


def impact_evidence(impact: Impact, *, evidence_id: EvidenceId, collected_at: datetime) -> Evidence:
    """The evidence of what was counted, or of why nothing was."""
    question = impact.question
    good, total, _ = question.exprs
    value = {
        "service": question.service, "slo": question.slo.name, "objective": question.slo.objective,
        "bad": impact.bad, "total": impact.total, "spent": impact.spent,
    }  # fmt: skip
    return Evidence(
        id=evidence_id,
        incident=question.incident,
        kind=EvidenceKind.IMPACT,
        question=question.text,
        source=question.slo.source,
        query=f"1 - ({good}) / ({total})",
        window=question.window,
        collected_at=collected_at,
        summary="" if impact.unavailable else _summary(impact),
        value={} if impact.unavailable else value,
        link=impact.link,
        unavailable=impact.unavailable,
    )


async def _measure(question: ImpactQuestion, source: MetricSource | None, deadline: timedelta) -> Impact:
    name, link = question.slo.source, source.link(question.course, question.window) if source else ""
    if source is None:
        return Impact(question=question, unavailable=f'there is no metric source "{name}"')
    try:
        async with asyncio.timeout(deadline.total_seconds()):
            answers = await source.query_all(question.exprs, question.window.end)
    except TimeoutError:
        why = f'"{name}" did not answer within {duration(deadline)}'
        return Impact(question=question, link=link, unavailable=why)
    failed = next((answer.message for answer in answers if isinstance(answer, IntegrationError)), "")
    if failed:
        return Impact(question=question, link=link, unavailable=redact(one_line(failed, 500)))
    return replace(_counted(question, [answer for answer in answers if isinstance(answer, Answer)]), link=link)


def _counted(question: ImpactQuestion, answers: Sequence[Answer]) -> Impact:
    slo, length = question.slo, question.window.length
    good, total, whole = (
        _events(answer, slo, over) for answer, over in zip(answers, (length, length, slo.window), strict=True)
    )
    if not total:
        return Impact(question=question, unavailable=f'"{slo.source}" counted no events in this time')
    bad = max(0.0, total - (good or 0.0))
    budget = (whole or 0.0) * (1 - slo.objective)
    return Impact(
        question=question, bad=bad, total=total, spent=bad / budget if budget else None,
        is_young=length < slo.window / 2 and (whole or 0.0) < 2 * total,
        warnings=tuple(dict.fromkeys(warning for answer in answers for warning in answer.warnings)),
    )  # fmt: skip


def _events(answer: Answer, slo: Slo, over: timedelta) -> float | None:
    """How many there were; None when nothing is known of any."""
    values = [sample.value for sample in answer.samples if math.isfinite(sample.value)]
    if not values:
        return None
    return sum(values) * (1.0 if slo.counted else over.total_seconds())


def _summary(impact: Impact) -> str:
    slo, share = impact.question.slo, impact.bad / impact.total
    counts = f"{round(impact.bad):,} of {round(impact.total):,} events were bad ({number(share, RATIO)})"
    text = f"{impact.question.service}, {slo.name}: {counts} in {duration(impact.question.window.length)}"
    if impact.spent is not None:
        promise = f"{slo.objective * 100:g} % over {duration(slo.window)}"
        text += f"; that is {_share_of(impact.spent)} the error budget of {promise}"
        if impact.is_young:
            text += f"; hardly any events of before are known: of a whole {duration(slo.window)} it is less"
    missing = f"; data is missing: {one_line(impact.warnings[0], 200)}" if impact.warnings else ""
    return redact(f"{text}{missing}")


def _share_of(spent: float) -> str:
    """Nobody reads thousands of percents."""
    return f"{number(spent)} times" if spent >= _TIMES else f"{number(spent, RATIO)} of"


def _over(expr: str, length: timedelta) -> str:
    return expr.replace(WINDOW, format_duration(length))
