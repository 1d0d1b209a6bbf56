import asyncio
from collections.abc import Mapping, Sequence
from datetime import timedelta

import pytest

from bot.errors import Permanent, Temporary
from bot.evidence.collector import collect
from bot.model.labels import LabelSet
from bot.model.sample import Series, Window
from bot.testing.metrics import FakeMetricSource
from tests.unit.evidence.signals import EXPR, question

pytestmark = pytest.mark.anyio


class SilentSource(FakeMetricSource):
    """Never answers a range."""

    async def query_range(
        self, expr: str, variables: Mapping[str, str], window: Window, step: timedelta
    ) -> Sequence[Series]:
        await asyncio.Event().wait()
        return ()


async def test_every_question_is_answered_in_order() -> None:
    source = FakeMetricSource("prom")
    source.shows(EXPR, {LabelSet({"service": "checkout"}): 0.4})
    first, second = await collect([question(), question(key="other")], {"prom": source})
    assert first.question.key != second.question.key
    assert [len(one.series[0].points) for one in (first, second)] == [11, 11]
    assert first.unavailable == ""
    assert first.link.startswith("https://prom.example.net/graph?")


async def test_a_source_that_fails_says_why_and_never_fails_the_others() -> None:
    well, broken = FakeMetricSource("prom"), FakeMetricSource("eu")
    broken.breaks(Temporary("eu: 503 from https://ann:hunter2@eu.example", integration="eu", reason="server"))
    first, second = await collect([question(source="eu"), question()], {"prom": well, "eu": broken})
    assert first.unavailable == "eu: 503 from https://[redacted]@eu.example"
    assert first.series == ()
    assert second.unavailable == ""
    broken.breaks(Permanent("eu: 401", integration="eu", reason="auth"))
    (third,) = await collect([question(source="eu")], {"eu": broken})
    assert third.unavailable == "eu: 401"


async def test_a_source_that_does_not_answer_in_time_is_not_waited_for() -> None:
    sources = {"prom": SilentSource("prom"), "eu": FakeMetricSource("eu")}
    late, well = await collect([question(), question(source="eu")], sources, deadline=timedelta(milliseconds=20))
    assert late.unavailable == '"prom" did not answer within 20 ms'
    assert late.link
    assert well.unavailable == ""


async def test_a_source_that_is_gone_is_an_answer_too() -> None:
    (gone,) = await collect([question()], {})
    assert gone.unavailable == 'there is no metric source "prom"'
    assert gone.link == ""


async def test_no_question_needs_no_answer() -> None:
    assert await collect([], {}) == ()
