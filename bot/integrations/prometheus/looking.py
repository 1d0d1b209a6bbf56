"""What a runbook can look at in Prometheus besides a value: its course, alerts that fire, targets that are down."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from bot.documents import Duration, Strict, format_duration, parse_duration
from bot.errors import IntegrationError, Permanent
from bot.integrations.prometheus.actions import QueryParams
from bot.integrations.prometheus.expr import fill, parse
from bot.integrations.prometheus.showing import LONGEST_SUMMARY, failed, plain, told
from bot.kit.http_out import HttpOut
from bot.kit.redaction import visible
from bot.kit.way_in import Access
from bot.model.plan import ActionResult, Outcome, Plan
from bot.model.runbook import Risk
from bot.model.sample import Sample, Series, Window
from bot.ports.actions import ANY_TEXT, Action, ActionSpec, Occasion, Say
from bot.ports.clock import Clock
from bot.ports.metrics import MetricSource

_SHOWN = 20
_POINTS = 60
_MOST_OF_TARGETS = 16 * 1024 * 1024
_LONGEST_ERROR = 500

Label = Annotated[str, StringConstraints(pattern=r"^[a-zA-Z_][a-zA-Z0-9_]*$")]


class RangeParams(QueryParams):
    """`with:` of prometheus.query_range."""

    since: Duration = Field(
        default=timedelta(hours=1), gt=timedelta(0), le=timedelta(days=31), description="How far to look back."
    )


class AlertsParams(Strict):
    """`with:` of prometheus.alerts."""

    labels: dict[Label, str] = Field(
        default_factory=dict,
        description="Labels that the alerts have, with just these values.",
        json_schema_extra=ANY_TEXT,
    )
    pending: bool = Field(default=False, description="Also those that only wait for their `for` to pass.")


class TargetsParams(Strict):
    """`with:` of prometheus.targets."""

    job: str = Field(default="", description="The targets' `job`; any, without it.", json_schema_extra=ANY_TEXT)
    instance: str = Field(default="", description="Their `instance`; any, without it.", json_schema_extra=ANY_TEXT)
    all: bool = Field(default=False, description="Also those that are up.")


QUERY_RANGE = ActionSpec(
    name="prometheus.query_range",
    params=RangeParams,
    risk=Risk.READ,
    help="Shows the course of a PromQL expression until now: where it began, where it is, how far it went.",
    result={
        "count": "how many series came",
        "series": f"the first {_SHOWN}, each with `labels`, `first`, `last`, `least`, `most` and `points`",
    },
)
ALERTS = ActionSpec(
    name="prometheus.alerts",
    params=AlertsParams,
    risk=Risk.READ,
    help="Lists the alerts that fire now, as the server's own `ALERTS` series tell them.",
    result={
        "count": "how many there are",
        "alerts": f"the labels of the first {_SHOWN}",
        "partial": "whether the server says that data is missing: there may be more",
    },
)
TARGETS = ActionSpec(
    name="prometheus.targets",
    params=TargetsParams,
    risk=Risk.READ,
    help="Says which targets of a Prometheus are down, and why their last scrape failed.",
    result={
        "count": "how many targets fit",
        "down": "how many of them are not up",
        "targets": f"the first {_SHOWN} of those, each with `job`, `instance`, `health`, `error` and `scraped_at`",
    },
)
SPECS = (QUERY_RANGE, ALERTS, TARGETS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Looking:
    """Makes the actions of one server, which tocsin.yaml calls by the name in `access`."""

    access: Access
    source: MetricSource
    http: HttpOut
    clock: Clock

    def actions(self) -> Mapping[str, Action]:
        """The actions by name."""
        return {
            QUERY_RANGE.name: Action(spec=QUERY_RANGE, plan=self._plan_range, run=self._range),
            ALERTS.name: Action(spec=ALERTS, plan=self._plan_alerts, run=self._alerts),
            TARGETS.name: Action(spec=TARGETS, plan=self._plan_targets, run=self._targets),
        }

    async def _plan_range(self, params: RangeParams, _: Occasion) -> Plan:
        name, since = self.access.name, format_duration(params.since)
        expr = fill(params.expr, params.vars, name) if params.vars else params.expr
        parse(expr, name)
        kept = {"expr": params.expr, "vars": dict(params.vars), "since": since}
        return self._plan(QUERY_RANGE, kept, f"ask {name} how this went for {since}: {' '.join(expr.split())}")

    async def _plan_alerts(self, params: AlertsParams, _: Occasion) -> Plan:
        kept = {"labels": dict(params.labels), "pending": params.pending}
        shown = ", ".join(f"{name}={value}" for name, value in params.labels.items()) or "anything"
        fill(*_selector(kept), self.access.name)  # says now what cannot be the value of a label
        return self._plan(ALERTS, kept, f"ask {self.access.name} which alerts fire for {shown}")

    async def _plan_targets(self, params: TargetsParams, _: Occasion) -> Plan:
        which = " ".join(filter(None, (params.job, params.instance))) or "any"
        summary = f"ask {self.access.name} how its targets are: {which}"
        return self._plan(TARGETS, params.model_dump(mode="json"), summary)

    def _plan(self, spec: ActionSpec, params: Mapping[str, Any], summary: str) -> Plan:  # Any: plain JSON
        return Plan(
            action=spec.name,
            integration=self.access.name,
            params=params,
            targets=(self.access.name,),
            summary=visible(summary)[:LONGEST_SUMMARY],
            risk=Risk.READ,
            repeatable=True,
        )

    async def _range(self, plan: Plan, within: timedelta, say: Say) -> ActionResult:
        since, now = parse_duration(plan.params["since"]), self.clock.now()
        window = Window(start=now - since, end=now)
        expr, values = plan.params["expr"], plan.params["vars"]
        try:
            series = await self.source.query_range(expr, values, window, max(since / _POINTS, timedelta(seconds=1)))
        except IntegrationError as error:
            return failed(error)
        courses = [_course(one) for one in series if one.points]
        filled = fill(expr, values, self.access.name) if values else expr
        return ActionResult(
            outcome=Outcome.SUCCEEDED,
            summary=_first([_told(one) for one in courses], "no series", "series"),
            value={"count": len(courses), "series": courses[:_SHOWN]},
            text="\n".join(_told(one) for one in courses[:_SHOWN]),
            link=self.source.link(filled, window),
        )

    async def _alerts(self, plan: Plan, within: timedelta, say: Say) -> ActionResult:
        expr, values = _selector(plan.params)
        try:
            answer = await self.source.query(expr, values, self.clock.now())
        except IntegrationError as error:
            return failed(error)
        found = [_alert(sample) for sample in answer.samples]
        lines = [_pairs(one) for one in found]
        return ActionResult(
            outcome=Outcome.SUCCEEDED,
            summary=told(answer, lines, "no alert", "alerts"),
            value={"count": len(found), "alerts": found[:_SHOWN], "partial": bool(answer.warnings)},
            text="\n".join([*lines[:_SHOWN], *(f"warning: {text}" for text in answer.warnings)]),
            link=self.source.link(fill(expr, values, self.access.name)),
        )

    async def _targets(self, plan: Plan, within: timedelta, say: Say) -> ActionResult:
        access = self.access
        try:
            answer = await self.http.request(
                "GET",
                f"{access.url}/api/v1/targets?state=active",
                integration=access.name,
                headers=access.headers,
                deadline=min(access.timeout, within.total_seconds()),
                tls=access.context(),
                most=_MOST_OF_TARGETS,
            )
            fitting = [one for one in self._said(answer.body) if _fits(one, plan.params)]
        except IntegrationError as error:
            return failed(error)
        down = [one for one in fitting if one["health"] != "up"]
        shown = fitting if plan.params["all"] else down
        lines = [f"{one['health']}: {one['job']} {one['instance']}: {one['error'] or 'no error'}" for one in shown]
        return ActionResult(
            outcome=Outcome.SUCCEEDED,
            summary=f"{len(down)} of {len(fitting)} targets are not up"[:LONGEST_SUMMARY],
            value={"count": len(fitting), "down": len(down), "targets": shown[:_SHOWN]},
            text="\n".join(lines[:_SHOWN]),
            link=f"{access.url}/targets",
        )

    def _said(self, body: bytes) -> Sequence[dict[str, str]]:
        """Permanent where the answer is none of Prometheus', as of those that speak only a part of its API."""
        try:
            return [_target(one, self.access) for one in json.loads(body)["data"]["activeTargets"]]
        except (ValueError, RecursionError, KeyError, TypeError, AttributeError):
            name = self.access.name
            message = f"{name} does not say how its targets are"
            hint = "name the Prometheus that scrapes them: others that speak its API have no targets"
            raise Permanent(message, integration=name, reason="client", hint=hint) from None


def _selector(params: Mapping[str, Any]) -> tuple[str, Mapping[str, str]]:  # Any: plain JSON
    """The expression, in which every value is a variable, and the values."""
    names = sorted(params["labels"])
    states = "firing|pending" if params["pending"] else "firing"
    matchers = ", ".join([f'alertstate=~"{states}"', *(f'{name}="$v{at}"' for at, name in enumerate(names))])
    return f"ALERTS{{{matchers}}}", {f"v{at}": params["labels"][name] for at, name in enumerate(names)}


def _alert(sample: Sample) -> dict[str, str]:
    return {name: value for name, value in sample.labels.items() if name != "__name__"}


def _course(series: Series) -> dict[str, Any]:  # Any: numbers, a mapping, and the words that stand for no number
    values = [value for _, value in series.points]
    known = [value for value in values if not math.isnan(value)] or values
    return {
        "labels": dict(series.labels),
        "first": plain(values[0]),
        "last": plain(values[-1]),
        "least": plain(min(known)),
        "most": plain(max(known)),
        "points": len(values),
    }


def _told(course: Mapping[str, Any]) -> str:  # Any: as above
    first, last, least, most = (_number(course[key]) for key in ("first", "last", "least", "most"))
    return f"{_pairs(course['labels'])}: {first} -> {last}, between {least} and {most}"


def _number(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:.6g}"


def _pairs(labels: Mapping[str, str]) -> str:
    pairs = ", ".join(f'{name}="{value}"' for name, value in labels.items() if name != "__name__")
    return visible(f"{labels.get('__name__', '')}{{{pairs}}}")


def _first(lines: Sequence[str], none: str, what: str) -> str:
    if not lines:
        return none
    return (lines[0] if len(lines) == 1 else f"{len(lines)} {what}, the first: {lines[0]}")[:LONGEST_SUMMARY]


def _target(target: Mapping[str, Any], access: Access) -> dict[str, str]:  # Any: as the server says it
    error = access.redactor.clean(str(target.get("lastError") or ""))
    said = {
        "job": target["labels"].get("job", ""),
        "instance": target["labels"].get("instance", ""),
        "health": target["health"],
        "error": error[:_LONGEST_ERROR],
        "scraped_at": target.get("lastScrape", ""),
    }
    return {name: visible(str(value)) for name, value in said.items()}


def _fits(target: Mapping[str, str], params: Mapping[str, Any]) -> bool:  # Any: plain JSON
    return all(params[name] in ("", target[name]) for name in ("job", "instance"))
