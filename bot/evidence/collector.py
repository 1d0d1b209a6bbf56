"""Asks all questions at once, each with its own deadline; a missing answer is evidence too."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from bot.errors import IntegrationError
from bot.evidence.questions import SignalQuestion
from bot.evidence.redaction import redact
from bot.model.sample import Series
from bot.model.wording import duration, one_line
from bot.ports.metrics import MetricSource

DEADLINE = timedelta(seconds=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalAnswer:
    """What a source said, or in `unavailable` why it said nothing. `link` is where a person sees the same."""

    question: SignalQuestion
    series: tuple[Series, ...] = ()
    link: str = ""
    unavailable: str = ""


async def collect(
    questions: Sequence[SignalQuestion], sources: Mapping[str, MetricSource], *, deadline: timedelta = DEADLINE
) -> tuple[SignalAnswer, ...]:
    """An answer to every question, in their order, within the deadline. A source that fails never fails the others."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_ask(question, sources.get(question.source), deadline)) for question in questions]
    return tuple(task.result() for task in tasks)


async def _ask(question: SignalQuestion, source: MetricSource | None, deadline: timedelta) -> SignalAnswer:
    if source is None:
        return SignalAnswer(question=question, unavailable=f'there is no metric source "{question.source}"')
    link = source.link(question.expr, question.window)
    try:
        async with asyncio.timeout(deadline.total_seconds()):
            series = await source.query_range(question.expr, {}, question.window, question.step)
    except TimeoutError:
        reason = f'"{question.source}" did not answer within {duration(deadline)}'
        return SignalAnswer(question=question, link=link, unavailable=reason)
    except IntegrationError as error:
        return SignalAnswer(question=question, link=link, unavailable=redact(one_line(error.message, 500)))
    return SignalAnswer(question=question, link=link, series=tuple(series))
