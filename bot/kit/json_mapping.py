"""JSON of sources we have no reader for, mapped by JMESPath expressions in the configuration.

An expression is read when the configuration is: a mistake in one is found by `tocsin check`. Labels, annotations and
the rest are looked for in each alert that `alerts` finds; `common` is looked for in the whole body.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

import jmespath
from jmespath.exceptions import JMESPathError
from pydantic import AfterValidator, Field

from bot.documents import Duration, Strict
from bot.kit.posted import as_text, make_alert, moment, web_link
from bot.model.alert import Alert
from bot.ports.alert_hook import Call, Heard

_LONGEST = 2000
_OVER = ("resolved", "ok", "closed", "recovered", "normal", "clear", "cleared", "inactive", "up", "false")
_SEVERITY = "severity"


def _is_expression(text: str) -> str:
    if len(text) > _LONGEST:
        raise ValueError(f"an expression longer than {_LONGEST} characters")
    try:
        jmespath.compile(text)
    except JMESPathError as error:
        first = str(error).splitlines()[0].rstrip(" :")
        raise ValueError(f"not a JMESPath expression: {text!r}: {first}; see https://jmespath.org") from None
    return text


def _has_name(labels: dict[str, str]) -> dict[str, str]:
    if "alertname" not in labels:
        raise ValueError("needs `alertname`, the name by which people know the alert")
    return labels


Expression = Annotated[str, AfterValidator(_is_expression)]
"""A field of a document that holds a JMESPath expression."""


class JsonMapping(Strict):
    """How a JSON body is read. Every value but those of `identity` and `resolved` is a JMESPath expression."""

    alerts: Expression = Field(
        default="@", description="Finds the alerts in the body: a list of them, or one. Default: the body itself."
    )
    labels: Annotated[dict[str, Expression], AfterValidator(_has_name)] = Field(
        description="Each label of an alert, by its name; what is missing there leaves the label out. Nothing that"
        " changes while an alert goes on, such as a count, belongs here."
    )
    annotations: dict[str, Expression] = Field(default_factory=dict, description="Each annotation, the same way.")
    common: dict[str, Expression] = Field(
        default_factory=dict, description="Labels of all alerts of a body, looked for in the whole of it."
    )
    severity: Expression | None = Field(default=None, description="The `severity` label.")
    status: Expression | None = Field(
        default=None, description="Whether an alert is over: one of the words of `resolved`. Without it, all fire."
    )
    resolved: tuple[str, ...] = Field(
        default=_OVER, description="What `status` is when an alert is over, in small letters; all else fires."
    )
    starts_at: Expression | None = Field(
        default=None, description="When it began: RFC 3339, or a number since 1970. Default: when it was posted."
    )
    ends_at: Expression | None = Field(default=None, description="When it ended, of one that is over.")
    link: Expression | None = Field(default=None, description="The address of a page about the alert.")
    identity: tuple[str, ...] = Field(
        default=(),
        description="Labels by which the source knows an alert, where the post that ends it has not all labels."
        " Default: all labels.",
    )
    delivery: Expression | None = Field(
        default=None, description="An id in the body that the source repeats when it posts the same again."
    )
    resolve_after: Duration | None = Field(
        default=None, description="An alert that is not posted again for so long is over. Default: never by itself."
    )

    def read(self, call: Call, body: object, source: str) -> Heard:
        """What a body says. ValueError where an expression finds something that does not fit."""
        found = _search("alerts", self.alerts, body)
        listed = found if isinstance(found, list) else [] if found is None else [found]
        common = {name: _text(f"common.{name}", how, body) for name, how in self.common.items()}
        return Heard(
            alerts=[self._alert(one, common, call.received_at, source) for one in listed],
            known_by=self.identity,
            delivery=_text("delivery", self.delivery, body) if self.delivery else "",
            note="" if listed else f"`alerts: {self.alerts}` finds nothing",
        )

    def _alert(self, one: object, common: Mapping[str, str], received_at: datetime, source: str) -> Alert:
        labels = {**common, **{name: _text(f"labels.{name}", how, one) for name, how in self.labels.items()}}
        if self.severity:
            labels[_SEVERITY] = _text(_SEVERITY, self.severity, one).lower()
        if not labels["alertname"]:
            raise ValueError(f"`labels.alertname: {self.labels['alertname']}` finds nothing")
        lacking = [name for name in self.identity if not labels.get(name)]
        if lacking:
            raise ValueError(f"an alert has no {lacking[0]!r}, which is part of its `identity`")
        over = self.status is not None and _text("status", self.status, one).lower() in self.resolved
        return make_alert(
            source=source,
            labels=labels,
            annotations={name: _words(f"annotations.{name}", how, one) for name, how in self.annotations.items()},
            starts_at=_moment("starts_at", self.starts_at, one) or received_at,
            ends_at=self._end(one, received_at, over=over),
            link=web_link(_text("link", self.link, one)) if self.link else "",
        )

    def _end(self, one: object, received_at: datetime, *, over: bool) -> datetime | None:
        if over:
            return min(_moment("ends_at", self.ends_at, one) or received_at, received_at)
        return received_at + self.resolve_after if self.resolve_after else None


# Any, below: what an expression finds in JSON.
def _search(name: str, expression: str, value: object) -> Any:
    try:
        return jmespath.search(expression, value)
    except (JMESPathError, RecursionError, TypeError, ValueError, ArithmeticError) as error:
        raise ValueError(f"`{name}: {expression}` cannot be computed: {type(error).__name__}") from None


def _text(name: str, expression: str, value: object) -> str:
    return as_text(_search(name, expression, value), f"what `{name}: {expression}` finds")


def _words(name: str, expression: str, value: object) -> str:
    found = _search(name, expression, value)
    return json.dumps(found, ensure_ascii=False) if isinstance(found, dict | list) else as_text(found, name)


def _moment(name: str, expression: str | None, value: object) -> datetime | None:
    return moment(_search(name, expression, value), f"what `{name}: {expression}` finds") if expression else None
