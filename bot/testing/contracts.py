"""What every adapter of a port promises, as test classes to be subclassed; the fakes are held to the same.

A subclass gives the fixtures that a suite's methods ask for. Suites are plain classes: pytest collects the subclass,
and its plugin for async tests (anyio) runs them.
"""

from __future__ import annotations

import json
import math
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import unquote_plus

from pydantic import BaseModel

from bot.errors import IntegrationError, Permanent, Temporary
from bot.kit.plugin import Integration, Tools
from bot.model.labels import LabelSet
from bot.model.plan import ActionResult, Outcome, Plan
from bot.model.runbook import RISKS, Risk
from bot.model.sample import Answer, Recorded, Window
from bot.ports.actions import Action, Occasion, nobody
from bot.ports.metrics import MetricSource
from bot.ports.reads_only import reads_only
from bot.ports.recorder import Recorder

WITHIN = timedelta(seconds=30)
"""The time an action gets."""

HOSTILE = (
    'x"} or vector(1)',
    "x'} or vector(1)",
    "a\\",
    '\\"',
    "a|b",
    ".*",
    "(?i)kitchen",
    "[a-z]+",
    "$instance",
    "${instance}",
    "{{7*7}}",
    "line\nbreak",
    "return\rtab\tnul\x00escape\x1b",
    "`tick`",
    "# comment",
    "\u202eright to left",
    "ünïcode \U0001f525",
    "A" * 4096,
)
"""Values that would become syntax somewhere if anyone pasted them."""

RETRY_TABLE: Mapping[int, tuple[type[IntegrationError], str]] = {
    301: (Permanent, "client"),
    400: (Permanent, "client"),
    401: (Permanent, "auth"),
    403: (Permanent, "auth"),
    404: (Permanent, "client"),
    408: (Temporary, "timeout"),
    422: (Permanent, "client"),
    429: (Temporary, "rate_limited"),
    500: (Temporary, "server"),
    502: (Temporary, "server"),
    503: (Temporary, "server"),
    504: (Temporary, "server"),
}
"""What each HTTP status means, for every integration that speaks HTTP."""


class MetricSourceContract:
    """A `MetricSource` in whose world `contract_degrees{room="kitchen"}` is 21 and `{room="cellar"}` is 12.

    Fixtures: `source`; `at`, a time at which that has been so for five minutes.
    """

    async def test_a_selector_answers_with_labels_and_values(self, source: MetricSource, at: datetime) -> None:
        """Both series come, each under its labels."""
        answer = await source.query("contract_degrees", {}, at)
        rooms = {sample.labels["room"]: sample.value for sample in answer.samples}
        assert rooms == {"kitchen": 21.0, "cellar": 12.0}
        assert answer.warnings == ()

    async def test_a_scalar_is_one_sample_without_labels(self, source: MetricSource, at: datetime) -> None:
        """As Prometheus' own ruler sees it."""
        answer = await source.query("scalar(contract_degrees{room='cellar'})", {}, at)
        assert [(sample.labels, sample.value) for sample in answer.samples] == [(LabelSet(), 12.0)]

    async def test_several_are_answered_as_each_alone_would_be(self, source: MetricSource, at: datetime) -> None:
        """In order; what is wrong with one touches no other."""
        exprs = [
            "contract_degrees > 20",
            "sum(contract_degrees",
            "contract_degrees > 1000",
            "scalar(vector(2))",
            "1 / 0",
        ]
        exprs += [f"contract_degrees + {number}" for number in range(20)]
        answers = await source.query_all(exprs, at)
        assert len(answers) == len(exprs)
        for expr, answer in zip(exprs, answers, strict=True):
            if isinstance(answer, Permanent):
                assert expr == "sum(contract_degrees"
            else:
                assert isinstance(answer, Answer)
                assert answer == await source.query(expr, {}, at)

    async def test_nothing_is_an_answer(self, source: MetricSource, at: datetime) -> None:
        """No series is not a failure."""
        assert (await source.query("contract_degrees > 1000", {}, at)).samples == ()

    async def test_a_variable_is_its_value(self, source: MetricSource, at: datetime) -> None:
        """It chooses the series whose label it equals."""
        answer = await source.query('contract_degrees{room="$room"}', {"room": "cellar"}, at)
        assert [sample.value for sample in answer.samples] == [12.0]

    async def test_no_value_becomes_syntax(self, source: MetricSource, at: datetime) -> None:
        """Each hostile value is compared as it is, and equals no room."""
        for value in HOSTILE:
            answer = await source.query('contract_degrees{room="$room"}', {"room": value}, at)
            assert answer.samples == (), value

    async def test_an_unknown_variable_is_refused(self, source: MetricSource, at: datetime) -> None:
        """It is our mistake, and is said before anybody is asked."""
        error = await _raised(source.query('contract_degrees{room="$rom"}', {"room": "cellar"}, at))
        assert isinstance(error, Permanent)
        assert error.reason == "client"
        assert "$rom" in error.message

    async def test_a_mistake_in_the_expression_is_ours(self, source: MetricSource, at: datetime) -> None:
        """Permanent, with a reason and a hint."""
        error = await _raised(source.query("sum(contract_degrees", {}, at))
        assert isinstance(error, Permanent)
        assert error.reason == "client"
        assert error.hint

    async def test_a_range_is_in_order_and_within_its_window(self, source: MetricSource, at: datetime) -> None:
        """Both ends included, aware UTC."""
        window = Window(start=at - timedelta(minutes=1), end=at)
        found = await source.query_range('contract_degrees{room="$room"}', {"room": "kitchen"}, window, _STEP)
        assert [series.labels["room"] for series in found] == ["kitchen"]
        times = [time for time, _ in found[0].points]
        assert times == [window.start + index * _STEP for index in range(7)]
        assert all(time.tzinfo == UTC for time in times)
        assert {value for _, value in found[0].points} == {21.0}

    async def test_a_link_holds_the_expression_and_absolute_times(self, source: MetricSource) -> None:
        """It shows the same tomorrow."""
        end = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
        link = unquote_plus(source.link('a{b="c&d"}', Window(start=end - timedelta(hours=1), end=end)))
        assert 'a{b="c&d"}' in link
        assert "05:06:07" in link
        assert "now" not in link


class RecorderContract:
    """A `Recorder`, and the `MetricSource` through which everybody sees what it wrote.

    Fixtures: `recorder`; `source`; `now`, the time the server takes samples for.
    """

    async def test_what_was_written_is_seen_at_once(
        self, recorder: Recorder, source: MetricSource, now: datetime
    ) -> None:
        """Under its labels, whatever stands in them, with its value, whatever that is."""
        values = [math.nan, math.inf, -math.inf, 0.0, -0.0, 5e-324, 1.7976931348623157e308, 0.1, *map(float, range(20))]
        made = {LabelSet({"__name__": "contract_seen", "odd": text}): values[at] for at, text in enumerate(HOSTILE)}
        await recorder.record([Recorded(labels=labels, at=now, value=value) for labels, value in made.items()])
        answer = await source.query("contract_seen", {}, now)
        assert {sample.labels: repr(sample.value) for sample in answer.samples} == {
            labels: repr(value) for labels, value in made.items()
        }

    async def test_a_series_that_ends_is_gone_at_once(
        self, recorder: Recorder, source: MetricSource, now: datetime
    ) -> None:
        """NaN is a value; the end of a series is none. Before its end it is still there."""
        ends, stays = (LabelSet({"__name__": "contract_ends", "which": which}) for which in ("ends", "stays"))
        before = now - timedelta(seconds=5)
        await recorder.record([Recorded(labels=labels, at=before, value=1.0) for labels in (ends, stays)])
        await recorder.record(
            [Recorded(labels=ends, at=now, value=None), Recorded(labels=stays, at=now, value=math.nan)]
        )
        assert [one.labels for one in (await source.query("contract_ends", {}, now)).samples] == [stays]
        assert {one.labels for one in (await source.query("contract_ends", {}, before)).samples} == {ends, stays}

    async def test_the_order_of_samples_does_not_matter(
        self, recorder: Recorder, source: MetricSource, now: datetime
    ) -> None:
        """Later ones may come first."""
        times = [now - timedelta(seconds=seconds) for seconds in range(5)]
        labels = [LabelSet({"__name__": "contract_order", "n": str(number)}) for number in (2, 10, 1)]
        await recorder.record(
            [Recorded(labels=one, at=at, value=float(number)) for number, at in enumerate(times) for one in labels]
        )
        for number, at in enumerate(times):
            found = (await source.query("contract_order", {}, at)).samples
            assert {sample.labels: sample.value for sample in found} == dict.fromkeys(labels, float(number))

    async def test_one_that_comes_too_late_does_not_hold_up_the_others(
        self, recorder: Recorder, source: MetricSource, now: datetime
    ) -> None:
        """Nor does one that is there already, with its value or with another."""
        known, new = (LabelSet({"__name__": "contract_late", "which": which}) for which in ("known", "new"))
        first = Recorded(labels=known, at=now, value=1.0)
        await recorder.record([first])
        await recorder.record([first])
        await recorder.record(
            [
                Recorded(labels=known, at=now - timedelta(hours=5), value=2.0),
                Recorded(labels=known, at=now, value=3.0),
                Recorded(labels=new, at=now, value=4.0),
            ]
        )
        found = (await source.query("contract_late", {}, now)).samples
        assert {sample.labels: sample.value for sample in found} == {known: 1.0, new: 4.0}

    async def test_many_are_written(self, recorder: Recorder, source: MetricSource, now: datetime) -> None:
        """More than fit into one message; and none at all."""
        await recorder.record([])
        every = [LabelSet({"__name__": "contract_many", "n": str(number), "pad": "x" * 300}) for number in range(5000)]
        await recorder.record([Recorded(labels=labels, at=now, value=1.0) for labels in every])
        found = (await source.query("contract_many", {}, now)).samples
        assert {sample.labels for sample in found} == set(every)


class HttpContract:
    """An adapter that speaks HTTP maps what it is answered to our errors, and tells no secret.

    Fixture `failing`: given a status and a body, the error that the adapter raises when its server answers so. The
    adapter holds the credential `SECRET`, and the server sends it back in the body.
    """

    SECRET = "s3cret/that+nobody=may&see"  # noqa: S105 - a contract needs one to look for

    async def test_a_status_means_the_same_everywhere(
        self, failing: Callable[[int, bytes], Awaitable[BaseException | None]]
    ) -> None:
        """The table above."""
        for status, (kind, reason) in RETRY_TABLE.items():
            error = await failing(status, b"no")
            assert isinstance(error, kind), status
            assert error.reason == reason, status
            assert error.hint, status

    async def test_no_error_tells_a_secret(
        self, failing: Callable[[int, bytes], Awaitable[BaseException | None]]
    ) -> None:
        """Not even when the vendor says it aloud."""
        for status in (400, 401, 500):
            body = json.dumps({"status": "error", "errorType": "bad_data", "error": f"who sends {self.SECRET}?"})
            error = await failing(status, body.encode())
            assert isinstance(error, IntegrationError)
            assert self.SECRET not in f"{error} {error!r} {error.hint} {error.args} {error.__cause__!r}"


class ActionContract:
    """An `Action`.

    Fixtures: `action`; `params`, valid ones of its model that it succeeds with; `mistaken`, ones that make no sense.
    `OCCASION` may be another one, for an action that needs an incident. Plans are made as Tocsin makes them, where
    nothing can be written.
    """

    OCCASION = Occasion()

    async def test_it_says_what_it_is(self, action: Action) -> None:
        """A dotted name, one sentence, and every key of its result."""
        assert "." in action.spec.name
        assert action.spec.help.endswith(".")
        assert all(action.spec.result.values())
        assert all(field.description for field in action.spec.params.model_fields.values())

    async def test_a_plan_is_plain_and_the_same_twice(self, action: Action, params: BaseModel) -> None:
        """So that an approval can be bound to it and a journal can keep it."""
        first, second = await self.planned(action, params), await self.planned(action, params)
        assert first == second
        assert first.hash == second.hash
        assert json.loads(json.dumps(first.params, allow_nan=False)) == first.params
        assert first.action == action.spec.name
        assert first.summary
        assert "\n" not in first.summary

    async def test_a_plan_is_no_graver_than_the_action_says(self, action: Action, params: BaseModel) -> None:
        """What only reads may be repeated blindly; what can be probed has a probe, and what can be undone an undo."""
        plan = await self.planned(action, params)
        assert RISKS.index(plan.risk) <= RISKS.index(action.spec.risk)
        assert plan.repeatable or plan.risk is not Risk.READ
        assert action.probe is not None or not plan.can_probe
        assert action.undo is not None or not plan.can_undo

    async def test_parameters_without_sense_are_refused(self, action: Action, mistaken: BaseModel) -> None:
        """Before anything is done, and with what to do next."""
        error = await _raised(self.planned(action, mistaken))
        assert isinstance(error, Permanent)
        assert error.hint

    async def test_its_result_is_plain_and_described(self, action: Action, params: BaseModel) -> None:
        """Later steps use it, and the store keeps it."""
        result = await action.run(await self.planned(action, params), WITHIN, nobody)
        assert isinstance(result, ActionResult)
        assert result.outcome is Outcome.SUCCEEDED, result
        assert result.summary
        assert set(result.value) <= set(action.spec.result)
        assert not _odd(result.value)

    async def planned(self, action: Action, params: BaseModel) -> Plan:
        """The plan, made with reads alone."""
        with reads_only():
            return await action.plan(params, self.OCCASION)


class IntegrationContract:
    """An `Integration`.

    Fixtures: `integration`; `unreachable`, a validated config whose vendor does not answer; `tools`; `secrets`, what
    that config holds and nobody may see.
    """

    async def test_it_opens_and_closes_without_its_vendor(
        self, integration: Integration, unreachable: BaseModel, tools: Tools
    ) -> None:
        """And again: closing leaves nothing behind that opening stumbles over."""
        for _ in range(2):
            async with integration.open(unreachable, tools) as opened:
                assert opened.examine is not None

    async def test_it_offers_what_it_says(self, integration: Integration, unreachable: BaseModel, tools: Tools) -> None:
        """`provides` and `specs` are what references are checked against."""
        async with integration.open(unreachable, tools) as opened:
            assert ("metrics" in integration.provides) == (opened.metrics is not None)
            assert ("recorder" in integration.provides) == (opened.recorder is not None)
            assert ("searches" in integration.provides) == (opened.searches is not None)
            assert ("saved" in integration.provides) == (opened.saved is not None)
            assert ("logs" in integration.provides) == (opened.logs is not None)
            assert ("events" in integration.provides) == (opened.events is not None)
            assert ("hook" in integration.provides) == (opened.hook is not None)
            assert ("alertmanager" in integration.provides) == (opened.alertmanager is not None)
            assert ("watcher" in integration.provides) == (opened.watcher is not None)
            assert ("notifier" in integration.provides) == (opened.notifier is not None)
            assert ("pager" in integration.provides) == (opened.pager is not None)
            assert ("messenger" in integration.provides) == (opened.messenger is not None)
            assert ("actions" in integration.provides) == bool(opened.actions)
            assert {spec.name: spec for spec in integration.specs} == {
                name: action.spec for name, action in opened.actions.items()
            }

    async def test_an_examination_says_what_is_wrong_and_never_raises(
        self, integration: Integration, unreachable: BaseModel, tools: Tools
    ) -> None:
        """Each finding that is not well has a hint."""
        async with integration.open(unreachable, tools) as opened:
            found = await opened.examine()
        assert any(not health.ok for health in found)
        assert all(health.ok or health.hint for health in found)

    async def test_it_shows_no_secret(
        self, integration: Integration, unreachable: BaseModel, tools: Tools, secrets: tuple[str, ...]
    ) -> None:
        """Not in `repr`, not in what the examination says."""
        async with integration.open(unreachable, tools) as opened:
            shown = f"{unreachable!r} {unreachable} {opened!r} {await opened.examine()!r}"
        assert secrets
        assert [secret for secret in secrets if secret in shown] == []


_STEP = timedelta(seconds=10)


async def _raised(question: Awaitable[object]) -> IntegrationError | None:
    try:
        await question
    except IntegrationError as error:
        return error
    return None


def _odd(value: Any) -> bool:  # Any: any JSON value
    """Whether something in here is not JSON, or is a text that no database keeps."""
    if isinstance(value, Mapping):
        return any(not isinstance(key, str) or _odd(item) for key, item in value.items())
    if isinstance(value, list):
        return any(map(_odd, value))
    if isinstance(value, float):
        return not math.isfinite(value)
    if isinstance(value, str):
        return "\x00" in value or value != value.encode(errors="replace").decode()
    return not (value is None or isinstance(value, bool | int))
