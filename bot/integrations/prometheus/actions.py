"""What a runbook can ask of Prometheus: a value now, or to wait until a condition holds."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from pydantic import Field, field_validator, model_validator

from bot.documents import Duration, Strict, format_duration, parse_duration
from bot.errors import IntegrationError, Permanent, Temporary
from bot.integrations.prometheus.expr import fill, names_in, only_shows_what_is_true, parse
from bot.integrations.prometheus.showing import LONGEST_SUMMARY, failed, line, summary, value_of
from bot.kit.redaction import visible
from bot.model.plan import ActionResult, Outcome, Plan
from bot.model.runbook import Risk
from bot.model.sample import Answer, Window
from bot.ports.actions import ANY_TEXT, LANGUAGE, Action, ActionSpec, Occasion, Say
from bot.ports.clock import Clock
from bot.ports.metrics import MetricSource

_SHOWN = 20
_LINKED = timedelta(hours=1)
_TO_SAY_SO = timedelta(seconds=1)
"""Of the step's time, for the answer that it was all in vain."""


def _read(expr: str, names: Iterable[str]) -> str:
    """The expression, once it is seen to be one; what is filled in later is looked at when the step is planned."""
    if "{{" not in expr:
        try:
            fill(expr, dict.fromkeys(names, "x"), "")
        except Permanent as error:
            raise ValueError(str(error)) from None
    return expr


class QueryParams(Strict):
    """`with:` of prometheus.query."""

    expr: str = Field(
        min_length=1,
        description="PromQL; `$name` in a label's value stands for a variable.",
        json_schema_extra=LANGUAGE,
    )
    vars: dict[str, str] = Field(
        default_factory=dict,
        description="The variables, escaped when they are filled in.",
        json_schema_extra=ANY_TEXT,
    )

    @field_validator("expr")
    @classmethod
    def _is_promql(cls, expr: str) -> str:
        return _read(expr, names_in(expr))

    @model_validator(mode="after")
    def _knows_its_variables(self) -> QueryParams:
        _read(self.expr, self.vars)
        return self


class WaitParams(QueryParams):
    """`with:` of prometheus.wait_until."""

    holds_for: Duration = Field(default=timedelta(0), description="How long it must stay true without a gap.")


QUERY = ActionSpec(
    name="prometheus.query",
    params=QueryParams,
    risk=Risk.READ,
    help="Asks for the value of a PromQL expression now.",
    result={
        "value": "the first sample's value; null when there is none, or it is a native histogram",
        "count": "how many samples came",
        "samples": f"the first {_SHOWN}, each with `labels` and `value`",
        "partial": "whether the server says that data is missing: what is not there may be all the same",
    },
)
WAIT_UNTIL = ActionSpec(
    name="prometheus.wait_until",
    params=WaitParams,
    risk=Risk.READ,
    help="Waits until a PromQL condition is true; what could not be seen is never true.",
    result={"value": "the first sample's value when it became true", "waited": "seconds from the start to then"},
)
SPECS = (QUERY, WAIT_UNTIL)


@dataclass(slots=True, kw_only=True)
class _Watch:
    """A condition that is waited for. `since`: when it became true, as far as we saw; `seen`: what was seen last."""

    filters: bool
    holds_for: float
    since: float | None = None
    seen: str = "nobody answered"

    def could_not_see(self, error: Temporary) -> None:
        """Not seen is not true, and nobody saw whether it stayed true."""
        self.since, self.seen = None, f"it could not be seen: {error.message}"

    def sees(self, answer: Answer, now: float) -> bool:
        """Whether it holds, and has for long enough."""
        holds = _holds(answer, self.filters)
        self.since, self.seen = (now if self.since is None else self.since) if holds else None, summary(answer)
        return self.since is not None and now - self.since >= self.holds_for


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """Makes the actions of one server, which tocsin.yaml calls `name`. `poll`: seconds between two looks of a wait."""

    name: str
    source: MetricSource
    clock: Clock
    poll: float = 1.0

    def actions(self) -> Mapping[str, Action]:
        """The actions by name."""
        return {
            QUERY.name: Action(spec=QUERY, plan=self._plan_query, run=self._query),
            WAIT_UNTIL.name: Action(spec=WAIT_UNTIL, plan=self._plan_wait, run=self._wait),
        }

    async def _plan_query(self, params: QueryParams, _: Occasion) -> Plan:
        return self._plan(QUERY, params, {}, "ask {name}: {expr}")

    async def _plan_wait(self, params: WaitParams, _: Occasion) -> Plan:
        holds_for = format_duration(params.holds_for)
        said = "wait until {name} says that this is true" + (f" for {holds_for}" if params.holds_for else "")
        return self._plan(WAIT_UNTIL, params, {"holds_for": holds_for}, said + ": {expr}")

    def _plan(self, spec: ActionSpec, params: QueryParams, more: Mapping[str, str], said: str) -> Plan:
        expr = " ".join(fill(params.expr, params.vars, self.name).split())
        return Plan(
            action=spec.name,
            integration=self.name,
            params={"expr": params.expr, "vars": dict(params.vars), **more},
            targets=(self.name,),
            summary=visible(said.format(name=self.name, expr=expr))[:LONGEST_SUMMARY],
            risk=Risk.READ,
            repeatable=True,
        )

    async def _query(self, plan: Plan, within: timedelta, say: Say) -> ActionResult:
        try:
            answer = await self._ask(plan)
        except IntegrationError as error:
            return failed(error)
        return ActionResult(
            outcome=Outcome.SUCCEEDED,
            summary=summary(answer),
            value={
                "value": value_of(answer.samples[0]) if answer.samples else None,
                "count": len(answer.samples),
                "samples": [
                    {"labels": dict(sample.labels), "value": value_of(sample)} for sample in answer.samples[:_SHOWN]
                ],
                "partial": bool(answer.warnings),
            },
            text="\n".join([*map(line, answer.samples[:_SHOWN]), *(f"warning: {text}" for text in answer.warnings)]),
            link=self._link(plan),
        )

    async def _wait(self, plan: Plan, within: timedelta, say: Say) -> ActionResult:
        """What was seen last is told: that it was not true, or that nobody could see."""
        watch = _Watch(
            filters=only_shows_what_is_true(parse(plan.params["expr"], self.name)),
            holds_for=parse_duration(plan.params["holds_for"]).total_seconds(),
        )
        try:
            async with asyncio.timeout((within - min(_TO_SAY_SO, within / 10)).total_seconds()):
                return await self._until_true(plan, watch)
        except TimeoutError:
            said = f"it did not become true in time: {watch.seen}"[:LONGEST_SUMMARY]
            return ActionResult(outcome=Outcome.FAILED, summary=said, temporary=True, link=self._link(plan))

    async def _until_true(self, plan: Plan, watch: _Watch) -> ActionResult:
        loop = asyncio.get_running_loop()
        began = loop.time()
        while True:
            try:
                answer = await self._ask(plan)
            except Temporary as error:
                watch.could_not_see(error)
            except Permanent as error:
                return failed(error)
            else:
                if watch.sees(answer, loop.time()):
                    return self._held(plan, answer, round(loop.time() - began, 3))
            await asyncio.sleep(self.poll)

    def _held(self, plan: Plan, answer: Answer, waited: float) -> ActionResult:
        return ActionResult(
            outcome=Outcome.SUCCEEDED,
            summary=f"true after {waited:.1f} s: {summary(answer)}",
            value={"value": value_of(answer.samples[0]), "waited": waited},
            text="\n".join(map(line, answer.samples[:_SHOWN])),
            link=self._link(plan),
        )

    async def _ask(self, plan: Plan) -> Answer:
        return await self.source.query(plan.params["expr"], plan.params["vars"], self.clock.now())

    def _link(self, plan: Plan) -> str:
        now = self.clock.now()
        expr = fill(plan.params["expr"], plan.params["vars"], self.name)
        return self.source.link(expr, Window(start=now - _LINKED, end=now))


def _holds(answer: Answer, filters: bool) -> bool:
    """Whether this answer says yes. Nothing, NaN, and an answer known to be partial say that we could not see."""
    values = [sample.value for sample in answer.samples]
    seen = bool(values) and not answer.warnings and not any(map(math.isnan, values))
    return seen and (filters or all(values))
