"""prometheus.query and prometheus.wait_until, on a scripted source."""

import asyncio
import math
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from bot.errors import Permanent, Temporary
from bot.integrations.prometheus.actions import Asking, QueryParams, WaitParams
from bot.model.labels import LabelSet
from bot.model.plan import ActionResult, Outcome
from bot.model.runbook import Risk
from bot.model.sample import Answer, Sample
from bot.ports.actions import Occasion, nobody
from bot.testing.clock import FakeClock
from bot.testing.contracts import WITHIN
from bot.testing.metrics import FakeMetricSource
from tests.scenarios.virtual import VirtualLoop

ONE = {LabelSet({"__name__": "up", "job": "shop"}): 1.0}
DOWN = Temporary("prom did not answer", integration="prom", reason="timeout")


@pytest.fixture(scope="module")
def anyio_backend() -> tuple[str, dict[str, object]]:
    """Waiting takes no time, and how busy the machine is makes no difference."""
    return "asyncio", {"loop_factory": VirtualLoop}


@pytest.fixture
def source() -> FakeMetricSource:
    return FakeMetricSource()


@pytest.fixture
def asking(source: FakeMetricSource) -> Asking:
    return Asking(name="prom", source=source, clock=FakeClock(), poll=0.001)


async def query(asking: Asking, expr: str, **variables: str) -> ActionResult:
    action = asking.actions()["prometheus.query"]
    return await action.run(await action.plan(QueryParams(expr=expr, vars=variables), Occasion()), WITHIN, nobody)


async def test_a_query_answers_value_count_and_samples(asking: Asking, source: FakeMetricSource) -> None:
    source.shows("up", {LabelSet({"n": f"{number:02}"}): float(number) for number in range(30)})
    result = await query(asking, "up")
    assert result.outcome is Outcome.SUCCEEDED
    assert result.summary == '30 series, the first: {n="00"} = 0'
    assert (result.value["value"], result.value["count"], len(result.value["samples"])) == (0.0, 30, 20)
    assert result.value["samples"][1] == {"labels": {"n": "01"}, "value": 1.0}
    assert result.text.splitlines()[1] == '{n="01"} = 1'
    assert "up" in result.link


@pytest.mark.parametrize(("value", "shown"), [(math.nan, "NaN"), (math.inf, "+Inf"), (-math.inf, "-Inf"), (0.25, 0.25)])
async def test_a_value_that_json_has_no_number_for_is_a_word(
    asking: Asking, source: FakeMetricSource, value: float, shown: Any
) -> None:
    source.shows("up", {LabelSet(): value})
    assert (await query(asking, "up")).value["value"] == shown


class Histograms(FakeMetricSource):
    """Answers with a native histogram, whatever it is asked."""

    async def query(self, expr: str, variables: Mapping[str, str], at: datetime) -> Answer:
        return Answer(samples=(Sample(labels=LabelSet({"job": "shop"}), value=0.0, is_histogram=True),))


async def test_a_native_histogram_is_no_number() -> None:
    result = await query(Asking(name="prom", source=Histograms(), clock=FakeClock()), "latency_seconds")
    assert (result.value["value"], result.value["samples"][0]["value"], result.value["count"]) == (None, None, 1)
    assert result.summary == '{job="shop"} = a native histogram'


async def test_no_series_is_an_answer(asking: Asking) -> None:
    result = await query(asking, "up")
    assert result.outcome is Outcome.SUCCEEDED
    assert result.value == {"value": None, "count": 0, "samples": [], "partial": False}
    assert result.summary == "no series"


async def test_partial_data_says_so(asking: Asking, source: FakeMetricSource) -> None:
    source.shows("up", ONE)
    source.warns("one store did not answer")
    result = await query(asking, "up")
    assert result.text == 'up{job="shop"} = 1\nwarning: one store did not answer'
    assert (result.summary, result.value["partial"]) == ('partial: up{job="shop"} = 1', True)


async def test_a_failure_is_told_and_whether_it_may_pass(asking: Asking, source: FakeMetricSource) -> None:
    source.breaks(DOWN)
    result = await query(asking, "up")
    assert (result.outcome, result.temporary, result.summary) == (Outcome.FAILED, True, "prom did not answer")
    source.breaks(Permanent("no", integration="prom", reason="auth"))
    assert not (await query(asking, "up")).temporary


async def test_a_plan_shows_the_expression_as_it_will_be_asked(asking: Asking) -> None:
    params = QueryParams(expr='sum(\n  up{job="$job"}\n)', vars={"job": 'a"b\x1b[2K'})
    plan = await asking.actions()["prometheus.query"].plan(params, Occasion())
    assert plan.summary == r'ask prom: sum( up{job="a\"b\x1b[2K"} )'
    assert (plan.risk, plan.repeatable, plan.targets) == (Risk.READ, True, ("prom",))


async def wait(asking: Asking, expr: str, within: float = 5, **values: Any) -> ActionResult | None:
    """The result, or None when it waited too long."""
    action = asking.actions()["prometheus.wait_until"]
    plan = await action.plan(WaitParams.model_validate({"expr": expr} | values), Occasion())
    try:
        async with asyncio.timeout(within):
            return await action.run(plan, WITHIN, nobody)
    except TimeoutError:
        return None


class Script:
    """Answers one after the other; the last one for ever. None: it cannot be asked; a text: it warns."""

    def __init__(self, source: FakeMetricSource, *answers: Mapping[LabelSet, float] | str | None) -> None:
        self.source = source
        self.answers = list(answers)
        source.shows("x", self.next)
        source.shows("x > 1", self.next)
        source.shows("x > bool 1", self.next)

    def next(self, _: object) -> Mapping[LabelSet, float]:
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if answer is None:
            raise DOWN
        self.source.warns(*([answer] if isinstance(answer, str) else []))
        return ONE if isinstance(answer, str) else answer


def values(*numbers: float) -> Mapping[LabelSet, float]:
    return {LabelSet({"n": str(index)}): number for index, number in enumerate(numbers)}


@pytest.mark.parametrize(
    ("expr", "answers"),
    [
        ("x", [values(1)]),
        ("x", [values(), None, values(0), values(2, -1)]),
        ("x", ["one store is away", values(1)]),
        ("x > bool 1", [values(0), values(1)]),
        ("x > 1", [values(), values(0)]),
        ("x", [values(math.inf)]),
    ],
)
async def test_it_waits_until_it_is_true(
    asking: Asking, source: FakeMetricSource, expr: str, answers: list[Mapping[LabelSet, float] | str | None]
) -> None:
    Script(source, *answers)
    result = await wait(asking, expr)
    assert result is not None
    assert result.outcome is Outcome.SUCCEEDED
    assert len(source.asked) == len(answers)
    assert set(result.value) == {"value", "waited"}


@pytest.mark.parametrize(
    ("expr", "answer"),
    [
        ("x", values()),
        ("x > 1", values()),
        ("x", None),
        ("x", values(0)),
        ("x", values(1, 0)),
        ("x > bool 1", values(1, 0)),
        ("x", values(math.nan)),
        ("x > 1", values(math.nan)),
        ("x", "one store is away"),
        ("x > 1", "one store is away"),
    ],
)
async def test_what_could_not_be_seen_is_never_true(
    asking: Asking, source: FakeMetricSource, expr: str, answer: Mapping[LabelSet, float] | str | None
) -> None:
    Script(source, answer)
    assert await wait(asking, expr, within=0.1) is None
    assert len(source.asked) > 2


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (values(0), '{n="0"} = 0'),
        (values(), "no series"),
        (None, "it could not be seen: prom did not answer"),
        ("one store is away", 'partial: up{job="shop"} = 1'),
    ],
)
async def test_a_wait_in_vain_says_what_was_seen_last(
    asking: Asking, source: FakeMetricSource, answer: Mapping[LabelSet, float] | str | None, said: str
) -> None:
    """Whoever reads that it failed wants to know whether it was not true, or nobody could see."""
    Script(source, answer)
    action = asking.actions()["prometheus.wait_until"]
    plan = await action.plan(WaitParams(expr="x"), Occasion())
    async with asyncio.timeout(2):
        result = await action.run(plan, timedelta(seconds=2), nobody)
    assert (result.outcome, result.summary) == (Outcome.FAILED, f"it did not become true in time: {said}")


async def test_it_must_hold_without_a_gap(source: FakeMetricSource) -> None:
    asking = Asking(name="prom", source=source, clock=FakeClock(), poll=0.02)
    Script(source, values(1), values(1), None, values(1))
    result = await wait(asking, "x", holds_for="50ms")
    assert result is not None
    assert len(source.asked) >= 6  # two, the gap, and three more
    assert result.value["waited"] >= 0.05


async def test_a_mistake_is_not_waited_for(asking: Asking, source: FakeMetricSource) -> None:
    source.breaks(Permanent("no", integration="prom", reason="client"))
    result = await wait(asking, "x")
    assert result is not None
    assert (result.outcome, result.temporary) == (Outcome.FAILED, False)


async def test_a_plan_of_a_wait_is_plain(asking: Asking) -> None:
    params = WaitParams.model_validate({"expr": "x", "holds_for": "1m30s"})
    assert params.holds_for == timedelta(seconds=90)
    plan = await asking.actions()["prometheus.wait_until"].plan(params, Occasion())
    assert plan.params == {"expr": "x", "vars": {}, "holds_for": "1m30s"}
    assert plan.summary == "wait until prom says that this is true for 1m30s: x"


async def test_the_shops_condition_is_met_at_zero_errors(asking: Asking, source: FakeMetricSource) -> None:
    """A filter that lets a 0 through means yes: nothing fails any more."""
    expr = "errors / all < 0.01 and slowness < 0.5"
    source.shows(expr, {LabelSet(): 0.0})
    result = await wait(asking, expr)
    assert result is not None
    assert result.value["value"] == 0.0


@pytest.mark.parametrize(
    ("expr", "said"),
    [
        ("up{", "expr\n  Value error, not a PromQL expression: unexpected end of input inside braces"),
        ("up == == 1", "expr\n  Value error, not a PromQL expression"),
        ("up > $least", "expr\n  Value error, \\$least stands outside a string"),
        ('up{job="$jbo"}', "no variable is called \\$jbo; did you mean 'job'"),
    ],
)
def test_a_query_that_cannot_be_asked_is_found_before_its_step_runs(expr: str, said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        QueryParams(expr=expr, vars={"job": "{{ inputs.job }}"})


def test_what_a_template_makes_of_a_query_is_seen_when_it_is_filled_in() -> None:
    assert QueryParams(expr='up{job="$job"} > {{ inputs.least }}', vars={"job": "x"}).expr.endswith("}}")
