"""What a runbook can ask of Prometheus: a value now, or to wait until a condition holds."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from pydantic import Field

from bot.documents import Duration, Strict, format_duration, parse_duration
from bot.errors import IntegrationError, Permanent, Temporary
from bot.integrations.prometheus.expr import fill, only_shows_what_is_true, parse
from bot.kit.redaction import visible
from bot.model.plan import ActionResult, Outcome, Plan
from bot.model.runbook import Risk
from bot.model.sample import Answer, Sample, Window
from bot.ports.actions import Action, ActionSpec
from bot.ports.clock import Clock
from bot.ports.metrics import MetricSource

_SHOWN = 20
_LINKED = timedelta(hours=1)
_LONGEST_SUMMARY = 200


class QueryParams(Strict):
    """`with:` of prometheus.query."""

    expr: str = Field(min_length=1, description="PromQL; `$name` in a label's value stands for a variable.")
    vars: dict[str, str] = Field(default_factory=dict, description="The variables, escaped when they are filled in.")


class WaitParams(QueryParams):
    """`with:` of prometheus.wait_until."""

    holds_for: Duration = Field(default=timedelta(0), description="How long it must stay true without a gap.")


QUERY = ActionSpec(
    name="prometheus.query",
    params=QueryParams,
    risk=Risk.READ,
    help="Asks for the value of a PromQL expression now.",
    result={
        "value": "the first sample's value; null when there is none",
        "count": "how many samples came",
        "samples": f"the first {_SHOWN}, each with `labels` and `value`",
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

    async def _plan_query(self, params: QueryParams) -> Plan:
        return self._plan(QUERY, params, {}, "ask {name}: {expr}")

    async def _plan_wait(self, params: WaitParams) -> Plan:
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
            summary=visible(said.format(name=self.name, expr=expr))[:_LONGEST_SUMMARY],
            risk=Risk.READ,
            repeatable=True,
        )

    async def _query(self, plan: Plan, within: timedelta) -> ActionResult:
        try:
            answer = await self._ask(plan)
        except IntegrationError as error:
            return _failed(error)
        return ActionResult(
            outcome=Outcome.SUCCEEDED,
            summary=_summary(answer),
            value={
                "value": _plain(answer.samples[0].value) if answer.samples else None,
                "count": len(answer.samples),
                "samples": [
                    {"labels": dict(sample.labels), "value": _plain(sample.value)} for sample in answer.samples[:_SHOWN]
                ],
            },
            text="\n".join([*map(_line, answer.samples[:_SHOWN]), *(f"warning: {text}" for text in answer.warnings)]),
            link=self._link(plan),
        )

    async def _wait(self, plan: Plan, within: timedelta) -> ActionResult:
        loop = asyncio.get_running_loop()
        began = loop.time()
        filters = only_shows_what_is_true(parse(plan.params["expr"], self.name))
        holds_for = parse_duration(plan.params["holds_for"]).total_seconds()
        since: float | None = None  # when it became true, as far as we saw
        while True:
            try:
                answer = await self._ask(plan)
            except Temporary:
                since = None  # not seen is not true, and nobody saw whether it stayed true
            except Permanent as error:
                return _failed(error)
            else:
                now = loop.time()
                since = (now if since is None else since) if _holds(answer, filters) else None
                if since is not None and now - since >= holds_for:
                    return self._held(plan, answer, round(now - began, 3))
            await asyncio.sleep(self.poll)

    def _held(self, plan: Plan, answer: Answer, waited: float) -> ActionResult:
        return ActionResult(
            outcome=Outcome.SUCCEEDED,
            summary=f"true after {waited:.1f} s: {_summary(answer)}",
            value={"value": _plain(answer.samples[0].value), "waited": waited},
            text="\n".join(map(_line, answer.samples[:_SHOWN])),
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


def _summary(answer: Answer) -> str:
    if not answer.samples:
        return "no series"
    first = _line(answer.samples[0])
    count = len(answer.samples)
    return (first if count == 1 else f"{count} series, the first: {first}")[:_LONGEST_SUMMARY]


def _line(sample: Sample) -> str:
    labels = dict(sample.labels)
    name = labels.pop("__name__", "")
    pairs = ", ".join(f'{label}="{value}"' for label, value in labels.items())
    series = visible(f"{name}{{{pairs}}}" if pairs else name)
    return f"{series} = {sample.value:.6g}" if series else f"{sample.value:.6g}"


def _plain(value: float) -> Any:  # Any: a float, or the text that Prometheus writes where JSON has no number
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "+Inf" if value > 0 else "-Inf"


def _failed(error: IntegrationError) -> ActionResult:
    return ActionResult(
        outcome=Outcome.FAILED,
        summary=error.message,
        text=error.hint,
        temporary=isinstance(error, Temporary),
    )
